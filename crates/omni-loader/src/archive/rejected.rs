//! `rejected_events`: what was quarantined, why, and the value refused.
use event::outcome::{Fault, Rejected};
use kafka::Record;
use template::{Row, Value};

use super::{Columns, Kept};
use crate::origin::Origin;

pub(super) const TABLE: &str = "rejected_events";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("rejected_at", "DateTime64(6, 'UTC')"),
    ("event_uuid", "UUID"),
    ("event_kind", "String"),
    ("event_source", "String"),
    ("event_object", "String"),
    ("event_action", "String"),
    ("event_received_at", "DateTime64(6, 'UTC')"),
    ("accept_instance", "String"),
    ("accept_boot", "String"),
    ("accept_number", "UInt64"),
    ("stage", "String"),
    ("code", "String"),
    ("error_paths", "Array(String)"),
    ("error_rules", "Array(String)"),
    ("error_schema_versions", "Array(String)"),
    ("error_messages", "Array(String)"),
    ("value", "String"),
    ("record", "String"),
];

pub(super) fn row<'a>(record: &'a Record, origin: &Origin<'a>, kept: Kept) -> Row<'a> {
    let rejected = Rejected::from_json(record.value()).ok();
    let accept = origin
        .headers
        .as_ref()
        .ok()
        .and_then(|headers| headers.accept_seq);
    let company = rejected
        .as_ref()
        .and_then(|rejected| rejected.company_id)
        .or(origin.company_id);
    let text = |read: fn(&Rejected) -> &str| {
        Value::owned(rejected.as_ref().map(read).unwrap_or_default().to_owned())
    };
    let faults = |read: fn(&Fault) -> &str| {
        let errors = rejected.iter().flat_map(|rejected| &rejected.errors);
        Value::List(errors.map(|fault| Value::owned(read(fault).to_owned())).collect())
    };
    let value = rejected
        .as_ref()
        .and_then(Rejected::refused_bytes)
        .unwrap_or_default();
    vec![
        Value::UInt(company.unwrap_or(0)),
        Value::Micro(origin.written_at_micro()),
        Value::Uuid(
            rejected
                .as_ref()
                .map_or_else(|| origin.event_uuid(), |rejected| rejected.event_uuid),
        ),
        Value::text(origin.kind()),
        Value::text(origin.source()),
        Value::text(origin.object_word()),
        Value::text(origin.action_word()),
        Value::Micro(origin.received_at_micro()),
        Value::text(accept.map_or("", |accept| accept.instance)),
        Value::text(accept.map_or("", |accept| accept.boot)),
        Value::UInt(accept.map_or(0, |accept| accept.number)),
        text(|rejected| &rejected.stage),
        text(|rejected| &rejected.code),
        faults(|fault| &fault.path),
        faults(|fault| &fault.rule),
        faults(|fault| fault.schema_version.as_deref().unwrap_or_default()),
        faults(|fault| &fault.message),
        Value::Text(kept.of_owned(value).into()),
        Value::Text(kept.of_bytes(record.value()).into()),
    ]
}
