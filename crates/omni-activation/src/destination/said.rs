//! What is said of events, and the request that carries it.

use std::sync::OnceLock;

use event::Map;
use stage::outbound::header::HeaderMap;
use stage::outbound::{Method, Url};
use uuid::Uuid;

use super::Credential;

/// An event to be sent.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// Its identity.
    pub uuid: Uuid,
    /// The flat event, as it is on the topic.
    pub flat: &'a [u8],
    fields: OnceLock<Option<Map>>,
}

impl<'a> Event<'a> {
    /// Of its identity and its flat form.
    pub fn new(uuid: Uuid, flat: &'a [u8]) -> Self {
        Self {
            uuid,
            flat,
            fields: OnceLock::new(),
        }
    }

    /// Its keys and values, read when they are first asked for.
    ///
    /// # Errors
    /// [`Unfit::NotFlat`].
    pub fn fields(&self) -> Result<&Map, Unfit> {
        let read = || serde_json::from_slice(self.flat).ok();
        self.fields.get_or_init(read).as_ref().ok_or(Unfit::NotFlat)
    }
}

/// An event in the destination's words.
#[derive(Debug, Clone)]
pub struct Said {
    /// The event's identity.
    pub uuid: Uuid,
    /// Where to; only what goes to the same address goes in one request.
    pub url: Url,
    /// Its part of the body.
    pub body: Vec<u8>,
}

/// What is said of each, as the elements of a JSON array.
pub(super) fn listed(said: &[&Said]) -> Vec<u8> {
    let bodies: Vec<&[u8]> = said.iter().map(|one| one.body.as_slice()).collect();
    [b"[", bodies.join(&b","[..]).as_slice(), b"]"].concat()
}

/// What a request may know of its moment.
#[derive(Debug, Clone, Copy)]
pub struct Now<'c> {
    /// Seconds since 1970.
    pub seconds: i64,
    /// What [`super::Login`] came to.
    pub credential: Option<&'c Credential>,
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// POST, but for credentials.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Its headers; what is secret is marked so.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// What tells of events.
    pub fn post(url: Url, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            url,
            headers,
            body,
        }
    }
}

/// How much a destination takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// Most events in a request.
    pub events_max: usize,
    /// Most bytes of what is said in a request, and so of one event.
    pub bytes_max: usize,
}

impl Takes {
    /// Bytes of a request where the platform names no limit.
    pub const BYTES_MAX: usize = 4 * 1024 * 1024;
    /// One event a request.
    pub const ONE: Self = Self {
        events_max: 1,
        bytes_max: Self::BYTES_MAX,
    };
}

/// The event cannot be said in the destination's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no flat JSON object.
    #[error("event is no flat JSON object")]
    NotFlat,
    /// Nobody is named whom the destination knows.
    #[error("event names nobody whom the destination could know")]
    NoClient,
    /// It has no name that the destination takes.
    #[error("event has no name that the destination takes")]
    NoName,
    /// It says no time, or none that the destination takes.
    #[error("event is older than the destination takes")]
    TooOld,
    /// It has no value, or no currency of it, where the destination asks for one.
    #[error("event has no value in a currency")]
    NoValue,
    /// It is larger than the destination takes.
    #[error("event is larger than the destination takes")]
    TooLarge,
    /// There is no credential to say it with.
    #[error("there is no credential")]
    NoCredential,
}

impl Unfit {
    /// One word, of a closed set.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFlat => "unfit",
            Self::NoClient => "no_client",
            Self::NoName => "no_name",
            Self::TooOld => "too_old",
            Self::NoValue => "no_value",
            Self::TooLarge => "too_large",
            Self::NoCredential => "no_credential",
        }
    }
}
