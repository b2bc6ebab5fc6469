//! Every refusal of a request as one JSON shape, with the right status.
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::access::{Denied, Remedy};
use crate::answer::Unanswered;
use crate::api::{ErrorBody, ErrorDetail};
use crate::live::hub::Full;
use crate::state::Refusal;

/// A request that gets no answer.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    detail: ErrorDetail,
    remedy: Remedy,
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
            remedy: Remedy::None,
        }
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A part of what was sent that cannot be.
    pub(crate) fn unwanted(parameter: &str, message: impl Into<String>) -> Self {
        let mut refused = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", message);
        refused.detail.parameter = Some(parameter.to_owned());
        refused
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
        let remedy = denied.remedy();
        let (status, code) = match remedy {
            Remedy::SignIn | Remedy::Token => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Remedy::Wait => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Remedy::None => (StatusCode::FORBIDDEN, "forbidden"),
        };
        let mut refused = Self::new(status, code, denied.to_string());
        refused.remedy = remedy;
        if let Denied::Choice(name) = denied {
            refused.detail.parameter = Some(name);
        }
        refused
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
        let mut response = (self.status, Json(ErrorBody { error: self.detail })).into_response();
        let told = match self.remedy {
            // A browser asks its user; never inside an embed, which sends a token.
            Remedy::SignIn => (
                header::WWW_AUTHENTICATE,
                "Basic realm=\"Omni\", charset=\"UTF-8\"",
            ),
            Remedy::Token => (header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""),
            Remedy::Wait => (header::RETRY_AFTER, "60"),
            Remedy::None => return response,
        };
        response
            .headers_mut()
            .insert(told.0, HeaderValue::from_static(told.1));
        response
    }
}
