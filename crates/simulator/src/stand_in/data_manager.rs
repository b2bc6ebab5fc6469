//! Google's Data Manager API, as far as events for Google Ads go: `POST /google/v1/events:ingest`, and
//! `GET /google/v1/requestStatus:retrieve`, by which one asks what became of a request.
//!
//! One field that is wrong, and nothing of a request is looked at; all that are found are told. What was taken is looked at
//! later, and what Google drops then is told by the request's status alone: here from the first moment on. An event whose
//! transaction the conversion action has restates it. What Google knows and the stand-in cannot is drawn from the click's id
//! as with the Google Ads API: `unknown`, `expired`, `recent`, `early`, or no id at all; a hash that begins with `0000` belongs
//! to nobody who clicked. The customer `4040404040` and the conversion action `404` do not exist.
//!
//! <https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest>, `…/reference/rest/v1/ErrorReason`,
//! `…/devguides/concepts/understand-errors`, `…/devguides/limits`, `…/devguides/events/google-ads/conversion-adjustments`.

mod asked;
mod destination;
mod event;
mod person;
mod processing;
mod refusal;
mod shape;
mod status;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use self::asked::Asked;
use self::refusal::Refusal;
pub(crate) use self::status::Requests;
use super::google::proto;
use super::google::{Held, Scope};
use super::taking;
use crate::deliveries::{Destination, Item, Verdict};
use crate::moment::Moment;
use crate::world::{World, locked};

const MANAGER: Destination = Destination::GoogleDataManager;
const BODY_BYTES_MAX: usize = 16 << 20;
/// A customer that nobody is.
const NO_CUSTOMER: &str = "4040404040";
/// A conversion action that no account has.
const NO_ACTION: &str = "404";

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/google/v1/events:ingest", post(ingest))
        .route("/google/v1/requestStatus:retrieve", get(status::retrieve))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn ingest(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice::<Map<String, Value>>(&body);
    let events: Vec<Value> = body
        .as_ref()
        .ok()
        .and_then(|body| proto::field(body, "events")?.as_array().cloned())
        .unwrap_or_default();
    let items: Vec<Item> = events.iter().map(item).collect();
    let met = match taking::meet(&world, MANAGER, &items, refusal::troubled).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let asked = is_let_in(&world, &headers)
        .and_then(|()| body.map_err(|error| refusal::no_json(&error.to_string())))
        .and_then(|body| shape::check(&body).map(|()| body))
        .and_then(|body| Asked::of(&body, &events, Moment::now()));
    match asked {
        Ok(asked) => met.after(taken(&world, &asked, items)),
        Err(refusal) => refused(&world, items, refusal),
    }
}

/// A good access token, given for this API.
fn is_let_in(world: &World, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    let bearer = bearer.ok_or_else(refusal::no_credentials)?;
    match locked(&world.google_tokens).held(bearer, Scope::DataManager, Moment::now()) {
        Held::Unknown => Err(refusal::wrong_credentials()),
        Held::Old => Err(refusal::old_credentials()),
        Held::Elsewhere => Err(refusal::other_scope()),
        Held::Good => Ok(()),
    }
}

fn taken(world: &World, asked: &Asked, items: Vec<Item>) -> Response {
    let request_id = refusal::request_id();
    let processed = processing::of(world, asked);
    if !asked.validates_only {
        locked(&world.ingested).keep(request_id.clone(), status::of(asked, &processed));
    }
    let verdicts = items.into_iter().zip(&processed).map(|(item, processed)| {
        let verdict = if processed.is_known {
            Verdict::duplicate(200)
        } else {
            Verdict::accepted(200)
        };
        let mode = match processed.dropped {
            _ if asked.validates_only => Some("validation only".to_owned()),
            Some(reason) => Some(format!("dropped later: {reason}")),
            None => processed.is_known.then(|| "adjustment".to_owned()),
        };
        (item, verdict.in_mode(mode))
    });
    taking::note(world, MANAGER, verdicts.collect::<Vec<_>>());
    let mut answer = json!({"requestId": request_id});
    if let Some(answer) = answer.as_object_mut().filter(|_| !asked.warnings.is_empty()) {
        answer.insert("fieldWarnings".to_owned(), asked.warnings.clone().into());
    }
    Json(answer).into_response()
}

/// Those at fault are told from those that were only in their company.
fn refused(world: &World, items: Vec<Item>, refusal: Refusal) -> Response {
    if items.is_empty() {
        taking::refuse_all(world, MANAGER, &[], refusal.status, &refusal.why(None));
    }
    let status = refusal.status.as_u16();
    let verdict = |(at, item): (usize, Item)| (item, Verdict::refused(status, refusal.why(Some(at))));
    taking::note(world, MANAGER, items.into_iter().enumerate().map(verdict));
    refusal.into_response()
}

/// An event as the shelf shows it, under the conversion action that it names.
fn item(event: &Value) -> Item {
    let none = Map::new();
    let map = event.as_object().unwrap_or(&none);
    let text = |name| proto::field(map, name).and_then(taking::word_of);
    let references = proto::field(map, "destinationReferences").and_then(Value::as_array);
    Item {
        name: references.and_then(|references| taking::word_of(references.first()?)),
        id: text("transactionId"),
        value: text("conversionValue"),
        currency: text("currency"),
        sent: event.clone(),
    }
}
