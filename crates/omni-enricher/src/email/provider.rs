//! Who is asked about an address: two pure functions a provider, the question and what its answer means.
//!
//! A provider never sends anything itself, never waits and never logs. Nothing here holds the text of an
//! answer or a key in what can be printed.

mod http;
mod hunter;

use std::fmt;
use std::time::Duration;

use event::Map;
use futures::FutureExt;
use futures::future::BoxFuture;
use stage::ConfigError;
use stage::outbound::{Answer, Outbound, OutboundError, RequestBuilder, header};

use crate::config::{Email, EmailProvider};

/// A provider that asks for a longer pause than this is asked again sooner.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// What one call gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// The block, without the address.
    Known(Map),
    /// Still at work.
    Pending,
    /// The person must not be processed.
    Refused,
    /// This is no address.
    Invalid,
    /// Our key is not taken: a person must act.
    Unauthorized,
    /// Too many calls.
    Limited { retry_after: Option<Duration> },
    /// An error on its side.
    Failed { retry_after: Option<Duration> },
    /// It cannot be reached; why, without its address's query.
    Unreachable(String),
    /// It did not answer in time.
    Late,
    /// An answer that means nothing to us: it is about this one question, others go on.
    Unexpected,
}

/// A provider.
pub(crate) trait Provider: fmt::Debug + Send + Sync {
    /// The word for it in metrics and logs.
    fn name(&self) -> &'static str;

    /// The question about an address in its normal form.
    fn request(&self, outbound: &Outbound, address: &str) -> RequestBuilder;

    /// What an answer means.
    fn judge(&self, answer: &Answer) -> Reply;

    /// Asks once.
    fn ask<'a>(&'a self, outbound: &'a Outbound, address: &'a str) -> BoxFuture<'a, Reply> {
        async move {
            match outbound.call(self.request(outbound, address)).await {
                Ok(answer) => self.judge(&answer),
                Err(OutboundError::Late { .. }) => Reply::Late,
                Err(OutboundError::TooLarge { .. } | OutboundError::Request(_)) => Reply::Unexpected,
                Err(
                    error @ (OutboundError::Client(_)
                    | OutboundError::Guarded { .. }
                    | OutboundError::Unreachable { .. }),
                ) => Reply::Unreachable(error.to_string()),
            }
        }
        .boxed()
    }
}

/// The provider the configuration names; none when nobody is to be asked.
///
/// # Errors
/// [`ConfigError`] with the name of the key that cannot be used.
pub(crate) fn of(settings: &Email) -> Result<Option<Box<dyn Provider>>, ConfigError> {
    Ok(match settings.provider {
        EmailProvider::None => None,
        EmailProvider::Hunter => Some(Box::new(hunter::Hunter::new(settings)?)),
        EmailProvider::Http => Some(Box::new(http::Http::new(settings)?)),
    })
}

impl Reply {
    /// The word for it in the metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Unauthorized => "unauthorized",
            Self::Limited { .. } => "limited",
            Self::Failed { .. } => "failed",
            Self::Unreachable(_) => "unreachable",
            Self::Late => "late",
            Self::Unexpected => "unexpected",
        }
    }

    /// Why it could not be reached.
    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            Self::Unreachable(why) => Some(why),
            _ => None,
        }
    }
}

/// What every provider means by codes it shares with the others.
fn by_code(answer: &Answer) -> Reply {
    match answer.status.as_u16() {
        401 => Reply::Unauthorized,
        403 | 429 => Reply::Limited {
            retry_after: retry_after(answer),
        },
        408 => Reply::Late,
        500..=599 => Reply::Failed {
            retry_after: retry_after(answer),
        },
        _ => Reply::Unexpected,
    }
}

/// `Retry-After` in seconds; its form as a date is not used by any provider.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer
        .headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// A header's value that is not printed.
fn secret_value(text: &str) -> Option<header::HeaderValue> {
    let mut value = header::HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
pub(crate) mod tests;
