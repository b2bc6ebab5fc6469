//! Judges an answer: its status, its rate-limit headers, its body. Sends nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Facts, Limit};

/// Pipedrive states no time for its edge's block; coming back early prolongs it.
const BAN_HOLD: Duration = Duration::from_mins(5);
/// A spent day is asked about again this often: tokens can be bought, and "midnight" has no stated zone.
const DAILY_RECHECK: Duration = Duration::from_mins(15);
const BURST_WINDOW: Duration = Duration::from_secs(2);
const DAY_SECONDS: u64 = 86_400;

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
}

/// Writes down what the headers tell about the limits.
pub(crate) fn note(headers: &HeaderMap, facts: &mut Facts) {
    facts.daily_tokens_left =
        number(headers, "x-daily-ratelimit-token-remaining").or(facts.daily_tokens_left);
    facts.burst_requests_left = number(headers, "x-ratelimit-remaining").or(facts.burst_requests_left);
}

/// An error by status and headers alone, or nothing when the body decides.
pub(crate) fn refusal(asked: Asked<'_>, status: u16, headers: &HeaderMap) -> Option<Error> {
    let Asked { endpoint, id } = asked;
    match status {
        200..=299 => None,
        401 => Some(Error::Unauthorized),
        402 => Some(Error::Closed { status }),
        403 if is_page(headers) => Some(Error::Banned {
            retry_after: asked_pause(headers).unwrap_or(BAN_HOLD),
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
        408 | 500..=599 => Some(Error::Unavailable { endpoint, status }),
        _ => Some(Error::Refused { endpoint, status }),
    }
}

/// The envelope of a 2xx answer.
pub(crate) fn envelope(asked: Asked<'_>, body: &[u8]) -> Result<Envelope, Error> {
    let endpoint = asked.endpoint;
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

/// A 429 is the day's when the tokens left are said to be none; no official field tells them apart.
fn rate_limit(headers: &HeaderMap) -> Error {
    let spent = number(headers, "x-daily-ratelimit-token-remaining") == Some(0)
        || number(headers, "x-daily-requests-left") == Some(0);
    if spent {
        let retry_after = asked_pause(headers)
            .unwrap_or_else(until_midnight)
            .min(DAILY_RECHECK);
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

fn until_midnight() -> Duration {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Duration::from_secs(DAY_SECONDS - now % DAY_SECONDS)
}

fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    number(headers, RETRY_AFTER.as_str()).map(Duration::from_secs)
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
