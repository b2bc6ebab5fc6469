//! What stands before Pipedrive's API and answers in its place: a page, not JSON.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

const PAGE: &str = "<!DOCTYPE html><html><head><title>Access denied</title></head><body><h1>Sorry, you have been \
    blocked</h1><p>You are unable to access pipedrive.com</p></body></html>";

/// 403 with a page that says so.
pub(crate) fn blocked() -> Response {
    let html = [
        (CONTENT_TYPE.as_str(), "text/html; charset=UTF-8"),
        ("server", "cloudflare"),
    ];
    (StatusCode::FORBIDDEN, html, PAGE).into_response()
}
