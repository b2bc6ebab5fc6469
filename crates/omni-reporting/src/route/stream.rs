//! The live stream of a board.
use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use super::board::view;
use super::{Refused, Service};
use crate::access::Grant;
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
