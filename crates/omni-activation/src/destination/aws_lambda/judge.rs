//! What Lambda's answer means, and the function's.
//!
//! Lambda's own refusals are told by the error's name (`x-amzn-ErrorType`), then by the status
//! (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>). A status of the Invoke API says nothing of the function:
//! that it threw is in a header, on a 200. A function may say of each event whether it is wanted:
//! `{"taken": 2, "refused": [{"index": 1, "reason": "…"}]}`.

mod told;

use serde::Deserialize;
use serde_json::Value;

use super::Invocation;
use super::target::Way;
use crate::destination::answered::{judge_status, retry_after};
use crate::destination::{Judged, Response, Told, Verdict, Whose};
use told::told;

const FUNCTION_ERROR: &str = "x-amz-function-error";
const ERROR_TYPE: &str = "x-amzn-errortype";

/// What each attempt at a function that is there and right may meet.
const NOT_READY: &[&str] = &[
    "EC2ThrottledException",
    "EC2UnexpectedException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountTimeoutException",
    "ENILimitReachedException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "SnapStartException",
    "SnapStartNotReadyException",
    "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
];
/// The function cannot run until a person mends it: of Lambda, of a runtime, of Omni's own function.
const BROKEN: &[&str] = &[
    "EC2AccessDeniedException",
    "EFSMountFailureException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "RecursiveInvocationException",
    "Runtime.HandlerNotFound",
    "Runtime.ImportModuleError",
    "Runtime.InvalidEntrypoint",
    "Runtime.UserCodeSyntaxError",
    "Omni.Misconfigured",
];
const THROTTLED: &[&str] = &["TooManyRequestsException", "ThrottlingException"];
/// The function's name, its version or a header is none.
const PARAMETERS: &[&str] = &[
    "InvalidParameterValueException",
    "NoPublishedVersionException",
    "ValidationException",
];
/// Omni's own function could not reach Omni.
const TRY_AGAIN: &str = "Omni.TryAgain";

pub(super) fn judge(way: Way, events: usize, response: &Response<'_>) -> Judged {
    let is_success = response.status.is_success();
    match way {
        Way::Invoke(_) if is_success && response.headers.contains_key(FUNCTION_ERROR) => {
            threw(response).into()
        }
        Way::Invoke(invocation) if is_success => {
            if response.status.as_u16() == answers(invocation) {
                told(response.body, events).unwrap_or(Verdict::Delivered.into())
            } else {
                Verdict::Misconfigured { reason: "not_lambda" }.into()
            }
        }
        Way::FunctionUrl if is_success => told(response.body, events).unwrap_or(Verdict::Delivered.into()),
        _ if response.headers.contains_key(ERROR_TYPE) => refused(events, response),
        Way::Invoke(_) => by_status(events, response).into(),
        Way::FunctionUrl => answered(events, response),
    }
}

/// What Lambda answers to a request it takes.
const fn answers(invocation: Invocation) -> u16 {
    match invocation {
        Invocation::RequestResponse => 200,
        Invocation::Event => 202,
    }
}

/// Whether a function's own failure is one that all events meet.
fn failed(kind: &str, response: &Response<'_>) -> Verdict {
    match kind {
        TRY_AGAIN => unavailable(response),
        kind if BROKEN.contains(&kind) => Verdict::Misconfigured { reason: "function" },
        _ => Verdict::Retry {
            reason: "function_error",
            after: None,
            whose: Whose::Event,
        },
    }
}

/// What a function throws.
fn threw(response: &Response<'_>) -> Verdict {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Thrown {
        error_type: String,
    }
    let thrown: Thrown = serde_json::from_slice(response.body).unwrap_or_default();
    failed(&thrown.error_type, response)
}

/// A function URL's status is the function's own; 502 is Lambda's word for a function that threw, or answered what is no
/// answer, and Omni's function says 502 and its reason.
fn answered(events: usize, response: &Response<'_>) -> Judged {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        error: String,
    }
    if response.status.is_client_error()
        && let Some(judged) = told(response.body, events)
    {
        return judged;
    }
    match response.status.as_u16() {
        502 => {
            let answer: Answer = serde_json::from_slice(response.body).unwrap_or_default();
            failed(&answer.error, response)
        }
        413 => too_large(events),
        _ => judge_status(response),
    }
    .into()
}

/// Lambda itself refuses. Only the first line of its words is told: those about signatures go on with all headers, the session
/// token among them.
fn refused(events: usize, response: &Response<'_>) -> Judged {
    let kind = response
        .headers
        .get(ERROR_TYPE)
        .and_then(|kind| kind.to_str().ok());
    // `Name:http://…` in some answers.
    let kind = kind.and_then(|kind| kind.split(':').next()).unwrap_or_default();
    let verdict = match kind {
        kind if THROTTLED.contains(&kind) => Verdict::Retry {
            reason: "busy",
            after: retry_after(response.headers),
            whose: Whose::Destination,
        },
        kind if NOT_READY.contains(&kind) => unavailable(response),
        kind if BROKEN.contains(&kind) => Verdict::Misconfigured { reason: "function" },
        kind if PARAMETERS.contains(&kind) => Verdict::Misconfigured { reason: "parameters" },
        _ => by_status(events, response),
    };
    let answer = format!("{kind}: {}", message(response.body));
    Judged::Each(vec![Told { verdict, answer }; events])
}

fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = body.get("message").or_else(|| body.get("Message"));
    let words = words.and_then(Value::as_str).unwrap_or_default();
    words.lines().next().unwrap_or_default().to_owned()
}

/// A status of Lambda; only 4xx may be about the event.
fn by_status(events: usize, response: &Response<'_>) -> Verdict {
    match response.status.as_u16() {
        413 => too_large(events),
        500..=599 => unavailable(response),
        _ => judge_status(response),
    }
}

/// Several may go in two requests.
fn too_large(events: usize) -> Verdict {
    let reason = if events > 1 { "refused" } else { "too_large" };
    Verdict::GiveUp { reason }
}

fn unavailable(response: &Response<'_>) -> Verdict {
    Verdict::Retry {
        reason: "unavailable",
        after: retry_after(response.headers),
        whose: Whose::Destination,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use stage::outbound::StatusCode;
    use stage::outbound::header::HeaderMap;

    use super::*;

    /// Whose fault it is, of an answer to one event.
    fn whose(way: Way, status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> Whose {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().unwrap());
        }
        let response = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            body: body.as_bytes(),
        };
        let verdict = match judge(way, 1, &response) {
            Judged::All(verdict) => verdict,
            Judged::Each(mut told) => told.remove(0).verdict,
        };
        match verdict {
            Verdict::Retry { whose, .. } => whose,
            other => panic!("{other:?} is tried no more"),
        }
    }

    #[test]
    fn an_event_is_to_blame_for_what_the_function_does_and_for_nothing_of_lambda() {
        let invoke = Way::Invoke(Invocation::RequestResponse);
        let threw = Some((FUNCTION_ERROR, "Unhandled"));
        let kind = |kind| Some((ERROR_TYPE, kind));
        assert_eq!(whose(invoke, 200, threw, ""), Whose::Event);
        assert_eq!(whose(Way::FunctionUrl, 502, None, ""), Whose::Event);
        assert_eq!(whose(Way::FunctionUrl, 500, None, ""), Whose::Event);
        let away = r#"{"errorType": "Omni.TryAgain"}"#;
        assert_eq!(whose(invoke, 200, threw, away), Whose::Destination);
        for status in [500, 502, 503, 504] {
            assert_eq!(whose(invoke, status, None, ""), Whose::Destination);
        }
        for (status, name) in [
            (429, "TooManyRequestsException"),
            (409, "ResourceConflictException"),
            (500, "ServiceException"),
        ] {
            assert_eq!(
                whose(Way::FunctionUrl, status, kind(name), ""),
                Whose::Destination
            );
            assert_eq!(whose(invoke, status, kind(name), ""), Whose::Destination);
        }
    }
}
