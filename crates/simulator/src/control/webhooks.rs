//! `/simulator/webhooks`: how each subscription fares; `POST …/{id}/ban` bans one, as ten failures would, and `…/remove` removes
//! it, as three days of failures would.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::moment::Moment;
use crate::subscription::{Standing, Subscription};
use crate::world::{World, locked};

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/simulator/webhooks", get(list))
        .route("/simulator/webhooks/{id}/ban", post(ban))
        .route("/simulator/webhooks/{id}/remove", post(remove))
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

async fn ban(state: State<Arc<World>>, id: Path<u64>) -> Result<Json<Value>, StatusCode> {
    change(&state, *id, |standing, world| {
        standing.ban(Moment::now(), &world.config.patience);
    })
}

async fn remove(state: State<Arc<World>>, id: Path<u64>) -> Result<Json<Value>, StatusCode> {
    change(&state, *id, |standing, _| standing.removed = Some(Moment::now()))
}

fn change(
    world: &World,
    id: u64,
    change: impl FnOnce(&mut Standing, &World),
) -> Result<Json<Value>, StatusCode> {
    let mut subscriptions = locked(&world.subscriptions);
    let found = subscriptions
        .iter_mut()
        .find(|subscription| subscription.id == id);
    let subscription = found.ok_or(StatusCode::NOT_FOUND)?;
    change(&mut subscription.standing, world);
    Ok(Json(told(subscription)))
}
