//! Stand-ins for the services around Pipedrive, each written anew from its platform's documentation: what the
//! platform refuses is refused, in its words, and what was sent is kept for tests and for the page.

pub(crate) mod aws_lambda;
mod currency;
pub(crate) mod data_manager;
mod flat;
mod ga4;
pub(crate) mod google;
pub(crate) mod google_ads;
pub(crate) mod gtm;
mod meta;
pub(crate) mod remembered;
mod taking;
mod tiktok;
mod verifier;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::world::World;

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/data", post(gtm::take).get(gtm::pixel).options(gtm::preflight))
        .route("/healthy", get(gtm::healthy))
        .merge(gtm::reporting::router())
        .route("/v2/email-verifier", get(verifier::verify))
        .merge(aws_lambda::router())
        .merge(google::router())
        .merge(google_ads::router())
        .merge(data_manager::router())
        .merge(meta::router())
        .merge(tiktok::router())
        .merge(ga4::router())
        .with_state(world.clone())
}
