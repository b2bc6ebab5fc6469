//! What an event is called at a destination: the first name whose condition it meets. Where there are names, an event that
//! has none is not for the destination.

use event::Map;
use event::rule::FlatRule;
use serde::{Deserialize, Serialize};

/// `[[destination.<name>.events]]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The platform's name for it.
    pub name: String,
    /// Which events are meant, an expression over the flat event.
    pub when: FlatRule,
    /// Takes back what was told under this name of the same entity, where the platform knows how: a deal that was won and is
    /// lost now.
    #[serde(default)]
    pub retract: bool,
}

/// The names of a destination, in the order they are looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming(Vec<Named>);

impl Naming {
    pub(crate) fn new(names: Vec<Named>) -> Self {
        Self(names)
    }

    /// Whether every event is for the destination.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name whose condition the event meets; one that cannot be decided is not met.
    pub(crate) fn of(&self, flat: &Map) -> Option<&Named> {
        self.0.iter().find(|named| named.when.holds(flat) == Ok(true))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|named| named.name.as_str())
    }

    pub(crate) fn retracts(&self) -> bool {
        self.0.iter().any(|named| named.retract)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_name_that_fits_is_an_events_name() {
        let named = |name: &str, when: &str| Named {
            name: name.to_owned(),
            when: when.parse().unwrap(),
            retract: false,
        };
        let naming = Naming::new(vec![
            named("Undecided", "contact_id > 1"),
            named("Purchase", "deal_status == 'won'"),
            named("Lead", "event_object == 'deal'"),
        ]);
        let of = |flat: serde_json::Value| {
            let named = naming.of(flat.as_object().unwrap());
            named.map(|named| named.name.clone())
        };
        assert_eq!(
            of(json!({"deal_status": "won", "event_object": "deal"})).unwrap(),
            "Purchase"
        );
        assert_eq!(of(json!({"event_object": "deal"})).unwrap(), "Lead");
        assert_eq!(of(json!({"event_object": "note"})), None);
    }
}
