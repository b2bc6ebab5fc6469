//! The headers of every record on every topic (DESIGN 3): what a program must know without
//! reading the value, and what a person sees in a topic browser.
//!
//! Unknown headers are passed over; a known one that cannot be read is an error, never a guess.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

use crate::moment;
use crate::webhook::Version;

pub const EVENT_UUID: &str = "event-uuid";
pub const KIND: &str = "kind";
pub const ACCEPT_SEQ: &str = "accept-seq";
pub const SOURCE: &str = "source";
pub const RECEIVED_AT: &str = "received-at";
pub const WEBHOOK_VERSION: &str = "webhook-version";
pub const OBJECT: &str = "object";
pub const ACTION: &str = "action";
pub const ATTEMPT: &str = "attempt";
pub const REPLAY: &str = "replay";
/// Which command of Omni made a backfill event.
pub const ORIGIN: &str = "origin";
pub const LATE: &str = "late";
pub const TRACEPARENT: &str = "traceparent";

/// How an event came to Omni.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Webhook,
    Flat,
    Backfill,
    Heartbeat,
    Erase,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Flat => "flat",
            Self::Backfill => "backfill",
            Self::Heartbeat => "heartbeat",
            Self::Erase => "erase",
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word {
            "webhook" => Self::Webhook,
            "flat" => Self::Flat,
            "backfill" => Self::Backfill,
            "heartbeat" => Self::Heartbeat,
            "erase" => Self::Erase,
            _ => return Err(()),
        })
    }
}

/// Which accepted POST this was: collector, its boot, and a count without holes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AcceptSeq {
    pub instance: String,
    pub boot: String,
    pub number: u64,
}

impl fmt::Display for AcceptSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.instance, self.boot, self.number)
    }
}

/// An [`AcceptSeq`] that lies in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptSeqRef<'a> {
    pub instance: &'a str,
    pub boot: &'a str,
    pub number: u64,
}

impl<'a> AcceptSeqRef<'a> {
    /// The instance may hold slashes, boot and number may not.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '/');
        let (number, boot, instance) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            instance,
            boot,
            number: crate::number::decimal_u64(number)?,
        })
    }

    pub fn into_owned(self) -> AcceptSeq {
        AcceptSeq {
            instance: self.instance.to_owned(),
            boot: self.boot.to_owned(),
            number: self.number,
        }
    }
}

impl FromStr for AcceptSeq {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        AcceptSeqRef::read(text).map(AcceptSeqRef::into_owned).ok_or(())
    }
}

/// All headers of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    pub event_uuid: Uuid,
    pub kind: Kind,
    pub accept_seq: Option<AcceptSeq>,
    /// Name of the configured source.
    pub source: String,
    pub received_at_micro: i64,
    pub webhook_version: Option<Version>,
    pub object: Option<String>,
    pub action: Option<String>,
    pub attempt: Option<u32>,
    /// Id of the replay, when it is one, as [`crate::replay`] writes it.
    pub replay: Option<String>,
    /// What made an event that nobody posted: [`crate::snapshot::BACKFILL`] or [`crate::snapshot::RECONCILE`].
    pub origin: Option<String>,
    /// A flat event that may have been here before, longer ago than anybody remembers ([`crate::flat::is_late`]).
    pub is_late: bool,
    pub traceparent: Option<String>,
}

/// Why headers cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    #[error("record has no header {0}")]
    Missing(&'static str),
    #[error("header {name} cannot be read: {text:?}")]
    Unreadable { name: &'static str, text: String },
}

impl Headers {
    /// Headers of a record that has only what none may lack.
    pub fn new(event_uuid: Uuid, kind: Kind, source: &str, received_at_micro: i64) -> Self {
        Self {
            event_uuid,
            kind,
            accept_seq: None,
            source: source.to_owned(),
            received_at_micro,
            webhook_version: None,
            object: None,
            action: None,
            attempt: None,
            replay: None,
            origin: None,
            is_late: false,
            traceparent: None,
        }
    }

    /// The pairs as they go on the wire, in the order of DESIGN 3.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::with_capacity(13);
        pairs.push((EVENT_UUID, self.event_uuid.to_string()));
        pairs.push((KIND, self.kind.as_str().to_owned()));
        push(&mut pairs, ACCEPT_SEQ, self.accept_seq.as_ref());
        pairs.push((SOURCE, self.source.clone()));
        pairs.push((RECEIVED_AT, moment::to_rfc3339(self.received_at_micro)));
        push(
            &mut pairs,
            WEBHOOK_VERSION,
            self.webhook_version.map(Version::number),
        );
        push(&mut pairs, OBJECT, self.object.as_ref());
        push(&mut pairs, ACTION, self.action.as_ref());
        push(&mut pairs, ATTEMPT, self.attempt);
        push(&mut pairs, REPLAY, self.replay.as_ref());
        push(&mut pairs, ORIGIN, self.origin.as_ref());
        push(&mut pairs, LATE, self.is_late.then_some(true));
        push(&mut pairs, TRACEPARENT, self.traceparent.as_ref());
        pairs
    }

    /// Reads what [`Headers::to_pairs`] wrote; of a name that comes twice the last counts.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, HeaderError> {
        HeadersRef::from_pairs(pairs).map(HeadersRef::into_owned)
    }
}

/// All headers of one record, as they lie in it: read without keeping anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadersRef<'a> {
    pub event_uuid: Uuid,
    pub kind: Kind,
    pub accept_seq: Option<AcceptSeqRef<'a>>,
    pub source: &'a str,
    pub received_at_micro: i64,
    pub webhook_version: Option<Version>,
    pub object: Option<&'a str>,
    pub action: Option<&'a str>,
    pub attempt: Option<u32>,
    pub replay: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub is_late: bool,
    pub traceparent: Option<&'a str>,
}

impl<'a> HeadersRef<'a> {
    /// Reads what [`Headers::to_pairs`] wrote; of a name that comes twice the last counts.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, HeaderError> {
        let mut found = Found::default();
        for (name, value) in pairs {
            found.read(name, value)?;
        }
        Ok(Self {
            event_uuid: found.event_uuid.ok_or(HeaderError::Missing(EVENT_UUID))?,
            kind: found.kind.ok_or(HeaderError::Missing(KIND))?,
            accept_seq: found.accept_seq,
            source: found.source.ok_or(HeaderError::Missing(SOURCE))?,
            received_at_micro: found.received_at_micro.ok_or(HeaderError::Missing(RECEIVED_AT))?,
            webhook_version: found.webhook_version,
            object: found.object,
            action: found.action,
            attempt: found.attempt,
            replay: found.replay,
            origin: found.origin,
            is_late: found.is_late.unwrap_or_default(),
            traceparent: found.traceparent,
        })
    }

    pub fn into_owned(self) -> Headers {
        Headers {
            event_uuid: self.event_uuid,
            kind: self.kind,
            accept_seq: self.accept_seq.map(AcceptSeqRef::into_owned),
            source: self.source.to_owned(),
            received_at_micro: self.received_at_micro,
            webhook_version: self.webhook_version,
            object: self.object.map(str::to_owned),
            action: self.action.map(str::to_owned),
            attempt: self.attempt,
            replay: self.replay.map(str::to_owned),
            origin: self.origin.map(str::to_owned),
            is_late: self.is_late,
            traceparent: self.traceparent.map(str::to_owned),
        }
    }
}

/// The version of a webhook by its number, as the archive has it; 0 is none.
pub fn version(number: u8) -> Option<Version> {
    [Version::V1, Version::V2]
        .into_iter()
        .find(|version| version.number() == number)
}

fn push(pairs: &mut Vec<(&'static str, String)>, name: &'static str, value: Option<impl fmt::Display>) {
    if let Some(value) = value {
        pairs.push((name, value.to_string()));
    }
}

#[derive(Default)]
struct Found<'a> {
    event_uuid: Option<Uuid>,
    kind: Option<Kind>,
    accept_seq: Option<AcceptSeqRef<'a>>,
    source: Option<&'a str>,
    received_at_micro: Option<i64>,
    webhook_version: Option<Version>,
    object: Option<&'a str>,
    action: Option<&'a str>,
    attempt: Option<u32>,
    replay: Option<&'a str>,
    origin: Option<&'a str>,
    is_late: Option<bool>,
    traceparent: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn read(&mut self, name: &str, value: &'a [u8]) -> Result<(), HeaderError> {
        match name {
            EVENT_UUID => self.event_uuid = parsed(EVENT_UUID, value, |text| Uuid::try_parse(text).ok())?,
            KIND => self.kind = parsed(KIND, value, |text| text.parse().ok())?,
            ACCEPT_SEQ => self.accept_seq = parsed(ACCEPT_SEQ, value, AcceptSeqRef::read)?,
            SOURCE => self.source = parsed(SOURCE, value, Some)?,
            RECEIVED_AT => self.received_at_micro = parsed(RECEIVED_AT, value, moment::parse)?,
            WEBHOOK_VERSION => self.webhook_version = parsed(WEBHOOK_VERSION, value, Version::from_text)?,
            OBJECT => self.object = parsed(OBJECT, value, Some)?,
            ACTION => self.action = parsed(ACTION, value, Some)?,
            ATTEMPT => self.attempt = parsed(ATTEMPT, value, |text| text.parse().ok())?,
            REPLAY => self.replay = parsed(REPLAY, value, Some)?,
            ORIGIN => self.origin = parsed(ORIGIN, value, Some)?,
            LATE => self.is_late = parsed(LATE, value, |text| text.parse().ok())?,
            TRACEPARENT => self.traceparent = parsed(TRACEPARENT, value, Some)?,
            _ => {}
        }
        Ok(())
    }
}

/// `Some`, always: what was found fills its slot, what cannot be read is an error.
fn parsed<'a, T>(
    name: &'static str,
    value: &'a [u8],
    read: impl Fn(&'a str) -> Option<T>,
) -> Result<Option<T>, HeaderError> {
    let found = std::str::from_utf8(value).ok().and_then(read);
    let error = || HeaderError::Unreadable {
        name,
        text: String::from_utf8_lossy(value).into_owned(),
    };
    found.map(Some).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn full() -> Headers {
        Headers {
            accept_seq: Some(AcceptSeq {
                instance: "eu/collector-0".into(),
                boot: "b7".into(),
                number: 41,
            }),
            webhook_version: Some(Version::V2),
            object: Some("deal".into()),
            action: Some("updated".into()),
            attempt: Some(2),
            replay: Some("r1".into()),
            origin: Some("reconcile".into()),
            is_late: true,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            ..Headers::new(Uuid::from_u128(9), Kind::Webhook, "crm", 1_700_000_000_000_250)
        }
    }

    fn read(pairs: &[(&'static str, String)]) -> Result<Headers, HeaderError> {
        Headers::from_pairs(pairs.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn headers_come_back_as_they_went() {
        for kind in [
            Kind::Webhook,
            Kind::Flat,
            Kind::Backfill,
            Kind::Heartbeat,
            Kind::Erase,
        ] {
            let headers = Headers { kind, ..full() };
            assert_eq!(read(&headers.to_pairs()).unwrap(), headers);
        }
        let bare = Headers::new(Uuid::from_u128(9), Kind::Heartbeat, "crm", 0);
        assert_eq!(bare.to_pairs().len(), 4);
        assert_eq!(read(&bare.to_pairs()).unwrap(), bare);
        assert_eq!(full().to_pairs().len(), 13);
    }

    #[test]
    fn names_the_header_that_is_missing() {
        for missing in [EVENT_UUID, KIND, SOURCE, RECEIVED_AT] {
            let pairs: Vec<_> = full()
                .to_pairs()
                .into_iter()
                .filter(|(name, _)| *name != missing)
                .collect();
            assert_eq!(read(&pairs), Err(HeaderError::Missing(missing)));
        }
    }

    #[test]
    fn names_the_header_that_cannot_be_read() {
        let names = [
            EVENT_UUID,
            KIND,
            ACCEPT_SEQ,
            RECEIVED_AT,
            WEBHOOK_VERSION,
            ATTEMPT,
        ];
        for bad in names {
            let mut pairs = full().to_pairs();
            pairs.push((bad, "?/?".to_owned()));
            let error = HeaderError::Unreadable {
                name: bad,
                text: "?/?".to_owned(),
            };
            assert_eq!(read(&pairs), Err(error));
        }
        let not_text = Headers::from_pairs([(SOURCE, [0xff_u8].as_slice())]);
        assert!(matches!(
            not_text,
            Err(HeaderError::Unreadable { name: SOURCE, .. })
        ));
    }

    #[test]
    fn passes_over_what_it_does_not_know() {
        let mut pairs = full().to_pairs();
        pairs.push(("x-else", "1".to_owned()));
        assert_eq!(read(&pairs).unwrap(), full());
    }
}
