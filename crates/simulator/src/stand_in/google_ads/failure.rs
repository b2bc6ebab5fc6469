//! What the Google Ads API refuses a whole request with: a status, and the name of the error in its family.
//!
//! <https://developers.google.com/google-ads/api/docs/best-practices/partial-failures>,
//! <https://developers.google.com/google-ads/api/docs/common-errors>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Call;
use super::written::snake;
use crate::faults::DestinationTrouble;

/// Family and name of an error, as `errorCode` has them.
pub(super) type Code = (&'static str, &'static str);

/// A whole request refused.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub status: StatusCode,
    /// Of `google.rpc.Code`.
    name: &'static str,
    message: String,
    error: Option<(Code, String)>,
}

impl Failure {
    fn of(status: StatusCode, name: &'static str, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            name,
            message: match status {
                StatusCode::UNAUTHORIZED => CREDENTIALS.to_owned(),
                StatusCode::FORBIDDEN => "The caller does not have permission".to_owned(),
                StatusCode::TOO_MANY_REQUESTS => "Resource has been exhausted (e.g. check quota).".to_owned(),
                StatusCode::BAD_REQUEST => "Request contains an invalid argument.".to_owned(),
                _ => "Internal error encountered.".to_owned(),
            },
            error: Some((code, message.into())),
        }
    }

    fn invalid(code: Code, message: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", code, message)
    }

    /// What no service of Google's understands.
    fn unparsed(status: StatusCode, name: &'static str, message: String) -> Self {
        Self {
            status,
            name,
            message,
            error: None,
        }
    }

    pub(super) fn why(&self) -> &str {
        match &self.error {
            Some(((_, name), _)) => name,
            None => &self.message,
        }
    }

    pub(super) fn response(self, version: &str) -> Response {
        let mut error = json!({"code": self.status.as_u16(), "message": self.message, "status": self.name});
        if let (Some(((family, name), message)), Some(error)) = (self.error, error.as_object_mut()) {
            let mut told = json!({"errorCode": {family: name}, "message": message});
            if let (QUOTA, Some(told)) = (family, told.as_object_mut()) {
                let details =
                    json!({"rateScope": "DEVELOPER", "rateName": "Requests per minute", "retryDelay": "1s"});
                told.insert("details".to_owned(), json!({"quotaErrorDetails": details}));
            }
            error.insert("details".to_owned(), json!([detail(version, &[told])]));
        }
        (self.status, Json(json!({"error": error}))).into_response()
    }
}

const QUOTA: &str = "quotaError";
const CREDENTIALS: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login \
    cookie or other valid authentication credential. See \
    https://developers.google.com/identity/sign-in/web/devconsole-project.";

pub(super) fn detail(version: &str, errors: &[Value]) -> Value {
    json!({
        "@type": format!("type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure"),
        "errors": errors, "requestId": URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
    })
}

/// The oldest version that is still served (<https://developers.google.com/google-ads/api/docs/sunset-dates>).
const VERSION_MIN: u8 = 23;

/// `v26`; none where it is no version.
pub(super) fn version(text: &str) -> Option<u8> {
    text.strip_prefix('v')?.parse().ok()
}

/// One that is no longer served.
pub(super) fn is_served(version: u8) -> Result<(), Failure> {
    let code = ("requestError", "UNSUPPORTED_VERSION");
    let message = format!("Version v{version} is deprecated. Requests to this version will be blocked.");
    (version >= VERSION_MIN)
        .then_some(())
        .ok_or_else(|| Failure::invalid(code, message))
}

pub(super) fn no_such_path() -> Failure {
    Failure::unparsed(StatusCode::NOT_FOUND, "NOT_FOUND", "Method not found.".to_owned())
}

pub(super) fn no_json(why: &str) -> Failure {
    let message = format!("Invalid JSON payload received. {why}");
    Failure::unparsed(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
}

pub(super) fn no_such_name(name: &str, path: &str) -> Failure {
    let at = if path.is_empty() {
        String::new()
    } else {
        format!(" at '{path}'")
    };
    no_json(&format!("Unknown name \"{name}\"{at}: Cannot find field."))
}

pub(super) fn no_such_value(path: &str, value: &Value) -> Failure {
    let message = format!("Invalid value at '{path}', {value}");
    Failure::unparsed(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
}

pub(super) fn partial_failure_required() -> Failure {
    let code = ("partialFailureError", "PARTIAL_FAILURE_MODE_REQUIRED");
    Failure::invalid(
        code,
        "The partial failure field was false in the request. This method requires it to be true.",
    )
}

pub(super) fn required(field: &str) -> Failure {
    let message = format!("The required field {} was not present.", snake(field));
    Failure::invalid(("fieldError", "REQUIRED"), message)
}

pub(super) fn too_many(call: Call) -> Failure {
    let (code, what) = match call {
        Call::Conversions => (
            ("conversionUploadError", "TOO_MANY_CONVERSIONS_IN_REQUEST"),
            "events",
        ),
        Call::Adjustments => (
            (
                "conversionAdjustmentUploadError",
                "TOO_MANY_ADJUSTMENTS_IN_REQUEST",
            ),
            "adjustments",
        ),
    };
    Failure::invalid(
        code,
        format!("Upload fewer than 2001 {what} in a single request."),
    )
}

fn unauthenticated(name: &'static str, message: &str) -> Failure {
    let code = ("authenticationError", name);
    Failure::of(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", code, message)
}

pub(super) fn no_credentials() -> Failure {
    let message = CREDENTIALS.to_owned();
    Failure::unparsed(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

pub(super) fn wrong_credentials() -> Failure {
    unauthenticated("OAUTH_TOKEN_INVALID", "OAuth token in the header is not valid.")
}

pub(super) fn old_credentials() -> Failure {
    unauthenticated("OAUTH_TOKEN_EXPIRED", "OAuth token in the header has expired.")
}

pub(super) fn other_scope() -> Failure {
    let message = "Request had insufficient authentication scopes.".to_owned();
    Failure::unparsed(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
}

pub(super) fn no_customer() -> Failure {
    unauthenticated(
        "CUSTOMER_NOT_FOUND",
        "No customer found for the provided customer id.",
    )
}

pub(super) fn login_customer() -> Failure {
    let code = ("headerError", "INVALID_LOGIN_CUSTOMER_ID");
    Failure::invalid(code, "The login customer ID could not be validated.")
}

pub(super) fn customer() -> Failure {
    let code = ("requestError", "INVALID_CUSTOMER_ID");
    Failure::invalid(code, "Expected customer ID to be 10 digits without hyphens.")
}

/// What Google answers to a trouble.
pub(super) fn troubled(trouble: DestinationTrouble, version: &str) -> Option<Response> {
    let failure = match trouble {
        DestinationTrouble::Throttled => Failure::of(
            StatusCode::TOO_MANY_REQUESTS,
            "RESOURCE_EXHAUSTED",
            (QUOTA, "RESOURCE_TEMPORARILY_EXHAUSTED"),
            "Too many requests. Retry in 1 seconds.",
        ),
        DestinationTrouble::Error | DestinationTrouble::Function => Failure::of(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            ("internalError", "INTERNAL_ERROR"),
            "An internal error has occurred.",
        ),
        DestinationTrouble::Unauthorized => wrong_credentials(),
        DestinationTrouble::Forbidden => Failure::of(
            StatusCode::FORBIDDEN,
            "PERMISSION_DENIED",
            ("authorizationError", "USER_PERMISSION_DENIED"),
            "User doesn't have permission to access customer. Note: If you're accessing a client customer, the \
             manager's customer id must be set in the 'login-customer-id' header.",
        ),
        _ => return None,
    };
    Some(failure.response(version))
}
