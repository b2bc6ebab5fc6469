//! `/simulator/…`: what was posted and asked, what the destinations' stand-ins got, which limits and troubles are in force,
//! how fields are called, and changes on command. For tests and demos.

mod changes;
mod fields;
mod received;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::asked::Tally;
use crate::faults::{Faults, Switch};
use crate::limits::Limits;
use crate::stats::Count;
use crate::verifications::Verifications;
use crate::world::{World, locked};

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/simulator/healthz", get(|| async { "ok" }))
        .route("/simulator/stats", get(stats).delete(forget_stats))
        .route(
            "/simulator/limits",
            get(limits).patch(set_limits).delete(reset_limits),
        )
        .route("/simulator/faults", get(faults).put(set_faults))
        .merge(received::router())
        .route("/simulator/changes", post(changes::make))
        .merge(fields::router())
        .merge(webhooks::router())
        .with_state(world.clone())
}

/// What was posted, and what was asked of the API and of the verifier.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    posted: Count,
    api: Value,
    verifier: Value,
    /// Tokens used since midnight, by company.
    tokens_today: BTreeMap<u64, u64>,
}

async fn stats(State(world): State<Arc<World>>) -> Json<Told> {
    let tokens_today = locked(&world.meters)
        .iter()
        .map(|(company, meter)| (*company, meter.tokens_used()))
        .collect();
    Json(Told {
        posted: world.stats.count(),
        api: json!(*locked(&world.tally)),
        verifier: json!(*locked(&world.verifications)),
        tokens_today,
    })
}

/// Forgets what was asked; what was posted is counted on, and what was used of the limits stays used.
async fn forget_stats(State(world): State<Arc<World>>) -> StatusCode {
    *locked(&world.tally) = Tally::default();
    *locked(&world.verifications) = Verifications::default();
    StatusCode::NO_CONTENT
}

async fn limits(State(world): State<Arc<World>>) -> Json<Limits> {
    Json(locked(&world.limits).clone())
}

/// Changes the limits that the body names.
async fn set_limits(
    State(world): State<Arc<World>>,
    Json(wanted): Json<Map<String, Value>>,
) -> Result<Json<Limits>, (StatusCode, String)> {
    let mut limits = locked(&world.limits);
    let refused = |error: serde_json::Error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
    let mut merged = match serde_json::to_value(&*limits).map_err(refused)? {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    merged.extend(wanted);
    *limits = serde_json::from_value(Value::Object(merged)).map_err(refused)?;
    Ok(Json(limits.clone()))
}

/// The limits of the start, and nothing used of them.
async fn reset_limits(State(world): State<Arc<World>>) -> Json<Limits> {
    locked(&world.meters).clear();
    let mut limits = locked(&world.limits);
    *limits = world.config.limits.clone();
    Json(limits.clone())
}

async fn faults(State(world): State<Arc<World>>) -> Json<Faults> {
    Json(locked(&world.faults).now().clone())
}

async fn set_faults(
    State(world): State<Arc<World>>,
    Json(faults): Json<Faults>,
) -> Result<Json<Faults>, (StatusCode, &'static str)> {
    if let Some(why) = faults.refusal() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    *locked(&world.faults) = Switch::set(faults.clone(), Instant::now());
    Ok(Json(faults))
}
