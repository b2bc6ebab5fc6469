//! The live stream of a board, and what of it is on the viewer's screen.
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;
use uuid::Uuid;

use super::board::{find, view};
use super::{Refused, Service};
use crate::access::Grant;
use crate::api::OnScreen;
use crate::live::stream;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) async fn live(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let view = view(&service, &id, grant, query.as_deref())?;
    let place = Arc::clone(&service.places).try_acquire_owned();
    let place = place.map_err(|_| Refused::busy("too many streams are open"))?;
    let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let policy = Arc::clone(&service.policy);
    let events = stream::open(&service.hub, view, seen, place, policy, service.shutdown.clone())?;
    let head = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (BUFFERING, "no"),
    ];
    Ok((head, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response())
}

/// Panels on a screen come first when the database cannot keep all of them new at once.
pub(super) async fn on_screen(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    told: Result<Json<OnScreen>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    find(&service, &grant, &id)?;
    let Json(told) = told.map_err(|rejection| Refused::unwanted("body", rejection.body_text()))?;
    let stream = Uuid::parse_str(&told.stream);
    let is_there = stream.is_ok_and(|stream| service.hub.screens.show(stream, &told.panels));
    if is_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::not_found("no such stream"))
    }
}
