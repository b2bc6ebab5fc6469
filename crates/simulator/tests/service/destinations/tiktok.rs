//! TikTok's Events API: 200 to everything, and what the code says.

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

fn lead() -> Value {
    json!({
        "event": "Purchase", "event_time": seconds_ago(60), "event_id": "u-1",
        "user": {"email": [HASH], "external_id": HASH},
        "lead": {"lead_id": "7209876543210987654", "lead_event_source": "Pipedrive"},
        "properties": {"value": 120.50, "currency": "EUR"},
    })
}

/// The event with one part changed, or taken away by null.
fn with(path: &str, value: Value) -> Value {
    let mut event = lead();
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    event
}

async fn post(running: &Running, token: Option<&str>, body: &Value) -> Value {
    let mut request = client().post(format!("{}/tiktok/open_api/v1.3/event/track/", running.url));
    if let Some(token) = token {
        request = request.header("access-token", token);
    }
    let answer = request.json(body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "whatever happened");
    let answer: Value = answer.json().await.unwrap();
    assert!(answer["request_id"].is_string() && answer["data"].is_object() && answer["message"].is_string());
    answer
}

async fn send(running: &Running, source: &str, events: &[Value]) -> Value {
    let body = json!({"event_source": source, "event_source_id": "7201", "data": events});
    post(running, Some("demo-token"), &body).await
}

#[tokio::test]
async fn events_are_taken_and_counted_once() {
    let running = running(Config::default()).await;
    let answer = send(&running, "crm", &[lead(), with("/event_id", json!("u-2"))]).await;
    assert_eq!((&answer["code"], &answer["message"]), (&json!(0), &json!("OK")));
    send(&running, "crm", &[lead()]).await;
    assert_eq!(counts(&running, "tiktok_events").await, [2, 1, 0]);
    let body = json!({
        "event_source": "crm", "event_source_id": "7201", "data": [with("/event_id", Value::Null)],
        "test_event_code": "TEST1",
    });
    post(&running, Some("demo-token"), &body).await;
    let newest = deliveries(&running, "tiktok_events").await;
    assert_eq!(newest[0]["mode"], "test TEST1");
    let told = ["event_name", "event_id", "value", "currency", "outcome"].map(|key| newest[1][key].clone());
    assert_eq!(
        json!(told),
        json!(["Purchase", "u-1", "120.5", "EUR", "duplicate"])
    );
    running.stop().await;
}

#[tokio::test]
async fn each_source_has_what_it_needs() {
    let running = running(Config::default()).await;
    let mut visit = with("/lead", Value::Null);
    visit["page"] = json!({"url": "https://firm.example/thanks"});
    let mut unknown = visit.clone();
    unknown["user"] = json!({"user_agent": "Mozilla/5.0"});
    let mut app = lead();
    app["app"] = json!({"app_id": "1"});
    for (source, event, message) in [
        ("crm", lead(), "OK"),
        ("crm", with("/lead/lead_id", Value::Null), "data.0.lead.lead_id"),
        (
            "crm",
            with("/lead/lead_event_source", Value::Null),
            "data.0.lead.lead_event_source",
        ),
        ("web", visit, "OK"),
        ("web", unknown, "data.0.user"),
        ("web", lead(), "data.0.page.url"),
        ("offline", lead(), "OK"),
        ("offline", with("/user/email", Value::Null), "data.0.user"),
        ("app", app, "OK"),
        ("app", lead(), "data.0.app.app_id"),
    ] {
        let answer = send(&running, source, std::slice::from_ref(&event)).await;
        let code = if message == "OK" { 0 } else { 40_002 };
        assert_eq!(answer["code"], code, "{source} {event}: {answer}");
        assert!(
            answer["message"].as_str().unwrap().starts_with(message),
            "{answer}"
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_of_its_request_is_taken() {
    let running = running(Config::default()).await;
    let wrong = [
        ("/event", Value::Null, "event"),
        ("/event_time", Value::Null, "event_time"),
        ("/event_time", json!("2026-09-01T12:00:00Z"), "event_time"),
        ("/event_time", json!(seconds_ago(0) * 1_000), "event_time"),
        ("/event_id", json!(7), "event_id"),
        ("/user/email", json!("anna@firm.example"), "user.email"),
        ("/user/phone", json!(["+491701234567"]), "user.phone"),
        (
            "/user/external_id",
            json!(HASH.to_uppercase()),
            "user.external_id",
        ),
        ("/user/ip", json!("nowhere"), "user.ip"),
        ("/properties/value", json!("120.50"), "properties.value"),
        ("/properties/currency", Value::Null, "properties.currency"),
        ("/properties/currency", json!("BTC"), "properties.currency"),
    ];
    for (path, value, field) in &wrong {
        let answer = send(&running, "crm", &[lead(), with(path, value.clone())]).await;
        assert_eq!(answer["code"], 40_002, "{path}: {answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("data.1.{field}: ")), "{message}");
        let newest = deliveries(&running, "tiktok_events").await;
        assert!(newest[0]["why"].as_str().unwrap().starts_with(message));
        assert_eq!(newest[1]["why"], "another event of the request is invalid");
    }
    assert_eq!(
        counts(&running, "tiktok_events").await,
        [0, 0, 2 * wrong.len() as u64]
    );
    running.stop().await;
}

#[tokio::test]
async fn a_request_needs_a_token_a_source_and_events() {
    let running = running(Config::default()).await;
    let full = json!({"event_source": "crm", "event_source_id": "7201", "data": [lead()]});
    let changed = |key: &str, value: Value| {
        let mut body = full.clone();
        body[key] = value;
        body
    };
    let token = Some("demo-token");
    let many: Vec<Value> = (0..1_001)
        .map(|at| with("/event_id", json!(at.to_string())))
        .collect();
    for (token, body, code) in [
        (None, full.clone(), 40_104),
        (Some("wrong"), full.clone(), 40_105),
        (token, changed("event_source", Value::Null), 40_002),
        (token, changed("event_source", json!("fax")), 40_002),
        (token, changed("event_source_id", Value::Null), 40_002),
        (token, changed("event_source_id", json!("404")), 40_001),
        (token, changed("data", json!([])), 40_002),
        (token, changed("data", json!("x")), 40_002),
        (token, changed("data", json!(many)), 40_002),
        (token, changed("data", json!(many[..1_000])), 0),
    ] {
        assert_eq!(post(&running, token, &body).await["code"], code);
    }
    running.stop().await;
}

#[tokio::test]
async fn tiktok_fails_in_words_of_its_own() {
    let running = running(Config::default()).await;
    for (name, code) in [
        ("throttled", 40_100),
        ("error", 50_000),
        ("unauthorized", 40_105),
        ("forbidden", 40_001),
    ] {
        trouble(&running, "tiktok_events", name).await;
        assert_eq!(send(&running, "crm", &[lead()]).await["code"], code);
    }
    assert_eq!(counts(&running, "tiktok_events").await, [0, 0, 4]);
    running.stop().await;
}
