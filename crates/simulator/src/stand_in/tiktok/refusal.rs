//! What TikTok says no with: HTTP's 200, and a code of its own.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use crate::faults::DestinationTrouble;
use crate::moment::Moment;

const NO_PERMISSION: u32 = 40_001;
const INVALID: u32 = 40_002;
const THROTTLED: u32 = 40_100;
const NO_TOKEN: u32 = 40_104;
const WRONG_TOKEN: u32 = 40_105;
const BROKEN: u32 = 50_000;

/// What is wrong with an event: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    field: &'static str,
    why: String,
}

impl Fault {
    pub(super) fn of(field: &'static str, why: impl Into<String>) -> Self {
        Self {
            field,
            why: why.into(),
        }
    }

    pub(super) fn missing(field: &'static str) -> Self {
        Self::of(field, "Missing data for required field.")
    }
}

#[derive(Debug, Clone)]
pub(super) struct Refusal {
    code: u32,
    message: String,
}

impl Refusal {
    fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// In a line.
    pub(super) fn why(&self) -> String {
        format!("{} (code {})", self.message, self.code)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body =
            json!({"code": self.code, "message": self.message, "request_id": request_id(), "data": {}});
        Json(body).into_response()
    }
}

/// A time and a number, as TikTok's look.
pub(super) fn request_id() -> String {
    let time: String = Moment::now().v1().chars().filter(char::is_ascii_digit).collect();
    format!(
        "{time}{}",
        Uuid::new_v4()
            .simple()
            .to_string()
            .to_uppercase()
            .get(..18)
            .unwrap_or_default()
    )
}

pub(super) fn missing(field: &str) -> Refusal {
    Refusal::new(INVALID, format!("{field}: Missing data for required field."))
}

pub(super) fn invalid(field: &str, why: &str) -> Refusal {
    Refusal::new(INVALID, format!("{field}: {why}."))
}

pub(super) fn fault(at: usize, fault: &Fault) -> Refusal {
    Refusal::new(INVALID, format!("data.{at}.{}: {}", fault.field, fault.why))
}

pub(super) fn no_token() -> Refusal {
    Refusal::new(NO_TOKEN, "The access token is empty.")
}

pub(super) fn wrong_token() -> Refusal {
    Refusal::new(WRONG_TOKEN, "Access token is incorrect or has been revoked.")
}

pub(super) fn no_permission() -> Refusal {
    Refusal::new(NO_PERMISSION, "No permission to operate this event source.")
}

/// What TikTok answers to a trouble: 200, as to everything.
pub(super) fn troubled(trouble: DestinationTrouble) -> Option<Response> {
    let refusal = match trouble {
        DestinationTrouble::Throttled => {
            Refusal::new(THROTTLED, "Requests made too frequently. Please try again later.")
        }
        DestinationTrouble::Error | DestinationTrouble::Function => {
            Refusal::new(BROKEN, "System error. Please try again later.")
        }
        DestinationTrouble::Unauthorized => wrong_token(),
        DestinationTrouble::Forbidden => no_permission(),
        _ => return None,
    };
    Some(refusal.into_response())
}
