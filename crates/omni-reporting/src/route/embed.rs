//! The page of an embed, and the tokens that it takes.
//!
//! The token stands after `#` and never reaches this server with the page's address. So the address names a key, which is
//! no secret: the origins that are registered for it may frame the page.
use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Refused, Service, content_security};
use crate::access::mint::{Minted, Wanted, mint};
use crate::access::{Grant, since_1970};
use crate::assets::NOT_BUILT;
use crate::state::query::Pairs;

pub(super) async fn page(
    State(service): State<Service>,
    Path(template): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    if service.desk.board(&template).is_none() {
        return Err(Refused::not_found("no such board"));
    }
    let pairs = Pairs::read(query.as_deref().unwrap_or_default())?;
    let ancestors = service.policy.frame_ancestors(pairs.one("k")?.as_deref());
    let policy = HeaderValue::from_str(&content_security(&ancestors)).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    let Ok(page) = tokio::fs::read(service.web_dir.join("index.html")).await else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response());
    };
    let head = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, policy),
        // A page that isolates itself may hold it too.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ];
    Ok((head, Body::from(page)).into_response())
}

pub(super) async fn token(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Minted>, Refused> {
    let Json(wanted) = body.map_err(|rejection| Refused::unwanted("body", rejection.body_text()))?;
    let now = since_1970().as_secs();
    mint(
        &service.policy,
        &service.desk.boards.now(),
        &wanted,
        Some(&grant),
        now,
    )
    .map(Json)
    .map_err(|unwanted| Refused::unwanted(unwanted.field, unwanted.to_string()))
}
