//! Labels are told by their names, once the account has told them.

use super::api::Account;
use super::priming::{completed, primed, settle};
use super::*;

const LEAD: &str = "0f1e2d3c-4b5a-11ef-8786-95a4b3c2d1e0";
const WARM: &str = "f08b69b0-4e75-11ea-9643-03698ef1cfd6";
const COLD: &str = "f08b42a1-4e75-11ea-9643-03698ef1cfd6";

fn account() -> Account {
    let account = Account::default();
    account.lead_labels.lock().unwrap().insert(WARM, "Warm");
    account
}

fn deal(ids: Value, at: i64, previous: Value) -> Record {
    let data = json!({"id": 31, "title": "t", "status": "open", "label_ids": ids});
    webhook("change", "deal", 31, at, data, previous)
}

fn lead(ids: Value, at: i64, previous: Value) -> Record {
    let data = json!({"id": LEAD, "title": "t", "label_ids": ids});
    webhook("change", "lead", LEAD, at, data, previous)
}

#[test]
fn a_deal_s_labels_are_told_by_name_and_unknown_ones_by_id() {
    let (mut bench, _trigger) = primed(&account());
    let first = flat(&bench.run(&[deal(json!([24, 99]), 10, json!(null))]));
    assert_eq!(first["deal_label"], json!(["24", "99"]));
    assert_eq!(first["event_missing"], json!(["labels"]));
    let event = completed(&mut bench);
    assert_eq!(event["deal_label"], json!(["Hot", "99"]));
    assert_eq!(event.get("event_missing"), None);

    // The ids stay as they came, and the names are no part of the state.
    let out = bench.run(&[deal(json!([24]), 20, json!({"label_ids": [24, 99]}))]);
    let event = value(of(&out, Topic::Enriched)[0]);
    let current = &event["request"]["current"];
    assert_eq!(
        (&current["label_ids"], &current["label_names"]),
        (&json!([24]), &json!(["Hot"]))
    );
    assert_eq!(bench.entity("deal", 31).state.unwrap().get("label_names"), None);
}

#[test]
fn a_lead_s_labels_have_a_list_of_their_own() {
    let (mut bench, _trigger) = primed(&account());
    let first = flat(&bench.run(&[lead(json!([WARM]), 10, json!(null))]));
    assert_eq!(
        (&first["lead_label"], &first["event_missing"]),
        (&json!([WARM]), &json!(["labels"]))
    );
    assert_eq!(completed(&mut bench)["lead_label"], json!(["Warm"]));
}

#[test]
fn a_label_that_is_new_to_the_account_is_asked_for_when_it_is_put_on() {
    let account = account();
    let (mut bench, _trigger) = primed(&account);
    bench.run(&[lead(json!([WARM]), 10, json!(null))]);
    settle(&mut bench);
    account.asked();

    account.lead_labels.lock().unwrap().insert(COLD, "Cold");
    let labels = json!([COLD]);
    let first = flat(&bench.run(&[lead(labels.clone(), 20, json!({"label_ids": [WARM]}))]));
    assert_eq!(first["lead_label"], labels);
    let cold = format!("{COMPANY}:lead_label:{COLD}").into_bytes();
    let mut out = Vec::new();
    while !out.iter().any(|outgoing: &Outgoing| outgoing.key == cold) {
        out = bench.errand().expect("the label is not learned");
    }
    let next = flat(&bench.run(&[lead(labels, 30, json!({"title": "s"}))]));
    assert_eq!(next["lead_label"], json!(["Cold"]));
    // The one list that tells, once.
    assert_eq!(account.asked(), ["leadLabels"]);
}
