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
    ("record_key", "String"),
    ("body", "String"),
];

pub(super) fn row<'a>(record: &'a Record, origin: &Origin, kept: Kept) -> Row<'a> {
    let headers = origin.headers.as_ref().ok();
    let accept = headers.and_then(|headers| headers.accept_seq.as_ref());
    let version = headers
        .and_then(|headers| headers.webhook_version)
        .map_or(0, event::Version::number);
    let attempt = headers.and_then(|headers| headers.attempt).unwrap_or(0);
    let replay = headers
        .and_then(|headers| headers.replay.clone())
        .unwrap_or_default();
    vec![
        Value::UInt(origin.company_id.unwrap_or(0)),
        Value::Micro(origin.received_at_micro()),
        Value::Uuid(origin.event_uuid()),
        Value::owned(origin.kind().to_owned()),
        Value::owned(origin.source().to_owned()),
        Value::owned(origin.object_word().to_owned()),
        Value::owned(origin.action_word().to_owned()),
        Value::UInt(u64::from(version)),
        Value::UInt(u64::from(attempt)),
        Value::owned(accept.map(|accept| accept.instance.clone()).unwrap_or_default()),
        Value::owned(accept.map(|accept| accept.boot.clone()).unwrap_or_default()),
        Value::UInt(accept.map_or(0, |accept| accept.number)),
        Value::owned(replay),
        Value::Text(record.key.as_slice().into()),
        Value::Text(kept.of_bytes(record.value()).into()),
    ]
}
