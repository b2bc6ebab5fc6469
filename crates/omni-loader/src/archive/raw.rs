//! `raw_events`: what the collector accepted, byte for byte; of an erased person only that there was something.
use kafka::Record;
use template::{Row, Value};

use super::{Columns, Kept};
use crate::origin::Origin;

pub(super) const TABLE: &str = "raw_events";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("event_received_at", "DateTime64(6, 'UTC')"),
    ("event_uuid", "UUID"),
    ("event_kind", "String"),
    ("event_source", "String"),
    ("event_object", "String"),
    ("event_action", "String"),
    ("event_webhook_version", "UInt8"),
    ("event_attempt", "UInt32"),
    ("accept_instance", "String"),
    ("accept_boot", "String"),
    ("accept_number", "UInt64"),
    ("replay", "String"),
    ("event_origin", "String"),
    ("record_key", "String"),
    ("body", "String"),
];

pub(super) fn row<'a>(record: &'a Record, origin: &Origin<'a>, kept: Kept) -> Row<'a> {
    let headers = origin.headers.as_ref().ok();
    let accept = headers.and_then(|headers| headers.accept_seq);
    let version = headers
        .and_then(|headers| headers.webhook_version)
        .map_or(0, event::Version::number);
    let attempt = headers.and_then(|headers| headers.attempt).unwrap_or(0);
    let replay = headers.and_then(|headers| headers.replay).unwrap_or_default();
    vec![
        Value::UInt(origin.company_id.unwrap_or(0)),
        Value::Micro(origin.received_at_micro()),
        Value::Uuid(origin.event_uuid()),
        Value::text(origin.kind()),
        Value::text(origin.source()),
        Value::text(origin.object_word()),
        Value::text(origin.action_word()),
        Value::UInt(u64::from(version)),
        Value::UInt(u64::from(attempt)),
        Value::text(accept.map_or("", |accept| accept.instance)),
        Value::text(accept.map_or("", |accept| accept.boot)),
        Value::UInt(accept.map_or(0, |accept| accept.number)),
        Value::text(replay),
        Value::text(headers.and_then(|headers| headers.origin).unwrap_or_default()),
        Value::Text(record.key.as_slice().into()),
        Value::Text(kept.of_bytes(record.value()).into()),
    ]
}
