//! The API's answers have the shapes of Pipedrive's API description.

use std::path::Path;

use serde_json::json;

use crate::api::told;

#[tokio::test]
async fn answers_have_every_key_of_the_api_description() {
    let (running, _) = told().await;
    let id = running.get("/api/v2/deals?limit=1").await.1["data"][0]["id"].clone();
    let lead = running.get("/v1/leads?limit=1").await.1["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let person = running.get("/api/v2/persons?limit=1").await.1["data"][0]["id"].clone();
    let firm = running.get("/api/v2/organizations?limit=1").await.1["data"][0]["id"].clone();
    let answers = [
        (format!("/api/v2/deals/{id}"), DEAL),
        (format!("/api/v2/persons/{person}"), PERSON),
        (format!("/api/v2/organizations/{firm}"), ORGANIZATION),
        ("/api/v2/stages/1".to_owned(), STAGE),
        ("/api/v2/pipelines/1".to_owned(), PIPELINE),
        ("/api/v1/users/me".to_owned(), USER),
        (format!("/v1/leads/{lead}"), LEAD),
    ];
    for (path, keys) in answers {
        let (status, answer) = running.get(&path).await;
        assert_eq!((status, &answer["success"]), (200, &json!(true)), "{path}");
        for key in keys {
            assert!(answer["data"].get(key).is_some(), "{key} of {path}");
        }
    }
    running.stop().await;
}

const DEAL: &[&str] = &[
    "id",
    "title",
    "creator_user_id",
    "owner_id",
    "value",
    "person_id",
    "org_id",
    "stage_id",
    "pipeline_id",
    "currency",
    "archive_time",
    "add_time",
    "update_time",
    "stage_change_time",
    "status",
    "is_archived",
    "is_deleted",
    "probability",
    "lost_reason",
    "visible_to",
    "close_time",
    "won_time",
    "lost_time",
    "local_won_date",
    "local_lost_date",
    "local_close_date",
    "expected_close_date",
    "label_ids",
    "origin",
    "origin_id",
    "channel",
    "channel_id",
    "source_lead_id",
    "acv",
    "arr",
    "mrr",
    "custom_fields",
];
const PERSON: &[&str] = &[
    "id",
    "name",
    "first_name",
    "last_name",
    "owner_id",
    "org_id",
    "add_time",
    "update_time",
    "emails",
    "phones",
    "is_deleted",
    "visible_to",
    "label_ids",
    "picture_id",
    "custom_fields",
];
const ORGANIZATION: &[&str] = &[
    "id",
    "name",
    "owner_id",
    "add_time",
    "update_time",
    "address",
    "is_deleted",
    "visible_to",
    "label_ids",
    "website",
    "linkedin",
    "industry",
    "annual_revenue",
    "employee_count",
    "custom_fields",
];
const STAGE: &[&str] = &[
    "id",
    "order_nr",
    "name",
    "is_deleted",
    "deal_probability",
    "pipeline_id",
    "is_deal_rot_enabled",
    "days_to_rotten",
    "add_time",
    "update_time",
];
const PIPELINE: &[&str] = &[
    "id",
    "name",
    "order_nr",
    "is_deleted",
    "is_deal_probability_enabled",
    "add_time",
    "update_time",
];
const USER: &[&str] = &[
    "id",
    "name",
    "default_currency",
    "locale",
    "lang",
    "email",
    "phone",
    "activated",
    "last_login",
    "created",
    "modified",
    "has_created_company",
    "access",
    "active_flag",
    "timezone_name",
    "timezone_offset",
    "role_id",
    "icon_url",
    "is_you",
    "is_deleted",
    "company_id",
    "company_name",
    "company_domain",
    "company_country",
];
const LEAD: &[&str] = &[
    "id",
    "title",
    "owner_id",
    "creator_id",
    "label_ids",
    "person_id",
    "organization_id",
    "source_name",
    "origin",
    "origin_id",
    "channel",
    "channel_id",
    "is_archived",
    "was_seen",
    "value",
    "expected_close_date",
    "next_activity_id",
    "add_time",
    "update_time",
    "visible_to",
    "cc_email",
];

/// The lists above are those of the API's own examples, where these are at hand.
#[test]
fn the_lists_of_keys_are_those_of_the_api_description() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/openapi");
    let Ok(text) = std::fs::read_to_string(folder.join("pipedrive-v2.yaml")) else {
        return;
    };
    for key in DEAL
        .iter()
        .chain(PERSON)
        .chain(ORGANIZATION)
        .chain(STAGE)
        .chain(PIPELINE)
    {
        assert!(text.contains(&format!("{key}:")), "{key}");
    }
}
