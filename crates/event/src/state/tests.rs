//! Last states: order by version whatever came first, doubles known, ids trimmed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::moment;

const START: i64 = 1_770_114_030_000_000;
const MINUTE: i64 = 60 * 1_000_000;

fn change(action: &str, micros: i64, title: &str) -> Change {
    let body = json!({
        "data": if action == "delete" { json!(null) } else { json!({"id": 31, "title": title}) },
        "previous": {"id": 31, "title": title},
        "meta": {"version": "2.0", "action": action, "entity": "deal", "entity_id": "31", "company_id": "7",
                 "timestamp": moment::to_rfc3339(micros)},
    });
    Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap()
}

fn document(state: &Value) -> Document {
    state.as_object().unwrap().clone().into()
}

fn put<const N: usize>(change: &mut Change, fields: [(&str, Value); N]) {
    let mut state = change.current.take().unwrap().to_map();
    state.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    change.current = Some(state.into());
}

fn record() -> EntityRecord {
    EntityRecord::new(7, Object::Deal, EntityId::from(31))
}

fn title(record: &EntityRecord) -> Option<&str> {
    record.state.as_ref()?.get("title")?.as_str()
}

#[test]
fn the_greatest_version_wins_whatever_arrived_first() {
    let mut record = record();
    assert_eq!(
        record.apply(&change("change", START + 2, "second"), 10),
        Applied::Newer
    );
    assert_eq!(
        record.apply(&change("change", START + 1, "first"), 11),
        Applied::Older
    );
    assert_eq!(title(&record), Some("second"));
    assert_eq!(record.ver, change("change", START + 2, "second").ver);
    assert_eq!(record.seen.len(), 2);
    assert_eq!(record.message_key(), "7:deal:31");
}

#[test]
fn of_equal_versions_the_later_applied_wins() {
    let mut record = record();
    let (first, mut second) = (
        change("change", START, "first"),
        change("change", START, "second"),
    );
    second.ver = first.ver;
    record.apply(&first, 10);
    assert_eq!(record.apply(&second, 11), Applied::Newer);
    assert_eq!(title(&record), Some("second"));
}

#[test]
fn a_double_changes_nothing() {
    let mut record = record();
    let event = change("change", START, "one");
    record.apply(&event, 10);
    let before = record.clone();
    assert!(record.has_seen(&event.uuid));
    assert_eq!(record.apply(&event, 99), Applied::Duplicate);
    assert!(!record.note(event.uuid, 99));
    assert_eq!(record, before);
}

#[test]
fn a_deleted_entity_keeps_a_small_record_and_stays_gone() {
    let mut record = record();
    record.apply(&change("create", START, "one"), 10);
    assert_eq!(
        record.apply(&change("delete", START + 2, "one"), 11),
        Applied::Newer
    );
    assert_eq!(
        (record.gone.clone(), record.state.clone()),
        (Some(Gone::Deleted), None)
    );
    assert_eq!(
        record.apply(&change("change", START + 1, "late"), 12),
        Applied::Older
    );
    assert_eq!(record.gone, Some(Gone::Deleted));
    assert_eq!(
        record.apply(&change("change", START + 3, "back"), 13),
        Applied::Newer
    );
    assert_eq!((record.gone.clone(), title(&record)), (None, Some("back")));
}

#[test]
fn a_merged_entity_says_into_which() {
    let mut record = record();
    let mut event = change("delete", START, "one");
    event.merged_into = Some(EntityId::from(30));
    record.apply(&event, 10);
    assert_eq!(
        record.gone,
        Some(Gone::Merged {
            into: EntityId::from(30)
        })
    );
}

#[test]
fn an_event_without_a_state_is_only_noted() {
    let mut record = record();
    let mut event = change("change", START, "one");
    event.current = None;
    assert_eq!(record.apply(&event, 10), Applied::Older);
    assert_eq!(
        (record.ver, record.state.clone(), record.seen.len()),
        (Ver(0), None, 1)
    );
}

#[test]
fn empty_custom_fields_are_not_kept_in_a_state() {
    let mut record = record();
    let mut event = change("change", START, "one");
    let fields = json!({"a": null, "b": 1, "c": {"value": null}});
    put(
        &mut event,
        [("custom_fields", fields), ("lost_reason", Value::Null)],
    );
    record.apply(&event, 10);
    let state = record.state.unwrap().to_map();
    assert_eq!(state["custom_fields"], json!({"b": 1, "c": {"value": null}}));
    assert_eq!(state["lost_reason"], Value::Null);
}

#[test]
fn a_state_from_the_api_is_older_than_any_event_of_its_second() {
    let api = |time: &str| document(&json!({"id": 31, "title": "api", "update_time": time}));
    let mut record = record();
    record.apply(&change("change", START, "event"), 10);
    assert_eq!(
        record.apply_api_state(&api("2026-02-03T10:20:30Z")),
        Applied::Older
    );
    assert_eq!(title(&record), Some("event"));
    assert_eq!(
        record.apply_api_state(&api("2026-02-03T10:20:31Z")),
        Applied::Newer
    );
    assert_eq!(
        (title(&record), record.ver),
        (Some("api"), Ver::of_api_state(START + 1_000_000))
    );
    assert_eq!(
        record.apply_api_state(&api("2026-02-03T10:20:31Z")),
        Applied::Older
    );
    assert_eq!(
        record.apply(&change("change", START + 1_000_000, "event"), 11),
        Applied::Newer
    );
}

#[test]
fn a_state_from_the_api_fills_a_record_that_knows_nothing() {
    let mut empty = record();
    let state = json!({"id": 31, "title": "api"});
    assert_eq!(empty.apply_api_state(&document(&state)), Applied::Newer);
    assert_eq!((title(&empty), empty.ver), (Some("api"), Ver(0)));
    assert_eq!(empty.apply_api_state(&document(&state)), Applied::Older);
    let mut added = record();
    let state = json!({"id": 31, "update_time": null, "add_time": "2026-02-03T10:20:30Z"});
    added.apply_api_state(&document(&state));
    assert_eq!(added.ver, Ver::of_api_state(START));
    let mut deleted = record();
    deleted.apply_api_state(&document(&json!({"id": 31, "is_deleted": true})));
    assert_eq!(
        (deleted.gone.clone(), deleted.state.clone()),
        (Some(Gone::Deleted), None)
    );
    assert_eq!(
        deleted.apply_api_state(&document(&json!({"id": 31}))),
        Applied::Older
    );
}

fn noted(times: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut record = record();
    for (n, at) in times.into_iter().enumerate() {
        assert!(record.note(Uuid::from_u128(n as u128 + 1), at));
    }
    record.seen.iter().map(|seen| seen.received_at_micro).collect()
}

#[test]
fn what_is_older_than_a_day_is_let_go() {
    let day = 24 * 60 * MINUTE;
    assert_eq!(
        noted([START - day - 1, START - day, START - day + 1, START]),
        [START - day, START - day + 1, START]
    );
}

#[test]
fn of_the_older_than_15_minutes_the_newest_256_are_kept() {
    let old = START - 15 * MINUTE;
    let kept = noted(
        (0..300)
            .map(|n| old - 300 + n)
            .chain((0..400).map(|n| old + n))
            .chain([START]),
    );
    assert_eq!(kept.len(), 256 + 400 + 1);
    assert_eq!(kept.first(), Some(&(old - 256)));
    // 400 within the last 15 minutes, all of them kept, its first exactly 15 minutes old.
    assert_eq!(kept.get(256), Some(&old));
}

#[test]
fn a_late_one_is_put_where_it_belongs_and_a_too_late_one_is_let_go() {
    assert_eq!(
        noted([START, START - 5, START + 5]),
        [START - 5, START, START + 5]
    );
    let mut record = record();
    record.note(Uuid::from_u128(1), START);
    assert!(record.note(Uuid::from_u128(2), START - SEEN_MICROS - 1));
    assert!(!record.has_seen(&Uuid::from_u128(2)));
}

#[test]
fn a_record_comes_back_as_it_went() {
    let mut full = record();
    full.apply(&change("create", START, "one"), 10);
    full.metrics = Some(Metrics::over(&[], Some("EUR")));
    let mut merged = record();
    merged.gone = Some(Gone::Merged {
        into: EntityId::parse("0f1e2d3c-4b5a-11ef-8786-95a4b3c2d1e0").unwrap(),
    });
    let mut deleted = record();
    deleted.apply(&change("delete", START, "one"), 10);
    for record in [full, merged, deleted, record()] {
        assert_eq!(EntityRecord::from_json(&record.to_json()).unwrap(), record);
    }
    let text = String::from_utf8(record().to_json()).unwrap();
    assert_eq!(
        text,
        r#"{"company_id":7,"object":"deal","id":31,"ver":"0","seen":[]}"#
    );
}

#[test]
fn a_value_that_is_no_record_is_named_by_what_it_lacks() {
    let good = json!({"company_id": 7, "object": "deal", "id": 31, "ver": "1", "seen": []});
    assert!(EntityRecord::from_json(good.to_string().as_bytes()).is_ok());
    for (key, bad) in [
        ("company_id", json!("x")),
        ("object", json!(1)),
        ("id", json!([])),
        ("ver", json!(1)),
        ("seen", json!([["x", 1]])),
        ("seen", json!([[Uuid::from_u128(1)]])),
        ("seen", json!(null)),
        ("gone", json!("lost")),
        ("metrics", json!({})),
        ("state", json!([])),
    ] {
        let mut value = good.clone();
        value[key] = bad;
        let error = EntityRecord::from_json(value.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("record has no usable {key}"));
    }
    let merged =
        json!({"company_id": 7, "object": "deal", "id": 31, "ver": "1", "seen": [], "gone": "merged"});
    let error = EntityRecord::from_json(merged.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "record has no usable merged_into");
    assert!(matches!(
        EntityRecord::from_json(b"{"),
        Err(RecordError::NotJson(_))
    ));
}

#[test]
fn a_light_record_is_written_as_a_full_one() {
    let mut event = change("create", START, "one");
    let fields = [
        ("custom_fields", json!({"a": null, "b": 1.50})),
        ("person_id", json!(5)),
        ("weird \" key", json!("x")),
        ("address", json!({"street": null})),
    ];
    put(&mut event, fields);
    let mut full = record();
    let mut light = LightRecord::blank(7, Object::Deal, EntityId::from(31));
    assert_eq!(full.apply(&event, 10), light.apply(&event, 10));
    assert_eq!(light.to_json(), full.to_json());
    let read = LightRecord::read(&light.to_json()).unwrap();
    assert_eq!(read, light);
    let text = read.state.unwrap();
    let fields = full.state.as_ref().unwrap().get("address").unwrap();
    assert_eq!(
        *fields,
        json!({"street": null}),
        "only custom fields lose their empty ones"
    );
    assert_ne!(text, StateText::of(&Document::default()));
    assert_eq!(Some(text.to_document()), full.state);
    assert_eq!(
        (text.whole("person_id"), text.whole("title"), text.whole("none")),
        (Some(5), None, None)
    );
    assert_ne!(Some(text), LightRecord::read(&record().to_json()).unwrap().state);
}

/// Events of one entity at different times, in a made-up order, some twice.
fn history() -> impl Strategy<Value = (Vec<Change>, Vec<Change>)> {
    let event = (0..4_u8, "[a-z]{0,4}");
    prop::collection::vec(event, 1..9).prop_flat_map(|events| {
        let changes: Vec<Change> = events
            .iter()
            .enumerate()
            .map(|(at, (kind, title))| {
                let action = ["create", "change", "change", "delete"][usize::from(*kind)];
                let mut made = change(action, START + at as i64 * 1_000, title);
                if *kind == 3 && title.len() == 1 {
                    made.merged_into = Some(EntityId::from(30));
                }
                made
            })
            .collect();
        let doubled: Vec<Change> = changes.iter().chain(changes.iter().take(3)).cloned().collect();
        (Just(changes), Just(doubled).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_permutation_with_doubles_gives_the_same_state((changes, shuffled) in history()) {
        let (mut expected, mut record) = (record(), record());
        for event in &changes {
            prop_assert_eq!(expected.apply(event, START), Applied::Newer);
        }
        let applied: Vec<Applied> = shuffled.iter().map(|event| record.apply(event, START)).collect();
        prop_assert_eq!(&record.state, &expected.state);
        prop_assert_eq!(&record.gone, &expected.gone);
        prop_assert_eq!(record.ver, expected.ver);
        let doubles = applied.iter().filter(|one| **one == Applied::Duplicate).count();
        prop_assert_eq!(doubles, shuffled.len() - changes.len());
        prop_assert_eq!(record.seen.len(), changes.len());
    }

    #[test]
    fn the_kept_ones_are_in_order_and_bounded(times in prop::collection::vec(0..90_000_000_000_i64, 1..600)) {
        let kept = noted(times.iter().map(|at| START + at));
        let now = kept.last().copied().unwrap();
        prop_assert!(kept.is_sorted());
        prop_assert!(kept.iter().all(|at| now - at <= SEEN_MICROS));
        prop_assert!(kept.iter().filter(|at| now - **at > SEEN_ALL_MICROS).count() <= SEEN_OLDER_MAX);
        let young = times.iter().filter(|at| now - (START + **at) <= SEEN_ALL_MICROS).count();
        prop_assert_eq!(kept.iter().filter(|at| now - **at <= SEEN_ALL_MICROS).count(), young);
    }
}
