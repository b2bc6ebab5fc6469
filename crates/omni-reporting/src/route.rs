//! Addresses, and the frame of every answer: who may see it, strict headers, compression (never of the stream).
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use stage::Shutdown;
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;

use crate::access::{self, Policy};
use crate::assets;
use crate::desk::Desk;
use crate::live::Hub;

mod board;
mod language;
mod list;
mod refused;
mod stream;

pub(crate) use refused::Refused;

/// Nothing inline, nothing from elsewhere, no eval.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// What handlers need.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub desk: Arc<Desk>,
    pub hub: Arc<Hub>,
    pub policy: Arc<Policy>,
    /// One permit a viewer.
    pub places: Arc<Semaphore>,
    /// One permit a file that is being sent.
    pub files: Arc<Semaphore>,
    pub shutdown: Shutdown,
}

/// All routes; nothing is reachable but through [`access::authorise`].
pub(crate) fn router(service: Service, web_dir: &Path) -> Router {
    let api = Router::new()
        .route("/boards", get(board::list))
        .route("/boards/{id}", get(board::manifest))
        .route("/boards/{id}/options/{variable}", get(board::options))
        .route("/boards/{id}/panels/{panel}", get(board::panel))
        .route("/boards/{id}/lists/{list}", get(list::list))
        .route("/boards/{id}/live", get(stream::live))
        .fallback(|| async { Refused::not_found("no such address") })
        .with_state(service.clone());
    Router::new()
        .nest("/api/v1", api)
        .merge(assets::router(web_dir))
        .layer(from_fn_with_state(service, admit))
        .layer(CompressionLayer::new())
        .layer(from_fn(protect))
}

/// The one gate: a handler finds its grant in the request, put there by nobody else.
async fn admit(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    match access::authorise(&service.policy, peer, request.uri(), request.headers()) {
        Ok(grant) => {
            request.extensions_mut().insert(grant);
            next.run(request).await
        }
        Err(denied) => Refused::from(denied).into_response(),
    }
}

async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    // What does not say how long it holds holds for now only.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
