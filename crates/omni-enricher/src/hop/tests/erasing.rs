//! A person who was erased is forgotten, and stays away: no event, list, lookup or restart brings more back than the id.

use event::erasure::Erasure;
use event::note::{PENDING, Suppressed};

use super::api::{self, Account, quick};
use super::*;

/// What says who person 5 is.
const WORDS: [&str; 3] = ["Runa", "runa@", "Dahl"];

fn order(lifted: bool) -> Record {
    let erasure = Erasure { person_id: 5, lifted };
    Record {
        key: b"7:person:5".to_vec(),
        ..raw(Kind::Erase, Uuid::new_v4(), erasure.to_json())
    }
}

fn person(at: i64) -> Record {
    let person = json!({"id": 5, "first_name": "Runa", "last_name": "Dahl", "emails": [{"value": "runa@example.com", "primary": true}]});
    webhook("change", "person", 5, at, person, json!(null))
}

/// A deal of version 1: it tells of its contact itself.
fn deal_v1(id: u64, at: i64) -> Record {
    let current = json!({
        "id": id, "title": "t", "value": 3, "currency": "EUR", "status": "open", "person_name": "Runa Dahl",
        "person_id": {"name": "Runa Dahl", "email": [{"value": "runa@example.com", "primary": true}], "value": 5},
    });
    let meta = json!({"v": 1, "action": "updated", "object": "deal", "id": id, "company_id": COMPANY, "user_id": 1,
                      "timestamp": 1_770_114_030 + at, "timestamp_micro": START + at * 1_000_000});
    let body = json!({"v": 1, "meta": meta, "current": current, "previous": {"person_name": "Runa D"}});
    let body = serde_json::to_vec(&body).unwrap();
    let uuid = Change::from_webhook(&body).unwrap().uuid;
    raw(Kind::Webhook, uuid, body)
}

/// Nothing here says who the person is.
fn names_nobody<'a>(records: impl IntoIterator<Item = &'a Outgoing>) {
    for record in records {
        let text = String::from_utf8_lossy(record.payload.as_deref().unwrap_or_default());
        assert!(!WORDS.iter().any(|word| text.contains(word)), "{text}");
    }
}

/// The newest record of a key, as whoever restores sees it.
fn newest<'b>(bench: &'b Bench, key: &str) -> Option<&'b [u8]> {
    let mut records = bench.log.iter().rev();
    let last = records.find(|record| record.key == key.as_bytes());
    last.expect("no such record").payload.as_deref()
}

fn erased() -> Bench {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.run(&[deal(31, 10, 5, json!(100)), deal_v1(32, 11)]);
    let out = bench.run(&[order(false)]);
    assert_eq!(of(&out, Topic::Enriched).len(), 1);
    names_nobody(&out);
    bench
}

#[test]
fn an_order_leaves_a_tombstone_an_entry_and_no_name_elsewhere() {
    let bench = erased();
    assert_eq!(newest(&bench, "7:person:5"), None);
    assert!(newest(&bench, &Suppressed::note_key(COMPANY, 5)).is_some());
    let keys: std::collections::BTreeSet<_> = bench.log.iter().map(Record::key_text).collect();
    for key in keys {
        let text = newest(&bench, &key).map(String::from_utf8_lossy);
        let text = text.unwrap_or_default();
        assert!(!WORDS.iter().any(|word| text.contains(word)), "{key}: {text}");
    }
}

#[test]
fn the_persons_own_events_are_left_out_and_its_deals_have_the_id_alone() {
    let mut bench = erased();
    let fresh = deal(33, 30, 5, json!(200));
    let out = bench.run(&[person(20), fresh, deal_v1(34, 31)]);
    names_nobody(&out);
    let filtered = of(&out, Topic::Filtered);
    assert_eq!(
        (filtered.len(), &value(filtered[0])["rule"]),
        (1, &json!("suppressed"))
    );
    for enriched in of(&out, Topic::Enriched) {
        let flat = event::flatten::flatten(&value(enriched)).unwrap();
        assert_eq!(flat["contact_id"], json!(5));
        let missing = flat.get("event_missing").map(ToString::to_string);
        assert!(!missing.unwrap_or_default().contains("contact"));
        // Its deals still count.
        assert!(flat["metrics_total_deals"].as_u64().unwrap() >= 3);
    }
    assert_eq!(newest(&bench, "7:person:5"), None);
}

#[test]
fn replays_and_rows_of_the_account_do_not_bring_it_back() {
    let mut bench = erased();
    let mut again = person(0);
    again.headers.push("replay", b"r1");
    let backfilled = Record {
        headers: raw(Kind::Backfill, Uuid::new_v4(), Vec::new()).headers,
        ..person(40)
    };
    let own = json!({"event_uuid": Uuid::new_v4(), "event_company_id": COMPANY, "event_object": "person", "event_id": 5, "contact_email": "runa@example.com"});
    let of_deal = json!({"event_uuid": Uuid::new_v4(), "event_company_id": COMPANY, "event_object": "deal", "event_id": 31, "contact_id": 5, "contact_email": "runa@example.com", "user_data": {"email": "runa@example.com"}});
    let flat = |event: Value| raw(Kind::Flat, Uuid::new_v4(), event.to_string().into_bytes());
    let out = bench.run(&[again, backfilled, flat(own), flat(of_deal)]);
    names_nobody(&out);
    assert_eq!(of(&out, Topic::Filtered).len(), 3);
    let passed = of(&out, Topic::Enriched);
    assert_eq!((passed.len(), &value(passed[0])["contact_id"]), (1, &json!(5)));
}

#[test]
fn nobody_asks_the_account_for_it() {
    let account = Account::default();
    let (mut bench, _trigger) = api::bench(&account, quick());
    bench.run(&[order(false)]);
    let out = bench.run(&[deal(31, 10, 5, json!(1))]);
    names_nobody(&out);
    assert_eq!(flat(&out)["contact_id"], json!(5));
    assert!(!account.asked().iter().any(|path| path.starts_with("persons")));
    bench.run(&[order(true)]);
    let out = bench.run(&[deal(31, 11, 5, json!(2))]);
    assert_eq!(flat(&out)["contact_first_name"], json!("Runa"));
}

#[test]
fn an_answer_that_comes_after_the_order_is_not_learned() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = api::bench(&account, quick());
    bench.run(&[deal(31, 10, 5, json!(1)), deal_v1(32, 11)]);
    bench.run(&[order(false)]);
    let waiting = bench
        .log
        .iter()
        .filter(|record| event::note::word(&record.key_text()) == Some(PENDING));
    let waiting: std::collections::BTreeSet<_> = waiting.map(Record::key_text).collect();
    // The one of version 2 names nobody and still waits for the rest; the other's body is let go of.
    let kept = waiting.iter().filter(|key| newest(&bench, key).is_some()).count();
    assert_eq!((waiting.len(), kept), (2, 1));
    *account.silent.lock().unwrap() = false;
    let mut sent = Vec::new();
    while of(&sent, Topic::Enriched).is_empty() {
        sent = bench.errand().unwrap();
        names_nobody(&sent);
    }
    assert_eq!(newest(&bench, "7:person:5"), None);
}

#[test]
fn a_restart_remembers_who_is_kept_out() {
    for cold in [false, true] {
        let mut bench = erased().restart(cold);
        let out = bench.run(&[person(20), deal_v1(32, 21)]);
        names_nobody(&out);
        assert_eq!(of(&out, Topic::Filtered).len(), 1, "cold: {cold}");
        assert_eq!(flat(&out)["contact_id"], json!(5));
    }
}

#[test]
fn an_aborted_order_never_was() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.work(&[order(false)]);
    bench.enricher.aborted();
    let out = bench.run(&[deal(31, 10, 5, json!(100))]);
    assert_eq!(flat(&out)["contact_first_name"], json!("Runa"));
}

#[test]
fn a_lifted_person_comes_back_with_its_next_event() {
    for cold in [false, true] {
        let mut bench = erased();
        let out = bench.run(&[order(true), person(20), deal(31, 21, 5, json!(100))]);
        assert_eq!(of(&out, Topic::Filtered).len(), 0);
        assert_eq!(newest(&bench, &Suppressed::note_key(COMPANY, 5)), None);
        assert!(newest(&bench, "7:person:5").is_some());
        let mut bench = bench.restart(cold);
        let out = bench.run(&[deal(31, 22, 5, json!(100))]);
        assert_eq!(flat(&out)["contact_first_name"], json!("Runa"), "cold: {cold}");
    }
}

#[test]
fn order_and_lift_and_event_of_one_batch_stand_in_their_order() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    bench.run(&[order(false), person(20), order(true), person(21)]);
    assert!(newest(&bench, "7:person:5").is_some());
    bench.run(&[person(22), order(false)]);
    assert_eq!(newest(&bench, "7:person:5"), None);
}
