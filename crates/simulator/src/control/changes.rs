//! `POST /simulator/changes`: so many changes now, beside those that come at the set rate.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::sync::oneshot;

use crate::spree::{Command, Happened, Wanted};
use crate::world::World;

/// Answers when the last of them was posted and answered, or failed once.
pub(super) async fn make(
    State(world): State<Arc<World>>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Happened>, (StatusCode, &'static str)> {
    if let Some(why) = wanted.refusal() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    let (done, happened) = oneshot::channel();
    let full = (StatusCode::SERVICE_UNAVAILABLE, "too many commands are waiting");
    world
        .commands
        .try_send(Command { wanted, done })
        .map_err(|_| full)?;
    let stopped = (StatusCode::SERVICE_UNAVAILABLE, "the simulator stops");
    happened.await.map(Json).map_err(|_| stopped)
}
