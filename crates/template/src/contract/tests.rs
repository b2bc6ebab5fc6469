//! The examples of what travels keep the contract; each way to break it is named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::json;
use uuid::Uuid;

use super::*;

fn examples() -> Vec<(String, Map)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/examples/flat");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let event = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path.display().to_string(), event)
    };
    files.map(read).collect()
}

fn deal() -> Map {
    let named = |(name, _): &(String, Map)| name.ends_with("deal-updated-v2.json");
    examples().into_iter().find(named).unwrap().1
}

fn read(event: &Map) -> Result<Kept, NotTaken> {
    Contract::flat()
        .unwrap()
        .read(&serde_json::to_vec(event).unwrap())
}

/// Path and rule of each violation.
fn broken(event: &Map) -> Vec<(String, String)> {
    match read(event) {
        Err(NotTaken::Violations(violations)) => {
            assert!(violations.iter().all(|one| one.schema_version == VERSION));
            violations.into_iter().map(|one| (one.path, one.rule)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn with(key: &str, value: Value) -> Map {
    let mut event = deal();
    event.insert(key.to_owned(), value);
    event
}

#[test]
fn every_example_keeps_the_contract() {
    let examples = examples();
    assert!(examples.len() > 5);
    for (name, event) in examples {
        let kept = read(&event).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(event[key::EVENT_UUID], json!(kept.event.uuid), "{name}");
        assert_eq!(event[key::EVENT_ACTION], json!(kept.action.as_str()), "{name}");
    }
}

#[test]
fn keys_of_a_carrier_break_nothing_whatever_they_hold() {
    let mut event = deal();
    let kept = read(&event).unwrap();
    for (key, value) in [
        ("timestamp", json!(1_770_000_000)),
        ("unique_event_id", json!("1770000000000_123456789")),
        ("client_id", json!("dcid.1.1770000000000.5")),
        ("ip_override", json!("203.0.113.9")),
        ("user_data", json!({"email": null, "address": [{"city": "Oslo"}]})),
        ("deal_unheard_of", json!(null)),
    ] {
        event.insert(key.to_owned(), value);
    }
    assert_eq!(read(&event), Ok(kept));
}

#[test]
fn each_key_that_is_missing_or_not_of_its_type_is_named() {
    let mut event = deal();
    event.remove(key::EVENT_UUID);
    event.insert("deal_value".to_owned(), json!("much"));
    event.insert("deal_title".to_owned(), json!(null));
    event.insert("deal_custom_budget".to_owned(), json!([{"a": 1}]));
    let expected = [
        ("$.deal_custom_budget[0]", "type"),
        ("$.deal_title", "type"),
        ("$.deal_value", "type"),
        ("$.event_uuid", "required"),
    ];
    let expected = expected.map(|(path, rule)| (path.to_owned(), rule.to_owned()));
    assert_eq!(broken(&event), expected);
}

#[test]
fn what_no_schema_says_is_asked_as_well() {
    for (key, value) in [
        (key::EVENT_UUID, json!(Uuid::nil())),
        (key::EVENT_VER, json!("99999999999999999999999")),
        (key::EVENT_REVISION, json!(16)),
        (key::EVENT_COMPANY_ID, json!(-7)),
        (key::EVENT_OBJECT, json!("a:b")),
        (key::EVENT_ID, json!("a b")),
        (key::EVENT_ACTION, json!("change")),
        (key::EVENT_TIMESTAMP_MICRO, json!(99_999_999_999_999_999_u64)),
    ] {
        assert_eq!(
            broken(&with(key, value)),
            [(format!("$.{key}"), "envelope".to_owned())]
        );
    }
}

#[test]
fn what_is_no_object_is_no_event() {
    let contract = Contract::flat().unwrap();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for bytes in ["", "[]", "7", "null", "{", "{}x", &deep] {
        assert_eq!(contract.read(bytes.as_bytes()), Err(NotTaken::NotJson), "{bytes}");
    }
}

#[test]
fn an_event_is_late_by_the_time_it_was_enriched_at() {
    let kept = read(&with(key::EVENT_ENRICHED_AT, json!("2026-02-03T10:00:00Z"))).unwrap();
    let hours = |hours: i64| kept.enriched_at_micro + hours * 3_600_000_000;
    assert!(!kept.is_late(hours(19)) && kept.is_late(hours(21)));
}
