//! A receiver that fails is banned, and removed, as Pipedrive does it; what happens meanwhile is never told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Config, Patience, Webhooks};

use crate::receiver::{Receiver, Running, client, until};

fn config(receiver: &Receiver, patience: Patience) -> Config {
    Config {
        target: Some(receiver.url.parse().unwrap()),
        webhooks: Webhooks::V2,
        rate: 0.0,
        history_events: 0,
        retry_pauses: vec![Duration::from_millis(20)],
        patience,
        ..Config::default()
    }
}

/// A receiver that fails while it is told to.
async fn moody() -> (Receiver, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(true));
    let mood = fails.clone();
    let receiver = Receiver::start(move |_| {
        let status = if mood.load(Ordering::Relaxed) {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        };
        (status, Duration::ZERO)
    })
    .await;
    (receiver, fails)
}

async fn change(running: &Running, changes: u32) {
    let wanted = json!({"changes": changes, "rate": 0.0, "in_order": true});
    let request = client().post(format!("{}/simulator/changes", running.url));
    let answer = request.json(&wanted).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn webhook(running: &Running) -> Value {
    running.get("/v1/webhooks").await.1["data"][0].clone()
}

#[tokio::test]
async fn after_ten_failures_nothing_is_told_until_the_ban_is_over() {
    let (receiver, fails) = moody().await;
    let patience = Patience {
        ban: Duration::from_secs(2),
        ..Patience::default()
    };
    let running = Running::start(config(&receiver, patience)).await;
    change(&running, 30).await;
    let stats = running.get("/simulator/stats").await.1;
    assert_eq!(
        (&stats["failed_first"], &stats["untold"]),
        (&10.into(), &20.into()),
        "{stats}"
    );
    let listed = webhook(&running).await;
    assert_eq!(
        (&listed["is_active"], &listed["last_http_status"]),
        (&1.into(), &500.into())
    );
    fails.store(false, Ordering::Relaxed);
    until("the end of the ban", async || {
        let standing = running.get("/simulator/webhooks").await.1;
        standing[0]["banned_until"].is_null().then_some(())
    })
    .await;
    let before = receiver.seen().len();
    change(&running, 5).await;
    assert_eq!(
        receiver.seen().len() - before,
        5,
        "what was raised in the ban does not come later"
    );
    assert_eq!(webhook(&running).await["last_http_status"], 200);
    running.stop().await;
}

#[tokio::test]
async fn a_webhook_that_only_fails_is_removed_with_a_reason() {
    let (receiver, _) = moody().await;
    let patience = Patience {
        failures_max: None,
        failing_max: Duration::from_millis(300),
        ..Patience::default()
    };
    let running = Running::start(config(&receiver, patience)).await;
    change(&running, 1).await;
    let removed = until("the removal", async || {
        let webhook = webhook(&running).await;
        (webhook["is_active"] == 0).then_some(webhook)
    })
    .await;
    assert!(
        removed["remove_time"].is_string() && removed["remove_reason"].is_string(),
        "{removed}"
    );
    change(&running, 3).await;
    assert_eq!(running.get("/simulator/stats").await.1["untold"], 3);
    running.stop().await;
}

#[tokio::test]
async fn a_ban_can_be_commanded() {
    let receiver = Receiver::willing().await;
    let running = Running::start(config(&receiver, Patience::default())).await;
    let id = webhook(&running).await["id"].clone();
    let ban = client().post(format!("{}/simulator/webhooks/{id}/ban", running.url));
    assert!(ban.send().await.unwrap().status().is_success());
    change(&running, 4).await;
    assert_eq!(running.get("/simulator/stats").await.1["untold"], 4);
    assert!(receiver.seen().is_empty());
    running.stop().await;
}
