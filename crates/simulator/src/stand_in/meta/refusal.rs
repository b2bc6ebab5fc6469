//! What the Graph API says no with: `error` with a code, a subcode where there is one, and words for a person.
//!
//! <https://developers.facebook.com/docs/graph-api/guides/error-handling>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::faults::DestinationTrouble;

/// What is wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    title: String,
    message: String,
    subcode: Option<u32>,
}

impl Fault {
    pub(super) fn of(title: &str, message: impl Into<String>) -> Self {
        Self {
            title: title.to_owned(),
            message: message.into(),
            subcode: None,
        }
    }

    pub(super) fn missing(what: &str) -> Self {
        Self::of(
            "Missing Parameter",
            format!("The parameter {what} is required for this event."),
        )
    }

    pub(super) fn too_old() -> Self {
        let message =
            "The timestamp for this event is too far in the past: an event has to be sent within 7 days.";
        Self {
            subcode: Some(2_804_003),
            ..Self::of("Event Timestamp Too Old", message)
        }
    }

    pub(super) fn too_broad() -> Self {
        let message =
            "This event has no customer information parameters, or only such that fit too many people.";
        Self {
            subcode: Some(2_804_050),
            ..Self::of("Insufficient Customer Information", message)
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub status: StatusCode,
    code: u32,
    message: String,
    transient: bool,
    fault: Option<Fault>,
}

impl Refusal {
    fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            transient: false,
            fault: None,
        }
    }

    /// In a line.
    pub(super) fn why(&self) -> String {
        match &self.fault {
            Some(fault) => format!("{}: {}", fault.title, fault.message),
            None => format!("{} (code {})", self.message, self.code),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = Map::new();
        error.insert("message".to_owned(), self.message.into());
        error.insert("type".to_owned(), "OAuthException".into());
        error.insert("code".to_owned(), self.code.into());
        if let Some(fault) = self.fault {
            if let Some(subcode) = fault.subcode {
                error.insert("error_subcode".to_owned(), subcode.into());
            }
            error.insert("error_user_title".to_owned(), fault.title.into());
            error.insert("error_user_msg".to_owned(), fault.message.into());
        }
        error.insert("is_transient".to_owned(), self.transient.into());
        error.insert("fbtrace_id".to_owned(), trace().into());
        (self.status, Json(json!({"error": Value::Object(error)}))).into_response()
    }
}

/// As Meta's look.
pub(super) fn trace() -> String {
    format!("A{}", URL_SAFE_NO_PAD.encode(Uuid::new_v4()))
}

pub(super) fn no_token() -> Refusal {
    let message = "An access token is required to request this resource.";
    Refusal::new(StatusCode::BAD_REQUEST, 104, message)
}

pub(super) fn wrong_token() -> Refusal {
    let message = "Invalid OAuth access token - Cannot parse access token";
    Refusal::new(StatusCode::UNAUTHORIZED, 190, message)
}

pub(super) fn unknown_path(version: &str) -> Refusal {
    let message = format!("Unknown path components: /{version}");
    Refusal::new(StatusCode::BAD_REQUEST, 2_500, message)
}

pub(super) fn no_pixel(pixel: &str) -> Refusal {
    let message = format!(
        "Unsupported post request. Object with ID '{pixel}' does not exist, cannot be loaded due to missing \
         permissions, or does not support this operation."
    );
    Refusal {
        fault: Some(Fault {
            subcode: Some(33),
            ..Fault::of("Unsupported Post Request", message.clone())
        }),
        ..Refusal::new(StatusCode::BAD_REQUEST, 100, message)
    }
}

pub(super) fn parameter(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, 100, message)
}

pub(super) fn fault(fault: Fault) -> Refusal {
    Refusal {
        fault: Some(fault),
        ..Refusal::new(StatusCode::BAD_REQUEST, 100, "Invalid parameter")
    }
}

/// How much was used, and the minutes until there is something left.
const USAGE: (&str, &str) = (
    "x-business-use-case-usage",
    r#"{"1":[{"type":"ads_management","call_count":100,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":1}]}"#,
);

/// What Meta answers to a trouble; being throttled is a 400, and only its code tells.
pub(super) fn troubled(trouble: DestinationTrouble) -> Option<Response> {
    match trouble {
        DestinationTrouble::Throttled => {
            let message =
                "(#80004) There have been too many calls to this ad-account. Wait a bit and try again.";
            let refusal = Refusal {
                transient: true,
                ..Refusal::new(StatusCode::BAD_REQUEST, 80_004, message)
            };
            Some(([USAGE], refusal).into_response())
        }
        DestinationTrouble::Error | DestinationTrouble::Function => {
            let refusal = Refusal {
                transient: true,
                ..Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    2,
                    "An unexpected error has occurred. Please retry your request later.",
                )
            };
            Some(refusal.into_response())
        }
        DestinationTrouble::Unauthorized => Some(wrong_token().into_response()),
        DestinationTrouble::Forbidden => {
            let message = "(#200) The user does not have permission to send events to this pixel.";
            Some(Refusal::new(StatusCode::FORBIDDEN, 200, message).into_response())
        }
        _ => None,
    }
}
