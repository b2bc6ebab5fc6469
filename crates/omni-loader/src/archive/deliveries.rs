//! `deliveries`: what was sent to which destination, and how it ended.
use kafka::Record;
use serde::Deserialize;
use template::{Row, Value};
use uuid::Uuid;

use super::Columns;
use crate::origin::Origin;

const MS_PER_SECOND: f64 = 1_000.0;
/// Longer is no word.
const REASON_BYTES_MAX: usize = 40;

pub(super) const TABLE: &str = "deliveries";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("delivered_at", "DateTime64(6, 'UTC')"),
    ("destination", "String"),
    ("event_uuid", "UUID"),
    ("outcome", "String"),
    ("reason", "String"),
    ("status", "UInt16"),
    ("attempt", "UInt32"),
    ("duration_seconds", "Float64"),
    ("record", "String"),
];

/// The value of `omni.deliveries`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delivery {
    destination: String,
    event_uuid: Option<Uuid>,
    outcome: String,
    reason: String,
    status: Option<u16>,
    attempt: u32,
    duration_ms: u64,
}

pub(super) fn row<'a>(record: &'a Record, origin: &Origin<'_>) -> Row<'a> {
    let delivery: Delivery = serde_json::from_slice(record.value()).unwrap_or_default();
    vec![
        Value::UInt(origin.company_id.unwrap_or(0)),
        Value::Micro(origin.written_at_micro()),
        Value::owned(delivery.destination),
        Value::Uuid(delivery.event_uuid.unwrap_or_else(|| origin.event_uuid())),
        Value::owned(delivery.outcome),
        Value::owned(word(delivery.reason)),
        Value::UInt(u64::from(delivery.status.unwrap_or(0))),
        Value::UInt(u64::from(delivery.attempt)),
        Value::Float(delivery.duration_ms as f64 / MS_PER_SECOND),
        Value::Text(record.value().into()),
    ]
}

/// A reason as it is where it is a word of ours. Else nothing: the column is shown to everybody, and who wrote a sentence may
/// have told of a person.
fn word(reason: String) -> String {
    let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if reason.len() <= REASON_BYTES_MAX && reason.bytes().all(is_ours) {
        reason
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_word_or_nothing() {
        for reason in ["too_old", "refused", ""] {
            assert_eq!(word(reason.to_owned()), reason);
        }
        for reason in ["runa@example.com", "No such person", &"a".repeat(41)] {
            assert_eq!(word(reason.to_owned()), "", "{reason}");
        }
    }
}
