//! The built page, served from its folder.
//!
//! Files under `assets/` have a hash in their name and are kept by browsers for good; all else is asked for again each
//! time, and answered shortly when it did not change.
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
pub(crate) const NOT_BUILT: &str =
    "The dashboard's page is not built. `make web` builds it; `[reporting] web_dir` says where it is.\n";

/// Answers every path that is a file of the folder.
pub(crate) fn router(folder: &Path) -> Router {
    let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let index = folder.join("index.html");
    Router::new()
        .fallback_service(files)
        .layer(from_fn(move |request: Request, next: Next| {
            let index = index.clone();
            async move { serve(&index, request, next).await }
        }))
}

async fn serve(index: &Path, request: Request, next: Next) -> Response<Body> {
    let is_hashed = request.uri().path().starts_with("/assets/");
    let is_page = request.uri().path() == "/";
    let mut response = next.run(request).await;
    match response.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED => {
            let caching = if is_hashed { FOR_GOOD } else { ASK_AGAIN };
            response.headers_mut().insert(header::CACHE_CONTROL, caching);
            response
        }
        StatusCode::NOT_FOUND if is_page && !tokio::fs::try_exists(index).await.unwrap_or(false) => {
            (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response()
        }
        _ => response,
    }
}
