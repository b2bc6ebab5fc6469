//! The API tells what the webhooks told, in Pipedrive's shapes and with its refusals.

use std::collections::BTreeMap;

use serde_json::Value;
use simulator::{Config, Limits, Webhooks};

use crate::receiver::{Receiver, Running};

const HISTORY: u32 = 900;

pub(crate) fn config() -> Config {
    Config {
        webhooks: Webhooks::V2,
        rate: 0.0,
        history_events: HISTORY,
        history_rate: 100_000.0,
        limits: Limits {
            burst_max: 100_000,
            ..Limits::default()
        },
        ..Config::default()
    }
}

/// A simulator whose history is told.
pub(crate) async fn told() -> (Running, BTreeMap<(String, String), Value>) {
    told_by(config()).await
}

/// One with other settings than usual whose history is told.
pub(crate) async fn told_by(config: Config) -> (Running, BTreeMap<(String, String), Value>) {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        target: Some(receiver.url.parse().unwrap()),
        ..config
    })
    .await;
    let seen = receiver
        .until("the history", |seen| seen.len() >= HISTORY as usize)
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
    let (mut compared, mut gone) = (0, 0);
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
        if code == 404 {
            assert!(state.is_null(), "{object} {id} is gone for good");
            gone += 1;
            continue;
        }
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
    assert!(gone > 0, "what was deleted a month ago is not told of");
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
