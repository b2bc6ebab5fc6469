//! An account is read once: its names, and what its contacts had before Omni came.

use stage::Shutdown;

use super::api::{self, ARCHIVED_LEAD, Account};
use super::*;

fn settings() -> Settings {
    Settings {
        lookup_ms_max: 400,
        ..Settings::default()
    }
}

pub(super) fn primed(account: &Account) -> (Bench, stage::Trigger) {
    let (trigger, shutdown) = Shutdown::pair();
    let bench = Bench::with(settings(), |runtime, metrics| {
        api::serve(account, runtime, metrics, shutdown)
    });
    (bench, trigger)
}

fn coloured(id: u64, at: i64) -> Record {
    let data = json!({
        "id": id, "value": 50, "currency": "EUR", "status": "open", "person_id": 5,
        "custom_fields": {"a".repeat(40): {"type": "enum", "id": 3}},
    });
    webhook("change", "deal", id, at, data, json!(null))
}

/// The completed revision of the one event that waits.
pub(super) fn completed(bench: &mut Bench) -> Value {
    loop {
        let out = bench.errand().expect("nothing more is written");
        if let Some(event) = of(&out, Topic::Enriched).first() {
            return Value::Object(event::flatten::flatten(&value(event)).unwrap());
        }
    }
}

/// Works until nothing is written any more.
pub(super) fn settle(bench: &mut Bench) {
    while bench
        .enricher
        .primer
        .lacks(
            crate::prime::Company {
                partition: PARTITION,
                id: COMPANY,
            },
            &crate::prime::Walk::ALL,
        )
        .is_some()
    {
        bench.errand();
    }
}

#[test]
fn an_account_is_read_once_and_completes_what_waited_for_it() {
    let account = Account::default();
    let (mut bench, trigger) = primed(&account);
    let first = flat(&bench.run(&[coloured(31, 10)]));
    assert_eq!(first["event_missing"], json!(["metrics", "custom_fields"]));
    assert_eq!(first.get("metrics_total_deals"), None);

    let event = completed(&mut bench);
    assert_eq!(event["event_revision"], json!(1));
    assert_eq!(event.get("event_missing"), None);
    // Three deals of before, and the event's own.
    assert_eq!(
        (&event["metrics_total_deals"], &event["metrics_won_value"]),
        (&json!(4), &json!(300))
    );
    assert_eq!(event["deal_custom_colour"], json!("blue"));

    settle(&mut bench);
    let lists = |account: &Account| {
        let mut lists = account.asked();
        lists.retain(|path| !path.contains('/'));
        lists
    };
    let asked = lists(&account);
    assert_eq!(
        asked.iter().filter(|list| *list == "deals").count(),
        2,
        "{asked:?}"
    );
    drop(trigger);
    let (_trigger, shutdown) = Shutdown::pair();
    let mut bench = bench.restart_with(true, |runtime, metrics| {
        api::serve(&account, runtime, metrics, shutdown)
    });
    let next = flat(&bench.run(&[coloured(31, 20)]));
    assert_eq!(
        (next.get("event_missing"), &next["deal_custom_colour"]),
        (None, &json!("blue"))
    );
    assert_eq!(next["metrics_total_deals"], json!(4));
    bench.enricher.errands(&mut Vec::new()).unwrap();
    assert_eq!(lists(&account), Vec::<String>::new());
}

#[test]
fn a_lead_that_was_put_away_is_known_as_such() {
    let (mut bench, _trigger) = primed(&Account::default());
    bench.run(&[coloured(31, 10)]);
    settle(&mut bench);
    let lead = bench.entity("lead", ARCHIVED_LEAD).state.unwrap().to_map();
    assert_eq!(
        (&lead["is_archived"], &lead["custom_fields"]),
        (&json!(true), &json!({"c".repeat(40): "trade"}))
    );
    let data = json!({"id": 32, "status": "open", "source_lead_id": ARCHIVED_LEAD});
    let deal = flat(&bench.run(&[webhook("create", "deal", 32, 20, data, json!(null))]));
    assert_eq!(
        (&deal["marketing_source"], deal.get("event_missing")),
        (&json!("8"), None)
    );
}

#[test]
fn a_page_whose_transaction_is_aborted_is_read_again() {
    let account = Account::default();
    let (mut bench, _trigger) = primed(&account);
    bench.run(&[coloured(31, 10)]);
    for _ in 0..40 {
        let mut out = Vec::new();
        bench.enricher.errands(&mut out).unwrap();
        bench.enricher.aborted();
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let event = completed(&mut bench);
    assert_eq!(event["metrics_total_deals"], json!(4));
}

#[test]
fn what_was_spent_is_known_after_a_restart() {
    let account = Account::default();
    let (mut bench, trigger) = primed(&account);
    bench.run(&[coloured(31, 10)]);
    settle(&mut bench);
    let spent = |bench: &Bench| {
        let api = bench.enricher.lookups.api("crm").unwrap();
        api.snapshot().tokens_spent
    };
    let noted = |bench: &Bench| {
        let key = format!("{COMPANY}:budget:crm");
        let note = bench.log.iter().rev().find(|record| record.key_text() == key)?;
        serde_json::from_slice::<pipedrive::Snapshot>(note.value()).ok()
    };
    while noted(&bench).is_none_or(|noted| noted.tokens_spent < 100) {
        bench.errand().expect("what was spent is written down");
    }
    let before = noted(&bench).unwrap().tokens_spent;
    drop(trigger);
    let (_trigger, shutdown) = Shutdown::pair();
    let bench = bench.restart_with(true, |runtime, metrics| {
        api::serve(&account, runtime, metrics, shutdown)
    });
    assert!(spent(&bench) >= before, "{} of {before}", spent(&bench));
}
