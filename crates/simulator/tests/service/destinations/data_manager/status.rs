//! What is told of a request later, by its id.

use serde_json::{Value, json};
use simulator::Config;

use super::{Caller, NAME, body, deliveries, event, running, violation, violations, with};
use crate::receiver::client;

impl Caller<'_> {
    async fn status(&self, request_id: &str) -> (u16, Value) {
        let url = format!("{}/google/v1/requestStatus:retrieve", self.running.url);
        let request = client().get(url).query(&[("requestId", request_id)]);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What became of a request with these events.
    async fn became(&self, body: &Value) -> Value {
        let (status, answer) = self.ingest(body).await;
        assert_eq!(status, 200, "{answer}");
        let (status, told) = self.status(answer["requestId"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{told}");
        told["requestStatusPerDestination"][0].clone()
    }
}

fn clicked(id: &str) -> Value {
    with(event(id), "/adIdentifiers/gclid", json!(id))
}

fn counted(reason: &str) -> Value {
    json!({"reason": format!("PROCESSING_ERROR_REASON_{reason}"), "recordCount": "1"})
}

#[tokio::test]
async fn what_google_drops_is_told_by_the_requests_status_alone() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let told = caller.became(&body(&[clicked("Cj0-1"), clicked("Cj0-2")])).await;
    assert_eq!(
        (&told["requestStatus"], &told["errorInfo"]["errorCounts"]),
        (&json!("SUCCESS"), &json!([]))
    );
    assert_eq!(told["destination"]["productDestinationId"], "17");
    let events = [
        clicked("Cj0-3"),
        clicked("unknown-1"),
        clicked("recent-1"),
        clicked("not a click"),
    ];
    let told = caller.became(&body(&events)).await;
    assert_eq!(told["requestStatus"], "PARTIAL_SUCCESS");
    assert_eq!(told["eventsIngestionStatus"]["recordCount"], "4");
    let expected = ["CLICK_NOT_FOUND", "INVALID_GCLID", "TOO_RECENT_CLICK"].map(counted);
    assert_eq!(told["errorInfo"]["errorCounts"], json!(expected));
    let modes: Vec<Value> = deliveries(&running, NAME)
        .await
        .iter()
        .map(|one| one["mode"].clone())
        .collect();
    assert_eq!(modes[3], Value::Null);
    assert_eq!(modes[0], "dropped later: PROCESSING_ERROR_REASON_INVALID_GCLID");
    let told = caller.became(&body(&[clicked("early-1")])).await;
    assert_eq!(told["requestStatus"], "FAILED");
    running.stop().await;
}

#[tokio::test]
async fn a_validation_and_a_stranger_have_no_status() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let tried = with(body(&[event("o-1")]), "/validateOnly", json!(true));
    let (_, answer) = caller.ingest(&tried).await;
    for id in [answer["requestId"].as_str().unwrap(), "t-1", ""] {
        let answer = caller.status(id).await;
        assert_eq!(
            violations(&answer),
            [violation("INVALID_REQUEST_ID", "request_id")]
        );
    }
    let variables =
        json!([{"variable": "pipeline", "value": "Sales"}, {"variable": "unknown", "value": "1"}]);
    let (_, answer) = caller
        .ingest(&body(&[with(event("o-1"), "/customVariables", variables)]))
        .await;
    let warning = &answer["fieldWarnings"][0];
    assert_eq!(warning["field"], "events[0].custom_variables[1].variable");
    assert_eq!(warning["reason"], "WARNING_REASON_CUSTOM_VARIABLE_NOT_ENABLED");
    running.stop().await;
}
