//! What every row carries beside its template's fields: who, which event, in which order, when.
use event::flat::key::{
    EVENT_COMPANY_ID, EVENT_RECEIVED_AT, EVENT_REVISION, EVENT_TIMESTAMP_MICRO, EVENT_UUID, EVENT_VER,
};
use event::identity::REVISION_MAX;
use uuid::Uuid;

use super::scalar::micro_of;
use crate::Violation;
use crate::plan::Leaf;

/// The flat keys it is read from.
pub(crate) const KEYS: [&str; 6] = [
    EVENT_COMPANY_ID,
    EVENT_UUID,
    EVENT_VER,
    EVENT_REVISION,
    EVENT_TIMESTAMP_MICRO,
    EVENT_RECEIVED_AT,
];

/// Identity, order, and times of one flat event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    pub company_id: u64,
    pub uuid: Uuid,
    pub ver: u64,
    pub revision: u8,
    pub time_micro: i64,
    pub received_at_micro: i64,
}

impl Envelope {
    /// Reads it from a flat event's fields; all that is missing or wrong, not only the first.
    pub(crate) fn read<'a>(
        get: impl Fn(&str) -> Option<Leaf<'a>>,
        schema_version: &str,
    ) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut read = Reader {
            get,
            violations: &mut violations,
            schema_version,
        };
        let envelope = Self {
            company_id: read.field(EVENT_COMPANY_ID, "a whole number", Leaf::as_whole),
            uuid: read.field(EVENT_UUID, "a UUID", |value| {
                Uuid::parse_str(value.as_text()?).ok()
            }),
            ver: read.field(EVENT_VER, "a string of digits", |value| {
                value.as_text()?.parse().ok()
            }),
            revision: read.field(EVENT_REVISION, "a whole number from 0 to 15", |value| {
                value.as_whole().filter(|revision| *revision <= REVISION_MAX)
            }),
            time_micro: read.field(
                EVENT_TIMESTAMP_MICRO,
                "microseconds since 1970, before 2300",
                |value| {
                    value
                        .as_whole()
                        .filter(|micro| super::scalar::MICRO_HELD.contains(micro))
                },
            ),
            received_at_micro: read.field(EVENT_RECEIVED_AT, "an RFC 3339 time", |value| {
                micro_of(value.as_text()?).ok()
            }),
        };
        if violations.is_empty() {
            Ok(envelope)
        } else {
            Err(violations)
        }
    }
}

struct Reader<'a, G> {
    get: G,
    violations: &'a mut Vec<Violation>,
    schema_version: &'a str,
}

impl<'a, G: Fn(&str) -> Option<Leaf<'a>>> Reader<'_, G> {
    fn field<T: Default>(&mut self, key: &str, wanted: &str, read: impl Fn(Leaf<'a>) -> Option<T>) -> T {
        let (rule, value) = match (self.get)(key) {
            None => ("required", None),
            Some(value) => ("envelope", read(value)),
        };
        value.unwrap_or_else(|| {
            let message = format!("{key} must be {wanted}");
            self.violations.push(Violation::new(
                format!("$.{key}"),
                rule,
                message,
                self.schema_version,
            ));
            T::default()
        })
    }
}
