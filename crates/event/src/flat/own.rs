//! Whose a flat event is, read off the event itself; what of it is ours, and whether it comes late.
//!
//! Whoever carried it may have added keys of its own (a tag container does): they are no part of the event.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{key, kind_of};
use crate::change::Change;
use crate::entity::{EntityId, Object, is_word};
use crate::outcome::Fault;
use crate::{Map, identity};

/// An event that was enriched longer ago than this when it came may be one whose identity the enricher has let go of: it
/// keeps those of a day.
pub const LATE_AFTER: Duration = Duration::from_hours(20);

/// Whose a flat event is, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatEvent {
    pub uuid: Uuid,
    pub company_id: u64,
    pub object: Object,
    pub id: EntityId,
}

impl FlatEvent {
    /// Whose a change is.
    pub fn of(change: &Change) -> Self {
        Self {
            uuid: change.uuid,
            company_id: change.company_id,
            object: change.object.clone(),
            id: change.id.clone(),
        }
    }

    /// Reads it off the event's keys.
    ///
    /// # Errors
    /// Every key of the four that is missing or cannot be used; never its value.
    pub fn read(event: &Map) -> Result<Self, Vec<Fault>> {
        let text = |key: &str| event.get(key).and_then(Value::as_str);
        let id = |key: &str| {
            let value = event.get(key).filter(|value| !value.is_object());
            value.and_then(EntityId::from_value)
        };
        let uuid = text(key::EVENT_UUID).and_then(|text| Uuid::try_parse(text).ok());
        let uuid = uuid.filter(identity::is_usable);
        let company_id = id(key::EVENT_COMPANY_ID).and_then(|id| id.as_u64());
        let object = text(key::EVENT_OBJECT).filter(|word| is_word(word));
        match (uuid, company_id, object, id(key::EVENT_ID)) {
            (Some(uuid), Some(company_id), Some(object), Some(id)) => Ok(Self {
                uuid,
                company_id,
                object: object.into(),
                id,
            }),
            (uuid, company_id, object, id) => {
                let read = [
                    (key::EVENT_UUID, uuid.is_some()),
                    (key::EVENT_COMPANY_ID, company_id.is_some()),
                    (key::EVENT_OBJECT, object.is_some()),
                    (key::EVENT_ID, id.is_some()),
                ];
                let lacking = read.into_iter().filter(|(_, is_read)| !is_read);
                Err(lacking.map(|(key, _)| lacks(key)).collect())
            }
        }
    }
}

/// Takes out the keys that are none of a flat event; true when there were some.
pub fn strip_foreign(event: &mut Map) -> bool {
    let keys = event.len();
    event.retain(|key, _| kind_of(key).is_some());
    event.len() < keys
}

/// Whether an event was enriched longer before it came than [`LATE_AFTER`]; both in microseconds since 1970.
pub const fn is_late(enriched_at_micro: i64, received_at_micro: i64) -> bool {
    received_at_micro - enriched_at_micro > LATE_AFTER.as_micros() as i64
}

fn lacks(key: &str) -> Fault {
    Fault {
        path: format!("$.{key}"),
        rule: "flat".to_owned(),
        schema_version: None,
        message: "is missing or cannot be used".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn good() -> Map {
        map(json!({
            "event_uuid": Uuid::from_u128(4), "event_company_id": 7, "event_object": "deal", "event_id": 31, "deal_value": 1.5
        }))
    }

    #[test]
    fn an_event_says_whose_it_is() {
        let expected = FlatEvent {
            uuid: Uuid::from_u128(4),
            company_id: 7,
            object: Object::Deal,
            id: EntityId::from(31),
        };
        assert_eq!(FlatEvent::read(&good()), Ok(expected));
    }

    #[test]
    fn every_key_that_cannot_be_used_is_named_and_no_value() {
        for (key, bad) in [
            ("event_uuid", json!("no-id")),
            ("event_uuid", json!(Uuid::nil())),
            ("event_uuid", json!(Uuid::max())),
            ("event_company_id", json!("x-y")),
            ("event_company_id", json!(-1)),
            ("event_object", json!("a:b")),
            ("event_id", json!(true)),
            ("event_id", json!({"id": 31})),
        ] {
            let mut event = good();
            event.insert(key.to_owned(), bad);
            let faults = FlatEvent::read(&event).unwrap_err();
            let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(paths, [format!("$.{key}")]);
        }
        assert_eq!(FlatEvent::read(&Map::new()).unwrap_err().len(), 4);
    }

    #[test]
    fn what_a_carrier_added_is_taken_out_and_nothing_else() {
        let mut event = good();
        assert!(!strip_foreign(&mut event));
        event.insert("client_id".to_owned(), json!("dcid.1.2.3"));
        event.insert("user_data".to_owned(), json!({"email": null}));
        event.insert("deal_custom_budget".to_owned(), json!([1, "a"]));
        assert!(strip_foreign(&mut event));
        let mut expected = good();
        expected.insert("deal_custom_budget".to_owned(), json!([1, "a"]));
        assert_eq!(event, expected);
    }

    #[test]
    fn an_event_is_late_after_twenty_hours() {
        let enriched_at = 1_770_000_000_000_000;
        let hours = |hours: i64| enriched_at + hours * 3_600_000_000;
        assert!(!is_late(enriched_at, hours(20)) && is_late(enriched_at, hours(20) + 1));
        assert!(!is_late(enriched_at, hours(-1)));
    }
}
