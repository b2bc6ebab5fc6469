//! `/simulator/webhooks`: how each subscription fares; `POST …/{id}/ban` bans one, as ten failures would.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::moment::Moment;
use crate::subscription::Subscription;
use crate::world::{World, locked};

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/simulator/webhooks", get(list))
        .route("/simulator/webhooks/{id}/ban", post(ban))
}

async fn list(State(world): State<Arc<World>>) -> Json<Vec<Value>> {
    let now = Moment::now();
    let mut subscriptions = locked(&world.subscriptions);
    Json(
        subscriptions
            .iter_mut()
            .map(|subscription| {
                subscription.standing.is_told(now, &world.config.patience);
                told(subscription)
            })
            .collect(),
    )
}

fn told(subscription: &Subscription) -> Value {
    let standing = &subscription.standing;
    json!({
        "id": subscription.id,
        "company_id": subscription.company,
        "subscription_url": subscription.url.as_str(),
        "failed_first": standing.failed_first,
        "bans": standing.bans,
        "banned_until": standing.banned_until.map(Moment::rfc3339_millis),
        "removed": standing.removed.map(Moment::rfc3339_millis),
        "untold": standing.untold,
    })
}

async fn ban(State(world): State<Arc<World>>, Path(id): Path<u64>) -> Result<Json<Value>, StatusCode> {
    let mut subscriptions = locked(&world.subscriptions);
    let found = subscriptions
        .iter_mut()
        .find(|subscription| subscription.id == id);
    let subscription = found.ok_or(StatusCode::NOT_FOUND)?;
    subscription.standing.ban(Moment::now(), &world.config.patience);
    Ok(Json(told(subscription)))
}
