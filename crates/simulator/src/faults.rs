//! Troubles that a test can switch on: options at the start, `PUT /simulator/faults` while it runs.

pub(crate) mod destination;
pub(crate) mod verifier;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};

pub(crate) use self::destination::Met;
pub use self::destination::{DestinationFault, DestinationTrouble};
pub use self::verifier::VerifierTrouble;
use crate::deliveries::Destination;
use crate::edge;

/// Ids that can be hidden or forbidden at once.
const IDS_MAX: usize = 1_000;
const PERCENT_MAX: u8 = 100;

/// What is wrong with a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    #[default]
    None,
    /// 429 of the rolling two seconds.
    Burst,
    /// 429 of the day.
    Daily,
    /// The edge's 403, an HTML page.
    Banned,
    /// 401, whatever the token.
    Unauthorized,
    /// 500.
    Error,
    /// 503.
    Down,
    /// New connections are reset at once, those that are open end instead of an answer.
    Unreachable,
    /// The connection ends in the middle of the answer.
    Cut,
    /// 200 with half a body.
    Malformed,
    /// A right answer, `slow_ms` late.
    Slow,
}

/// The troubles of each service; what is left out is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    pub api: Trouble,
    /// The share of requests that meet the trouble, evenly spread.
    pub api_percent: u8,
    pub gtm: Trouble,
    pub gtm_percent: u8,
    pub verifier: VerifierTrouble,
    pub verifier_percent: u8,
    /// Those of the destinations' stand-ins.
    pub destinations: BTreeMap<Destination, DestinationFault>,
    pub slow_ms: u64,
    /// How long the troubles last; until they are switched off where absent.
    pub for_ms: Option<u64>,
    /// What the API does not find: `deals/12`, `persons/7`, `leads/<uuid>`; lists leave it out.
    pub not_found: Vec<String>,
    /// What the API forbids with 403 and JSON; lists leave it out.
    pub forbidden: Vec<String>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            api: Trouble::None,
            api_percent: PERCENT_MAX,
            gtm: Trouble::None,
            gtm_percent: PERCENT_MAX,
            verifier: VerifierTrouble::None,
            verifier_percent: PERCENT_MAX,
            destinations: BTreeMap::new(),
            slow_ms: 2_000,
            for_ms: None,
            not_found: Vec::new(),
            forbidden: Vec::new(),
        }
    }
}

impl Faults {
    /// Why these cannot be, if they cannot.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        let percents = [self.api_percent, self.gtm_percent, self.verifier_percent];
        if percents.iter().any(|percent| *percent > PERCENT_MAX) {
            return Some("a percent is at most 100");
        }
        if self.not_found.len().max(self.forbidden.len()) > IDS_MAX {
            return Some("at most 1000 ids can be named");
        }
        self.destinations.values().find_map(|fault| fault.refusal())
    }

    /// Whether anything is hidden or forbidden.
    pub(crate) fn sets_apart(&self) -> bool {
        !self.not_found.is_empty() || !self.forbidden.is_empty()
    }

    /// The API's answer for what is hidden or forbidden; the path without its version.
    pub(crate) fn status_of(&self, path: &str) -> Option<StatusCode> {
        let names = |ids: &[String]| ids.iter().any(|id| id == path);
        if names(&self.not_found) {
            Some(StatusCode::NOT_FOUND)
        } else if names(&self.forbidden) {
            Some(StatusCode::FORBIDDEN)
        } else {
            None
        }
    }
}

/// The troubles in force: since when, and whose turn it is where only a share meets them.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    faults: Faults,
    until: Option<Instant>,
    api: Share,
    gtm: Share,
    verifier: Share,
    destinations: BTreeMap<Destination, Share>,
}

/// Requests so far: every so-manieth meets the trouble.
#[derive(Debug, Default)]
struct Share(u64);

impl Share {
    fn is_hit(&mut self, percent: u8) -> bool {
        let hits = |requests: u64| requests.wrapping_mul(u64::from(percent)) / u64::from(PERCENT_MAX);
        let before = hits(self.0);
        self.0 = self.0.wrapping_add(1);
        hits(self.0) != before
    }
}

impl Switch {
    pub(crate) fn set(faults: Faults, now: Instant) -> Self {
        Self {
            until: faults.for_ms.map(|millis| now + Duration::from_millis(millis)),
            faults,
            ..Self::default()
        }
    }

    /// The troubles now; none when their time is over.
    pub(crate) fn now(&mut self) -> &Faults {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            *self = Self::default();
        }
        &self.faults
    }

    /// What this request to the API meets.
    pub(crate) fn api(&mut self) -> (Trouble, Duration) {
        let (trouble, percent, slow) = (self.now().api, self.faults.api_percent, self.slow());
        let hit = trouble != Trouble::None && self.api.is_hit(percent);
        (if hit { trouble } else { Trouble::None }, slow)
    }

    /// What this request to the data client meets.
    pub(crate) fn gtm(&mut self) -> (Trouble, Duration) {
        let (trouble, percent, slow) = (self.now().gtm, self.faults.gtm_percent, self.slow());
        let hit = trouble != Trouble::None && self.gtm.is_hit(percent);
        (if hit { trouble } else { Trouble::None }, slow)
    }

    /// What this verification meets.
    pub(crate) fn verifier(&mut self) -> (VerifierTrouble, Duration) {
        let (trouble, percent, slow) = (self.now().verifier, self.faults.verifier_percent, self.slow());
        let hit = trouble != VerifierTrouble::None && self.verifier.is_hit(percent);
        (if hit { trouble } else { VerifierTrouble::None }, slow)
    }

    /// What this request to a destination meets.
    pub(crate) fn destination(&mut self, destination: Destination) -> Met {
        let fault = self.now().destinations.get(&destination).copied();
        let fault = fault.unwrap_or_default();
        let hit = fault.trouble != DestinationTrouble::None
            && self
                .destinations
                .entry(destination)
                .or_default()
                .is_hit(fault.percent);
        Met {
            trouble: if hit {
                fault.trouble
            } else {
                DestinationTrouble::None
            },
            status: fault.status,
            slow: self.slow(),
        }
    }

    fn slow(&self) -> Duration {
        Duration::from_millis(self.faults.slow_ms)
    }
}

impl Trouble {
    /// Waits where the trouble is slowness; gives the answer that takes the place of the right one.
    pub(crate) async fn answer(self, slow: Duration) -> Option<Response> {
        match self {
            Self::None => None,
            Self::Slow => {
                tokio::time::sleep(slow).await;
                None
            }
            Self::Burst => Some(limited("x-ratelimit-remaining")),
            Self::Daily => Some(limited("x-daily-ratelimit-token-remaining")),
            Self::Banned => Some(edge::blocked()),
            Self::Unauthorized => Some(refused(StatusCode::UNAUTHORIZED, "unauthorized access")),
            Self::Error => Some(refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal server error",
            )),
            Self::Down => Some((StatusCode::SERVICE_UNAVAILABLE, "").into_response()),
            Self::Cut | Self::Unreachable => Some(cut()),
            Self::Malformed => Some(malformed()),
        }
    }
}

fn limited(none_left: &'static str) -> Response {
    let headers = [(none_left, "0"), ("x-ratelimit-reset", "2")];
    let answer = refused(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded");
    (headers, answer).into_response()
}

fn refused(status: StatusCode, why: &str) -> Response {
    let body = serde_json::json!({"success": false, "error": why, "errorCode": status.as_u16()});
    (status, axum::Json(body)).into_response()
}

fn malformed() -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    (json, r#"{"success":true,"data":{"id":"#).into_response()
}

/// Marks what looks like an answer and is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unanswered;

/// A body that is announced and never comes: the server can only end the connection.
fn cut() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = Body::from_stream(stream::once(async { Err::<Bytes, _>(broken) }));
    let headers = [(CONTENT_TYPE, "application/json"), (CONTENT_LENGTH, "512")];
    (headers, Extension(Unanswered), body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_met_evenly() {
        let mut share = Share::default();
        let hits = (0..100).filter(|_| share.is_hit(10)).count();
        assert_eq!(hits, 10);
        assert!((0..50).all(|_| share.is_hit(100)));
        assert!(!(0..50).any(|_| share.is_hit(0)));
    }

    #[test]
    fn troubles_end_when_their_time_is_over() {
        let faults = Faults {
            api: Trouble::Down,
            for_ms: Some(1_000),
            ..Faults::default()
        };
        let mut switch = Switch::set(faults.clone(), Instant::now());
        assert_eq!(switch.api().0, Trouble::Down);
        let long_ago = Instant::now().checked_sub(Duration::from_secs(2));
        let mut over = Switch::set(faults, long_ago.unwrap_or_else(Instant::now));
        assert_eq!(over.api().0, Trouble::None);
    }
}
