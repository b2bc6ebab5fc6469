//! `/simulator/…`: what was posted, what the GTM stand-in got, and which troubles are on. For tests and demos.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::stats::Count;
use crate::world::{Received, World, locked};

const NEWEST_DEFAULT: usize = 100;

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/simulator/healthz", get(|| async { "ok" }))
        .route("/simulator/stats", get(stats))
        .route("/simulator/faults", get(faults).put(set_faults))
        .route("/simulator/gtm", get(received).delete(forget))
        .with_state(world.clone())
}

async fn stats(State(world): State<Arc<World>>) -> Json<Count> {
    Json(world.stats.count())
}

async fn faults(State(world): State<Arc<World>>) -> Json<Faults> {
    Json(*locked(&world.faults))
}

async fn set_faults(State(world): State<Arc<World>>, Json(faults): Json<Faults>) -> Json<Faults> {
    *locked(&world.faults) = faults;
    Json(faults)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Newest {
    newest: Option<usize>,
}

async fn received(State(world): State<Arc<World>>, Query(Newest { newest }): Query<Newest>) -> Json<Value> {
    let received = locked(&world.gtm);
    let skip = received
        .newest
        .len()
        .saturating_sub(newest.unwrap_or(NEWEST_DEFAULT));
    let requests: Vec<&Value> = received.newest.iter().skip(skip).collect();
    Json(json!({"count": received.count, "requests": requests}))
}

async fn forget(State(world): State<Arc<World>>) -> StatusCode {
    *locked(&world.gtm) = Received::default();
    StatusCode::NO_CONTENT
}
