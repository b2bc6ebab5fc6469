//! Judges an answer: its status, its rate-limit headers, its body. Sends nothing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use stage::outbound::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use crate::governor::{Outcome, Told};
use crate::{Error, Limit, State};

/// A spent day is asked about again this often: tokens can be bought, and "midnight" has no stated zone.
const DAILY_RECHECK: Duration = Duration::from_mins(15);
const BURST_WINDOW: Duration = Duration::from_secs(2);
/// Longest pause that is believed of a `Retry-After`.
const ASKED_MAX: Duration = Duration::from_hours(24);

/// So much is kept of what a refusal says.
const SAID_CHARS_MAX: usize = 200;

/// What a body is asked for: who asks, and for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub endpoint: &'static str,
    pub id: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct Envelope {
    #[serde(default)]
    pub success: Option<bool>,
    #[serde(default)]
    pub data: Value,
    #[serde(default)]
    pub additional_data: Option<Additional>,
}

#[derive(Deserialize)]
pub(crate) struct Additional {
    #[serde(default)]
    pub next_cursor: Option<String>,
    #[serde(default)]
    pub pagination: Option<Pagination>,
}

/// How v1 says that a list goes on.
#[derive(Deserialize)]
pub(crate) struct Pagination {
    #[serde(default)]
    pub more_items_in_collection: bool,
    #[serde(default)]
    pub next_start: Option<u64>,
}

/// What the headers tell about the limits.
pub(crate) fn told(headers: &HeaderMap) -> Told {
    Told {
        day_tokens_limit: number(headers, "x-daily-ratelimit-token-limit"),
        day_tokens_left: number(headers, "x-daily-ratelimit-token-remaining"),
        burst_requests_left: number(headers, "x-ratelimit-remaining"),
        burst_reset: number(headers, "x-ratelimit-reset").map(Duration::from_secs),
    }
}

/// An error by status and headers alone, or nothing when the body decides.
pub(crate) fn refusal(asked: Asked<'_>, status: u16, headers: &HeaderMap) -> Option<Error> {
    let Asked { endpoint, id } = asked;
    match status {
        200..=299 => None,
        401 => Some(Error::Unauthorized),
        402 => Some(Error::Closed { status }),
        403 if is_page(headers) => Some(Error::Banned {
            retry_after: asked_pause(headers).unwrap_or_default(),
        }),
        403 => Some(Error::Forbidden {
            endpoint,
            id: id.to_owned(),
        }),
        404 | 410 => Some(Error::NotFound {
            endpoint,
            id: id.to_owned(),
        }),
        429 => Some(rate_limit(headers)),
        408 | 500..=599 => Some(Error::Unavailable {
            endpoint,
            status,
            retry_after: asked_pause(headers),
        }),
        _ => Some(Error::Refused { endpoint, status }),
    }
}

/// What a refusal says, in a line: `{"errors": {"<field>": ["<why>"]}}`, `{"error": "<why>"}`, or the beginning of the text.
pub(crate) fn said(body: impl AsRef<[u8]>) -> String {
    let body = body.as_ref();
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let field = |(name, why): (&String, &Value)| match why {
        Value::Array(why) => {
            let why: Vec<_> = why.iter().filter_map(Value::as_str).collect();
            format!("{name}: {}", why.join(", "))
        }
        why => format!("{name}: {why}"),
    };
    let text = match &told {
        Some(told) => match (told.get("errors"), told.get("error")) {
            (Some(Value::Object(errors)), _) => errors.iter().map(field).collect::<Vec<_>>().join("; "),
            (_, Some(Value::String(error))) => error.clone(),
            _ => told.to_string(),
        },
        None => String::from_utf8_lossy(body).into_owned(),
    };
    text.chars().take(SAID_CHARS_MAX).collect()
}

/// What an answer means for the requests after it.
pub(crate) fn outcome<T>(result: &Result<T, Error>) -> Outcome {
    match result {
        Err(Error::RateLimited {
            limit: Limit::Daily | Limit::Reserve,
            retry_after,
        }) => Outcome::Daily {
            retry_after: *retry_after,
        },
        Err(Error::RateLimited {
            limit: Limit::Burst,
            retry_after,
        }) => Outcome::Burst {
            retry_after: *retry_after,
        },
        Err(Error::Banned { retry_after }) => Outcome::Banned {
            retry_after: Some(*retry_after).filter(|pause| !pause.is_zero()),
        },
        Err(Error::Unavailable { retry_after, .. }) => Outcome::Failed {
            retry_after: *retry_after,
        },
        Err(Error::Unreachable { .. } | Error::Timeout { .. }) => Outcome::Failed { retry_after: None },
        _ => Outcome::Answered,
    }
}

/// The envelope of a 2xx answer.
pub(crate) fn envelope(endpoint: &'static str, body: &[u8]) -> Result<Envelope, Error> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Error::Malformed {
        endpoint,
        why: "not the json envelope",
    })?;
    if envelope.success == Some(false) {
        return Err(Error::Malformed {
            endpoint,
            why: "success is false in a 2xx",
        });
    }
    Ok(envelope)
}

/// The one state of a 2xx answer.
pub(crate) fn state(asked: Asked<'_>, body: &[u8]) -> Result<State, Error> {
    let endpoint = asked.endpoint;
    match envelope(endpoint, body)?.data {
        Value::Object(state) => Ok(state),
        Value::Null => Err(Error::NotFound {
            endpoint,
            id: asked.id.to_owned(),
        }),
        _ => Err(Error::Malformed {
            endpoint,
            why: "data is no object",
        }),
    }
}

/// The states of a list.
pub(crate) fn rows(endpoint: &'static str, data: Value) -> Result<Vec<State>, Error> {
    let rows = match data {
        Value::Array(rows) => rows,
        Value::Null => Vec::new(),
        _ => {
            return Err(Error::Malformed {
                endpoint,
                why: "data is no list",
            });
        }
    };
    let state = |row| match row {
        Value::Object(row) => Ok(row),
        _ => Err(Error::Malformed {
            endpoint,
            why: "a row is no object",
        }),
    };
    rows.into_iter().map(state).collect()
}

/// A 429 is the day's when the tokens left are said to be none; no official field tells them apart.
fn rate_limit(headers: &HeaderMap) -> Error {
    let spent = number(headers, "x-daily-ratelimit-token-remaining") == Some(0)
        || number(headers, "x-daily-requests-left") == Some(0);
    if spent {
        let retry_after = asked_pause(headers).unwrap_or(DAILY_RECHECK).min(DAILY_RECHECK);
        Error::RateLimited {
            limit: Limit::Daily,
            retry_after,
        }
    } else {
        let reset = number(headers, "x-ratelimit-reset").map(Duration::from_secs);
        let retry_after = reset
            .or_else(|| asked_pause(headers))
            .unwrap_or(BURST_WINDOW)
            .min(DAILY_RECHECK);
        Error::RateLimited {
            limit: Limit::Burst,
            retry_after,
        }
    }
}

fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = number(headers, RETRY_AFTER.as_str())?;
    Some(Duration::from_secs(seconds).min(ASKED_MAX))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Class;

    const ASKED: Asked<'static> = Asked {
        endpoint: "person",
        id: "7",
    };

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn every_status_has_its_class() {
        let class = |status| refusal(ASKED, status, &HeaderMap::new()).map(|error| error.class());
        assert_eq!(class(200), None);
        for status in [400, 403, 404, 405, 410, 415, 422] {
            assert_eq!(class(status), Some(Class::Abort), "{status}");
        }
        for status in [401, 402] {
            assert_eq!(class(status), Some(Class::Fatal), "{status}");
        }
        for status in [429, 500, 502, 503] {
            assert_eq!(class(status), Some(Class::Retry), "{status}");
        }
    }

    #[test]
    fn a_429_with_no_tokens_left_is_the_days() {
        let day = refusal(
            ASKED,
            429,
            &headers(&[("x-daily-ratelimit-token-remaining", "0")]),
        )
        .unwrap();
        assert!(matches!(
            day,
            Error::RateLimited {
                limit: Limit::Daily,
                ..
            }
        ));
        assert!(day.retry_after().unwrap() <= DAILY_RECHECK);
        let burst = refusal(
            ASKED,
            429,
            &headers(&[("x-ratelimit-reset", "1"), ("x-ratelimit-remaining", "0")]),
        );
        assert_eq!(burst.unwrap().retry_after(), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_refusal_says_why_in_a_line() {
        let fields = br#"{"success":false,"errors":{"subscription_url":["invalid or non-reachable URL"]}}"#;
        assert_eq!(said(fields), "subscription_url: invalid or non-reachable URL");
        assert_eq!(
            said(br#"{"error":"webhooks limit reached"}"#),
            "webhooks limit reached"
        );
        assert_eq!(said("<html>".repeat(100)).len(), SAID_CHARS_MAX);
    }

    #[test]
    fn a_403_page_is_the_edge_and_not_the_api() {
        let page = headers(&[("content-type", "text/html; charset=UTF-8")]);
        assert!(matches!(refusal(ASKED, 403, &page), Some(Error::Banned { .. })));
        let json = headers(&[("content-type", "application/json")]);
        assert!(matches!(
            refusal(ASKED, 403, &json),
            Some(Error::Forbidden { .. })
        ));
    }
}
