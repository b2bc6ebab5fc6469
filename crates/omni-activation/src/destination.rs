//! Where events are sent: each destination is two pure functions, what to send and what the answer means.
//!
//! Nothing here sends, waits or logs; `delivery` does. A request carries the event's identity as idempotency
//! key, for an event may come twice.

pub mod ga4;
pub mod gtm_server;
pub mod http;

use std::collections::BTreeMap;
use std::time::Duration;

use stage::Secret;
use stage::outbound::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use stage::outbound::{StatusCode, Url};
use uuid::Uuid;

use crate::config::{DestinationKind, DestinationSettings};
use crate::shape::{Mapping, shaped};

/// An event to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Its identity.
    pub uuid: Uuid,
    /// The flat event, as it is on the topic.
    pub flat: &'a [u8],
}

/// A POST to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
}

/// Whose fault it most probably is that an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The event's: after so many attempts it is given up, so that it holds back its entity no longer.
    Event,
    /// The destination's: away, late, busy. The event waits as long as that lasts; where the destination takes others
    /// meanwhile, it is the event's after all.
    Destination,
}

/// What an attempt means. Reasons are words of a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The destination has it.
    Delivered,
    /// It may work later.
    Retry {
        /// Why it did not now.
        reason: &'static str,
        /// When the destination wants to be asked again.
        after: Option<Duration>,
        /// Whether another event would have fared the same.
        whose: Whose,
    },
    /// This event will never be taken.
    GiveUp {
        /// Why.
        reason: &'static str,
    },
    /// No event will be taken until a person mends the settings.
    Misconfigured {
        /// Why.
        reason: &'static str,
    },
}

/// The event cannot be said in the destination's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no flat JSON object.
    #[error("event is no flat JSON object")]
    NotFlat,
    /// Nobody is named whom the destination knows.
    #[error("event has no client id")]
    NoClient,
    /// It has no name that the destination takes.
    #[error("event has no name that the destination takes")]
    NoName,
    /// The destination takes no event that old.
    #[error("event is older than the destination takes")]
    TooOld,
}

impl Unfit {
    /// One word, of a closed set.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFlat => "unfit",
            Self::NoClient => "no_client",
            Self::NoName => "no_name",
            Self::TooOld => "too_old",
        }
    }
}

/// Settings that no request can be made of.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not an address.
    #[error("`url` is no address")]
    Url,
    /// Not a header.
    #[error("`headers` has a header that is none: {0}")]
    Header(String),
    /// Not a signing secret.
    #[error("`secret` must be `whsec_` and base64")]
    Secret,
    /// What the platform does not take.
    #[error("{0}")]
    Parameters(String),
}

/// A destination: a protocol, and what of an event leaves.
#[derive(Debug)]
pub struct Destination {
    protocol: Protocol,
    mapping: Option<Mapping>,
}

/// What is spoken, by `kind`.
#[derive(Debug)]
enum Protocol {
    Http(http::Http),
    GtmServer(gtm_server::GtmServer),
    Ga4(ga4::Ga4),
}

impl Destination {
    /// Makes it of its settings.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        Ok(Self {
            protocol: match settings.kind {
                DestinationKind::Http => Protocol::Http(http::Http::new(settings)?),
                DestinationKind::GtmServer => Protocol::GtmServer(gtm_server::GtmServer::new(settings)?),
                DestinationKind::Ga4 => Protocol::Ga4(ga4::Ga4::new(settings)?),
            },
            mapping: settings.map.clone(),
        })
    }

    /// What to send for this event, at this time (seconds since 1970).
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn request(&self, event: &Event<'_>, at_seconds: i64) -> Result<Request, Unfit> {
        let body = shaped(self.mapping.as_ref(), event.flat)?;
        match &self.protocol {
            Protocol::Http(http) => http.request(event, &body, at_seconds),
            Protocol::GtmServer(gtm_server) => gtm_server.request(event, &body),
            Protocol::Ga4(ga4) => ga4.request(event, &body, at_seconds),
        }
    }

    /// What this answer to it means.
    pub fn judge(&self, event: &Event<'_>, response: &Response<'_>) -> Verdict {
        match &self.protocol {
            Protocol::Http(_) => judge_status(response),
            Protocol::GtmServer(gtm_server) => gtm_server.judge(event, response),
            Protocol::Ga4(ga4) => ga4.judge(response),
        }
    }
}

/// What a status means where the protocol gives it no meaning of its own.
fn judge_status(response: &Response<'_>) -> Verdict {
    let status = response.status.as_u16();
    match status {
        200..=299 => Verdict::Delivered,
        // Redirects are not followed: the address was checked, the next one was not.
        300..=399 => Verdict::Misconfigured { reason: "redirect" },
        401 | 403 | 407 => Verdict::Misconfigured {
            reason: "unauthorized",
        },
        404 | 405 | 410 => Verdict::Misconfigured { reason: "not_there" },
        415 => Verdict::Misconfigured {
            reason: "content_type",
        },
        408 | 425 | 429 => Verdict::Retry {
            reason: "busy",
            after: retry_after(response.headers),
            whose: Whose::Destination,
        },
        400..=499 => Verdict::GiveUp { reason: "refused" },
        502..=504 => Verdict::Retry {
            reason: "unavailable",
            after: retry_after(response.headers),
            whose: Whose::Destination,
        },
        _ => Verdict::Retry {
            reason: "server_error",
            after: retry_after(response.headers),
            whose: Whose::Event,
        },
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, counted from the answer's own so that its clock and ours need not
/// agree. A date that is past is now.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let told = text(RETRY_AFTER)?;
    if let Ok(seconds) = told.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(told).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(at.duration_since(now?).unwrap_or_default())
}

/// A client id is a word.
fn word(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The settings' own headers, marked so that nothing prints them.
fn own_headers(given: &BTreeMap<String, Secret>) -> Result<HeaderMap, Refused> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let refused = || Refused::Header(name.clone());
        let key: HeaderName = name.parse().map_err(|_| refused())?;
        headers.insert(key, sensitive(value).ok_or_else(refused)?);
    }
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Ok(headers)
}

fn sensitive(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
