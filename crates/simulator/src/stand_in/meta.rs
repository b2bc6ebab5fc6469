//! Meta's Conversions API: `POST /meta/v<version>/<pixel>/events`.
//!
//! One invalid event and none of its batch is taken; an event that came within 48 hours with the same name and
//! `event_id` counts once (<https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api>). A
//! website's events need `client_user_agent` and `event_source_url`, as the parameters' page says; the real one lets
//! their lack pass. The pixel `404` does not exist.

mod customer;
mod event;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::refusal::Refusal;
use super::taking::{self, word_of};
use crate::deliveries::{Destination, Item, Verdict};
use crate::moment::Moment;
use crate::world::{World, locked};

const META: Destination = Destination::MetaConversions;
/// Events of one request.
const BATCH_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 16 << 20;
/// How long the same event is known.
const KNOWN_FOR: Duration = Duration::from_hours(48);
/// A pixel that nobody has.
const NO_PIXEL: &str = "404";

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/meta/{version}/{pixel}/events", post(take))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    access_token: Option<String>,
}

async fn take(
    State(world): State<Arc<World>>,
    Path((version, pixel)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
    let items: Vec<Item> = body
        .get("data")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |data| data.iter().map(item).collect());
    let met = match taking::meet(&world, META, &items, refusal::troubled).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let token = token(&asked, &body, &headers);
    let judged = is_let_in(&world, token.as_deref(), &version, &pixel)
        .and_then(|()| events(&body))
        .and_then(|events| judged(events, Moment::now()));
    match judged {
        Ok(()) => met.after(taken(&world, &pixel, &body, items)),
        Err((at, refusal)) => refused(&world, items, at, refusal),
    }
}

/// Which event is at fault, where one is.
type Refused = (Option<usize>, Refusal);

/// Of the query, the body, or the header.
fn token(asked: &Asked, body: &Map<String, Value>, headers: &HeaderMap) -> Option<String> {
    let of_body = body.get("access_token").and_then(Value::as_str);
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let token = asked.access_token.as_deref().or(of_body).or(bearer);
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}

fn is_let_in(world: &World, token: Option<&str>, version: &str, pixel: &str) -> Result<(), Refused> {
    let is_version = version
        .strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok());
    let refusal = match token {
        None => refusal::no_token(),
        Some(token) if token != world.config.stand_ins.token => refusal::wrong_token(),
        Some(_) if !is_version => refusal::unknown_path(version),
        Some(_) if pixel == NO_PIXEL || pixel.parse::<u64>().is_err() => refusal::no_pixel(pixel),
        Some(_) => return Ok(()),
    };
    Err((None, refusal))
}

fn events(body: &Map<String, Value>) -> Result<&[Value], Refused> {
    let refused = |why: &str| Err((None, refusal::parameter(why)));
    match body.get("data") {
        Some(Value::Array(events)) if events.is_empty() => refused("(#100) param data must be non-empty."),
        Some(Value::Array(events)) if events.len() > BATCH_MAX => {
            refused("(#100) param data must have at most 1000 elements.")
        }
        Some(Value::Array(events)) => Ok(events),
        Some(_) => refused("(#100) param data must be an array."),
        None => refused("(#100) The parameter data is required"),
    }
}

fn judged(events: &[Value], now: Moment) -> Result<(), Refused> {
    for (at, event) in events.iter().enumerate() {
        event::check(event, now).map_err(|fault| (Some(at), refusal::fault(fault)))?;
    }
    Ok(())
}

fn taken(world: &World, pixel: &str, body: &Map<String, Value>, items: Vec<Item>) -> Response {
    let now = Moment::now();
    let code = body.get("test_event_code").and_then(Value::as_str);
    let mode = code.map(|code| format!("test {code}"));
    let received = items.len();
    let verdicts: Vec<(Item, Verdict)> = {
        let mut known = locked(&world.remembered);
        let verdict = |item: Item| {
            let key = format!("meta {pixel} {:?} {:?}", item.name, item.id);
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
    taking::note(world, META, verdicts);
    Json(json!({"events_received": received, "messages": [], "fbtrace_id": refusal::trace()})).into_response()
}

/// The one at fault is told from those that were only in its company.
fn refused(world: &World, items: Vec<Item>, at: Option<usize>, refusal: Refusal) -> Response {
    let (status, why) = (refusal.status, refusal.why());
    if items.is_empty() {
        taking::refuse_all(world, META, &[], status, &why);
    }
    let verdict = |(place, item): (usize, Item)| {
        let company = at.is_some_and(|at| at != place);
        let why = if company {
            "another event of the batch is invalid"
        } else {
            &why
        };
        (item, Verdict::refused(status.as_u16(), why))
    };
    taking::note(world, META, items.into_iter().enumerate().map(verdict));
    refusal.into_response()
}

fn item(event: &Value) -> Item {
    let of = |path: &str| event.pointer(path).and_then(word_of);
    Item {
        name: of("/event_name"),
        id: of("/event_id"),
        value: of("/custom_data/value"),
        currency: of("/custom_data/currency"),
        sent: event.clone(),
    }
}
