//! What Google's stand-ins share: the token endpoint (`POST /google/token`), the one service account
//! (`GET /google/service-account.json`), access tokens and what they allow, and protocol buffers as JSON.

mod key;
mod oauth;
pub(super) mod proto;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::tokens::Tokens;
pub(super) use self::tokens::{Held, Scope};
use crate::world::World;

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/google/token", post(oauth::token))
        .route("/google/service-account.json", get(key::file))
}
