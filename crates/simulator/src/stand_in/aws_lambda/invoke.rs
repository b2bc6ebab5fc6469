//! `POST /2015-03-31/functions/{name}/invocations`: now (`RequestResponse`), later (`Event`), or not at all (`DryRun`).
//!
//! The status says whether Lambda took the request; that the function threw is in `X-Amz-Function-Error`, on a 200.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::function::Ran;
use super::identity::{self, Asked};
use super::named::{LATEST, Named};
use super::queue::Invocation;
use super::refusal::{self, Refusal};
use super::{EVENT_BYTES_MAX, LAMBDA, PAYLOAD_BYTES_MAX};
use crate::deliveries::{Item, Verdict};
use crate::faults::Met;
use crate::stand_in::{flat, taking};
use crate::world::World;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Qualified {
    #[serde(rename = "Qualifier")]
    qualifier: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    Later,
    Never,
}

pub(super) async fn invoke(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(qualified): Query<Qualified>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let items = serde_json::from_slice::<Value>(&body).map_or_else(|_| Vec::new(), |sent| flat::items(&sent));
    let function = Named::of(&name, qualified.qualifier);
    let arn = function.arn(&world);
    let own = |trouble| refusal::troubled(trouble, &arn);
    let met = match taking::meet(&world, LAMBDA, &items, own).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let asked = Asked {
        method: &Method::POST,
        uri: &uri,
        headers: &headers,
        body: &body,
    };
    let allowed = identity::verify(&world, &asked)
        .and_then(|()| function.is_there(&world, &arn))
        .and_then(|()| when(&headers))
        .and_then(|when| is_payload(&body, when).map(|()| when));
    match allowed {
        Ok(when) => met.after(ran(&world, when, body, items, met).await),
        Err(refusal) => refused(&world, &items, refusal),
    }
}

/// Answers no, and notes it.
pub(super) fn refused(world: &World, items: &[Item], refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    taking::refuse_all(world, LAMBDA, items, status, refusal.kind);
    refusal.into_response()
}

fn when(headers: &HeaderMap) -> Result<When, Refusal> {
    let given = headers.get("x-amz-invocation-type");
    match given.map_or("RequestResponse", |given| given.to_str().unwrap_or_default()) {
        "RequestResponse" => Ok(When::Now),
        "Event" => Ok(When::Later),
        "DryRun" => Ok(When::Never),
        other => Err(refusal::no_such_type(other)),
    }
}

fn is_payload(body: &[u8], when: When) -> Result<(), Refusal> {
    if body.len() > PAYLOAD_BYTES_MAX {
        return Err(refusal::too_large(PAYLOAD_BYTES_MAX));
    }
    if matches!(when, When::Later) && body.len() > EVENT_BYTES_MAX {
        return Err(refusal::event_too_large(body.len(), EVENT_BYTES_MAX));
    }
    if body.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal::no_json(&error.to_string())),
    }
}

async fn ran(world: &World, when: When, body: Bytes, items: Vec<Item>, met: Met) -> Response {
    let request = [("x-amzn-requestid", Uuid::new_v4().to_string())];
    match when {
        When::Never => {
            note(world, items, 204, Some("dry run"), None);
            (StatusCode::NO_CONTENT, request).into_response()
        }
        When::Later => {
            let later = Invocation {
                payload: body,
                items: items.clone(),
                trouble: met.trouble,
            };
            if !later.queued(world) {
                return refused(world, &items, refusal::throttled());
            }
            note(world, items, 202, Some("asynchronous"), None);
            (StatusCode::ACCEPTED, request).into_response()
        }
        When::Now => {
            let version = [
                ("x-amz-executed-version", LATEST),
                (CONTENT_TYPE.as_str(), "application/json"),
            ];
            match world.function.run(body, items.len(), met.trouble).await {
                Ran::Returned(payload) => {
                    note(world, items, 200, None, None);
                    (request, version, payload).into_response()
                }
                Ran::Threw(error) => {
                    note(world, items, 200, None, Some("the function threw"));
                    let unhandled = [("x-amz-function-error", "Unhandled")];
                    (request, version, unhandled, error.to_string()).into_response()
                }
            }
        }
    }
}

pub(super) fn note(world: &World, items: Vec<Item>, status: u16, mode: Option<&str>, threw: Option<&str>) {
    let verdict = match threw {
        Some(why) => Verdict::refused(status, why),
        None => Verdict::accepted(status),
    };
    let verdict = verdict.in_mode(mode.map(str::to_owned));
    let items = if items.is_empty() {
        vec![Item::default()]
    } else {
        items
    };
    taking::note(
        world,
        LAMBDA,
        items.into_iter().map(|item| (item, verdict.clone())),
    );
}
