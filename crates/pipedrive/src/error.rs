//! What can go wrong with a call, and whether asking again can help.

use std::time::Duration;

use stage::outbound::OutboundError;

/// Which limit was reached: Pipedrive has the first two, the third is our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Requests in a rolling two seconds, per token.
    Burst,
    /// The company's tokens of the day; nothing comes before the reset.
    Daily,
    /// What is left of the company's day is not for this priority, or not for this process.
    Reserve,
}

/// What the caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same call may succeed later.
    Retry,
    /// This call is answered for good: what was asked for is not there, or not for us, or unreadable.
    Abort,
    /// No call of this account can succeed before a person acts.
    Fatal,
}

/// A call that gave no state. No variant carries the token, a body, or an address with a query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{endpoint} {id} is not in the account")]
    NotFound { endpoint: &'static str, id: String },
    #[error("{endpoint} {id} is not visible to this token")]
    Forbidden { endpoint: &'static str, id: String },
    #[error("the api token (or the oauth grant) was refused")]
    Unauthorized,
    #[error("the account is closed for the api (status {status})")]
    Closed { status: u16 },
    #[error("{endpoint} was refused with status {status}")]
    Refused { endpoint: &'static str, status: u16 },
    /// What was to be added cannot be, by Pipedrive's own word.
    #[error("{endpoint} was refused with status {status}: {said}")]
    Rejected {
        endpoint: &'static str,
        status: u16,
        /// The beginning of what Pipedrive said.
        said: String,
    },
    #[error("{limit:?} rate limit reached, free again in {retry_after:?}")]
    RateLimited { limit: Limit, retry_after: Duration },
    /// Pipedrive's edge answered with a page instead of JSON, as it does after too many 429s.
    #[error("blocked by pipedrive's edge, next attempt in {retry_after:?}")]
    Banned { retry_after: Duration },
    /// Too many failures in a row: nothing is sent for a while.
    #[error("calls are paused after repeated failures, next attempt in {retry_after:?}")]
    Open { retry_after: Duration },
    #[error("{endpoint} is unavailable (status {status})")]
    Unavailable {
        endpoint: &'static str,
        status: u16,
        /// What the answer asked for, if it did.
        retry_after: Option<Duration>,
    },
    #[error("{endpoint} could not be reached")]
    Unreachable {
        endpoint: &'static str,
        source: OutboundError,
    },
    /// Its address is one that may not be called.
    #[error("{endpoint} is not called")]
    Guarded {
        endpoint: &'static str,
        source: OutboundError,
    },
    #[error("{endpoint} did not answer within {deadline:?}")]
    Timeout {
        endpoint: &'static str,
        deadline: Duration,
    },
    #[error("{endpoint} answered with something that is not its documented shape: {why}")]
    Malformed {
        endpoint: &'static str,
        why: &'static str,
    },
    #[error("{endpoint} answered with more than {limit_bytes} bytes")]
    TooLarge {
        endpoint: &'static str,
        limit_bytes: usize,
    },
    #[error("{endpoint} gave the same page cursor twice")]
    RepeatedCursor { endpoint: &'static str },
    /// Also a place where such a list cannot begin.
    #[error("not an id that {endpoint} can have")]
    BadId { endpoint: &'static str },
    #[error("a moment outside the years 1970 to 9999")]
    BadMoment,
    #[error("{key} must be a share between 0 and 1")]
    Share { key: &'static str },
    #[error("the http client could not be made")]
    Client { source: OutboundError },
    #[error("the api address must be http or https with a host, the token printable: {why}")]
    Account { why: &'static str },
}

impl Error {
    /// What it means that there is no answer.
    pub(crate) fn outbound(endpoint: &'static str, source: OutboundError) -> Self {
        match source {
            OutboundError::Guarded { .. } => Self::Guarded { endpoint, source },
            OutboundError::TooLarge { limit_bytes, .. } => Self::TooLarge {
                endpoint,
                limit_bytes,
            },
            OutboundError::Late { .. }
            | OutboundError::Unreachable { .. }
            | OutboundError::Request(_)
            | OutboundError::Client(_) => Self::Unreachable { endpoint, source },
        }
    }

    /// Whether asking again can help.
    pub fn class(&self) -> Class {
        match self {
            Self::RateLimited { .. }
            | Self::Banned { .. }
            | Self::Open { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. } => Class::Retry,
            Self::NotFound { .. }
            | Self::Forbidden { .. }
            | Self::Refused { .. }
            | Self::Rejected { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::RepeatedCursor { .. }
            | Self::BadId { .. }
            | Self::BadMoment => Class::Abort,
            Self::Unauthorized
            | Self::Closed { .. }
            | Self::Guarded { .. }
            | Self::Client { .. }
            | Self::Account { .. }
            | Self::Share { .. } => Class::Fatal,
        }
    }

    /// A word from a closed set, fit for a metric's label or a `missing` reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Forbidden { .. } => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::Closed { .. } => "closed",
            Self::Refused { .. } | Self::Rejected { .. } => "refused",
            Self::RateLimited {
                limit: Limit::Burst, ..
            } => "burst_limited",
            Self::RateLimited {
                limit: Limit::Daily, ..
            } => "daily_limited",
            Self::RateLimited {
                limit: Limit::Reserve,
                ..
            } => "reserve_limited",
            Self::Banned { .. } => "banned",
            Self::Open { .. } => "circuit_open",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreachable { .. } => "unreachable",
            Self::Guarded { .. } => "private_address",
            Self::Timeout { .. } => "timeout",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::RepeatedCursor { .. } => "repeated_cursor",
            Self::BadId { .. } => "bad_id",
            Self::BadMoment => "bad_moment",
            Self::Client { .. } | Self::Account { .. } | Self::Share { .. } => "misconfigured",
        }
    }

    /// How long to wait before the same call makes sense, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::Banned { retry_after }
            | Self::Open { retry_after } => Some(*retry_after),
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
