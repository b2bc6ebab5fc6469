//! `deliveries`: what was sent to which destination, and how it ended.
use kafka::Record;
use serde::Deserialize;
use template::{Row, Value};
use uuid::Uuid;

use super::Columns;
use crate::origin::Origin;

const MS_PER_SECOND: f64 = 1_000.0;

pub(super) const TABLE: &str = "deliveries";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("delivered_at", "DateTime64(6, 'UTC')"),
    ("destination", "String"),
    ("event_uuid", "UUID"),
    ("outcome", "String"),
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
        Value::UInt(u64::from(delivery.status.unwrap_or(0))),
        Value::UInt(u64::from(delivery.attempt)),
        Value::Float(delivery.duration_ms as f64 / MS_PER_SECOND),
        Value::Text(record.value().into()),
    ]
}
