//! An account of any size, and as many changes as wanted, when wanted.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Config, Webhooks};

use crate::api::config;
use crate::receiver::{Receiver, Running, client};

async fn make(running: &Running, wanted: Value) -> (u16, Value) {
    let request = client().post(format!("{}/simulator/changes", running.url));
    let answer = request.json(&wanted).send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn an_account_is_as_large_as_asked_for() {
    let running = Running::start(Config {
        contacts: 1_500,
        history_events: 0,
        ..config()
    })
    .await;
    let mut ids = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v2/persons?limit=500&cursor={cursor}");
        let (_, page) = running.get(&path).await;
        let rows = page["data"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["id"].as_u64().unwrap()));
        match page["additional_data"]["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(ids.len(), 1_500);
    let (_, deals) = running.get("/api/v2/deals?limit=500").await;
    assert_eq!(deals["data"].as_array().unwrap().len(), 40 + 1_460 / 5);
    running.stop().await;
}

#[tokio::test]
async fn changes_come_on_command() {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        webhooks: Webhooks::V2,
        target: Some(receiver.url.parse().unwrap()),
        rate: 0.0,
        history_events: 0,
        ..Config::default()
    })
    .await;
    for (round, in_order) in [(1, true), (2, false)] {
        let (status, happened) = make(&running, json!({"changes": 150, "in_order": in_order})).await;
        assert_eq!(
            (status, &happened["changes"], &happened["posts"]),
            (200, &json!(150), &json!(150))
        );
        assert_eq!(receiver.seen().len(), 150 * round);
    }
    let ids: BTreeSet<String> = receiver
        .seen()
        .iter()
        .map(|one| one.body["meta"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 300, "each is an event of its own");
    assert_eq!(make(&running, json!({"changes": 0})).await.0, 422);
    running.stop().await;
}

#[tokio::test]
async fn life_goes_on_after_a_command() {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        target: Some(receiver.url.parse().unwrap()),
        rate: 50.0,
        history_events: 0,
        ..Config::default()
    })
    .await;
    make(&running, json!({"changes": 40, "rate": 400.0})).await;
    let before = receiver.seen().len();
    receiver
        .until("further changes", |seen| seen.len() > before + 20)
        .await;
    running.stop().await;
}

#[tokio::test]
async fn a_restart_remembers_what_was_commanded() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Config {
        state: Some(folder.path().join("account.json")),
        everything: true,
        history_events: 30,
        history_rate: 100_000.0,
        ..config()
    };
    let deals = async |running: &Running| {
        let (_, answer) = running.get("/api/v2/deals?limit=500").await;
        answer["data"].clone()
    };
    let running = Running::start(settings()).await;
    let (status, _) = make(&running, json!({"changes": 200})).await;
    assert_eq!(status, 200);
    let before = deals(&running).await;
    running.stop().await;
    let running = Running::start(settings()).await;
    assert_eq!(deals(&running).await, before);
    make(&running, json!({"changes": 50})).await;
    assert_ne!(deals(&running).await, before);
    running.stop().await;
}
