//! What the destinations' stand-ins got, for tests: read it, forget it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::deliveries::{Destination, Outcome};
use crate::world::{World, locked};

const NEWEST_DEFAULT: usize = 100;

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/simulator/gtm", get(gtm).delete(forget_gtm))
        .route("/simulator/deliveries", delete(forget))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    newest: Option<usize>,
    destination: Option<Destination>,
}

/// The requests that the data client took, the oldest first.
async fn gtm(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> Json<Value> {
    let deliveries = locked(&world.deliveries);
    let newest = deliveries.newest(Some(Destination::GtmServer), usize::MAX);
    let taken = newest
        .iter()
        .filter(|delivery| delivery.outcome == Outcome::Accepted);
    let mut requests: Vec<_> = taken
        .take(asked.newest.unwrap_or(NEWEST_DEFAULT))
        .map(|delivery| &delivery.sent)
        .collect();
    requests.reverse();
    let count = deliveries.counts(Destination::GtmServer).accepted;
    Json(json!({"count": count, "requests": requests}))
}

async fn forget_gtm(State(world): State<Arc<World>>) -> StatusCode {
    locked(&world.deliveries).forget(Some(Destination::GtmServer));
    StatusCode::NO_CONTENT
}

/// Forgets what one destination got, or all.
async fn forget(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> StatusCode {
    locked(&world.deliveries).forget(asked.destination);
    StatusCode::NO_CONTENT
}
