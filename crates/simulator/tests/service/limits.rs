//! Who may ask, how often, what a test can break, and which webhooks are served.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Config, Limits};

use crate::api::config;
use crate::receiver::{Receiver, Running, client};

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
        limits: Limits {
            burst_max: 5,
            ..Limits::default()
        },
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
