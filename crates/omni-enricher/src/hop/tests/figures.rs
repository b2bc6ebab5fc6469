//! The figures of a contact, on its deals' events and in its own record.

use super::*;

/// Total, average, and deals in other currencies.
fn told(figures: &Value) -> (u64, String, u64) {
    let whole = |key: &str| figures[key].as_u64().unwrap();
    (
        whole("total_deals"),
        figures["average_deal_value"].to_string(),
        whole("deals_in_other_currencies"),
    )
}

fn with(record: &Record, changes: Value) -> Record {
    let mut body: Value = serde_json::from_slice(record.value()).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        body["data"][key] = value.clone();
    }
    Record {
        payload: Some(serde_json::to_vec(&body).unwrap()),
        ..record.clone()
    }
}

#[test]
fn each_deal_of_a_contact_rewrites_the_contact_s_record() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.run(&[deal(31, 10, 5, json!(100.10))]);
    assert_eq!(told(&bench.figures(5)), (1, "100.1".into(), 0));
    let out = bench.run(&[deal(32, 11, 5, json!(0.01)), deal(33, 12, 5, json!(50))]);
    assert_eq!(told(&bench.figures(5)), (3, "50.0367".into(), 0));
    let person = bench.entity("person", 5);
    assert_eq!(person.state.unwrap().to_map()["first_name"], json!("Runa"));
    // Once a batch, however many of its deals changed.
    assert_eq!(
        of(&out, Topic::Entities)
            .into_iter()
            .filter(|one| one.key == b"7:person:5")
            .count(),
        1
    );
}

#[test]
fn what_is_no_longer_true_is_taken_back() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100)), deal(32, 10, 5, json!(300))]);
    bench.run(&[deal(31, 11, 5, json!(200))]);
    assert_eq!(told(&bench.figures(5)), (2, "250".into(), 0));
    let flat = flat(&bench.run(&[deleted_deal(32, 12, 5)]));
    assert_eq!(flat["metrics_total_deals"], json!(1));
    assert_eq!(told(&bench.figures(5)), (1, "200".into(), 0));
    bench.run(&[deal(31, 13, 6, json!(200))]);
    assert_eq!(told(&bench.figures(6)), (1, "200".into(), 0));
    assert_eq!(bench.figures(5)["total_deals"], json!(0));
    let marked = with(&deal(31, 14, 6, json!(200)), json!({"status": "deleted"}));
    bench.run(&[marked]);
    assert_eq!(bench.figures(6)["total_deals"], json!(0));
}

#[test]
fn the_loser_of_a_merge_does_not_count() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100)), deal(32, 10, 5, json!(300))]);
    let mut merged = deleted_deal(32, 11, 5);
    let mut body: Value = serde_json::from_slice(merged.value()).unwrap();
    body["meta"]["merged_to_id"] = json!("31");
    merged.payload = Some(serde_json::to_vec(&body).unwrap());
    bench.run(&[merged, deal(31, 11, 5, json!(400))]);
    assert_eq!(told(&bench.figures(5)), (1, "400".into(), 0));
    // What comes late about it does not bring it back.
    bench.run(&[deal(32, 10, 5, json!(301))]);
    assert_eq!(told(&bench.figures(5)), (1, "400".into(), 0));
}

#[test]
fn averages_are_of_the_event_s_currency_and_the_rest_is_counted() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100)), deal(32, 10, 5, json!(300))]);
    let dollars = with(
        &deal(33, 11, 5, json!(7)),
        json!({"currency": "USD", "status": "won"}),
    );
    let flat = flat(&bench.run(&[dollars]));
    assert_eq!(
        (&flat["metrics_currency"], &flat["metrics_average_deal_value"]),
        (&json!("USD"), &json!(7))
    );
    assert_eq!(
        (
            &flat["metrics_total_deals"],
            &flat["metrics_deals_in_other_currencies"]
        ),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        (&flat["metrics_won_value"], &flat["metrics_open_deals"]),
        (&json!(7), &json!(2))
    );
}

#[test]
fn a_contact_s_own_event_has_its_figures_too() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100))]);
    let flat = flat(&bench.run(&[webhook(
        "change",
        "person",
        5,
        11,
        json!({"id": 5, "first_name": "Runa"}),
        json!(null),
    )]));
    assert_eq!(
        (&flat["metrics_total_deals"], &flat["metrics_average_deal_value"]),
        (&json!(1), &json!(100))
    );
    assert_eq!(told(&bench.figures(5)), (1, "100".into(), 0));
}

#[test]
fn deals_of_other_companies_do_not_mix() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100))]);
    let mut other = deal(31, 10, 5, json!(900));
    let mut body: Value = serde_json::from_slice(other.value()).unwrap();
    body["meta"]["company_id"] = json!("8");
    other.payload = Some(serde_json::to_vec(&body).unwrap());
    let flat = flat(&bench.run(&[other]));
    assert_eq!(flat["metrics_average_deal_value"], json!(900));
    assert_eq!(told(&bench.figures(5)), (1, "100".into(), 0));
}

#[test]
fn a_deal_that_is_replayed_is_not_counted_again() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    let (first, second) = (deal(31, 10, 5, json!(100)), deal(31, 11, 5, json!(200)));
    bench.run(&[first.clone(), second.clone(), deal(32, 12, 5, json!(400))]);
    assert_eq!(told(&bench.figures(5)), (2, "300".into(), 0));
    let replayed = |record: &Record| {
        let mut again = record.clone();
        again.headers.push("replay", b"r1");
        again
    };
    // Also in the wrong order: an older state never replaces a newer one.
    bench.run(&[replayed(&second), replayed(&first)]);
    assert_eq!(told(&bench.figures(5)), (2, "300".into(), 0));
}
