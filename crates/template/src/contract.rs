//! The contract of flat events that come from outside: `schemas/flat.schema.json`, and what no schema can say of them.
//!
//! Keys that are none of a flat event are passed over: whoever carried it may have added them. What passes is an event that the
//! stages behind will take, whatever template is for it.
use event::flat::{self, FlatEvent, key};
use event::{Action, Map, moment};
use serde_json::Value;

use crate::plan::Leaf;
use crate::template::NotTaken;
use crate::{Envelope, LoadError, Schema, Violation};

#[cfg(test)]
mod tests;

const TEXT: &str = include_str!("../../../schemas/flat.schema.json");
/// As violations name it.
const VERSION: &str = "flat";

/// What an event must be.
#[derive(Debug)]
pub struct Contract(Schema);

/// What is known of a flat event that keeps the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub event: FlatEvent,
    pub action: Action,
    /// Microseconds since 1970.
    pub enriched_at_micro: i64,
}

impl Kept {
    /// Whether it was enriched so long before it came that nobody may remember it.
    pub const fn is_late(&self, received_at_micro: i64) -> bool {
        flat::is_late(self.enriched_at_micro, received_at_micro)
    }
}

impl Contract {
    /// The contract of flat events.
    ///
    /// # Errors
    /// [`LoadError`], never with the schema that is built in.
    pub fn flat() -> Result<Self, LoadError> {
        Schema::compile("schemas/flat.schema.json", TEXT, VERSION).map(Self)
    }

    /// Judges an event by its bytes.
    ///
    /// # Errors
    /// [`NotTaken::NotJson`] for what is no JSON object, else all that is wrong: by the schema first, and by what no schema
    /// says once that is kept.
    pub fn read(&self, bytes: &[u8]) -> Result<Kept, NotTaken> {
        let event = serde_json::from_slice(bytes).map_err(|_| NotTaken::NotJson)?;
        let fields = self.0.validate(event).map_err(NotTaken::Violations)?;
        sense(fields.fields()).map_err(NotTaken::Violations)
    }
}

/// What identity, order and tenancy ask beyond the schema.
fn sense(fields: &Map) -> Result<Kept, Vec<Violation>> {
    let mut found = Found {
        violations: Envelope::read(|key| fields.get(key).map(Leaf::from), VERSION)
            .err()
            .unwrap_or_default(),
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let event = FlatEvent::read(fields).map_err(|faults| {
        for fault in faults {
            found.add(&fault.path, &fault.message);
        }
    });
    let action = text(key::EVENT_ACTION)
        .and_then(|word| Action::from_word(word).filter(|action| action.as_str() == word));
    if action.is_none() {
        found.add(
            &format!("$.{}", key::EVENT_ACTION),
            "must be added, updated, deleted or merged",
        );
    }
    let enriched_at_micro = text(key::EVENT_ENRICHED_AT).and_then(moment::parse);
    if enriched_at_micro.is_none() {
        found.add(
            &format!("$.{}", key::EVENT_ENRICHED_AT),
            "must be an RFC 3339 time",
        );
    }
    match (event, action, enriched_at_micro) {
        (Ok(event), Some(action), Some(enriched_at_micro)) if found.violations.is_empty() => Ok(Kept {
            event,
            action,
            enriched_at_micro,
        }),
        _ => Err(found.violations),
    }
}

/// Violations, one a path.
struct Found {
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, path: &str, message: &str) {
        if self.violations.iter().all(|known| known.path != path) {
            self.violations
                .push(Violation::new(path, "envelope", message, VERSION));
        }
    }
}
