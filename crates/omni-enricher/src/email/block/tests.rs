//! What becomes part of a block, and what is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn block(data: &Value, score_max: u32) -> Value {
    let mut block = Block::new(data["status"].as_str().unwrap_or("unknown"));
    block.result(data.get("result").and_then(Value::as_str));
    block.score(data.get("score"), score_max);
    for flag in FLAGS {
        block.flag(flag, data.get(flag));
    }
    block.sources(data.get("sources"));
    block.done().into()
}

#[test]
fn values_that_do_not_fit_are_left_out() {
    let data = json!({
        "status": "webmail", "result": "splendid", "score": 101, "regexp": "maybe", "block": {}, "gibberish": 2,
        "disposable": "No", "webmail": 1,
        "sources": [7, {}, {"domain": "", "uri": "u".repeat(3_000), "extracted_on": "yesterday"},
            {"domain": "example.com", "extracted_on": "2025-03-14T00:00:00Z", "last_seen_on": "2025-13-14",
             "still_on_page": false, "other": 1}],
    });
    let expected = json!({
        "status": "webmail", "disposable": false, "webmail": true,
        "sources": [{"domain": "example.com", "extracted_on": "2025-03-14", "still_on_page": false}],
    });
    assert_eq!(block(&data, 100), expected);
}

#[test]
fn a_result_that_is_not_told_follows_from_the_status() {
    for (status, result) in [
        ("valid", json!("deliverable")),
        ("invalid", json!("undeliverable")),
        ("unknown", json!("risky")),
        ("webmail", Value::Null),
    ] {
        assert_eq!(block(&json!({ "status": status }), 100)["score"], result);
    }
    let told = json!({"status": "valid", "result": "risky"});
    assert_eq!(block(&told, 100)["score"], json!("risky"));
}

#[test]
fn a_score_goes_to_a_hundred() {
    for (score, most, expected) in [
        (json!(91), 100, json!(91)),
        (json!(0.455), 1, json!(46)),
        (json!("7"), 10, json!(70)),
        (json!(-1), 100, Value::Null),
        (json!("NaN"), 100, Value::Null),
        (json!(null), 100, Value::Null),
    ] {
        let data = json!({"status": "valid", "score": score});
        assert_eq!(block(&data, most)["score_value"], expected, "{score}");
    }
}

#[test]
fn at_most_twenty_sources_are_taken() {
    let data = json!({"status": "valid", "sources": vec![json!({"domain": "example.com"}); 50]});
    assert_eq!(block(&data, 100)["sources"].as_array().unwrap().len(), 20);
}

/// Any JSON, with the keys a provider uses more often than by chance.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("data".to_owned()),
        Just("status".to_owned()),
        Just("result".to_owned()),
        Just("score".to_owned()),
        Just("sources".to_owned()),
        Just("regexp".to_owned()),
        Just("extracted_on".to_owned()),
        Just("uri".to_owned()),
        ".{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,3}".prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("valid")),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Whether the flat event takes it: each key known, each value of its kind.
pub(crate) fn fits(block: &event::Map) -> bool {
    block.iter().all(|(key, value)| match key.as_str() {
        "status" => STATUSES.contains(&value.as_str().unwrap_or_default()),
        "score" => RESULTS.contains(&value.as_str().unwrap_or_default()),
        "score_value" => value.as_u64().is_some_and(|score| score <= 100),
        "sources" => value.as_array().is_some_and(|sources| {
            let scalar = |value: &Value| value.is_string() || value.is_boolean();
            sources.len() <= EMAIL_SOURCES_MAX
                && sources
                    .iter()
                    .all(|source| source.as_object().unwrap().values().all(scalar))
        }),
        flag => FLAGS.contains(&flag) && value.is_boolean(),
    })
}

proptest! {
    #[test]
    fn whatever_comes_the_block_fits(data in any_json(), score_max: u32) {
        let made = block(&json!({"status": "valid", "score": data, "sources": data, "regexp": data}), score_max);
        prop_assert!(fits(made.as_object().unwrap()));
        let sourced = block(&json!({"status": "valid", "sources": [data]}), score_max);
        prop_assert!(fits(sourced.as_object().unwrap()));
    }
}
