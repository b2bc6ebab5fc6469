//! Webhooks are posted as Pipedrive posts them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::receiver::{Receiver, Running, until};
use axum::http::StatusCode;
use serde_json::Value;
use simulator::{Config, Webhooks};

fn config(receiver: &Receiver, webhooks: Webhooks, events: u32) -> Config {
    Config {
        target: Some(receiver.url.parse().unwrap()),
        user: "omni".to_owned(),
        password: "s3cret".to_owned(),
        webhooks,
        rate: 0.0,
        history_events: events,
        history_rate: 10_000.0,
        retry_pauses: [40, 80, 120].map(Duration::from_millis).to_vec(),
        ..Config::default()
    }
}

fn attempt(body: &Value) -> u64 {
    body["meta"]["attempt"]
        .as_u64()
        .or_else(|| body["retry"].as_u64().map(|retry| retry + 1))
        .unwrap()
}

fn without_attempt(mut body: Value) -> Value {
    body["meta"].as_object_mut().unwrap().remove("attempt");
    body.as_object_mut().unwrap().remove("retry");
    body
}

#[tokio::test]
async fn a_delivery_carries_what_pipedrives_does() {
    let receiver = Receiver::willing().await;
    let running = Running::start(config(&receiver, Webhooks::V2, 3)).await;
    let seen = receiver.until("three deliveries", |seen| seen.len() == 3).await;
    let header = |name: &str| seen[0].headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("authorization"), "Basic b21uaTpzM2NyZXQ=");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), "Pipedrive Webhooks");
    assert_eq!(header("accept"), "application/json, text/plain, */*");
    assert!(seen.iter().all(|delivery| attempt(&delivery.body) == 1));
    running.stop().await;
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_until_it_is_taken() {
    for webhooks in [Webhooks::V1, Webhooks::V2] {
        let receiver = Receiver::start(|body| {
            let status = if attempt(body) < 3 {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::NO_CONTENT
            };
            (status, Duration::ZERO)
        })
        .await;
        let running = Running::start(config(&receiver, webhooks, 1)).await;
        let seen = receiver.until("three attempts", |seen| seen.len() == 3).await;
        assert_eq!(
            seen.iter()
                .map(|delivery| attempt(&delivery.body))
                .collect::<Vec<_>>(),
            [1, 2, 3]
        );
        let bodies: Vec<Value> = seen
            .iter()
            .map(|delivery| without_attempt(delivery.body.clone()))
            .collect();
        assert!(
            bodies[0] == bodies[1] && bodies[1] == bodies[2],
            "a repetition is the same event"
        );
        assert!(seen[1].at - seen[0].at >= Duration::from_millis(40));
        assert!(seen[2].at - seen[1].at >= Duration::from_millis(80));
        let stats = until("the count", async || {
            let (_, stats) = running.get("/simulator/stats").await;
            (stats["delivered"] == 1).then_some(stats)
        })
        .await;
        assert_eq!(
            (&stats["posts"], &stats["failed_first"], &stats["retries"]),
            (&3.into(), &1.into(), &2.into())
        );
        running.stop().await;
        assert_eq!(
            receiver.seen().len(),
            3,
            "a delivery that was taken is not repeated"
        );
    }
}

#[tokio::test]
async fn a_delivery_is_given_up_after_four_attempts() {
    let receiver = Receiver::start(|_| (StatusCode::BAD_GATEWAY, Duration::ZERO)).await;
    let running = Running::start(config(&receiver, Webhooks::V2, 1)).await;
    until("giving up", async || {
        (running.get("/simulator/stats").await.1["given_up"] == 1).then_some(())
    })
    .await;
    assert_eq!(receiver.seen().len(), 4);
    running.stop().await;
}

#[tokio::test]
async fn a_redirect_and_silence_count_as_failures() {
    let receiver = Receiver::start(|body| match attempt(body) {
        1 => (StatusCode::FOUND, Duration::ZERO),
        2 => (StatusCode::OK, Duration::from_mins(1)),
        _ => (StatusCode::OK, Duration::ZERO),
    })
    .await;
    let impatient = Config {
        answer_timeout: Duration::from_millis(500),
        ..config(&receiver, Webhooks::V2, 1)
    };
    let running = Running::start(impatient).await;
    receiver.until("three attempts", |seen| seen.len() == 3).await;
    running.stop().await;
}

#[tokio::test]
async fn the_history_comes_in_order_and_reaches_back() {
    let receiver = Receiver::willing().await;
    let running = Running::start(config(&receiver, Webhooks::V2, 300)).await;
    let seen = receiver.until("the history", |seen| seen.len() == 300).await;
    let times: Vec<&str> = seen
        .iter()
        .map(|one| one.body["meta"]["timestamp"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted());
    let day = |text: &str| {
        time::Date::parse(
            &text[..10],
            &time::macros::format_description!("[year]-[month]-[day]"),
        )
    };
    let days = (day(times[299]).unwrap() - day(times[0]).unwrap()).whole_days();
    assert!((58..=60).contains(&days), "{days}");
    running.stop().await;
}

#[tokio::test]
async fn a_slow_receiver_does_not_slow_the_account() {
    let receiver = Receiver::start(|_| (StatusCode::OK, Duration::from_millis(300))).await;
    let running = Running::start(Config {
        rate: 200.0,
        ..config(&receiver, Webhooks::V2, 0)
    })
    .await;
    let seen = receiver
        .until("a hundred deliveries", |seen| seen.len() >= 100)
        .await;
    let took = seen[99].at - seen[0].at;
    assert!(
        took < Duration::from_secs(15),
        "one after the other would take thirty seconds: {took:?}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_mix_tells_each_change_in_one_version() {
    let receiver = Receiver::willing().await;
    let running = Running::start(config(&receiver, Webhooks::Mix, 400)).await;
    let seen = receiver.until("the history", |seen| seen.len() == 400).await;
    let v1 = seen.iter().filter(|one| one.body["v"] == 1).count();
    assert!((100..=300).contains(&v1), "{v1} of 400");
    running.stop().await;
}

#[tokio::test]
async fn an_account_that_is_started_again_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::willing().await;
    let config = Config {
        rate: 200.0,
        state: Some(folder.path().join("state.json")),
        ..config(&receiver, Webhooks::V2, 150)
    };
    let running = Running::start(config.clone()).await;
    receiver.until("some life", |seen| seen.len() >= 250).await;
    running.stop().await;
    let before = receiver.seen().len();

    let running = Running::start(config.clone()).await;
    receiver
        .until("more life", |seen| seen.len() >= before + 150)
        .await;
    running.stop().await;
    let mut stages: BTreeMap<String, Value> = BTreeMap::new();
    for delivery in receiver.seen() {
        let (data, meta) = (&delivery.body["data"], &delivery.body["meta"]);
        let key = format!("{} {}", meta["entity"], meta["entity_id"]);
        match meta["action"].as_str() {
            Some("create") => assert!(
                stages.insert(key.clone(), data.clone()).is_none(),
                "{key} was made twice"
            ),
            Some("delete") => drop(stages.remove(&key)),
            _ => drop(stages.insert(key, data.clone())),
        }
    }
    let other = Config { seed: 99, ..config };
    assert!(
        simulator::Simulator::bind(other).await.is_err(),
        "a state of another seed is refused"
    );
}
