//! Each body against the documented envelope, and against recorded bodies where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use simulator::account::{Account, Founding};
use simulator::change::{Subscriber, Version};
use simulator::moment::Moment;

const SUBSCRIBER: Subscriber = Subscriber {
    webhook: 4_710_827,
    owner: 12_415_231,
};

/// One body of each object and action that an account tells of.
fn samples(version: Version) -> BTreeMap<(String, String), Value> {
    let start = Moment::from_micros(1_788_264_000_123_456);
    let mut account = Account::new(Founding {
        seed: 2,
        company: 77,
        several_currencies: true,
        contacts: 40,
        everything: true,
        at: start,
    });
    let mut samples = BTreeMap::new();
    for step in 1..=30_000 {
        let change = account.step(start.plus(Duration::from_mins(1) * step));
        let key = (change.object().to_owned(), change.action.v1().to_owned());
        if change.is_told_by(version) && !samples.contains_key(&key) {
            let body = change.body(version, SUBSCRIBER, 2).unwrap();
            samples.insert(key, serde_json::from_slice(&body).unwrap());
        }
    }
    samples
}

#[test]
fn a_v1_body_has_the_documented_envelope() {
    let samples = samples(Version::V1);
    for object in ["note", "product"] {
        for action in ["added", "updated", "deleted"] {
            assert!(
                samples.contains_key(&(object.to_owned(), action.to_owned())),
                "{action}.{object}"
            );
        }
    }
    assert!(samples.len() >= 12 && !samples.keys().any(|(object, _)| object == "lead"));
    for ((object, action), body) in samples {
        let meta = &body["meta"];
        assert_eq!(
            (&body["v"], &meta["v"], &body["retry"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(body["event"], format!("{action}.{object}"));
        assert_eq!(
            (meta["action"].as_str(), meta["object"].as_str()),
            (Some(&*action), Some(&*object))
        );
        for number in [
            "id",
            "company_id",
            "user_id",
            "timestamp",
            "timestamp_micro",
            "prepublish_timestamp",
        ] {
            assert!(meta[number].is_u64(), "{number} of {object}");
        }
        assert_eq!(
            meta["timestamp_micro"].as_u64().unwrap() / 1_000_000,
            meta["timestamp"].as_u64().unwrap()
        );
        assert_eq!(meta["webhook_id"], "4710827");
        assert_eq!(body["current"].is_null(), action == "deleted");
        assert_eq!(body["previous"].is_null(), action == "added");
        if object == "user" {
            assert_eq!(body["current"].as_array().map(Vec::len), Some(1));
        } else if action == "updated" {
            let keys = |side: &Value| side.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(
                keys(&body["current"]),
                keys(&body["previous"]),
                "both sides are whole"
            );
        }
    }
}

#[test]
fn a_v2_body_has_the_documented_envelope() {
    let samples = samples(Version::V2);
    assert!(samples.keys().any(|(object, _)| object == "lead"));
    for ((object, action), body) in samples {
        let meta = &body["meta"];
        for text in [
            "company_id",
            "entity_id",
            "user_id",
            "webhook_id",
            "webhook_owner_id",
            "id",
            "correlation_id",
        ] {
            assert!(meta[text].is_string(), "{text} of {object}");
        }
        assert_eq!(
            (meta["version"].as_str(), meta["type"].as_str()),
            (Some("2.0"), Some("general"))
        );
        assert_eq!(meta["attempt"], 2);
        let expected = match action.as_str() {
            "added" => "create",
            "deleted" => "delete",
            _ => "change",
        };
        assert_eq!(
            (meta["action"].as_str(), meta["entity"].as_str()),
            (Some(expected), Some(&*object))
        );
        assert_eq!(meta["merged_from_id"].is_string(), action == "merged");
        assert_eq!(body["data"].is_null(), expected == "delete");
        assert_eq!(body["previous"].is_null(), expected == "create");
        assert!(uuid::Uuid::parse_str(meta["id"].as_str().unwrap()).is_ok());
        let time = meta["timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }
}

#[test]
fn a_v2_body_is_compact_and_in_pipedrives_order() {
    let start = Moment::from_micros(1_788_264_000_123_456);
    let mut account = Account::new(Founding {
        seed: 2,
        company: 77,
        several_currencies: false,
        contacts: 40,
        everything: false,
        at: start,
    });
    let body = String::from_utf8(account.next_event(Version::V2, start).body(1)).unwrap();
    assert!(body.starts_with(r#"{"data":"#) && !body.contains("\": "));
    let (previous, meta) = (
        body.find(r#","previous":"#).unwrap(),
        body.find(r#","meta":{"action":"#).unwrap(),
    );
    assert!(previous < meta);
}

/// Keys of recorded bodies that ours lack on purpose.
const NOT_OURS: &[&str] = &[
    "indexable_fields",                // recordings of 2017
    "timestamp_milli",                 // as above, before microseconds
    "edit_name",                       // as above
    "sync_needed",                     // as above
    "elastic_enabled",                 // undocumented, some accounts only
    "last_notification_time",          // activities of one recording
    "last_notification_user_id",       // as above
    "notification_language_id",        // as above
    "activity_notifications_language", // as above
];

#[test]
fn our_bodies_hold_every_key_that_recorded_ones_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/payloads");
    for (name, version) in [("v1", Version::V1), ("v2", Version::V2)] {
        let Ok(files) = std::fs::read_dir(folder.join(name)) else {
            continue;
        };
        let samples = samples(version);
        let mut compared = 0;
        for file in files {
            let path = file.unwrap().path();
            let recorded: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            if let Some(ours) = samples.get(&kind(&recorded, version)) {
                compare(&recorded, ours, &path.file_name().unwrap().to_string_lossy());
                compared += 1;
            }
        }
        assert!(compared >= 10, "{compared} bodies of {name} compared");
    }
}

fn kind(body: &Value, version: Version) -> (String, String) {
    let meta = &body["meta"];
    let word = |name: &str| meta[name].as_str().unwrap_or_default().to_owned();
    if version == Version::V1 {
        return (word("object"), word("action"));
    }
    let action = match word("action").as_str() {
        "create" => "added",
        "delete" => "deleted",
        _ => "updated",
    };
    (word("entity"), action.to_owned())
}

fn compare(recorded: &Value, ours: &Value, place: &str) {
    let (recorded, ours) = match (recorded, ours) {
        (Value::Array(recorded), Value::Array(ours)) if !recorded.is_empty() && !ours.is_empty() => {
            return compare(&recorded[0], &ours[0], place);
        }
        (Value::Object(recorded), Value::Object(ours)) => (recorded, ours),
        _ => return,
    };
    for (key, value) in recorded {
        let custom = key.len() >= 40 && key.bytes().take(40).all(|byte| byte.is_ascii_hexdigit());
        // A difference holds what changed, and no two changes are alike.
        if custom || NOT_OURS.contains(&key.as_str()) || place.ends_with("/previous") {
            continue;
        }
        let here = format!("{place}/{key}");
        let held = ours.get(key).unwrap_or_else(|| panic!("{here} is missing"));
        if !value.is_null() && !held.is_null() && key != "timestamp" && !loose(key) {
            assert_eq!(
                std::mem::discriminant(value),
                std::mem::discriminant(held),
                "{here}: {value} and {held}"
            );
        }
        compare(value, held, &here);
    }
}

/// Recorded in several forms.
fn loose(key: &str) -> bool {
    matches!(
        key,
        "id" | "label"
            | "phone"
            | "email"
            | "person_id"
            | "org_id"
            | "user_id"
            | "company_id"
            | "marked_as_done_time"
    )
}
