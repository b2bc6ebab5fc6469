//! Why an invocation's events are not with Omni and should be sent again.
//!
//! All of these are thrown: Lambda marks the answer with `X-Amz-Function-Error`, and whoever invoked the function tries
//! again. A function URL answers 502 or 503 instead, which mean the same.

use std::error::Error;

use lambda_runtime::Diagnostic;
use stage::outbound::{OutboundError, StatusCode};

/// Nothing is lost by any of these; messages hold no token and nothing of an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("omni cannot be asked")]
    NoAnswer(#[source] OutboundError),
    #[error("omni did not answer within {limit_ms} ms, and the invocation has no more time")]
    Late { limit_ms: u128 },
    #[error("the invocation has no time left to ask omni: give the function a longer timeout")]
    NoTime,
    #[error("omni answered {status} and asks to try again")]
    TryAgain {
        status: StatusCode,
        /// Its `Retry-After`, as it was.
        retry_after: Option<String>,
    },
    #[error(
        "omni refuses the token ({status}): OMNI_LAMBDA__TOKEN must be the one of a source that takes flat events"
    )]
    Token { status: StatusCode },
    #[error("omni answered {status}: is OMNI_LAMBDA__COLLECTOR_URL the address of a collector?")]
    NoIntake { status: StatusCode },
    #[error(
        "omni takes no body of {bytes} bytes with {events} events: lower OMNI_LAMBDA__BATCH_BYTES_MAX or \
         OMNI_LAMBDA__BATCH_EVENTS_MAX"
    )]
    TooLarge { bytes: usize, events: usize },
}

impl Failure {
    /// The error's type, for whoever reads the function's answer.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Failure::NoAnswer(OutboundError::Guarded { .. })
            | Failure::Token { .. }
            | Failure::NoIntake { .. }
            | Failure::TooLarge { .. } => "Omni.Misconfigured",
            Failure::NoAnswer(_) | Failure::Late { .. } | Failure::NoTime | Failure::TryAgain { .. } => {
                "Omni.TryAgain"
            }
        }
    }

    /// The status for a function URL: 502 until a person mends it, 503 until Omni is back.
    pub(crate) fn status(&self) -> u16 {
        if self.kind() == "Omni.Misconfigured" {
            502
        } else {
            503
        }
    }

    pub(crate) fn retry_after(&self) -> Option<&str> {
        match self {
            Failure::TryAgain { retry_after, .. } => retry_after.as_deref(),
            _ => None,
        }
    }
}

impl From<&Failure> for Diagnostic {
    fn from(failure: &Failure) -> Self {
        Diagnostic {
            error_type: failure.kind().to_owned(),
            error_message: chain(failure),
        }
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        line.push_str(": ");
        line.push_str(&because.to_string());
        cause = because.source();
    }
    line
}
