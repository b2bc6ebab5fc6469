//! `filtered_events`: what a rule left out, and which rule.
use event::outcome::Filtered;
use kafka::Record;
use template::{Row, Value};

use super::Columns;
use crate::origin::Origin;

pub(super) const TABLE: &str = "filtered_events";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("filtered_at", "DateTime64(6, 'UTC')"),
    ("event_uuid", "UUID"),
    ("event_kind", "String"),
    ("event_source", "String"),
    ("event_object", "String"),
    ("event_action", "String"),
    ("event_received_at", "DateTime64(6, 'UTC')"),
    ("stage", "String"),
    ("rule", "String"),
    ("record", "String"),
];

pub(super) fn row<'a>(record: &'a Record, origin: &Origin<'a>) -> Row<'a> {
    let filtered = Filtered::from_json(record.value()).ok();
    let company = filtered
        .as_ref()
        .and_then(|filtered| filtered.company_id)
        .or(origin.company_id);
    let text = |read: fn(&Filtered) -> &str| {
        Value::owned(filtered.as_ref().map(read).unwrap_or_default().to_owned())
    };
    vec![
        Value::UInt(company.unwrap_or(0)),
        Value::Micro(origin.written_at_micro()),
        Value::Uuid(
            filtered
                .as_ref()
                .map_or_else(|| origin.event_uuid(), |filtered| filtered.event_uuid),
        ),
        Value::text(origin.kind()),
        Value::text(origin.source()),
        Value::text(origin.object_word()),
        Value::text(origin.action_word()),
        Value::Micro(origin.received_at_micro()),
        text(|filtered| &filtered.stage),
        text(|filtered| &filtered.rule),
        Value::Text(record.value().into()),
    ]
}
