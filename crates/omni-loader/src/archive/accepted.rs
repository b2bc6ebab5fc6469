//! `accepted_counts`: what each collector says it accepted, from its heartbeats.
use kafka::Record;
use serde::Deserialize;
use template::{Row, Value};

use super::Columns;
use crate::origin::Origin;

pub(super) const TABLE: &str = "accepted_counts";
pub(super) const COLUMNS: Columns = &[
    ("instance", "String"),
    ("boot", "String"),
    ("source", "String"),
    ("minute", "DateTime('UTC')"),
    ("accepted", "UInt64"),
    ("rejected", "UInt64"),
    ("last_number", "UInt64"),
    ("unanswered", "Array(String)"),
    ("heartbeat_at", "DateTime64(6, 'UTC')"),
];

/// The value of a heartbeat.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Beat {
    instance: String,
    boot: String,
    last: u64,
    counts: Vec<Count>,
    unanswered: Vec<(u64, u64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Count {
    source: String,
    minute: String,
    accepted: u64,
    rejected: u64,
}

/// One row a source and minute; a heartbeat that cannot be read has none.
pub(super) fn rows(record: &Record, origin: &Origin<'_>) -> Vec<Row<'static>> {
    let Ok(beat) = serde_json::from_slice::<Beat>(record.value()) else {
        tracing::warn!(
            kafka.partition = record.partition,
            kafka.offset = record.offset,
            "heartbeat cannot be read"
        );
        return Vec::new();
    };
    let row = |count: Count| {
        let minute = event::moment::parse(&count.minute)?;
        let unanswered = beat
            .unanswered
            .iter()
            .map(|(first, last)| Value::owned(format!("{first}-{last}")));
        Some(vec![
            Value::owned(beat.instance.clone()),
            Value::owned(beat.boot.clone()),
            Value::owned(count.source),
            Value::Micro(minute),
            Value::UInt(count.accepted),
            Value::UInt(count.rejected),
            Value::UInt(beat.last),
            Value::List(unanswered.collect()),
            Value::Micro(origin.received_at_micro()),
        ])
    };
    beat.counts.into_iter().filter_map(row).collect()
}
