//! The function's own address: open (`NONE`) or for those who sign (`AWS_IAM`), always synchronous.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::function::Ran;
use super::identity::{self, Asked};
use super::invoke::{note, refused};
use super::{LAMBDA, PAYLOAD_BYTES_MAX, event, refusal};
use crate::config::UrlAuth;
use crate::stand_in::{flat, taking};
use crate::world::World;

pub(super) async fn call(
    State(world): State<Arc<World>>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let items = serde_json::from_slice::<Value>(&body).map_or_else(|_| Vec::new(), |sent| flat::items(&sent));
    let own = |trouble| refusal::troubled(trouble, "the function URL");
    let met = match taking::meet(&world, LAMBDA, &items, own).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let asked = Asked {
        method: &method,
        uri: &uri,
        headers: &headers,
        body: &body,
    };
    if world.config.stand_ins.aws.url_auth == UrlAuth::AwsIam {
        if !headers.contains_key("authorization") {
            taking::refuse_all(
                &world,
                LAMBDA,
                &items,
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
            );
            return forbidden();
        }
        if let Err(refusal) = identity::verify(&world, &asked) {
            return refused(&world, &items, refusal);
        }
    }
    if body.len() > PAYLOAD_BYTES_MAX {
        return refused(&world, &items, refusal::too_large(PAYLOAD_BYTES_MAX));
    }
    let event = event::made(&asked, &world.config.stand_ins.aws.region);
    let ran = world
        .function
        .run(event.to_string().into(), items.len(), met.trouble)
        .await;
    let answer = match ran {
        Ran::Returned(payload) => event::answered(&payload),
        Ran::Threw(_) => (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response(),
    };
    let status = answer.status();
    let threw = (!status.is_success()).then_some("the function did not take it");
    note(&world, items, status.as_u16(), Some("function URL"), threw);
    met.after(answer)
}

/// Whoever does not sign is not told why.
fn forbidden() -> Response {
    let kind = [("x-amzn-errortype", "AccessDeniedException")];
    (StatusCode::FORBIDDEN, kind, Json(json!({"Message": "Forbidden"}))).into_response()
}
