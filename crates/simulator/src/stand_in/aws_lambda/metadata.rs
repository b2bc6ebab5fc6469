//! Where a machine or a container gets its credentials: the instance metadata service, version 2 alone, and the
//! endpoint that `AWS_CONTAINER_CREDENTIALS_FULL_URI` names.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>,
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ACCOUNT;
use super::session::Session;
use crate::moment::Moment;
use crate::world::{World, locked};

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
/// Seconds that a token may live.
const TTL_MAX: u64 = 21_600;

fn told<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A token for the reads; not for whoever stands behind a proxy.
pub(super) async fn token(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    if headers.contains_key("x-forwarded-for") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let seconds = told(&headers, TTL).and_then(|ttl| ttl.parse::<u64>().ok());
    let Some(seconds) = seconds.filter(|seconds| (1..=TTL_MAX).contains(seconds)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let token = locked(&world.aws).metadata_token(Moment::now(), Duration::from_secs(seconds));
    ([(TTL, seconds.to_string())], token).into_response()
}

/// Reads without a token, as version 1 had them, are not answered.
fn is_let_in(world: &World, headers: &HeaderMap) -> bool {
    told(headers, TOKEN).is_some_and(|token| locked(&world.aws).is_metadata_token(token, Moment::now()))
}

pub(super) async fn region(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    if !is_let_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    world.config.stand_ins.aws.region.clone().into_response()
}

/// The role's name.
pub(super) async fn role(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    if !is_let_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    world.config.stand_ins.aws.role.clone().into_response()
}

pub(super) async fn credentials(
    State(world): State<Arc<World>>,
    Path(role): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_let_in(&world, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if role != world.config.stand_ins.aws.role {
        return StatusCode::NOT_FOUND.into_response();
    }
    let session = current(&world);
    Json(json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": session.issued.rfc3339(),
        "AccessKeyId": session.access_key_id, "SecretAccessKey": session.secret_access_key,
        "Token": session.token, "Expiration": session.expires.rfc3339(),
    }))
    .into_response()
}

/// A container's credentials, for whoever shows the token.
pub(super) async fn container(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    if told(&headers, "authorization") != Some(world.config.stand_ins.token.as_str()) {
        let refused = json!({"code": "Unauthorized", "message": "The authorization token is not valid"});
        return (StatusCode::UNAUTHORIZED, Json(refused)).into_response();
    }
    let session = current(&world);
    let role = &world.config.stand_ins.aws.role;
    Json(json!({
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
        "AccessKeyId": session.access_key_id, "SecretAccessKey": session.secret_access_key,
        "Token": session.token, "Expiration": session.expires.rfc3339(),
    }))
    .into_response()
}

fn current(world: &World) -> Session {
    locked(&world.aws).current(Moment::now(), world.config.stand_ins.aws.session)
}
