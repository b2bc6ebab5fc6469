//! The API tells what the webhooks told, in Pipedrive's shapes and with its refusals.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::receiver::{Receiver, Running, client};
use serde_json::{Value, json};
use simulator::{Config, Webhooks};

const HISTORY: u32 = 900;

fn config() -> Config {
    Config {
        webhooks: Webhooks::V2,
        rate: 0.0,
        history_events: HISTORY,
        history_rate: 100_000.0,
        api_burst_max: 100_000,
        ..Config::default()
    }
}

/// A simulator whose history is told.
async fn told() -> (Running, BTreeMap<(String, String), Value>) {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        target: Some(receiver.url.parse().unwrap()),
        ..config()
    })
    .await;
    let seen = receiver
        .until("the history", |seen| seen.len() == HISTORY as usize)
        .await;
    let mut states = BTreeMap::new();
    for delivery in seen {
        let meta = &delivery.body["meta"];
        let word = |name: &str| meta[name].as_str().unwrap().to_owned();
        states.insert((word("entity"), word("entity_id")), delivery.body["data"].clone());
    }
    (running, states)
}

#[tokio::test]
async fn the_api_agrees_with_the_webhooks() {
    let (running, states) = told().await;
    let mut compared = 0;
    for ((object, id), state) in states {
        let (path, same): (_, &[&str]) = match object.as_str() {
            "deal" => (
                "/api/v2/deals",
                &[
                    "title",
                    "value",
                    "status",
                    "stage_id",
                    "person_id",
                    "org_id",
                    "won_time",
                ],
            ),
            "person" => (
                "/api/v2/persons",
                &["name", "emails", "phones", "org_id", "owner_id", "update_time"],
            ),
            "organization" => (
                "/api/v2/organizations",
                &["name", "address", "employee_count", "industry"],
            ),
            "lead" => (
                "/v1/leads",
                &["title", "value", "channel", "organization_id", "is_archived"],
            ),
            "activity" => ("/api/v2/activities", &["subject", "done", "deal_id"]),
            _ => continue,
        };
        let (code, answer) = running.get(&format!("{path}/{id}")).await;
        if object == "lead" && state.is_null() {
            assert_eq!(code, 404);
            continue;
        }
        let held = &answer["data"];
        assert_eq!(
            held["is_deleted"].as_bool().unwrap_or(false),
            state.is_null(),
            "{object} {id}"
        );
        for key in same.iter().filter(|_| !state.is_null()) {
            assert_eq!(held[*key], state[*key], "{key} of {object} {id}");
        }
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
    running.stop().await;
}

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

#[tokio::test]
async fn a_list_is_cut_into_pages_that_hold_each_row_once() {
    let (running, _) = told().await;
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let (_, page) = running
            .get(&format!("/api/v2/deals?limit=17&cursor={cursor}"))
            .await;
        ids.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|deal| deal["id"].as_u64().unwrap()),
        );
        match page["additional_data"]["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let (_, whole) = running.get("/api/v2/deals?limit=500").await;
    assert_eq!(ids.len(), whole["data"].as_array().unwrap().len());
    assert!(ids.len() > 60 && ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
    running.stop().await;
}

#[tokio::test]
async fn lists_are_filtered_as_asked() {
    let (running, _) = told().await;
    let (_, all) = running.get("/api/v2/deals?limit=500").await;
    let deals = all["data"].as_array().unwrap();
    let person = deals.iter().find(|deal| !deal["person_id"].is_null()).unwrap()["person_id"].clone();
    let expected = deals.iter().filter(|deal| deal["person_id"] == person).count();
    let count = async |query: &str| running.get(query).await.1["data"].as_array().map(Vec::len);
    assert_eq!(
        count(&format!("/api/v2/deals?person_id={person}")).await,
        Some(expected)
    );
    let won = deals.iter().filter(|deal| deal["status"] == "won").count();
    assert_eq!(count("/api/v2/deals?limit=500&status=won").await, Some(won));
    let ids = format!("{},{},999999", deals[3]["id"], deals[5]["id"]);
    assert_eq!(count(&format!("/api/v2/deals?ids={ids}")).await, Some(2));
    let (_, with_counts) = running
        .get(&format!(
            "/api/v2/persons/{person}?include_fields=open_deals_count,won_deals_count"
        ))
        .await;
    assert!(with_counts["data"]["open_deals_count"].is_u64());
    assert_eq!(
        running
            .get("/api/v2/deals?updated_since=2026-01-01T00:00:00.123Z")
            .await
            .0,
        400
    );
    assert_eq!(running.get("/api/v2/deals?limit=501").await.0, 400);
    assert_eq!(
        count("/api/v2/deals?updated_since=2999-01-01T00:00:00Z").await,
        Some(0)
    );
    running.stop().await;
}

#[tokio::test]
async fn the_token_says_whose_account_it_is() {
    let running = Running::start(Config {
        companies: vec![7, 8],
        history_events: 0,
        ..config()
    })
    .await;
    let ask = async |token: &str| {
        let request = client().get(format!("{}/v1/users/me", running.url));
        let answer = request.header("x-api-token", token).send().await.unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap(),
        )
    };
    assert_eq!(ask("simulated").await.1["data"]["company_id"], 7);
    assert_eq!(ask("simulated-8").await.1["data"]["company_id"], 8);
    for wrong in ["", "simulated-9", "simulate", "simulated8"] {
        assert_eq!(ask(wrong).await.0, 401, "{wrong}");
    }
    running.stop().await;
}

#[tokio::test]
async fn limits_are_kept_and_told() {
    let running = Running::start(Config {
        history_events: 0,
        api_burst_max: 5,
        ..config()
    })
    .await;
    let url = format!("{}/api/v2/stages/1", running.url);
    let ask = async || {
        client()
            .get(&url)
            .header("x-api-token", "simulated")
            .send()
            .await
            .unwrap()
    };
    for left in (0..5).rev() {
        assert_eq!(ask().await.headers()["x-ratelimit-remaining"], left.to_string());
    }
    let refused = ask().await;
    assert_eq!(refused.status().as_u16(), 429);
    assert_ne!(refused.headers()["x-daily-ratelimit-token-remaining"], "0");
    running.stop().await;
}

#[tokio::test]
async fn troubles_are_switched_on_and_off() {
    let running = Running::start(Config {
        history_events: 0,
        ..config()
    })
    .await;
    let set = async |faults: Value| {
        let request = client()
            .put(format!("{}/simulator/faults", running.url))
            .json(&faults);
        request.send().await.unwrap().status().as_u16()
    };
    let ask = async || {
        let request = client().get(format!("{}/api/v2/stages/1", running.url));
        request.header("x-api-token", "simulated").send().await.unwrap()
    };
    for (trouble, status) in [
        ("burst", 429),
        ("daily", 429),
        ("banned", 403),
        ("down", 503),
        ("malformed", 200),
    ] {
        assert_eq!(set(json!({"api": trouble})).await, 200);
        let answer = ask().await;
        assert_eq!(answer.status().as_u16(), status, "{trouble}");
        if trouble == "banned" {
            assert!(
                answer.headers()["content-type"]
                    .to_str()
                    .unwrap()
                    .starts_with("text/html")
            );
        }
        if trouble == "daily" {
            assert_eq!(answer.headers()["x-daily-ratelimit-token-remaining"], "0");
        }
    }
    set(json!({"api": "slow", "slow_ms": 300})).await;
    let start = Instant::now();
    assert_eq!(ask().await.status().as_u16(), 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(set(json!({"api": "grumpy"})).await, 422);
    set(json!({})).await;
    assert_eq!(ask().await.status().as_u16(), 200);
    running.stop().await;
}

#[tokio::test]
async fn a_subscription_that_the_api_adds_is_served() {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        rate: 400.0,
        history_events: 0,
        ..config()
    })
    .await;
    let post = async |body: Value| {
        let request = client().post(format!("{}/v1/webhooks", running.url)).json(&body);
        let answer = request.header("x-api-token", "simulated").send().await.unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap(),
        )
    };
    let wanted = json!({"subscription_url": receiver.url, "event_action": "change", "event_object": "deal", "name": "n"});
    let (status, made) = post(wanted.clone()).await;
    assert_eq!((status, &made["data"]["version"]), (201, &json!("2.0")));
    let seen = receiver.until("changed deals", |seen| seen.len() >= 20).await;
    assert!(
        seen.iter()
            .all(|one| one.body["meta"]["entity"] == "deal" && one.body["meta"]["action"] == "change")
    );
    let id = made["data"]["id"].to_string();
    assert_eq!(seen[0].body["meta"]["webhook_id"], id.as_str());
    assert_eq!(
        running.get("/v1/webhooks").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let v1_word = json!({"subscription_url": receiver.url, "event_action": "updated", "event_object": "*", "name": "n"});
    assert_eq!(post(v1_word).await.0, 400, "words of version 1 need version 1");
    for _ in 1..40 {
        assert_eq!(post(wanted.clone()).await.0, 201);
    }
    assert_eq!(post(wanted).await.0, 422, "forty are the most");
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
