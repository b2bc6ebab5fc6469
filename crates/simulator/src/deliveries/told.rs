//! `GET /deliveries.json`: the newest deliveries of all stand-ins or of one, and how many there were.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::{Counts, Delivery, Destination, KEPT_MAX};
use crate::world::{World, locked};

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .merge(super::page::router())
        .route("/deliveries.json", get(json))
        .with_state(world.clone())
}

/// How many, and whose.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub destination: Option<Destination>,
    pub newest: Option<usize>,
}

impl Asked {
    const NEWEST_DEFAULT: usize = 100;

    pub(super) fn most(&self) -> usize {
        self.newest.unwrap_or(Self::NEWEST_DEFAULT).min(KEPT_MAX)
    }
}

#[derive(Serialize)]
struct Told<'a> {
    destinations: BTreeMap<Destination, Counts>,
    deliveries: Vec<&'a Delivery>,
}

/// The newest first.
async fn json(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> Response {
    let deliveries = locked(&world.deliveries);
    let counts = |destination| (destination, deliveries.counts(destination));
    let told = Json(Told {
        destinations: Destination::ALL.into_iter().map(counts).collect(),
        deliveries: deliveries.newest(asked.destination, asked.most()),
    });
    ([(CACHE_CONTROL, "no-store")], told).into_response()
}
