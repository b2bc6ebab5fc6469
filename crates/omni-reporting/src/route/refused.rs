//! Every refusal of a request as one JSON shape, with the right status.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::access::Denied;
use crate::answer::Unanswered;
use crate::api::{ErrorBody, ErrorDetail};
use crate::live::hub::Full;
use crate::state::Refusal;

/// A request that gets no answer.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    detail: ErrorDetail,
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            detail: ErrorDetail {
                code: code.to_owned(),
                message: message.into(),
                parameter: None,
                id: None,
            },
        }
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn busy(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "an answer could not be read"
        );
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "the warehouse's answer could not be read",
        )
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let mut refused = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", refusal.to_string());
        refused.detail.parameter = Some(refusal.parameter);
        refused
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", denied.to_string())
    }
}

impl From<Full> for Refused {
    fn from(full: Full) -> Self {
        Self::busy(&full.to_string())
    }
}

impl From<Unanswered> for Refused {
    fn from(unanswered: Unanswered) -> Self {
        let mut refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, "failed", unanswered.message);
        refused.detail.id = Some(unanswered.id.to_string());
        refused
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorBody { error: self.detail })).into_response()
    }
}
