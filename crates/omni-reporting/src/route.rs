//! Addresses, and the frame of every answer: who may see it, strict headers, compression (never of the stream).
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use stage::Shutdown;
use stage::tls::Peer;
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;

use crate::access::{self, Asks, Policy};
use crate::assets;
use crate::desk::Desk;
use crate::live::Hub;
use crate::setup::Setup;

mod board;
mod embed;
mod language;
mod list;
mod refused;
mod setup;
mod stream;
mod table;

pub(crate) use refused::Refused;
pub use table::{ROUTES, Route};

/// Bytes of a request's body at most.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// Nothing inline, nothing from elsewhere, no eval; these pages may hold it.
fn content_security(ancestors: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )
}

/// What handlers need.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub desk: Arc<Desk>,
    pub hub: Arc<Hub>,
    pub policy: Arc<Policy>,
    pub setup: Arc<Setup>,
    /// One permit a viewer.
    pub places: Arc<Semaphore>,
    /// One permit a file that is being sent.
    pub files: Arc<Semaphore>,
    pub web_dir: PathBuf,
    pub shutdown: Shutdown,
}

/// What the gate of one address must know.
#[derive(Debug, Clone)]
struct Gate {
    service: Service,
    asks: fn(&Uri) -> Asks,
}

/// All routes; nothing is reachable but through [`access::authorise`].
pub(crate) fn router(service: &Service) -> Router {
    let gate = |asks| {
        let service = service.clone();
        from_fn_with_state(Gate { service, asks }, admit)
    };
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.serve)().layer(gate(asks_of(route.asks))));
    }
    let unknown = get(|| async { Refused::not_found("no such address") });
    let unknown = unknown.layer(gate(asks_of(Asks::Read)));
    router
        .route("/api/{*rest}", unknown)
        .with_state(service.clone())
        .merge(assets::router(&service.web_dir).layer(gate(asks_of_file)))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(from_fn(protect))
}

/// As a function, because a gate of the files looks at the address.
fn asks_of(asks: Asks) -> fn(&Uri) -> Asks {
    match asks {
        Asks::File => |_| Asks::File,
        Asks::EmbedPage => |_| Asks::EmbedPage,
        Asks::Page => |_| Asks::Page,
        Asks::Read => |_| Asks::Read,
        Asks::MakeToken => |_| Asks::MakeToken,
    }
}

/// Files of the page are the same for everybody; the page itself asks who looks.
fn asks_of_file(uri: &Uri) -> Asks {
    if uri.path().starts_with("/assets/") || uri.path() == "/favicon.svg" {
        Asks::File
    } else {
        Asks::Page
    }
}

/// The one gate: a handler finds its grant in the request, put there by nobody else.
async fn admit(
    State(gate): State<Gate>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let asks = (gate.asks)(&parts.uri);
    match access::authorise(&gate.service.policy, peer, &parts, asks).await {
        Ok(grant) => {
            parts.extensions.insert(grant);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(denied) => {
            gate.service.hub.figures.count_denied(&denied);
            Refused::from(denied).into_response()
        }
    }
}

async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
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
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        // The page of an embed says otherwise who may hold it.
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security("'self'")) {
        response
            .headers_mut()
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(policy);
    }
    // What does not say how long it holds holds for now only.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
