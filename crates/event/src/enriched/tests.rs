//! Both webhook versions become the founding document's one nested shape.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::needless_pass_by_value)]

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::Kind;
use crate::metrics::DealFacts;

const ENRICHED_AT: i64 = 1_770_114_031_000_002;

fn change(name: &str) -> Change {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
        .with_extension("json");
    Change::from_webhook(&std::fs::read(path).unwrap()).unwrap()
}

fn composed(change: &Change, additions: &Additions) -> Value {
    let headers = Headers::new(change.uuid, Kind::Webhook, "crm", ENRICHED_AT - 2);
    let event = compose(change, &headers, additions, ENRICHED_AT);
    serde_json::from_slice::<Value>(&event).unwrap()["request"].take()
}

fn map(value: Value) -> Map {
    value.as_object().unwrap().clone()
}

fn document(value: Value) -> Document {
    map(value).into()
}

#[test]
fn both_versions_have_v1_s_words_in_meta() {
    for (name, version) in [("v1/updated_deal_2023", 1), ("v2/change_deal_stage", 2)] {
        let change = change(name);
        let request = composed(&change, &Additions::default());
        assert_eq!(
            (&request["v"], &request["type"]),
            (&json!(version), &json!("updated.deal"))
        );
        assert_eq!(request["platform"], json!("PipedriveRequest"));
        let meta = &request["meta"];
        for (key, value) in [
            ("action", json!("updated")),
            ("object", json!("deal")),
            ("id", json!(31)),
            ("company_id", json!(4_711_001)),
            ("user_id", json!(880_011)),
            ("host", json!("fjeld.pipedrive.com")),
            ("change_source", json!("app")),
            ("is_bulk_update", json!(false)),
            ("permitted_user_ids", json!([880_011, 880_012])),
            ("attempt", json!(1)),
            ("timestamp", json!(change.time_micro / 1_000_000)),
            ("timestamp_micro", json!(change.time_micro)),
            ("uuid", json!(change.uuid.to_string())),
            ("ver", json!(change.ver.to_string())),
            ("revision", json!(0)),
            ("source", json!("crm")),
            ("received_at", json!("2026-02-03T10:20:31.000000Z")),
            ("enriched_at", json!("2026-02-03T10:20:31.000002Z")),
        ] {
            assert_eq!(meta[key], value, "{name}: {key}");
        }
        assert!(meta["webhook_id"].is_string());
        assert_eq!(meta.get("missing"), None);
    }
}

#[test]
fn what_only_one_version_has_stays_under_its_name() {
    let v1 = composed(&change("v1/updated_deal_2023"), &Additions::default());
    assert_eq!(v1["meta"]["prepublish_timestamp"], json!(1_677_748_500_469_u64));
    assert_eq!(v1["matches_filters"], json!({"current": []}));
    let v2 = composed(&change("v2/delete_deal_merged_loser"), &Additions::default());
    assert_eq!(v2["meta"]["merged_to_id"], json!(31));
    assert!(v2["meta"]["correlation_id"].is_string());
    assert_eq!(v2["current"], Value::Null);
    let survivor = composed(&change("v2/change_deal_merged_survivor"), &Additions::default());
    assert_eq!(survivor["meta"]["merged_from_id"], json!(34));
    assert_eq!(survivor["meta"]["action"], json!("merged"));
    let everyone = composed(&change("v1/added_stage"), &Additions::default());
    assert_eq!(everyone["meta"]["permitted_user_ids"], json!(["*"]));
    let unknown = composed(
        &change("v2/change_deal_reopened_without_users"),
        &Additions::default(),
    );
    assert_eq!(unknown["meta"].get("permitted_user_ids"), None);
}

#[test]
fn the_attempt_is_the_header_s_where_the_body_says_none() {
    let mut change = change("v2/create_deal");
    change.attempt = None;
    let mut headers = Headers::new(change.uuid, Kind::Webhook, "crm", 0);
    headers.attempt = Some(3);
    let event = compose(&change, &headers, &Additions::default(), 0);
    let event: Value = serde_json::from_slice(&event).unwrap();
    assert_eq!(event["request"]["meta"]["attempt"], json!(3));
}

fn additions() -> Additions {
    Additions {
        contact: Some(Arc::new(document(json!({"email": "a@example.com"})))),
        organization: Some(Arc::new(document(json!({"name": "Fjeld"})))),
        owner_name: Some("Ada".into()),
        stage: Some(StageFacts {
            name: Some("Offer".into()),
            order: Some(3),
        }),
        previous_stage_name: Some("Lead".into()),
        pipeline_name: Some("Sales".into()),
        marketing: Some(Marketing {
            source: Some("fair".into()),
            origin: Some("deal_channel".into()),
            ..Marketing::default()
        }),
        metrics: Some(Metrics::over(&[] as &[DealFacts], Some("EUR"))),
        email_validation: Some(map(json!({"status": "valid"}))),
        custom_fields: Some(map(json!({"Colour": "blue"}))),
        label_names: Some(vec!["Hot".into()]),
        missing: vec!["organization".into()],
    }
}

#[test]
fn additions_stand_where_the_article_has_them() {
    let request = composed(&change("v2/change_deal_stage"), &additions());
    assert_eq!(request["personal_properties"], json!({"email": "a@example.com"}));
    assert_eq!(request["organization_properties"], json!({"name": "Fjeld"}));
    assert_eq!(
        request["marketing"],
        json!({"source": "fair", "origin": "deal_channel"})
    );
    assert_eq!(request["metrics"]["currency"], json!("EUR"));
    assert_eq!(request["email_validation"], json!({"status": "valid"}));
    assert_eq!(request["meta"]["missing"], json!(["organization"]));
    let current = &request["current"];
    assert_eq!(
        (&current["owner_name"], &current["pipeline_name"]),
        (&json!("Ada"), &json!("Sales"))
    );
    assert_eq!(
        (&current["stage_name"], &current["stage_order_nr"]),
        (&json!("Offer"), &json!(3))
    );
    assert_eq!(current["custom_fields_by_name"], json!({"Colour": "blue"}));
    assert_eq!(
        (&current["label_names"], &current["label_ids"]),
        (&json!(["Hot"]), &json!([]))
    );
    assert_eq!(request["previous"], json!({"stage_id": 2, "stage_name": "Lead"}));
}

#[test]
fn the_order_a_webhook_brought_is_kept() {
    let request = composed(&change("v1/updated_deal_2023"), &additions());
    assert_eq!(request["current"]["stage_order_nr"], json!(2));
    let mut null = change("v2/change_deal_stage");
    let mut state = null.current.unwrap().to_map();
    state.insert("stage_order_nr".into(), Value::Null);
    null.current = Some(state.into());
    assert_eq!(
        composed(&null, &additions())["current"]["stage_order_nr"],
        json!(3)
    );
}

#[test]
fn a_deleted_entity_has_the_names_in_its_last_state() {
    let request = composed(&change("v2/delete_deal"), &additions());
    assert_eq!(request["current"], Value::Null);
    assert_eq!(request["previous"]["stage_name"], json!("Offer"));
    assert_eq!(request["previous"]["owner_name"], json!("Ada"));
    assert_eq!(request["previous"]["label_names"], json!(["Hot"]));
    let mut stateless = change("v2/delete_deal");
    stateless.previous = None;
    assert_eq!(composed(&stateless, &additions()).get("previous"), None);
    let mut odd = change("v2/change_deal_stage");
    odd.current = None;
    assert_eq!(composed(&odd, &additions())["previous"], json!({"stage_id": 2}));
}

#[test]
fn a_person_s_and_an_organization_s_own_event_has_their_properties() {
    let person = composed(&change("v2/change_person"), &Additions::default());
    assert_eq!(person["personal_properties"]["first_name"], json!("Rúna"));
    assert_eq!(person.get("organization_properties"), None);
    let deleted = composed(&change("v2/delete_person"), &Additions::default());
    assert_eq!(deleted["personal_properties"]["id"], json!(51));
    let organization = composed(&change("v2/create_organization"), &Additions::default());
    assert_eq!(
        organization["organization_properties"]["company_size"],
        json!("medium")
    );
    assert_eq!(organization.get("personal_properties"), None);
}

#[test]
fn a_contact_has_its_primary_address_and_number() {
    let person = document(json!({
        "id": "51", "first_name": "Runa ", "last_name": "", "job_title": "head",
        "emails": [{"value": "", "primary": true}, {"value": "b@example.com"}, {"value": " c@example.com ", "primary": true}],
        "phones": [{"value": "1", "primary": false}, {"value": "2"}],
        "custom_fields_by_name": {"Level": "A"},
    }));
    let expected = json!({
        "id": 51, "first_name": "Runa", "email": "c@example.com", "phone_number": "1", "position": "head",
        "custom_fields_by_name": {"Level": "A"},
    });
    assert_eq!(Value::Object(contact_properties(&person, None)), expected);
    assert_eq!(
        contact_properties(&person, Some("boss"))["position"],
        json!("boss")
    );
    assert_eq!(contact_properties(&Document::default(), None), Map::new());
}

#[test]
fn an_organization_has_size_industry_and_country() {
    let sizes = CompanySizes {
        medium_from: 10,
        large_from: 20,
    };
    let of = |value: Value| Value::Object(organization_properties(&document(value), sizes));
    let full = of(
        json!({"id": 7, "name": "Fjeld", "industry": {"id": 3, "label": "health"}, "employee_count": 9, "address": {"country": "Norway"}, "country_code": "SE"}),
    );
    let expected = json!({"id": 7, "name": "Fjeld", "industry": "health", "employee_count": 9, "company_size": "small", "country": "Norway"});
    assert_eq!(full, expected);
    assert_eq!(
        of(json!({"industry": "health", "address_country": "Norway", "country_code": "NO"})),
        json!({"industry": "health", "country": "Norway"})
    );
    assert_eq!(
        of(json!({"industry": 5, "country_code": "NO", "address": "Oslo"})),
        json!({"country": "NO"})
    );
    let words: Vec<_> = [9, 10, 19, 20].iter().map(|count| sizes.word(*count)).collect();
    assert_eq!(words, ["small", "medium", "medium", "large"]);
    assert_eq!(
        CompanySizes::default(),
        CompanySizes {
            medium_from: 50,
            large_from: 250
        }
    );
}
