//! The answer to a request: the only place (but for routing) that knows status codes.
//!
//! Every refusal has one status and one word; the body says in a sentence what to change.

mod flat;

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use crate::accept::Accepted;

pub(crate) use flat::Taken;

/// Tells a sender when to come again; Pipedrive has its own times.
const RETRY_AFTER_S: u32 = 5;

/// Why a request is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    UnknownPath,
    UnknownSource,
    WrongMethod,
    WrongSecret,
    WrongToken,
    NotJsonType,
    UnknownEncoding,
    TooLarge,
    /// More flat events in one list than it may hold.
    TooMany,
    SlowBody,
    HalfBody,
    BrokenEncoding,
    /// As many bodies in memory, or records on their way, as allowed.
    Full,
    /// Neither Kafka nor the spool took it in time, or can.
    NotTaken,
}

/// What a webhook's sender is told.
#[derive(Serialize)]
struct Known {
    event_uuid: Uuid,
    /// Why it was quarantined, when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<&'static str>,
}

#[derive(Serialize)]
struct Problem {
    error: &'static str,
    message: &'static str,
}

impl Refused {
    #[cfg(test)]
    const ALL: [Refused; 14] = [
        Refused::UnknownPath,
        Refused::UnknownSource,
        Refused::WrongMethod,
        Refused::WrongSecret,
        Refused::WrongToken,
        Refused::NotJsonType,
        Refused::UnknownEncoding,
        Refused::TooLarge,
        Refused::TooMany,
        Refused::SlowBody,
        Refused::HalfBody,
        Refused::BrokenEncoding,
        Refused::Full,
        Refused::NotTaken,
    ];

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Refused::UnknownPath | Refused::UnknownSource => StatusCode::NOT_FOUND,
            Refused::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Refused::WrongSecret | Refused::WrongToken => StatusCode::UNAUTHORIZED,
            Refused::NotJsonType | Refused::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refused::TooLarge | Refused::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Refused::HalfBody | Refused::BrokenEncoding => StatusCode::BAD_REQUEST,
            Refused::Full | Refused::NotTaken => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// For metrics and the answer's `error`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Refused::UnknownPath => "unknown_path",
            Refused::UnknownSource => "unknown_source",
            Refused::WrongMethod => "wrong_method",
            Refused::WrongSecret => "wrong_secret",
            Refused::WrongToken => "wrong_token",
            Refused::NotJsonType => "not_json_type",
            Refused::UnknownEncoding => "unknown_encoding",
            Refused::TooLarge => "too_large",
            Refused::TooMany => "too_many",
            Refused::SlowBody => "slow_body",
            Refused::HalfBody => "half_body",
            Refused::BrokenEncoding => "broken_encoding",
            Refused::Full => "full",
            Refused::NotTaken => "not_taken",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Refused::UnknownPath => {
                "webhooks go to /webhooks/pipedrive/{source}, flat events to /events/flat"
            }
            Refused::UnknownSource => {
                "no source of this name is configured: see [source.<name>] of omni.toml"
            }
            Refused::WrongMethod => "only POST is answered here",
            Refused::WrongSecret => "HTTP Basic user and password must be those of the source",
            Refused::WrongToken => {
                "a bearer token is needed whose hash a source has: see [source.<name>] flat_token_sha256 of omni.toml"
            }
            Refused::NotJsonType => "content-type must be application/json",
            Refused::UnknownEncoding => "content-encoding must be gzip, or none",
            Refused::TooLarge => "the body is too large",
            Refused::TooMany => "a list holds at most 500 events: send it in parts",
            Refused::SlowBody => "the body did not arrive in time",
            Refused::HalfBody => "the body ended early",
            Refused::BrokenEncoding => "the body is not the gzip it says it is",
            Refused::Full => "too much at once: try again",
            Refused::NotTaken => "the event could not be stored: try again",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem {
            error: self.word(),
            message: self.message(),
        };
        let mut response = (self.status(), Json(problem)).into_response();
        let headers = response.headers_mut();
        match self {
            Refused::WrongSecret => {
                let realm = HeaderValue::from_static("Basic realm=\"omni\", charset=\"UTF-8\"");
                headers.insert(header::WWW_AUTHENTICATE, realm);
            }
            Refused::WrongToken => {
                let realm = HeaderValue::from_static("Bearer realm=\"omni\"");
                headers.insert(header::WWW_AUTHENTICATE, realm);
            }
            Refused::WrongMethod => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            Refused::UnknownEncoding => {
                headers.insert(
                    header::ACCEPT_ENCODING,
                    HeaderValue::from_static("gzip, identity"),
                );
            }
            Refused::Full | Refused::NotTaken => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
            // What is left of the body is not worth reading.
            Refused::TooLarge | Refused::SlowBody | Refused::HalfBody => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// A webhook that is kept is answered 2xx, in quarantine or not: a 4xx would count as a failed delivery.
impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let known = Known {
            event_uuid: self.event_uuid,
            quarantined: self.quarantined.map(|why| why.code),
        };
        (StatusCode::OK, Json(known)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_refusal_reads_as_success_and_each_has_its_word() {
        assert!(Refused::ALL.iter().all(|refused| !refused.status().is_success()));
        let words: HashSet<_> = Refused::ALL.iter().map(|refused| refused.word()).collect();
        assert_eq!(words.len(), Refused::ALL.len());
    }

    #[test]
    fn the_greatest_list_is_told_as_it_is() {
        let told = Refused::TooMany.message();
        assert!(
            told.contains(&crate::flat_intake::EVENTS_MAX.to_string()),
            "{told}"
        );
    }

    #[test]
    fn only_what_could_not_be_stored_asks_to_come_again() {
        for refused in Refused::ALL {
            let again = refused
                .into_response()
                .headers()
                .contains_key(header::RETRY_AFTER);
            assert_eq!(again, refused.status().is_server_error(), "{refused}");
        }
    }
}
