//! What the flattener refuses, and how it goes on record.

use event::flatten::FlattenError;
use event::header::HeaderError;
use event::outcome::{Fault, Rejected, ValueEncoding};
use event::{Headers, identity};
use kafka::{Outgoing, Record, RecordHeaders, Topic};
use stage::clock;

use super::STAGE;

/// The code of a record no topic would take.
pub(super) const TOO_LARGE: &str = "too_large";

/// How much of a value that is too large is kept: enough to see what it is.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// Why a record was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn headers(error: &HeaderError) -> Self {
        let message = match error {
            HeaderError::Missing(name) => format!("header {name} is missing"),
            HeaderError::Unreadable { name, .. } => format!("header {name} cannot be read"),
        };
        Self {
            code: "headers",
            message,
        }
    }

    pub(super) fn not_json() -> Self {
        Self {
            code: "not_json",
            message: "is no JSON of an event".to_owned(),
        }
    }

    pub(super) fn not_flat() -> Self {
        Self {
            code: "not_flat",
            message: "came as a flat event and is not flat".to_owned(),
        }
    }

    pub(super) fn unflat(error: &FlattenError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }

    pub(super) fn rejected(&self, record: &Record, config: &kafka::Config) -> Rejected {
        let (value, value_encoding) = ValueEncoding::write(record.value());
        rejected(
            record.topic,
            &record.key,
            &record.headers,
            config,
            (self.code, &self.message),
            (value, value_encoding),
        )
    }
}

/// Replaces a record that its topic would not take.
pub(super) fn too_large(refused: Outgoing, bytes: usize, config: &kafka::Config) -> Outgoing {
    let mut head = refused.payload.unwrap_or_default();
    head.truncate(KEPT_BYTES_MAX);
    let value = String::from_utf8_lossy(&head).into_owned();
    let message = format!("record of {bytes} bytes is too large; its beginning is kept");
    let why = (TOO_LARGE, message.as_str());
    let rejected = rejected(
        Topic::Enriched,
        &refused.key,
        &refused.headers,
        config,
        why,
        (value, ValueEncoding::Text),
    );
    Outgoing {
        topic: Topic::Rejected,
        payload: Some(rejected.to_json()),
        ..refused
    }
}

fn rejected(
    topic: Topic,
    key: &[u8],
    headers: &RecordHeaders,
    config: &kafka::Config,
    (code, message): (&str, &str),
    (value, value_encoding): (String, ValueEncoding),
) -> Rejected {
    let read = Headers::from_pairs(headers).ok();
    let source = read.as_ref().map(|headers| headers.source.clone());
    Rejected {
        stage: STAGE.to_owned(),
        code: code.to_owned(),
        errors: vec![Fault {
            path: "$".to_owned(),
            rule: code.to_owned(),
            schema_version: None,
            message: message.to_owned(),
        }],
        event_uuid: read.as_ref().map_or_else(
            || identity::uuid_of_unreadable(source.as_deref().unwrap_or_default(), value.as_bytes()),
            |headers| headers.event_uuid,
        ),
        company_id: company_of(key),
        source,
        topic: Some(topic.name(config)),
        received_at: read.map(|headers| clock::rfc3339_micro(headers.received_at_micro)),
        value,
        value_encoding,
    }
}

/// The company of a key `company:object:id`.
fn company_of(key: &[u8]) -> Option<u64> {
    std::str::from_utf8(key).ok()?.split(':').next()?.parse().ok()
}
