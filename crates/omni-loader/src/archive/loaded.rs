//! `load_batches`: one row a batch that was inserted, from its notice.
use event::moment;
use kafka::Record;
use template::{Row, Value};

use super::Columns;
use crate::notice::{ARCHIVE, Notice};

pub(super) const TABLE: &str = "load_batches";
pub(super) const COLUMNS: Columns = &[
    ("batch", "String"),
    ("template", "String"),
    ("table", "String"),
    ("partition", "UInt32"),
    ("first_offset", "UInt64"),
    ("last_offset", "UInt64"),
    ("rows", "UInt64"),
    ("rejected", "UInt64"),
    ("bytes", "UInt64"),
    ("companies", "Array(UInt64)"),
    ("event_time_max", "Nullable(DateTime64(6, 'UTC'))"),
    ("received_at_min", "Nullable(DateTime64(6, 'UTC'))"),
    ("received_at_max", "Nullable(DateTime64(6, 'UTC'))"),
    ("heartbeat_at", "Nullable(DateTime64(6, 'UTC'))"),
    ("insert_seconds", "Float64"),
    ("batch_loaded_at", "DateTime64(6, 'UTC')"),
];

/// `None` for what is no notice, and for this table's own: it would beget another for ever.
pub(super) fn row(record: &Record) -> Option<Row<'static>> {
    let notice: Notice = serde_json::from_slice(record.value()).ok()?;
    if notice.template == ARCHIVE && notice.tables.iter().any(|table| table == TABLE) {
        return None;
    }
    let time = |text: &Option<String>| {
        text.as_deref()
            .and_then(moment::parse)
            .map_or(Value::Null, Value::Micro)
    };
    let loaded_at = moment::parse(&notice.loaded_at).unwrap_or(record.timestamp_ms.saturating_mul(1_000));
    Some(vec![
        Value::owned(notice.batch),
        Value::owned(notice.template),
        Value::owned(notice.tables.into_iter().next().unwrap_or_default()),
        Value::UInt(u64::from(notice.partition.unsigned_abs())),
        Value::UInt(notice.first_offset.unsigned_abs()),
        Value::UInt(notice.last_offset.unsigned_abs()),
        Value::UInt(notice.rows),
        Value::UInt(notice.rejected),
        Value::UInt(notice.bytes),
        Value::List(notice.companies.into_iter().map(Value::UInt).collect()),
        time(&notice.event_time_max),
        time(&notice.received_at_min),
        time(&notice.received_at_max),
        time(&notice.heartbeat_at),
        Value::Float(notice.insert_seconds),
        Value::Micro(loaded_at),
    ])
}
