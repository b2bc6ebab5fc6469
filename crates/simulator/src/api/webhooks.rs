//! `/v1/webhooks`: list, add, remove. What is added gets every change from then on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Company, Refusal};
use crate::account::Account;
use crate::config::Webhooks;
use crate::moment::Moment;
use crate::subscription::{SUBSCRIPTIONS_MAX, Standing, Subscription};
use crate::world::{World, locked};

const OBJECTS: &[&str] = &[
    "*",
    "activity",
    "deal",
    "lead",
    "note",
    "organization",
    "person",
    "pipeline",
    "product",
    "stage",
    "user",
];
const NAME_LENGTH_MAX: usize = 255;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    subscription_url: String,
    event_action: String,
    event_object: String,
    name: String,
    #[serde(default)]
    http_auth_user: Option<String>,
    #[serde(default)]
    http_auth_password: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
) -> Response {
    let now = Moment::now();
    let mut subscriptions = locked(&world.subscriptions);
    let data: Vec<Value> = subscriptions
        .iter_mut()
        .filter(|one| one.company == company)
        .map(|one| {
            one.standing.is_told(now, &world.config.patience);
            one.listed()
        })
        .collect();
    Json(json!({"status": "ok", "success": true, "data": data})).into_response()
}

pub(super) async fn add(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Response> {
    let (url, webhooks) = checked(&wanted).map_err(|refusal| *refusal)?;
    let owner = locked(&world.accounts)
        .get(&company)
        .map_or(0, |account: &Account| account.first_subscriber().owner);
    let mut subscriptions = locked(&world.subscriptions);
    let held = |one: &&Subscription| one.company == company && one.standing.removed.is_none();
    if subscriptions.iter().filter(held).count() >= SUBSCRIPTIONS_MAX {
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, "webhooks limit reached").into_response());
    }
    let subscription = Subscription {
        id: world.subscriptions_added.fetch_add(1, Ordering::Relaxed) + 1,
        company,
        owner,
        url,
        webhooks,
        action: wanted.event_action,
        object: wanted.event_object,
        user: wanted.http_auth_user,
        password: wanted.http_auth_password,
        name: wanted.name,
        added: Moment::now(),
        standing: Standing::default(),
    };
    let body = json!({"status": "ok", "success": true, "data": subscription.listed()});
    subscriptions.push(subscription);
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(super) async fn remove(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(id): Path<u64>,
) -> Response {
    let mut subscriptions = locked(&world.subscriptions);
    let before = subscriptions.len();
    subscriptions.retain(|one| one.company != company || one.id != id);
    if subscriptions.len() == before {
        let body = json!({"status": "error", "success": false, "errors": {"id": ["not found"]}});
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    Json(json!({"status": "ok", "success": true})).into_response()
}

/// Pipedrive takes the actions of the version that is asked for, and version 2 when none is.
fn checked(wanted: &Wanted) -> Result<(Url, Webhooks), Box<Response>> {
    let refused = |field: &str, why: &str| {
        let body = json!({"success": false, "status": "error", "errors": {field: [why]}});
        Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response())
    };
    let url = Url::parse(&wanted.subscription_url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| refused("subscription_url", "invalid or non-reachable URL"))?;
    let (webhooks, actions): (Webhooks, &[&str]) = match wanted.version.as_deref() {
        None | Some("2.0") => (Webhooks::V2, &["*", "create", "change", "delete"]),
        Some("1.0") => (Webhooks::V1, &["*", "added", "updated", "deleted", "merged"]),
        Some(_) => return Err(refused("version", "must be 1.0 or 2.0")),
    };
    if !actions.contains(&wanted.event_action.as_str()) {
        return Err(refused("event_action", "invalid value"));
    }
    if !OBJECTS.contains(&wanted.event_object.as_str()) {
        return Err(refused("event_object", "invalid value"));
    }
    if wanted.name.is_empty() || wanted.name.len() > NAME_LENGTH_MAX {
        return Err(refused("name", "must have 1 to 255 characters"));
    }
    Ok((url, webhooks))
}
