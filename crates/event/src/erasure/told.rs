//! Which kept values say who an erased person is: bodies as received, refused values, flat events.

use serde_json::Value;

use super::{ERASED_BODY, PERSON, id_of, person_of, strip, strip_body, strip_flat};
use crate::Map;
use crate::entity::EntityId;
use crate::flat::key::{CONTACT_ID, EVENT_ID, EVENT_OBJECT};

/// Whether a value says who an erased person is: the person's own (`key` is its record's, `company:object:id`, or the value
/// itself says whose it is), or another's that tells of it.
pub fn tells_of(key: &str, value: &[u8], is_erased: &dyn Fn(u64) -> bool) -> bool {
    if value == ERASED_BODY.as_bytes() {
        return false;
    }
    if own_id(key).is_some_and(is_erased) {
        return true;
    }
    let Ok(mut body) = serde_json::from_slice::<Map>(value) else {
        return false;
    };
    subject_of(&body).is_some_and(is_erased)
        || contact_of(&body).is_some_and(is_erased)
        || strip_flat(&mut body, is_erased)
        || strip_body(&mut body, is_erased)
}

/// Whether the last known state of another entity says who an erased person is.
pub fn state_tells_of(state: &str, is_erased: &dyn Fn(u64) -> bool) -> bool {
    let state = serde_json::from_str::<Map>(state);
    state.is_ok_and(|mut state| strip(&mut state, is_erased))
}

/// Whether a body is of an entity that has this person as its contact, whether or not it says more than the id.
pub fn points_to(value: &[u8], person_id: u64) -> bool {
    let Ok(body) = serde_json::from_slice::<Map>(value) else {
        return false;
    };
    let mut states = body.values().filter_map(Value::as_object);
    let is_contact = body.get(CONTACT_ID).and_then(id_of) == Some(person_id);
    is_contact || states.any(|state| person_of(state) == Some(person_id))
}

fn own_id(key: &str) -> Option<u64> {
    let mut parts = key.splitn(3, ':').skip(1);
    (parts.next()? == PERSON).then_some(())?;
    EntityId::parse(parts.next()?)?.as_u64()
}

/// The person that a flat event, a webhook or an enriched event is about.
fn subject_of(body: &Map) -> Option<u64> {
    let is_person = |object: Option<&Value>| object.and_then(Value::as_str) == Some(PERSON);
    if is_person(body.get(EVENT_OBJECT)) {
        return body.get(EVENT_ID).and_then(id_of);
    }
    let meta = body.get("meta").or_else(|| body.get("request")?.get("meta"))?;
    let either = |v1: &str, v2: &str| meta.get(v1).or_else(|| meta.get(v2));
    is_person(either("object", "entity")).then_some(())?;
    // The `id` of version 2 is the event's.
    either("entity_id", "id").and_then(id_of)
}

/// Whom an enriched event tells of.
fn contact_of(body: &Map) -> Option<u64> {
    body.get("request")?
        .get("personal_properties")?
        .get("id")
        .and_then(id_of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tells(key: &str, value: &Value) -> bool {
        tells_of(key, value.to_string().as_bytes(), &|id| id == 17)
    }

    #[test]
    fn the_persons_own_values_tell_of_it_whatever_they_hold() {
        let body = json!({"data": {"id": 17, "name": "Runa"}});
        assert!(tells("7:person:17", &body));
        assert!(tells_of("7:person:17", b"no json", &|id| id == 17));
        assert!(!tells("7:person:5", &json!({"data": {"id": 5, "name": "Ole"}})));
        assert!(!tells("7:deal:17", &json!({"data": {"id": 17, "title": "t"}})));
        assert!(!tells_of("7:person:17", ERASED_BODY.as_bytes(), &|_| true));
    }

    #[test]
    fn values_of_others_tell_of_it_when_they_say_more_than_the_id() {
        let bare = json!({"data": {"id": 1, "person_id": 17}, "previous": null});
        assert!(!tells("7:deal:1", &bare));
        let named = json!({"current": {"id": 1, "person_id": 17, "person_name": "Runa"}});
        assert!(tells("7:deal:1", &named));
        let of_before = json!({"current": {"id": 1, "person_id": 5}, "previous": {"person_id": 17, "person_name": "Runa"}});
        assert!(tells("7:deal:1", &of_before));
        let flat = json!({"contact_id": 17, "contact_email": "runa@example.com", "deal_value": 1});
        assert!(tells("7:deal:1", &flat));
        assert!(!tells("7:deal:1", &json!({"contact_id": 17, "deal_value": 1})));
        let carried = json!({"contact_id": 17, "deal_value": 1, "user_data": {"email": "runa@example.com"}});
        assert!(tells("7:deal:1", &carried));
        let enriched = json!({"request": {"current": {"person_id": 17}, "personal_properties": {"id": 17, "first_name": "Runa"}}});
        assert!(tells("7:deal:1", &enriched));
        assert!(!tells_of("7:deal:1", b"<html>", &|_| true));
    }

    #[test]
    fn a_value_without_a_key_says_itself_whose_it_is() {
        for own in [
            json!({"meta": {"entity": "person", "entity_id": "17", "id": "2f1c"}, "data": {"name": "Runa"}}),
            json!({"meta": {"object": "person", "id": 17}, "current": {"name": "Runa"}}),
            json!({"request": {"meta": {"object": "person", "id": 17}, "current": {"name": "Runa"}}}),
            json!({"event_object": "person", "event_id": "17", "contact_first_name": "Runa"}),
        ] {
            assert!(tells("crm", &own), "{own}");
        }
        assert!(!tells("crm", &json!({"meta": {"object": "deal", "id": 17}})));
        assert!(!tells("crm", &json!({"meta": {"object": "person", "id": 5}})));
    }

    #[test]
    fn the_state_of_another_tells_when_it_says_more_than_the_id() {
        let tells = |state: &Value| state_tells_of(&state.to_string(), &|id| id == 17);
        assert!(tells(&json!({"id": 1, "person_id": 17, "person_name": "Runa"})));
        assert!(!tells(&json!({"id": 17, "person_id": 17})));
        assert!(!state_tells_of("", &|_| true));
    }

    #[test]
    fn an_entity_points_to_its_contact_by_the_id_alone() {
        for (body, points) in [
            (json!({"data": {"id": 1, "person_id": 17}}), true),
            (
                json!({"current": {"person_id": {"value": 17, "name": "Runa"}}}),
                true,
            ),
            (json!({"contact_id": 17}), true),
            (json!({"data": {"id": 17, "person_id": 5}}), false),
            (json!([17]), false),
        ] {
            assert_eq!(points_to(body.to_string().as_bytes(), 17), points, "{body}");
        }
    }
}
