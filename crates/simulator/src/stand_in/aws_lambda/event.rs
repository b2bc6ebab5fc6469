//! What a function sees of a call of its URL, and what becomes of its answer: payload format 2.0.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ACCOUNT;
use super::identity::Asked;
use crate::moment::Moment;

/// The part of the path that is the stand-in's, not the function's.
const PREFIX: &str = "/function-url";
const URL_ID: &str = "omni";

/// The event that the function is given.
pub(super) fn made(asked: &Asked<'_>, region: &str) -> Value {
    let now = Moment::now();
    let path = asked.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    let domain = format!("{URL_ID}.lambda-url.{region}.on.aws");
    let (body, is_base64) = body(asked);
    let is_signed = asked.headers.contains_key("authorization");
    let account = if is_signed { ACCOUNT } else { "anonymous" };
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path,
        "rawQueryString": asked.uri.query().unwrap_or_default(), "headers": headers(asked),
        "requestContext": {
            "accountId": account, "apiId": URL_ID, "domainName": domain, "domainPrefix": URL_ID,
            "http": {
                "method": asked.method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                "userAgent": asked.headers.get("user-agent").and_then(|agent| agent.to_str().ok()),
            },
            "requestId": Uuid::new_v4().to_string(), "routeKey": "$default", "stage": "$default",
            "time": now.rfc3339(), "timeEpoch": now.millis(),
        },
        "isBase64Encoded": is_base64,
    });
    if let (Some(body), Some(event)) = (body, event.as_object_mut()) {
        event.insert("body".to_owned(), body.into());
    }
    event
}

fn headers(asked: &Asked<'_>) -> Map<String, Value> {
    let joined = |name: &HeaderName| {
        let values = asked.headers.get_all(name).iter();
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        values.join(",")
    };
    asked
        .headers
        .keys()
        .map(|name| (name.to_string(), joined(name).into()))
        .collect()
}

/// Text as it is, all else in base64; nothing where there is no body.
fn body(asked: &Asked<'_>) -> (Option<String>, bool) {
    let kind = asked
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let is_text = [
        "text/",
        "application/json",
        "application/xml",
        "application/javascript",
    ]
    .iter()
    .any(|text| kind.starts_with(text));
    match std::str::from_utf8(asked.body) {
        _ if asked.body.is_empty() => (None, false),
        Ok(text) if is_text => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(asked.body)), true),
    }
}

/// An object with a `statusCode` is an answer; all else is the body of one.
pub(super) fn answered(returned: &Bytes) -> Response {
    let told: Value = serde_json::from_slice(returned).unwrap_or_default();
    let status = told.get("statusCode").and_then(Value::as_u64);
    let Some(status) = status.and_then(|status| StatusCode::from_u16(status as u16).ok()) else {
        let json = [(CONTENT_TYPE, "application/json")];
        return match told {
            Value::String(text) => (json, text).into_response(),
            _ => (json, returned.clone()).into_response(),
        };
    };
    let text = told.get("body").and_then(Value::as_str).unwrap_or_default();
    let is_base64 = told.get("isBase64Encoded").and_then(Value::as_bool) == Some(true);
    let body = match STANDARD.decode(text) {
        Ok(bytes) if is_base64 => bytes,
        _ => text.as_bytes().to_vec(),
    };
    let mut answer = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    let headers = told.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
