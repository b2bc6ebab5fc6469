//! Every fixture, and every recorded body when they are at hand, becomes a change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::entity::{Action, Object};
use crate::webhook::Version;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok);
    files
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect()
}

fn fixture(name: &str) -> Change {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
        .with_extension("json");
    Change::from_webhook(&std::fs::read(path).expect(name)).expect(name)
}

/// Every body becomes a change that agrees with its own envelope and tells some state.
fn all_become_changes(paths: &[PathBuf]) {
    for path in paths {
        let body = std::fs::read(path).unwrap();
        let change =
            Change::from_webhook(&body).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", path.display()));
        let envelope = envelope(&Webhook::parse(&body).unwrap()).unwrap();
        assert_eq!(change.uuid, envelope.uuid);
        assert_eq!(
            (change.action, change.time_micro),
            (envelope.action, envelope.time_micro)
        );
        assert_eq!(
            change.message_key(),
            identity::message_key(envelope.company_id, &envelope.object, &envelope.id)
        );
        assert_eq!(
            change.ver,
            identity::Ver::compute(change.time_micro, &change.uuid, 0)
        );
        assert!(
            path.components()
                .any(|part| part.as_os_str() == format!("v{}", change.version).as_str())
        );
        let ended = change.action == Action::Deleted;
        let stateless = path.ends_with("delete_task_without_state.json");
        assert_eq!(change.current.is_none(), ended, "{}", path.display());
        assert_eq!(change.state().is_none(), stateless, "{}", path.display());
    }
}

#[test]
fn all_fixtures_of_both_versions_become_changes() {
    let (v1, v2) = (fixtures("fixtures/v1"), fixtures("fixtures/v2"));
    assert!(v1.len() >= 12 && v2.len() >= 12);
    all_become_changes(&v1);
    all_become_changes(&v2);
}

#[test]
fn all_recorded_bodies_become_changes_where_they_are_at_hand() {
    let paths = fixtures("../../../shared/payloads");
    all_become_changes(&paths);
    assert!(paths.is_empty() || paths.len() == 48, "{}", paths.len());
}

#[test]
fn identities_are_held_for_ever() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/identity.json");
    let held: BTreeMap<String, (String, String)> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut made = BTreeMap::new();
    for path in fixtures("fixtures/v1").into_iter().chain(fixtures("fixtures/v2")) {
        let change = Change::from_webhook(&std::fs::read(&path).unwrap()).unwrap();
        let name = format!(
            "v{}/{}",
            change.version,
            path.file_stem().unwrap().to_str().unwrap()
        );
        made.insert(name, (change.uuid.to_string(), change.ver.to_string()));
    }
    assert_eq!(made, held, "{}", serde_json::to_string_pretty(&made).unwrap());
}

#[test]
fn times_come_in_three_forms() {
    assert_eq!(
        fixture("v1/added_deal_2017_milliseconds").time_micro,
        1_492_700_133_328_000
    );
    assert_eq!(fixture("v1/updated_deal_2023").time_micro, 1_677_748_500_123_456);
    assert_eq!(
        fixture("v1/updated_pipeline_ids_as_text").time_micro,
        1_677_748_500_123_456
    );
    assert_eq!(fixture("v2/create_deal").time_micro, 1_770_114_030_405_000);
    assert_eq!(
        fixture("v2/create_user_integer_timestamp").time_micro,
        1_770_114_030_000_000
    );
    let mut body = body("v1/updated_deal_2023");
    body["meta"].as_object_mut().unwrap().remove("timestamp_micro");
    assert_eq!(read(&body).time_micro, 1_677_748_500_000_000);
}

#[test]
fn ids_come_as_numbers_or_texts() {
    let (numbers, texts) = (
        fixture("v2/change_deal_ids_as_numbers"),
        fixture("v2/change_deal_stage"),
    );
    for change in [&numbers, &texts, &fixture("v1/updated_deal_2023")] {
        assert_eq!(change.message_key(), "4711001:deal:31");
        assert_eq!(change.user_id, Some(880_011));
    }
    assert_eq!(numbers.webhook_id.as_deref(), Some("70001"));
    assert_eq!(numbers.permitted, Permitted::Users(vec![880_011]));
    assert_eq!(texts.permitted, Permitted::Users(vec![880_011, 880_012]));
    assert_eq!((numbers.attempt, texts.attempt), (Some(2), Some(1)));
    let lead = fixture("v2/change_lead_without_value");
    assert_eq!(lead.id.as_str(), "0f1e2d3c-4b5a-11ef-8786-95a4b3c2d1e0");
    assert_eq!(
        fixture("v1/updated_pipeline_ids_as_text").message_key(),
        "4711001:pipeline:1"
    );
    assert_eq!(
        fixture("v1/updated_pipeline_ids_as_text").webhook_id.as_deref(),
        Some("60002")
    );
}

#[test]
fn who_may_see_it_is_everyone_some_or_unknown() {
    assert_eq!(fixture("v1/added_stage").permitted, Permitted::Everyone);
    assert_eq!(
        fixture("v1/updated_deal_2025").permitted,
        Permitted::Users(vec![])
    );
    assert_eq!(
        fixture("v2/change_deal_reopened_without_users").permitted,
        Permitted::Unknown
    );
}

#[test]
fn actions_are_v1_s_words() {
    for (name, action) in [
        ("v1/merged_deal", Action::Merged),
        ("v1/deleted_person", Action::Deleted),
        ("v2/create_deal", Action::Added),
        ("v2/change_deal_stage", Action::Updated),
        ("v2/delete_deal", Action::Deleted),
        ("v2/change_deal_merged_survivor", Action::Merged),
        ("v2/delete_deal_merged_loser", Action::Deleted),
    ] {
        assert_eq!(fixture(name).action, action, "{name}");
    }
    let survivor = fixture("v2/change_deal_merged_survivor");
    assert_eq!(
        (survivor.merged_from, survivor.merged_into),
        (Some(EntityId::from(34)), None)
    );
    let loser = fixture("v2/delete_deal_merged_loser");
    assert_eq!(
        (loser.merged_from, loser.merged_into),
        (None, Some(EntityId::from(31)))
    );
}

#[test]
fn the_state_is_an_object_or_in_a_list_or_absent() {
    let user = fixture("v1/added_user_in_a_list");
    assert_eq!(user.current.unwrap().to_map()["name"], json!("Bo Lind"));
    let mut two = body("v1/added_user_in_a_list");
    let other = json!({"id": 5, "name": "Else"});
    two["current"].as_array_mut().unwrap().insert(0, other);
    assert_eq!(read(&two).current.unwrap().to_map()["name"], json!("Bo Lind"));
    two["meta"]["id"] = json!(6);
    assert_eq!(read(&two).current.unwrap().to_map()["name"], json!("Else"));
    two["current"] = json!([]);
    assert_eq!(read(&two).current, None);
    two["current"] = json!([7]);
    assert_eq!(read(&two).current, None);
    assert_eq!(fixture("v1/updated_organization").previous, None);
}

#[test]
fn the_rest_of_meta_is_kept_as_it_came() {
    let v1 = fixture("v1/updated_deal_2025");
    let keys = |change: &Change| change.meta.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&v1),
        [
            "pipedrive_service_name",
            "prepublish_timestamp",
            "trans_pending",
            "v"
        ]
    );
    assert_eq!(v1.matches_filters, Some(json!({"current": []})));
    assert_eq!(v1.change_source.as_deref(), Some("api"));
    assert_eq!(v1.is_bulk, Some(false));
    assert_eq!(v1.host.as_deref(), Some("fjeld.pipedrive.com"));
    assert_eq!(
        fixture("v1/added_deal_2017_milliseconds").meta["timestamp_milli"],
        json!(1_492_700_133_328_u64)
    );
    let v2 = fixture("v2/change_person");
    assert_eq!(
        keys(&v2),
        ["correlation_id", "type", "version", "webhook_owner_id"]
    );
    assert_eq!(
        (v2.is_bulk, v2.change_source.as_deref(), v2.version),
        (Some(true), Some("app"), Version::V2)
    );
    assert_eq!(v2.host.as_deref(), Some("fjeld.pipedrive.com"));
}

#[test]
fn both_versions_have_one_canonical_state() {
    let v1 = fixture("v1/updated_deal_objects_for_ids")
        .current
        .unwrap()
        .to_map();
    let v2 = fixture("v2/change_deal_stage").current.unwrap().to_map();
    for key in [
        "owner_id",
        "person_id",
        "org_id",
        "stage_id",
        "title",
        "currency",
        "label_ids",
    ] {
        let numbers = v1[key].is_u64() == v2[key].is_u64();
        assert!(v1.contains_key(key) && v2.contains_key(key) && numbers, "{key}");
    }
    assert_eq!(
        (&v1["owner_id"], &v1["person_id"], &v1["org_id"]),
        (&json!(880_011), &json!(51), &json!(71))
    );
    assert_eq!(v1["cc_email"], json!("crm+deal31@example.com"));
    assert_eq!(v1["update_time"], json!("2023-03-02T09:15:00Z"));
    assert_eq!(
        fixture("v1/updated_deal_objects_for_ids")
            .previous
            .unwrap()
            .to_map()["stage_id"],
        json!(1)
    );
    assert_eq!(
        fixture("v2/change_deal_stage").previous.unwrap().to_map(),
        json!({"stage_id": 2}).as_object().unwrap().clone()
    );
}

#[test]
fn money_keeps_its_digits() {
    let mut body = std::fs::read_to_string(
        fixtures("fixtures/v2")
            .into_iter()
            .find(|p| p.ends_with("create_deal.json"))
            .unwrap(),
    )
    .unwrap();
    body = body.replace("1200.5", "12345678901234.5670");
    let change = Change::from_webhook(body.as_bytes()).unwrap();
    assert_eq!(
        change.current.unwrap().to_map()["value"].to_string(),
        "12345678901234.5670"
    );
}

#[test]
fn nesting_without_end_is_refused_and_does_not_crash() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let meta = r#"{"object":"deal","action":"updated","id":1,"company_id":1,"user_id":1,"timestamp":1}"#;
    let refusal =
        Change::from_webhook(format!(r#"{{"v":1,"meta":{meta},"current":{{"a":{deep}}}}}"#).as_bytes());
    assert!(
        matches!(refusal, Err(Refusal::NotJson(_) | Refusal::NotAWebhook(_))),
        "{refusal:?}"
    );
    let nested = format!(r#"{{"v":1,"meta":{{"a":{deep}}}}}"#);
    assert!(Change::from_webhook(nested.as_bytes()).is_err());
}

fn body(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
        .with_extension("json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn read(body: &Value) -> Change {
    Change::from_webhook(&serde_json::to_vec(body).unwrap()).unwrap()
}

fn any_fixture() -> impl Strategy<Value = Value> {
    let paths = [fixtures("fixtures/v1"), fixtures("fixtures/v2")].concat();
    let bodies: Vec<Value> = paths
        .iter()
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect();
    prop::sample::select(bodies)
}

proptest! {
    #[test]
    fn a_retry_has_the_same_event_uuid(mut body in any_fixture(), attempt in 1_u32..5) {
        let first = read(&body);
        match first.version {
            Version::V1 => body["retry"] = json!(attempt - 1),
            Version::V2 => body["meta"]["attempt"] = json!(attempt),
        }
        let again = read(&body);
        prop_assert_eq!((again.uuid, again.ver), (first.uuid, first.ver));
        prop_assert_eq!(again.attempt, Some(attempt));
    }

    #[test]
    fn two_edits_within_one_second_are_two_events(mut body in any_fixture(), edits in prop::collection::btree_set(".*", 2..6)) {
        // Without an id of its own and with a time in whole seconds: the hardest case.
        let meta = body["meta"].as_object_mut().unwrap();
        for key in ["timestamp_micro", "timestamp_milli"] {
            meta.remove(key);
        }
        if meta.contains_key("entity") {
            meta.insert("id".into(), json!("none"));
            meta.insert("timestamp".into(), json!(1_770_114_030));
        }
        let state = if meta.contains_key("entity") { "data" } else { "current" };
        for key in [state, "previous"] {
            let mut uuids = std::collections::BTreeSet::new();
            let whole = body[key].clone();
            for edit in &edits {
                body[key] = json!({"title": edit});
                uuids.insert(read(&body).uuid);
            }
            body[key] = whole;
            prop_assert_eq!(uuids.len(), edits.len());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Change::from_webhook(&bytes);
    }

    #[test]
    fn unknown_keys_are_kept(mut body in any_fixture(), key in "[a-z]{12,20}", value in ".*") {
        body["meta"][&key] = json!(value);
        prop_assert_eq!(read(&body).meta.get(&key).cloned(), Some(json!(value)));
        let state = if body["meta"].get("entity").is_some() { "data" } else { "current" };
        if let Some(map) = body[state].as_object_mut() {
            map.insert(key.clone(), json!(value));
            prop_assert_eq!(read(&body).current.unwrap().get(&key).cloned(), Some(json!(value)));
        }
    }
}

#[test]
fn the_envelope_is_what_the_collector_needs() {
    let bytes = serde_json::to_vec(&body("v2/change_deal_stage")).unwrap();
    let envelope = envelope(&Webhook::parse(&bytes).unwrap()).unwrap();
    assert_eq!(envelope.object, Object::Deal);
    assert_eq!(envelope.uuid, fixture("v2/change_deal_stage").uuid);
}
