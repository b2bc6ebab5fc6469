//! Stand-ins for the services around Pipedrive.

mod gtm;
mod verifier;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::world::World;

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/data", post(gtm::take).get(gtm::pixel).options(gtm::preflight))
        .route("/healthy", get(gtm::healthy))
        .route("/v2/email-verifier", get(verifier::verify))
        .with_state(world.clone())
}
