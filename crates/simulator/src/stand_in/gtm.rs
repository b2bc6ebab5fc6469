//! A GTM server container with the Data Client (Stape): takes `POST /data`, remembers what it got, and runs the reporting tag
//! where there is one.
//!
//! Its status says only that a client claimed the request; what tags did with it is nobody's answer.

pub(crate) mod reporting;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::reporting::Seen;
use super::{flat, taking};
use crate::deliveries::{Destination, Item, Verdict};
use crate::moment::Moment;
use crate::world::{World, locked};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    event: Option<String>,
}

const CLIENT: Destination = Destination::GtmServer;
/// Where the Data Client looks for the event's name, in this order; then the query.
const NAMES: &[&str] = &["event_name", "eventName", "event", "e_n"];

pub(super) async fn take(
    State(world): State<Arc<World>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = Moment::now();
    // Whatever the content type says, the client reads JSON; a list only where it was told to.
    let event = match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(event)) => Some(event),
        _ => None,
    };
    let items: Vec<Item> = event
        .iter()
        .map(|event| received(event, &asked, &headers, now))
        .collect();
    let (trouble, slow) = locked(&world.faults).gtm();
    if let Some(answer) = trouble.answer(slow).await {
        taking::refuse_all(&world, CLIENT, &items, answer.status(), &taking::word(trouble));
        return answer;
    }
    let met = match taking::meet(&world, CLIENT, &items, taking::bare).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let Some(item) = items.into_iter().next() else {
        taking::refuse_all(
            &world,
            CLIENT,
            &[],
            StatusCode::BAD_REQUEST,
            "not one JSON object",
        );
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = json!({"timestamp": now.seconds(), "unique_event_id": item.id});
    let seen = Seen {
        headers: &headers,
        name: item.name.as_deref(),
        unique_event_id: item.id.as_deref(),
        at: now,
    };
    world.reporting.run(&event.unwrap_or_default(), &seen).await;
    taking::note(&world, CLIENT, [(item, Verdict::accepted(200))]);
    met.after(Json(answer).into_response())
}

/// The event as the client hands it to its tags, with the request's headers.
fn received(event: &Map<String, Value>, asked: &Asked, headers: &HeaderMap, now: Moment) -> Item {
    let text = |key: &str| event.get(key).and_then(Value::as_str).map(str::to_owned);
    let named = NAMES.iter().find_map(|name| text(name));
    let name = named
        .or_else(|| asked.event.clone())
        .unwrap_or_else(|| "Data".to_owned());
    let unique_event_id = text("unique_event_id").unwrap_or_else(|| unique(now));
    let kept: Map<String, Value> = headers
        .iter()
        .filter(|(name, _)| *name != "authorization")
        .filter_map(|(name, value)| Some((name.to_string(), json!(value.to_str().ok()?))))
        .collect();
    let (value, currency) = flat::worth(event);
    Item {
        sent: json!({
            "event_name": name, "unique_event_id": unique_event_id, "received_at": now.rfc3339_millis(),
            "headers": kept, "event": event,
        }),
        name: Some(name),
        id: Some(unique_event_id),
        value,
        currency,
    }
}

/// A GET is answered with a pixel, whatever it says.
pub(super) async fn pixel() -> Response {
    ([("content-type", "image/gif")], PIXEL).into_response()
}

pub(super) async fn preflight(headers: HeaderMap) -> Response {
    let origin = headers
        .get("origin")
        .and_then(|origin| origin.to_str().ok())
        .unwrap_or("*")
        .to_owned();
    let allowed = "content-type,authorization,x-gtm-server-preview,x-stape-preview".to_owned();
    let told = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-headers", allowed),
        ("access-control-allow-methods", "GET,POST,OPTIONS".to_owned()),
    ];
    (StatusCode::OK, told).into_response()
}

pub(super) async fn healthy() -> &'static str {
    "ok"
}

/// `{milliseconds}_{nine digits}`.
fn unique(now: Moment) -> String {
    format!("{}_{:09}", now.millis(), Uuid::new_v4().as_u128() % 1_000_000_000)
}

/// One transparent pixel, as a GIF.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;";
