//! Which kind of event a record of `omni.flat` holds, so that a template can be asked whether it is for it.
use std::borrow::Cow;

use event::flat::key::{EVENT_ACTION, EVENT_OBJECT};
use event::{HeadersRef, Kind};
use kafka::Record;
use serde_json::{Map, Value};

/// What a record is about.
#[derive(Debug)]
pub(crate) enum Subject<'a> {
    /// A sign of life of a collector.
    Heartbeat,
    /// Not an event: an erasure is the enricher's work.
    None,
    /// An event; its body, when it had to be read to know.
    Event {
        object: Cow<'a, str>,
        action: Cow<'a, str>,
        body: Option<Map<String, Value>>,
    },
    /// Neither headers nor body say what it is.
    Unknown,
}

impl<'a> Subject<'a> {
    /// Headers say it for all events that came as webhooks; a flat one may have to be read.
    pub(crate) fn of(record: &Record, headers: &HeadersRef<'a>) -> Self {
        match headers.kind {
            Kind::Heartbeat => return Self::Heartbeat,
            Kind::Erase => return Self::None,
            Kind::Webhook | Kind::Flat | Kind::Backfill => {}
        }
        if let (Some(object), Some(action)) = (headers.object, headers.action) {
            return Self::Event {
                object: object.into(),
                action: action.into(),
                body: None,
            };
        }
        let Ok(body) = serde_json::from_slice::<Map<String, Value>>(record.value()) else {
            return Self::Unknown;
        };
        let word = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        match (word(EVENT_OBJECT), word(EVENT_ACTION)) {
            (Some(object), Some(action)) => Self::Event {
                object: object.into(),
                action: action.into(),
                body: Some(body),
            },
            _ => Self::Unknown,
        }
    }
}
