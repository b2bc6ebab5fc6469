//! Puts an event into the shape of the flat event: its closed list of keys (`event::flat`), and flat values alone.
//!
//! Renames first, then the list, then constants, which win. Whether a value fits its key is for `/events/flat` to say,
//! with a reason; here only leaves what could not be an event's field at all.

use std::collections::{BTreeMap, BTreeSet};

use event::flat::kind_of;
use serde_json::{Map, Value};

/// Keys that are named in an answer; more are left out all the same.
const NAMED_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 80;

/// How events are put into shape.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Names in the payload, with their names in the flat event.
    pub(crate) rename: BTreeMap<String, String>,
    /// Keys that every event gets.
    pub(crate) constants: BTreeMap<String, Value>,
}

/// Names of keys that were left out, of all events of an invocation; the first [`NAMED_MAX`] of them.
#[derive(Debug, Default)]
pub(crate) struct LeftOut(BTreeSet<String>);

/// Whether a value may stand in a flat event: a scalar, or a list of scalars.
pub(crate) fn is_flat(value: &Value) -> bool {
    let is_scalar = |value: &Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
    match value {
        Value::Array(items) => items.iter().all(is_scalar),
        other => is_scalar(other),
    }
}

impl Shape {
    /// The event in the shape that Omni takes. `None` when it has no key of a flat event.
    pub(crate) fn restructure(
        &self,
        event: Map<String, Value>,
        left_out: &mut LeftOut,
    ) -> Option<Map<String, Value>> {
        let mut flat = Map::new();
        let mut renamed = Map::new();
        for (name, value) in event {
            let (room, name) = match self.rename.get(&name) {
                Some(to) => (&mut renamed, to.clone()),
                None => (&mut flat, name),
            };
            if kind_of(&name).is_some() && is_flat(&value) {
                room.insert(name, value);
            } else if !value.is_null() {
                left_out.note(&name);
            }
        }
        flat.extend(renamed);
        if flat.is_empty() {
            return None;
        }
        flat.extend(self.constants.clone());
        Some(flat)
    }
}

impl LeftOut {
    fn note(&mut self, name: &str) {
        if self.0.len() < NAMED_MAX {
            self.0.insert(name.chars().take(NAME_CHARS_MAX).collect());
        }
    }

    pub(crate) fn into_names(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
