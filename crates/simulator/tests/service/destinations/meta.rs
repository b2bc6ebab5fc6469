//! Meta's Conversions API: what an event must have, and what becomes of its batch.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use simulator::Config;

use super::{counts, deliveries, running, trouble};
use crate::receiver::{Running, client};

const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

fn seconds_ago(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() as i64 - seconds
}

fn purchase() -> Value {
    json!({
        "event_name": "Purchase", "event_time": seconds_ago(60), "event_id": "u-1", "action_source": "system_generated",
        "user_data": {"em": [HASH], "fbc": "fb.1.1788623130951.IwAR2F4"},
        "custom_data": {"value": 120.50, "currency": "EUR"},
    })
}

/// The event with some of it changed, or taken away by null.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut event = purchase();
    for (path, value) in changes {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(key);
        } else {
            parent.insert((*key).to_owned(), value.clone());
        }
    }
    event
}

async fn post(running: &Running, path: &str, body: &Value) -> (u16, Value) {
    let request = client().post(format!("{}/meta{path}", running.url)).json(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn send(running: &Running, events: &[Value]) -> (u16, Value) {
    let body = json!({"data": events, "access_token": "demo-token"});
    post(running, "/v21.0/1234567/events", &body).await
}

#[tokio::test]
async fn a_batch_is_taken_and_counted_once() {
    let running = running(Config::default()).await;
    let lead = with(&[("/event_name", json!("Lead")), ("/custom_data", Value::Null)]);
    let (status, answer) = send(&running, &[purchase(), lead]).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&answer["events_received"], &answer["messages"]),
        (&json!(2), &json!([]))
    );
    assert!(answer["fbtrace_id"].as_str().unwrap().starts_with('A'));
    send(&running, &[purchase()]).await;
    let (_, answer) = send(&running, &[with(&[("/event_id", json!("u-2"))])]).await;
    assert_eq!(answer["events_received"], 1);
    assert_eq!(counts(&running, "meta_conversions").await, [3, 1, 0]);
    let newest = deliveries(&running, "meta_conversions").await;
    let told = ["event_name", "event_id", "value", "currency", "outcome"].map(|key| newest[1][key].clone());
    assert_eq!(
        json!(told),
        json!(["Purchase", "u-1", "120.5", "EUR", "duplicate"])
    );
    assert!(!newest[0]["sent"].to_string().contains("demo-token"));
    running.stop().await;
}

#[tokio::test]
async fn a_test_code_is_told_and_the_token_may_come_in_three_ways() {
    let running = running(Config::default()).await;
    let body = json!({"data": [purchase()], "test_event_code": "TEST123"});
    let (status, _) = post(&running, "/v22.0/1234567/events?access_token=demo-token", &body).await;
    assert_eq!(status, 200);
    assert_eq!(
        deliveries(&running, "meta_conversions").await[0]["mode"],
        "test TEST123"
    );
    let request = client().post(format!("{}/meta/v21.0/1234567/events", running.url));
    let bearer = request
        .bearer_auth("demo-token")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(bearer.status().as_u16(), 200);
    running.stop().await;
}

#[tokio::test]
async fn a_caller_that_is_not_known_is_refused() {
    let running = running(Config::default()).await;
    let with_token = |token: &str| json!({"data": [purchase()], "access_token": token});
    for (path, body, status, code, subcode) in [
        (
            "/v21.0/1234567/events",
            json!({"data": [purchase()]}),
            400,
            104,
            Value::Null,
        ),
        (
            "/v21.0/1234567/events",
            with_token("wrong"),
            401,
            190,
            Value::Null,
        ),
        ("/v21.0/404/events", with_token("demo-token"), 400, 100, json!(33)),
        (
            "/v21.0/pixel/events",
            with_token("demo-token"),
            400,
            100,
            json!(33),
        ),
        (
            "/latest/1234567/events",
            with_token("demo-token"),
            400,
            2_500,
            Value::Null,
        ),
    ] {
        let (told, answer) = post(&running, path, &body).await;
        let error = &answer["error"];
        assert_eq!(
            (told, &error["code"], &error["error_subcode"]),
            (status, &json!(code), &subcode),
            "{answer}"
        );
        assert_eq!(error["type"], "OAuthException");
        assert!(error["message"].is_string() && error["fbtrace_id"].is_string());
    }
    running.stop().await;
}

const DAY: i64 = 24 * 60 * 60;

/// A website's event without one of its parts.
fn website_without(part: &str) -> Value {
    let parts = [
        ("/action_source", json!("website")),
        ("/event_source_url", json!("https://firm.example/thanks")),
        ("/user_data/client_user_agent", json!("Mozilla/5.0")),
    ];
    let kept: Vec<_> = parts.into_iter().filter(|(path, _)| *path != part).collect();
    with(&kept)
}

fn limited(country: Value, state: Value) -> Value {
    with(&[
        ("/data_processing_options", json!(["LDU"])),
        ("/data_processing_options_country", country),
        ("/data_processing_options_state", state),
    ])
}

/// Events with what is wrong with them.
fn wrong() -> Vec<(Value, &'static str)> {
    let one = |path: &'static str, value: Value| with(&[(path, value)]);
    let missing = [
        one("/event_name", Value::Null),
        one("/event_time", Value::Null),
        one("/action_source", Value::Null),
        one("/user_data", Value::Null),
        one("/custom_data/value", Value::Null),
        one("/custom_data/currency", Value::Null),
        one("/action_source", json!("business_messaging")),
        one("/action_source", json!("app")),
        website_without("/event_source_url"),
        website_without("/user_data/client_user_agent"),
    ];
    let options = [
        limited(json!(1), Value::Null),
        limited(json!("US"), json!("CA")),
        one("/data_processing_options", json!("LDU")),
    ];
    let old = one("/event_time", json!(seconds_ago(7 * DAY + 60)));
    let early = one("/event_time", json!(seconds_ago(0) * 1_000));
    let mut wrong = vec![
        (old, "Event Timestamp Too Old"),
        (early, "Event Timestamp In The Future"),
        (one("/action_source", json!("crm")), "Invalid Action Source"),
        (one("/user_data", json!({})), "Insufficient Customer Information"),
        (
            one("/user_data/em", json!("anna@firm.example")),
            "Unhashed Customer Information",
        ),
        (one("/user_data/fbc", json!(HASH)), "Invalid Customer Information"),
        (
            one("/user_data/email", json!(HASH)),
            "Invalid Customer Information",
        ),
        (one("/custom_data/value", json!("120.50")), "Invalid Value"),
        (one("/custom_data/currency", json!("EURO")), "Invalid Currency"),
        (one("/event_id", json!(7)), "Invalid Event ID"),
        (json!("event"), "Invalid Event"),
    ];
    wrong.extend(missing.map(|event| (event, "Missing Parameter")));
    wrong.extend(options.map(|event| (event, "Invalid Data Processing Options")));
    wrong
}

#[tokio::test]
async fn what_an_event_lacks_is_said_and_nothing_of_its_batch_is_taken() {
    let running = running(Config::default()).await;
    let wrong = wrong();
    for (event, title) in &wrong {
        let (status, answer) = send(&running, &[purchase(), event.clone()]).await;
        let error = &answer["error"];
        assert_eq!((status, &error["code"]), (400, &json!(100)), "{event}");
        assert_eq!(
            error["error_user_title"].as_str(),
            Some(*title),
            "{event}: {answer}"
        );
        let subcode = match *title {
            "Event Timestamp Too Old" => json!(2_804_003),
            "Insufficient Customer Information" => json!(2_804_050),
            _ => Value::Null,
        };
        assert_eq!(error["error_subcode"], subcode);
        let newest = deliveries(&running, "meta_conversions").await;
        assert!(
            newest[0]["why"].as_str().unwrap().starts_with(title),
            "{newest:?}"
        );
        assert_eq!(newest[1]["why"], "another event of the batch is invalid");
    }
    assert_eq!(
        counts(&running, "meta_conversions").await,
        [0, 0, 2 * wrong.len() as u64]
    );
    running.stop().await;
}

#[tokio::test]
async fn what_is_at_the_edge_of_the_rules_is_taken() {
    let running = running(Config::default()).await;
    for event in [
        website_without(""),
        limited(json!(1), json!(1_000)),
        limited(json!(0), json!(0)),
        with(&[("/data_processing_options", json!([]))]),
        with(&[("/event_time", json!(seconds_ago(7 * DAY - 60)))]),
        with(&[
            ("/event_time", json!(seconds_ago(30 * DAY))),
            ("/action_source", json!("physical_store")),
        ]),
        with(&[("/custom_data/currency", json!("usd"))]),
    ] {
        let (status, answer) = send(&running, std::slice::from_ref(&event)).await;
        assert_eq!(status, 200, "{event}: {answer}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_batch_has_from_one_to_a_thousand_events() {
    let running = running(Config::default()).await;
    let event = with(&[("/event_id", Value::Null)]);
    assert_eq!(send(&running, &vec![event.clone(); 1_000]).await.0, 200);
    for events in [vec![event; 1_001], Vec::new()] {
        let (status, answer) = send(&running, &events).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    }
    for body in [
        json!({"access_token": "demo-token"}),
        json!({"access_token": "demo-token", "data": "x"}),
    ] {
        assert_eq!(post(&running, "/v21.0/1234567/events", &body).await.0, 400);
    }
    assert_eq!(counts(&running, "meta_conversions").await, [1_000, 0, 1_004]);
    running.stop().await;
}

#[tokio::test]
async fn meta_fails_in_words_of_its_own() {
    let running = running(Config::default()).await;
    for (name, status, code, transient) in [
        ("throttled", 400, 80_004, true),
        ("error", 500, 2, true),
        ("unauthorized", 401, 190, false),
        ("forbidden", 403, 200, false),
    ] {
        trouble(&running, "meta_conversions", name).await;
        let (told, answer) = send(&running, &[purchase()]).await;
        let error = &answer["error"];
        assert_eq!((told, &error["code"]), (status, &json!(code)));
        assert_eq!(error["is_transient"], transient);
        assert_eq!(deliveries(&running, "meta_conversions").await[0]["why"], name);
    }
    running.stop().await;
}
