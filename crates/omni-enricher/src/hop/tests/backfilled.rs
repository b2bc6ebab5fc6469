//! Events made of states that the API gave.

use event::{Map, Object, Snapshot};

use super::*;

fn backfilled(object: &str, state: Value) -> Record {
    let state: Map = serde_json::from_value(state).unwrap();
    let snapshot = Snapshot::of(COMPANY, &Object::from(object), &state).unwrap();
    raw(Kind::Backfill, snapshot.uuid, snapshot.body)
}

fn state(title: &str) -> Value {
    json!({"id": 31, "title": title, "value": 100, "currency": "EUR", "status": "open", "person_id": 5,
        "update_time": "2026-02-03T10:20:30Z"})
}

#[test]
fn a_live_event_of_the_same_second_wins_whichever_comes_first() {
    for live_first in [true, false] {
        let mut bench = Bench::new();
        let mut records = vec![deal(31, 300, 5, json!(200)), backfilled("deal", state("old"))];
        if !live_first {
            records.reverse();
        }
        let out = bench.run(&records);
        assert_eq!(of(&out, Topic::Enriched).len(), 2, "both go on");
        assert_eq!(
            bench.entity("deal", 31).state.unwrap().to_map()["value"],
            json!(200)
        );
        assert_eq!(bench.figures(5)["average_deal_value"], json!(200));
    }
}

#[test]
fn what_was_sent_before_is_a_double() {
    let mut bench = Bench::new();
    bench.run(&[backfilled("deal", state("same"))]);
    let out = bench.run(&[
        backfilled("deal", state("same")),
        backfilled("deal", state("other")),
    ]);
    assert_eq!(of(&out, Topic::Filtered).len(), 1);
    assert_eq!(of(&out, Topic::Enriched).len(), 1);
}

#[test]
fn definitions_of_fields_give_names_and_a_renamed_one_keeps_its_key() {
    let code = "c".repeat(40);
    let field = |name: &str| {
        json!({"field_code": code, "field_name": name, "field_type": "enum", "is_custom_field": true,
            "options": [{"id": 4, "label": "slate"}]})
    };
    let mut bench = Bench::new();
    bench.run(&[backfilled("deal_field", field("Roof"))]);
    bench.run(&[backfilled("deal_field", field("Roofing"))]);
    let mut with_field = state("x");
    with_field["custom_fields"] = json!({code.clone(): 4});
    let flat = flat(&bench.run(&[backfilled("deal", with_field)]));
    assert_eq!(flat["deal_custom_roof"], json!("slate"));
    let kept = bench
        .log
        .iter()
        .rev()
        .find(|record| record.key.ends_with(code.as_bytes()))
        .unwrap();
    let kept = EntityRecord::from_json(kept.value())
        .unwrap()
        .state
        .unwrap()
        .to_map();
    assert_eq!(
        (&kept["name"], &kept["key_name"]),
        (&json!("Roofing"), &json!("Roof"))
    );
}
