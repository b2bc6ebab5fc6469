//! What the Data Manager API says no with: a `google.rpc.Status` whose details say why, where, and which request it was.
//!
//! <https://developers.google.com/data-manager/api/devguides/concepts/understand-errors>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::DestinationTrouble;

const API: &str = "datamanager.googleapis.com";
const PLATFORM: &str = "googleapis.com";

/// What is wrong with one field.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    /// The event it is about, by its place.
    at: Option<usize>,
    field: String,
    reason: &'static str,
    description: String,
}

impl Violation {
    /// Of a field of the request.
    pub(super) fn of(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self {
            at: None,
            field: field.into(),
            reason,
            description: description.into(),
        }
    }

    pub(super) fn missing(field: impl Into<String>) -> Self {
        Self::of(field, "REQUIRED_FIELD_MISSING", "Required field is missing.")
    }

    /// The same of a field of the event at this place; of none: of the event itself.
    pub(super) fn within_event(self, at: usize) -> Self {
        let field = match self.field.as_str() {
            "" => format!("events[{at}]"),
            field => format!("events[{at}].{field}"),
        };
        Self {
            at: Some(at),
            field,
            ..self
        }
    }

    fn told(&self) -> Value {
        json!({"field": self.field, "description": self.description, "reason": self.reason})
    }
}

/// A whole request refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub status: StatusCode,
    /// Of `google.rpc.Code`.
    name: &'static str,
    message: String,
    reason: &'static str,
    domain: &'static str,
    violations: Vec<Violation>,
}

impl Refusal {
    fn of(status: StatusCode, name: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            name,
            message: message.into(),
            reason,
            domain: API,
            violations: Vec::new(),
        }
    }

    fn by_the_platform(self) -> Self {
        Self {
            domain: PLATFORM,
            ..self
        }
    }

    /// In a line, for the event at this place; none: for the request.
    pub(super) fn why(&self, at: Option<usize>) -> String {
        let own = |violation: &&Violation| at.is_none() || violation.at.is_none() || violation.at == at;
        match self.violations.iter().find(own) {
            Some(violation) => format!("{} {}", violation.reason, violation.field),
            None if self.violations.is_empty() => self.reason.to_owned(),
            None => "another event of the request is invalid".to_owned(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let id = request_id();
        let kind = |name: &str| format!("type.googleapis.com/google.rpc.{name}");
        let mut details = vec![json!({
            "@type": kind("ErrorInfo"), "reason": self.reason, "domain": self.domain, "metadata": {"requestId": id},
        })];
        details.push(json!({"@type": kind("RequestInfo"), "requestId": id}));
        if !self.violations.is_empty() {
            let violations: Vec<Value> = self.violations.iter().map(Violation::told).collect();
            details.push(json!({"@type": kind("BadRequest"), "fieldViolations": violations}));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            details.push(json!({"@type": kind("RetryInfo"), "retryDelay": "1s"}));
        }
        let error = json!({
            "code": self.status.as_u16(), "message": self.message, "status": self.name, "details": details,
        });
        (self.status, Json(json!({"error": error}))).into_response()
    }
}

pub(super) fn request_id() -> String {
    format!("t-{}", Uuid::new_v4())
}

/// All that is wrong with a request.
pub(super) fn invalid(violations: Vec<Violation>) -> Refusal {
    Refusal {
        violations,
        ..Refusal::of(
            StatusCode::BAD_REQUEST,
            "INVALID_ARGUMENT",
            "INVALID_ARGUMENT",
            "There was a problem with the request.",
        )
    }
}

pub(super) fn no_json(why: &str) -> Refusal {
    Refusal {
        message: format!("Invalid JSON payload received. {why}"),
        ..invalid(Vec::new())
    }
}

fn unauthenticated(reason: &'static str) -> Refusal {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                   valid authentication credential.";
    Refusal::of(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", reason, message).by_the_platform()
}

pub(super) fn no_credentials() -> Refusal {
    unauthenticated("CREDENTIALS_MISSING")
}

pub(super) fn wrong_credentials() -> Refusal {
    unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
}

pub(super) fn old_credentials() -> Refusal {
    unauthenticated("ACCESS_TOKEN_EXPIRED")
}

fn forbidden(reason: &'static str, message: &str) -> Refusal {
    Refusal::of(StatusCode::FORBIDDEN, "PERMISSION_DENIED", reason, message)
}

pub(super) fn other_scope() -> Refusal {
    let message = "Request had insufficient authentication scopes.";
    forbidden("ACCESS_TOKEN_SCOPE_INSUFFICIENT", message).by_the_platform()
}

pub(super) fn no_permission() -> Refusal {
    let message = "The user does not have permission or the resource is not found.";
    forbidden("PERMISSION_DENIED", message)
}

/// What Google answers to a trouble.
pub(super) fn troubled(trouble: DestinationTrouble) -> Option<Response> {
    let refusal = match trouble {
        DestinationTrouble::Throttled => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Refusal::of(
                status,
                "RESOURCE_EXHAUSTED",
                "RESOURCE_EXHAUSTED",
                "Too many requests.",
            )
        }
        DestinationTrouble::Error | DestinationTrouble::Function => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            let message = "An internal error has occurred.";
            Refusal::of(status, "INTERNAL", "INTERNAL_ERROR", message)
        }
        DestinationTrouble::Unauthorized => wrong_credentials(),
        DestinationTrouble::Forbidden => no_permission(),
        _ => return None,
    };
    Some(refusal.into_response())
}
