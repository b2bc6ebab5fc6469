//! Everything that the e-mail verifier's description says it may answer instead of a verdict.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What is wrong with the verifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifierTrouble {
    #[default]
    None,
    /// 202: still running.
    Pending,
    /// 222: the mail server gave an unexpected answer.
    Unsure,
    /// 400.
    WrongParams,
    /// 401.
    Unauthorized,
    /// 403: too many at once.
    #[serde(alias = "banned")]
    Throttled,
    /// 429: nothing left of what is paid for.
    #[serde(alias = "burst", alias = "daily")]
    UsedUp,
    /// 451: the person asked not to be processed.
    Claimed,
    /// 500.
    Error,
    /// 503.
    Down,
    /// The connection ends in the middle of the answer.
    Cut,
    /// 200 with half a body.
    Malformed,
    /// A right answer, `slow_ms` late.
    Slow,
}

impl VerifierTrouble {
    /// Waits where the trouble is slowness; gives the answer that takes the place of the right one.
    pub(crate) async fn answer(self, email: &str, slow: Duration) -> Option<Response> {
        match self {
            Self::None => None,
            Self::Slow => {
                tokio::time::sleep(slow).await;
                None
            }
            Self::Pending => Some(pending(email)),
            Self::Unsure => Some(unsure()),
            Self::WrongParams => Some(refused(400, "wrong_params", "The parameters are not valid")),
            Self::Unauthorized => Some(unauthorized()),
            Self::Throttled => Some(throttled()),
            Self::UsedUp => Some(used_up()),
            Self::Claimed => Some(claimed()),
            Self::Error => Some(refused(500, "server_error", "Something went wrong")),
            Self::Down => Some((StatusCode::SERVICE_UNAVAILABLE, "").into_response()),
            Self::Cut => Some(super::cut()),
            Self::Malformed => Some(super::malformed()),
        }
    }
}

pub(crate) fn pending(email: &str) -> Response {
    let body = json!({"data": null, "meta": {"params": {"email": email}}});
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

pub(crate) fn unsure() -> Response {
    refused(
        222,
        "unexpected_response",
        "The SMTP server gave an unexpected answer",
    )
}

pub(crate) fn unauthorized() -> Response {
    refused(
        401,
        "authentication_failed",
        "No user found for the API key supplied",
    )
}

pub(crate) fn throttled() -> Response {
    refused(403, "rate_limit", "You have reached the rate limit")
}

pub(crate) fn used_up() -> Response {
    refused(429, "too_many_requests", "You have reached your usage limit")
}

pub(crate) fn claimed() -> Response {
    refused(451, "claimed_email", "The person asked not to be processed")
}

pub(crate) fn refused(code: u16, id: &str, details: &str) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"errors": [{"id": id, "code": code, "details": details}]});
    (status, Json(body)).into_response()
}
