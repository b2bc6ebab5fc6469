//! Google Analytics 4, Measurement Protocol: `POST /mp/collect` answers 204 to everything, also to what it drops;
//! `POST /debug/mp/collect` says what is wrong and records nothing.
//!
//! <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference>, `…/validating-events`. The
//! validation server does not look at the secret, the other drops what comes without the right one.

mod body;
mod event;
mod names;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::taking::{self, word_of};
use crate::deliveries::{Destination, Item, Verdict};
use crate::faults::Met;
use crate::moment::Moment;
use crate::world::{World, locked};

const GA4: Destination = Destination::Ga4;
/// Of a request.
const BODY_BYTES_MAX: usize = 130 << 10;
/// What is read before it is refused as too large.
const READ_BYTES_MAX: usize = 4 << 20;
/// How long a transaction is known.
const KNOWN_FOR: Duration = Duration::from_hours(72);

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/mp/collect", post(collect))
        .route("/debug/mp/collect", post(debug))
        .layer(DefaultBodyLimit::max(READ_BYTES_MAX))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    measurement_id: String,
    api_secret: String,
}

/// One thing that is wrong, as the validation server tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    field_path: String,
    description: String,
    validation_code: &'static str,
}

impl Message {
    fn new(path: impl Into<String>, code: &'static str, description: impl Into<String>) -> Self {
        Self {
            field_path: path.into(),
            description: description.into(),
            validation_code: code,
        }
    }
}

async fn collect(State(world): State<Arc<World>>, Query(asked): Query<Asked>, body: Bytes) -> Response {
    let items = items(&body);
    let met = match met(&world, &items).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let mut messages = validated(&asked, &body);
    if asked.api_secret != world.config.stand_ins.token {
        let message = Message::new(
            "api_secret",
            "VALUE_INVALID",
            "The secret is not that of the data stream.",
        );
        messages.insert(0, message);
    }
    if let Some(message) = messages.first() {
        taking::refuse_all(&world, GA4, &items, StatusCode::NO_CONTENT, &dropped(message));
    } else {
        recorded(&world, &asked, items);
    }
    met.after(StatusCode::NO_CONTENT.into_response())
}

async fn debug(State(world): State<Arc<World>>, Query(asked): Query<Asked>, body: Bytes) -> Response {
    let items = items(&body);
    let met = match met(&world, &items).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let messages = validated(&asked, &body);
    let verdict = match messages.first() {
        Some(message) => Verdict::refused(200, message.description.clone()),
        None => Verdict::accepted(200),
    };
    let verdict = verdict.in_mode(Some("validation only".to_owned()));
    let items = if items.is_empty() {
        vec![Item::default()]
    } else {
        items
    };
    taking::note(&world, GA4, items.into_iter().map(|item| (item, verdict.clone())));
    met.after(Json(json!({"validationMessages": messages})).into_response())
}

async fn met(world: &World, items: &[Item]) -> Result<Met, Response> {
    taking::meet(world, GA4, items, taking::bare).await
}

fn dropped(message: &Message) -> String {
    format!("dropped: {}", message.description)
}

fn validated(asked: &Asked, body: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    if !asked.measurement_id.starts_with("G-") {
        let description = "Unable to find a measurement_id that is valid, e.g. G-XXXXXXXXXX.";
        messages.push(Message::new("measurement_id", "VALUE_REQUIRED", description));
    }
    if asked.api_secret.is_empty() {
        messages.push(Message::new(
            "api_secret",
            "VALUE_REQUIRED",
            "An api_secret is required.",
        ));
    }
    if body.len() > BODY_BYTES_MAX {
        messages.push(Message::new(
            "",
            "VALUE_OUT_OF_BOUNDS",
            "The request body must be smaller than 130kB.",
        ));
        return messages;
    }
    match serde_json::from_slice::<Map<String, Value>>(body) {
        Ok(body) => body::validate(&body, Moment::now(), &mut messages),
        Err(error) => messages.push(Message::new(
            "",
            "VALUE_INVALID",
            format!("The body is not JSON: {error}"),
        )),
    }
    messages
}

/// A purchase of a transaction that came before counts once.
fn recorded(world: &World, asked: &Asked, items: Vec<Item>) {
    let now = Moment::now();
    let verdicts: Vec<(Item, Verdict)> = {
        let mut known = locked(&world.remembered);
        let verdict = |item: Item| {
            let is_purchase = item.name.as_deref() == Some("purchase") && item.id.is_some();
            let key = format!("ga4 {} {:?}", asked.measurement_id, item.id);
            let is_new = !is_purchase || known.is_new(key, now, KNOWN_FOR);
            let verdict = if is_new {
                Verdict::accepted(204)
            } else {
                Verdict::duplicate(204)
            };
            (item, verdict)
        };
        items.into_iter().map(verdict).collect()
    };
    taking::note(world, GA4, verdicts);
}

fn items(body: &[u8]) -> Vec<Item> {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let events = body.get("events").and_then(Value::as_array);
    let events = events.into_iter().flatten();
    events.map(|event| item(&body, event)).collect()
}

fn item(body: &Value, event: &Value) -> Item {
    let of = |path: &str| event.pointer(path).and_then(word_of);
    let sent = json!({
        "client_id": body.get("client_id"), "timestamp_micros": body.get("timestamp_micros"), "event": event,
    });
    Item {
        name: of("/name"),
        id: of("/params/transaction_id"),
        value: of("/params/value"),
        currency: of("/params/currency"),
        sent,
    }
}
