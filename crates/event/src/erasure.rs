//! A person who is to be forgotten: the order to do so, and what of a state says who the person is (DESIGN 10).
//!
//! Ids stay. A text that somebody wrote (a title, a note) may name anyone and is not searched.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Map;
use crate::change::Change;
use crate::document::Document;
use crate::entity::EntityId;
use crate::flat::key::CONTACT_ID;
use crate::flat::kind_of;

mod told;

pub use told::{points_to, state_tells_of, tells_of};

/// The object that can be erased.
pub const PERSON: &str = "person";
/// What stands in the place of a body that said who an erased person is.
pub const ERASED_BODY: &str = r#"{"erased":true}"#;

const PERSON_ID: &str = "person_id";
/// What a person's card has and no other's: lists of addresses or numbers.
const LISTS: [&str; 4] = ["email", "emails", "phone", "phones"];
/// Where a card has its id.
const IDS: [&str; 2] = ["id", "value"];
/// What a flat event says of its contact.
const OF_CONTACT: [&str; 2] = ["contact_", "email_validation_"];

/// Whether a flat key says who a contact is; its id alone does not.
pub fn is_of_contact(key: &str) -> bool {
    key != CONTACT_ID && OF_CONTACT.iter().any(|prefix| key.starts_with(prefix))
}

/// The value of a record of kind `erase`; its key says of which company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub person_id: u64,
    /// The person may come back from now on.
    pub lifted: bool,
}

#[derive(Serialize, Deserialize)]
struct Written {
    object: String,
    id: String,
    #[serde(default)]
    lifted: bool,
}

impl Erasure {
    /// `None` for what names no person.
    pub fn read(value: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(value).ok()?;
        let person_id = EntityId::parse(&written.id)?.as_u64()?;
        (written.object == PERSON).then_some(Self {
            person_id,
            lifted: written.lifted,
        })
    }

    /// The value for `omni.raw`.
    pub fn to_json(&self) -> Vec<u8> {
        let value = json!({"object": PERSON, "id": self.person_id.to_string(), "lifted": self.lifted});
        value.to_string().into_bytes()
    }
}

/// Takes out of a change of another entity all that says who an erased person is. True when there was something.
pub fn strip_change(change: &mut Change, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let whose = |state: &Option<Document>| state.as_ref()?.get(PERSON_ID).and_then(id_of);
    let (now, before) = (whose(&change.current), whose(&change.previous));
    let strip = |state: &mut Option<Document>, person: Option<u64>| {
        let Some(kept) = state else { return false };
        let mut map = kept.to_map();
        let found = strip_of(&mut map, person, is_erased);
        if found {
            *kept = map.into();
        }
        found
    };
    let of_current = strip(&mut change.current, now.or(before));
    strip(&mut change.previous, before.or(now)) || of_current
}

/// The same for a state.
pub fn strip(state: &mut Map, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let person = person_of(state);
    strip_of(state, person, is_erased)
}

/// The same for a whole body, wherever in it a state stands.
pub fn strip_body(body: &mut Map, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let mut found = false;
    for value in body.values_mut() {
        found |= match value {
            Value::Object(state) => strip(state, is_erased),
            other => strip_within(other, is_erased),
        };
    }
    found
}

/// The same for a flat event: only the id of its contact stays. What a tag container added may say who the contact is as well.
pub fn strip_flat(event: &mut Map, is_erased: &dyn Fn(u64) -> bool) -> bool {
    if !event.get(CONTACT_ID).and_then(id_of).is_some_and(is_erased) {
        return false;
    }
    let keys = event.len();
    event.retain(|key, _| kind_of(key).is_some() && !is_of_contact(key));
    event.len() < keys
}

fn strip_of(state: &mut Map, person: Option<u64>, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let mut found = false;
    if person.is_some_and(is_erased) {
        found |= bare_id(state);
        let fields = state.len();
        state.retain(|key, _| key == PERSON_ID || !(key == PERSON || key.starts_with("person_")));
        found |= state.len() < fields;
    }
    strip_each(state.values_mut(), is_erased) || found
}

/// Cards of a person, and entries of lists of persons, at any depth.
fn strip_within(value: &mut Value, is_erased: &dyn Fn(u64) -> bool) -> bool {
    match value {
        Value::Array(items) => strip_each(items, is_erased),
        Value::Object(map) => {
            let own = strip_card(map, is_erased);
            strip_each(map.values_mut(), is_erased) || own
        }
        _ => false,
    }
}

/// All of them, whichever is found first.
fn strip_each<'v>(values: impl IntoIterator<Item = &'v mut Value>, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let found = values
        .into_iter()
        .filter_map(|value| strip_within(value, is_erased).then_some(()));
    found.count() > 0
}

fn strip_card(map: &mut Map, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let fields = map.len();
    let is_card = LISTS.iter().any(|key| map.get(*key).is_some_and(Value::is_array));
    let own = IDS.iter().find_map(|key| map.get(*key).and_then(id_of));
    if is_card && own.is_some_and(is_erased) {
        map.retain(|key, _| IDS.contains(&key.as_str()));
    } else if person_of(map).is_some_and(is_erased) {
        let is_reduced = bare_id(map);
        map.retain(|key, value| {
            key == PERSON_ID || value.is_number() || value.is_boolean() || value.is_null()
        });
        return is_reduced || map.len() < fields;
    }
    map.len() < fields
}

/// `{"value": 5, "name": ".."}` becomes `5`.
fn bare_id(map: &mut Map) -> bool {
    let Some(value) = map.get_mut(PERSON_ID).filter(|value| value.is_object()) else {
        return false;
    };
    *value = EntityId::from_value(value).map_or(Value::Null, |id| id.to_json());
    true
}

fn person_of(map: &Map) -> Option<u64> {
    map.get(PERSON_ID).and_then(id_of)
}

fn id_of(value: &Value) -> Option<u64> {
    EntityId::from_value(value)?.as_u64()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn map(value: Value) -> Map {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn stripped(state: Value) -> (bool, Value) {
        let mut state = map(state);
        let found = strip(&mut state, &|id| id == 17);
        (found, Value::Object(state))
    }

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for lifted in [false, true] {
            let erasure = Erasure {
                person_id: 17,
                lifted,
            };
            assert_eq!(Erasure::read(&erasure.to_json()), Some(erasure));
        }
        let bare = br#"{"object":"person","id":"17"}"#;
        assert!(!Erasure::read(bare).unwrap().lifted);
        let bad: [&[u8]; 4] = [
            b"",
            b"{}",
            br#"{"object":"deal","id":"17"}"#,
            br#"{"object":"person","id":"x"}"#,
        ];
        for value in bad {
            assert_eq!(Erasure::read(value), None);
        }
    }

    #[test]
    fn of_a_deal_the_persons_id_stays_alone() {
        let v1 = json!({
            "id": 1, "title": "t", "value": 5, "person_name": "Runa Dahl", "org_name": "Fjeld",
            "person_id": {"name": "Runa Dahl", "email": [{"value": "runa@example.com"}], "value": 17},
            "user_id": {"id": 17, "name": "Ada", "email": "ada@example.com"},
        });
        let expected = json!({
            "id": 1, "title": "t", "value": 5, "person_id": 17, "org_name": "Fjeld",
            "user_id": {"id": 17, "name": "Ada", "email": "ada@example.com"},
        });
        assert_eq!(stripped(v1), (true, expected));
        let bare = json!({"id": 1, "person_id": 17});
        assert_eq!(stripped(bare.clone()), (false, bare));
        let others = json!({"id": 17, "person_id": 5, "person_name": "Ole"});
        assert_eq!(stripped(others.clone()), (false, others));
    }

    #[test]
    fn cards_and_entries_of_lists_are_found_at_any_depth() {
        let activity = json!({
            "person_id": 5, "person_name": "Ole",
            "participants": [{"person_id": 17, "primary_flag": true, "name": "Runa"}, {"person_id": 5, "name": "Ole"}],
            "attendees": [{"person_id": 17, "email_address": "runa@example.com", "is_organizer": 0}],
            "custom_fields": {"f": {"value": 17, "name": "Runa", "email": [{"value": "runa@example.com"}]}},
        });
        let expected = json!({
            "person_id": 5, "person_name": "Ole",
            "participants": [{"person_id": 17, "primary_flag": true}, {"person_id": 5, "name": "Ole"}],
            "attendees": [{"person_id": 17, "is_organizer": 0}],
            "custom_fields": {"f": {"value": 17}},
        });
        assert_eq!(stripped(activity), (true, expected));
    }

    #[test]
    fn a_change_tells_neither_state_of_it() {
        let body = json!({"v": 1,
            "meta": {"action": "updated", "object": "deal", "id": 1, "company_id": 7, "user_id": 1, "timestamp": 1},
            "current": {"id": 1, "person_id": 17, "person_name": "Runa"},
            "previous": {"id": 1, "person_name": "Runa D"}});
        let mut change = Change::from_webhook(body.to_string().as_bytes()).unwrap();
        let uuid = change.uuid;
        assert!(strip_change(&mut change, &|id| id == 17));
        assert!(!format!("{change:?}").contains("Runa"));
        assert_eq!(change.uuid, uuid);
        assert!(!strip_change(&mut change, &|id| id == 17));
        let mut body = map(body);
        assert!(strip_body(&mut body, &|id| id == 17));
    }

    #[test]
    fn of_a_flat_event_the_contacts_id_stays_alone() {
        let event = json!({"contact_id": 17, "contact_email": "a", "email_validation_status": "b", "deal_value": 1, "user_data": {}});
        let mut event = map(event);
        assert!(!strip_flat(&mut event, &|id| id == 5));
        assert!(strip_flat(&mut event, &|id| id == 17));
        assert_eq!(Value::Object(event), json!({"contact_id": 17, "deal_value": 1}));
    }
}
