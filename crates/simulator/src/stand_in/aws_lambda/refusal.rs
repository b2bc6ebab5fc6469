//! What Amazon says no with: a status, `x-amzn-ErrorType`, and a small JSON body.
//!
//! Names and statuses: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html> and `…/CommonErrors.html`.

use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ACCOUNT;
use crate::faults::DestinationTrouble;

/// Seconds that a throttled caller is told to wait.
const RETRY_AFTER: &str = "1";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
    /// Whose fault it is: `User` or `Service`; the errors of signatures do not say.
    whose: Option<&'static str>,
    /// Of throttling.
    reason: Option<&'static str>,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            whose: None,
            reason: None,
        }
    }

    fn of(self, whose: &'static str) -> Self {
        Self {
            whose: Some(whose),
            ..self
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"message": self.message});
        for (key, told) in [("Type", self.whose), ("Reason", self.reason)] {
            if let (Some(told), Value::Object(body)) = (told, &mut body) {
                body.insert(key.to_owned(), told.into());
            }
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, [(ERROR_TYPE, self.kind)], Json(body)).into_response();
        if self.reason.is_some() {
            let after = axum::http::HeaderValue::from_static(RETRY_AFTER);
            answer
                .headers_mut()
                .insert(axum::http::header::RETRY_AFTER, after);
        }
        answer
    }
}

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

pub(super) fn missing_token() -> Refusal {
    Refusal::new(
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )
}

pub(super) fn incomplete(why: impl Into<String>) -> Refusal {
    Refusal::new(403, "IncompleteSignatureException", why)
}

pub(super) fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::new(403, "InvalidSignatureException", why)
}

/// Says what should have been signed, so that the difference can be found.
pub(super) fn mismatch(canonical: &str, to_sign: &str) -> Refusal {
    invalid(format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
         request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    ))
}

pub(super) fn unrecognized() -> Refusal {
    Refusal::new(
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
}

pub(super) fn expired() -> Refusal {
    Refusal::new(
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
}

pub(super) fn denied(what: &str) -> Refusal {
    let user = format!("arn:aws:iam::{ACCOUNT}:user/omni");
    let message =
        format!("User: {user} is not authorized to perform: lambda:InvokeFunction on resource: {what}");
    Refusal::new(403, "AccessDeniedException", message)
}

pub(super) fn no_function(arn: &str) -> Refusal {
    let message = format!("Function not found: {arn}");
    Refusal::new(404, "ResourceNotFoundException", message).of("User")
}

pub(super) fn no_json(why: &str) -> Refusal {
    let message = format!("Could not parse request body into json: {why}");
    Refusal::new(400, "InvalidRequestContentException", message).of("User")
}

pub(super) fn no_such_type(given: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value '{given}' at 'invocationType' failed to satisfy constraint: Member must \
         satisfy enum value set: [Event, RequestResponse, DryRun]"
    );
    Refusal::new(400, "ValidationException", message)
}

pub(super) fn too_large(limit: usize) -> Refusal {
    let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    Refusal::new(413, "RequestTooLargeException", message).of("User")
}

pub(super) fn event_too_large(bytes: usize, limit: usize) -> Refusal {
    let message =
        format!("{bytes} byte payload is too large for the Event invocation type (limit {limit} bytes)");
    Refusal::new(413, "RequestTooLargeException", message).of("User")
}

pub(super) fn throttled() -> Refusal {
    Refusal {
        reason: Some("ReservedFunctionConcurrentInvocationLimitExceeded"),
        ..Refusal::new(429, "TooManyRequestsException", "Rate Exceeded.").of("User")
    }
}

fn broken() -> Refusal {
    Refusal::new(
        500,
        "ServiceException",
        "The AWS Lambda service encountered an internal error.",
    )
    .of("Service")
}

/// What Lambda itself answers to a trouble; a function that throws is not its own.
pub(super) fn troubled(trouble: DestinationTrouble, arn: &str) -> Option<Response> {
    let refusal = match trouble {
        DestinationTrouble::Throttled => throttled(),
        DestinationTrouble::Error => broken(),
        DestinationTrouble::Unauthorized => unrecognized(),
        DestinationTrouble::Forbidden => denied(arn),
        _ => return None,
    };
    Some(refusal.into_response())
}
