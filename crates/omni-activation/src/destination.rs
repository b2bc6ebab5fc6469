//! Where events are sent: each destination is pure functions, what to say of an event and what the answer means.
//!
//! Nothing here sends, waits or logs; `delivery` does. What is said carries the event's identity as idempotency key, for an
//! event may come twice. A destination is one file: its settings, and a [`Protocol`].

mod answered;
pub mod aws_lambda;
mod conversion;
pub mod ga4;
mod google;
pub mod google_ads;
pub mod google_data_manager;
pub mod gtm_server;
mod headers;
pub mod http;
mod login;
pub mod meta_conversions;
mod said;
mod signature;
pub mod tiktok_events;

use std::fmt;

use stage::outbound::Url;

use crate::config::{DestinationKind, DestinationSettings};
use crate::shape::Shape;

pub use answered::{Judged, Response, Told, Verdict, Whose};
pub use login::{Brought, Credential, Login, Step};
pub use said::{Event, Now, Request, Said, Takes, Unfit};

/// No destination says more than this in an answer that counts; the rest of a longer one is not read.
pub const HEARS_BYTES_MAX: usize = 256 * 1024;

/// A platform's language.
pub trait Protocol: fmt::Debug + Send + Sync {
    /// What is said of one event; `mapped` is what of it may leave.
    ///
    /// # Errors
    /// [`Unfit`]: it cannot be said.
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit>;

    /// The request that says it. There is at least one, there are no more than [`Protocol::takes`] allows, and all have the
    /// same address.
    ///
    /// # Errors
    /// [`Unfit`].
    fn request(&self, said: &[&Said], now: &Now<'_>) -> Result<Request, Unfit>;

    /// What the answer to it means.
    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged;

    /// How much it takes at once.
    fn takes(&self) -> Takes {
        Takes::ONE
    }

    /// How much of an answer counts: what is read of a longer one.
    fn hears_bytes_max(&self) -> usize {
        HEARS_BYTES_MAX
    }

    /// How it comes to a credential that does not stand in the settings.
    fn login(&self) -> Option<&dyn Login> {
        None
    }

    /// Where its health can be asked for, which sends nothing.
    fn health(&self) -> Option<Url> {
        None
    }

    /// What may be said, of nobody, to see whether events would be taken, where the platform can be asked that without
    /// recording anything.
    fn rehearsal(&self, _at_seconds: i64) -> Vec<Said> {
        Vec::new()
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
    #[error("`{0}` must be `whsec_` and base64")]
    Secret(&'static str),
    /// What the platform does not take.
    #[error("{0}")]
    Parameters(String),
}

/// A destination: a protocol, and what of an event leaves.
#[derive(Debug)]
pub struct Destination {
    protocol: Box<dyn Protocol>,
    shape: Shape,
}

impl Destination {
    /// Makes it of its settings.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        Ok(Self {
            protocol: protocol(settings)?,
            shape: Shape::new(settings.map.clone(), settings.value.clone()),
        })
    }

    /// What to say of this event, at this time (seconds since 1970).
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn say(&self, event: &Event<'_>, at_seconds: i64) -> Result<Said, Unfit> {
        let mapped = self.shape.of(event.flat)?;
        let said = self.protocol.say(event, &mapped, at_seconds)?;
        let is_too_large = said.body.len() > self.protocol.takes().bytes_max;
        if is_too_large {
            Err(Unfit::TooLarge)
        } else {
            Ok(said)
        }
    }

    /// How it is spoken to.
    pub fn protocol(&self) -> &dyn Protocol {
        self.protocol.as_ref()
    }
}

fn protocol(settings: &DestinationSettings) -> Result<Box<dyn Protocol>, Refused> {
    Ok(match settings.kind {
        DestinationKind::Http => Box::new(http::Http::new(settings)?),
        DestinationKind::GtmServer => Box::new(gtm_server::GtmServer::new(settings)?),
        DestinationKind::Ga4 => Box::new(ga4::Ga4::new(settings)?),
        DestinationKind::MetaConversions => Box::new(meta_conversions::MetaConversions::new(settings)?),
        DestinationKind::TiktokEvents => Box::new(tiktok_events::TiktokEvents::new(settings)?),
        DestinationKind::AwsLambda => Box::new(aws_lambda::AwsLambda::new(settings)?),
        DestinationKind::GoogleAds => Box::new(google_ads::GoogleAds::new(settings)?),
        DestinationKind::GoogleDataManager => {
            Box::new(google_data_manager::ConversionActions::new(settings)?)
        }
    })
}
