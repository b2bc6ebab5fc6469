//! TikTok's Events API 2.0: `POST /tiktok/open_api/v1.3/event/track/`.
//!
//! HTTP says 200 to everything; what happened is in `code`. One invalid event and none of its request is taken; an
//! event that came within 48 hours with the same name and `event_id` counts once
//! (<https://business-api.tiktok.com/portal/docs?id=1771101303285761>; codes: the appendix *Return codes*). The event
//! source `404` does not exist.

mod event;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use self::event::Source;
use self::refusal::Refusal;
use super::taking::{self, word_of};
use crate::deliveries::{Destination, Item, Verdict};
use crate::moment::Moment;
use crate::world::{World, locked};

const TIKTOK: Destination = Destination::TiktokEvents;
/// Events of one request.
const BATCH_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 16 << 20;
/// How long the same event is known.
const KNOWN_FOR: Duration = Duration::from_hours(48);
/// An event source that nobody has.
const NO_SOURCE: &str = "404";

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/tiktok/open_api/v1.3/event/track/", post(take))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn take(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice::<Map<String, Value>>(&body).unwrap_or_default();
    let items: Vec<Item> = body
        .get("data")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |data| data.iter().map(item).collect());
    let met = match taking::meet(&world, TIKTOK, &items, refusal::troubled).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let judged = is_let_in(&world, &headers)
        .and_then(|()| source(&body))
        .and_then(|source| judged(source, &body, Moment::now()));
    match judged {
        Ok(()) => met.after(taken(&world, &body, items)),
        Err((at, refusal)) => refused(&world, items, at, refusal),
    }
}

/// Which event is at fault, where one is.
type Refused = (Option<usize>, Refusal);

fn is_let_in(world: &World, headers: &HeaderMap) -> Result<(), Refused> {
    let token = headers.get("access-token").and_then(|token| token.to_str().ok());
    match token {
        None | Some("") => Err((None, refusal::no_token())),
        Some(token) if token != world.config.stand_ins.token => Err((None, refusal::wrong_token())),
        Some(_) => Ok(()),
    }
}

fn source(body: &Map<String, Value>) -> Result<Source, Refused> {
    let refused = |refusal| Err((None, refusal));
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let Some(name) = text("event_source") else {
        return refused(refusal::missing("event_source"));
    };
    let Some(source) = Source::named(name) else {
        return refused(refusal::invalid(
            "event_source",
            "must be one of web, app, offline, crm",
        ));
    };
    match text("event_source_id") {
        None => refused(refusal::missing("event_source_id")),
        Some(NO_SOURCE) => refused(refusal::no_permission()),
        Some(_) => Ok(source),
    }
}

fn judged(source: Source, body: &Map<String, Value>, now: Moment) -> Result<(), Refused> {
    let events = match body.get("data") {
        Some(Value::Array(events)) if !events.is_empty() => events,
        Some(Value::Array(_)) | None => return Err((None, refusal::missing("data"))),
        Some(_) => return Err((None, refusal::invalid("data", "must be a list"))),
    };
    if events.len() > BATCH_MAX {
        let refusal = refusal::invalid("data", "must have at most 1000 elements");
        return Err((None, refusal));
    }
    for (at, event) in events.iter().enumerate() {
        event::check(source, event, now).map_err(|fault| (Some(at), refusal::fault(at, &fault)))?;
    }
    Ok(())
}

fn taken(world: &World, body: &Map<String, Value>, items: Vec<Item>) -> Response {
    let now = Moment::now();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let mode = text("test_event_code").map(|code| format!("test {code}"));
    let source = text("event_source_id").unwrap_or_default();
    let verdicts: Vec<(Item, Verdict)> = {
        let mut known = locked(&world.remembered);
        let verdict = |item: Item| {
            let key = format!("tiktok {source} {:?} {:?}", item.name, item.id);
            let is_new = item.id.is_none() || known.is_new(key, now, KNOWN_FOR);
            let verdict = if is_new {
                Verdict::accepted(200)
            } else {
                Verdict::duplicate(200)
            };
            (item, verdict.in_mode(mode.clone()))
        };
        items.into_iter().map(verdict).collect()
    };
    taking::note(world, TIKTOK, verdicts);
    let request_id = refusal::request_id();
    Json(json!({"code": 0, "message": "OK", "request_id": request_id, "data": {}})).into_response()
}

/// The one at fault is told from those that were only in its company.
fn refused(world: &World, items: Vec<Item>, at: Option<usize>, refusal: Refusal) -> Response {
    if items.is_empty() {
        taking::refuse_all(world, TIKTOK, &[], StatusCode::OK, &refusal.why());
    }
    let verdict = |(place, item): (usize, Item)| {
        let company = at.is_some_and(|at| at != place);
        let why = if company {
            "another event of the request is invalid".to_owned()
        } else {
            refusal.why()
        };
        (item, Verdict::refused(200, why))
    };
    taking::note(world, TIKTOK, items.into_iter().enumerate().map(verdict));
    refusal.into_response()
}

fn item(event: &Value) -> Item {
    let of = |path: &str| event.pointer(path).and_then(word_of);
    Item {
        name: of("/event"),
        id: of("/event_id"),
        value: of("/properties/value"),
        currency: of("/properties/currency"),
        sent: event.clone(),
    }
}
