//! What an answer means: for the event, and for the destination.

use std::time::Duration;

use stage::outbound::StatusCode;
use stage::outbound::header::{DATE, HeaderMap, RETRY_AFTER};

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, or as much of it as is read of any.
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
    /// Nobody's: it is too early for this event. It waits as long as it is told, which counts as no attempt.
    Nobody,
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

/// What an answer says of one of several events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it means for it.
    pub verdict: Verdict,
    /// The part of the answer that is about it; where it was taken nothing, or the platform's receipt.
    pub answer: String,
}

/// What an answer says of the events it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The same of all.
    All(Verdict),
    /// Of each, in their order.
    Each(Vec<Told>),
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Self::All(verdict)
    }
}

/// What a status means where the protocol gives it no meaning of its own.
pub(super) fn judge_status(response: &Response<'_>) -> Verdict {
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
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let told = text(RETRY_AFTER)?;
    if let Ok(seconds) = told.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(told).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(at.duration_since(now?).unwrap_or_default())
}
