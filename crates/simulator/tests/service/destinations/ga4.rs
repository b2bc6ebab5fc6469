//! GA4's Measurement Protocol: silent about everything, and the validation server that is not.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use simulator::Config;

use super::{counts, deliveries, running, trouble};
use crate::receiver::{Running, client};

const RIGHT: &str = "measurement_id=G-DEMO&api_secret=demo-token";

fn micros_ago(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_micros() as i64 - seconds * 1_000_000
}

fn purchase(parameters: &Value) -> Value {
    let mut all = json!({"value": 120.5, "currency": "EUR", "transaction_id": "u-1"});
    for (name, value) in parameters.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name] = value.clone();
        }
    }
    json!({"name": "purchase", "params": all})
}

fn body(changes: &Value) -> Value {
    let mut body = json!({
        "client_id": "123.456", "timestamp_micros": micros_ago(60), "events": [purchase(&json!({}))],
    });
    let changes: Map<String, Value> = changes.as_object().unwrap().clone();
    for (name, value) in changes {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(&name);
        } else {
            body[name] = value;
        }
    }
    body
}

async fn collect(running: &Running, query: &str, body: &Value) -> u16 {
    let request = client().post(format!("{}/mp/collect?{query}", running.url));
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.bytes().await.unwrap().len(), 0);
    status
}

/// Code and place of each message.
async fn debug(running: &Running, query: &str, body: &Value) -> Vec<(String, String)> {
    let request = client().post(format!("{}/debug/mp/collect?{query}", running.url));
    let answer = request.json(body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let answer: Value = answer.json().await.unwrap();
    let told = |message: &Value| {
        assert!(message["description"].is_string());
        let text = |key: &str| message[key].as_str().unwrap().to_owned();
        (text("validationCode"), text("fieldPath"))
    };
    answer["validationMessages"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect()
}

#[tokio::test]
async fn everything_is_204_also_what_is_dropped() {
    let running = running(Config::default()).await;
    assert_eq!(collect(&running, RIGHT, &body(&json!({}))).await, 204);
    assert_eq!(collect(&running, RIGHT, &body(&json!({}))).await, 204);
    let wrong = body(&json!({"client_id": null}));
    assert_eq!(collect(&running, RIGHT, &wrong).await, 204);
    let secret = "measurement_id=G-DEMO&api_secret=wrong";
    assert_eq!(collect(&running, secret, &body(&json!({}))).await, 204);
    assert_eq!(counts(&running, "ga4").await, [1, 1, 2]);
    let newest = deliveries(&running, "ga4").await;
    assert!(
        newest[0]["why"]
            .as_str()
            .unwrap()
            .starts_with("dropped: The secret")
    );
    assert!(newest[1]["why"].as_str().unwrap().contains("client_id"));
    let told = ["event_name", "event_id", "value", "currency"].map(|key| newest[3][key].clone());
    assert_eq!(json!(told), json!(["purchase", "u-1", "120.5", "EUR"]));
    assert_eq!(newest[3]["sent"]["client_id"], "123.456");
    running.stop().await;
}

#[tokio::test]
async fn the_validation_server_has_nothing_to_say_of_what_is_right() {
    let running = running(Config::default()).await;
    for right in [
        body(&json!({})),
        body(&json!({"timestamp_micros": null})),
        body(&json!({"events": [{"name": "pipedrive_deal_updated", "params": {"value": 7}}]})),
        body(&json!({"timestamp_micros": micros_ago(72 * 60 * 60 - 60).to_string()})),
        body(&json!({"user_properties": {"tier": {"value": "gold"}}, "consent": {"ad_user_data": "DENIED"}})),
        body(&json!({"events": [purchase(&json!({"items": [{"item_id": "a"}], "text": "a".repeat(100)}))]})),
        body(&json!({"events": vec![json!({"name": "close_deal"}); 25]})),
    ] {
        assert!(debug(&running, RIGHT, &right).await.is_empty(), "{right}");
    }
    let other = "measurement_id=G-DEMO&api_secret=whatever";
    assert!(
        debug(&running, other, &body(&json!({}))).await.is_empty(),
        "it does not look at the secret"
    );
    let newest = &deliveries(&running, "ga4").await[0];
    assert_eq!(
        (&newest["mode"], &newest["outcome"]),
        (&json!("validation only"), &json!("accepted"))
    );
    running.stop().await;
}

#[tokio::test]
async fn the_validation_server_says_what_is_wrong_with_a_request() {
    let running = running(Config::default()).await;
    let properties: Map<String, Value> = (0..26)
        .map(|at| (format!("p{at}"), json!({"value": at})))
        .collect();
    for (body, code, path) in [
        (body(&json!({"client_id": null})), "VALUE_REQUIRED", "client_id"),
        (body(&json!({"events": null})), "VALUE_REQUIRED", "events"),
        (body(&json!({"events": []})), "EXCEEDED_MAX_ENTITIES", "events"),
        (
            body(&json!({"events": vec![json!({"name": "a"}); 26]})),
            "EXCEEDED_MAX_ENTITIES",
            "events",
        ),
        (
            body(&json!({"timestamp_micros": micros_ago(72 * 60 * 60 + 60)})),
            "VALUE_OUT_OF_BOUNDS",
            "timestamp_micros",
        ),
        (
            body(&json!({"timestamp_micros": micros_ago(-600)})),
            "VALUE_OUT_OF_BOUNDS",
            "timestamp_micros",
        ),
        (
            body(&json!({"timestamp_micros": "today"})),
            "VALUE_INVALID",
            "timestamp_micros",
        ),
        (body(&json!({"clientId": "1"})), "VALUE_INVALID", "clientId"),
        (
            body(&json!({"user_properties": properties})),
            "EXCEEDED_MAX_ENTITIES",
            "user_properties",
        ),
        (
            body(&json!({"user_properties": {"user_id": {"value": 1}}})),
            "NAME_RESERVED",
            "user_properties.user_id",
        ),
        (
            body(&json!({"user_properties": {"a": {"value": "a".repeat(37)}}})),
            "VALUE_OUT_OF_BOUNDS",
            "user_properties.a",
        ),
        (
            body(&json!({"consent": {"ad_user_data": "yes"}})),
            "VALUE_INVALID",
            "consent.ad_user_data",
        ),
    ] {
        let told = debug(&running, RIGHT, &body).await;
        assert_eq!(told, [(code.to_owned(), path.to_owned())], "{body}");
    }
    for (query, path) in [
        ("api_secret=x", "measurement_id"),
        ("measurement_id=G-DEMO", "api_secret"),
    ] {
        let told = debug(&running, query, &body(&json!({}))).await;
        assert_eq!(told, [("VALUE_REQUIRED".to_owned(), path.to_owned())]);
    }
    let text = "a".repeat(131 << 10);
    let large = body(&json!({"events": [purchase(&json!({"text": text}))]}));
    assert_eq!(debug(&running, RIGHT, &large).await[0].0, "VALUE_OUT_OF_BOUNDS");
    running.stop().await;
}

#[tokio::test]
async fn the_validation_server_says_what_is_wrong_with_an_event() {
    let running = running(Config::default()).await;
    let event = |parameters: Value| body(&json!({"events": [purchase(&parameters)]}));
    let named = |name: &str| body(&json!({"events": [{"name": name}]}));
    let many: Map<String, Value> = (0..24).map(|at| (format!("p{at}"), json!(at))).collect();
    for (body, code, path) in [
        (named(""), "VALUE_REQUIRED", "events"),
        (named("_badEventName"), "NAME_INVALID", "events"),
        (named("session_start"), "NAME_RESERVED", "events"),
        (event(json!(many)), "EXCEEDED_MAX_ENTITIES", "events.params"),
        (event(json!({"a-b": 1})), "NAME_INVALID", "events.params.a-b"),
        (event(json!({"ga_x": 1})), "NAME_RESERVED", "events.params.ga_x"),
        (
            event(json!({"text": "a".repeat(101)})),
            "VALUE_OUT_OF_BOUNDS",
            "events.params.text",
        ),
        (
            event(json!({"flag": true})),
            "VALUE_INVALID",
            "events.params.flag",
        ),
        (
            event(json!({"list": ["a"]})),
            "VALUE_INVALID",
            "events.params.list",
        ),
        (
            event(json!({"currency": null})),
            "VALUE_REQUIRED",
            "events.params.currency",
        ),
        (
            event(json!({"currency": "EURO"})),
            "VALUE_INVALID",
            "events.params.currency",
        ),
        (
            event(json!({"transaction_id": null})),
            "VALUE_REQUIRED",
            "events.params.transaction_id",
        ),
    ] {
        let told = debug(&running, RIGHT, &body).await;
        assert_eq!(told, [(code.to_owned(), path.to_owned())], "{body}");
    }
    running.stop().await;
}

#[tokio::test]
async fn it_can_be_down_all_the_same() {
    let running = running(Config::default()).await;
    trouble(&running, "ga4", "down").await;
    assert_eq!(collect(&running, RIGHT, &body(&json!({}))).await, 503);
    assert_eq!(counts(&running, "ga4").await, [0, 0, 1]);
    running.stop().await;
}
