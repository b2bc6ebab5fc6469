//! Which kept values say who an erased person is: bodies as received, refused values, flat events.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ERASED_BODY, LISTS, PERSON, id_of, person_of, strip_body, strip_flat};
use crate::Map;
use crate::entity::EntityId;
use crate::flat::key::CONTACT_ID;

/// Whether a value says who an erased person is: the person's own (`key` is its record's, `company:object:id`), or another's
/// that tells of it.
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
    contact_of(&body).is_some_and(is_erased)
        || strip_flat(&mut body, is_erased)
        || strip_body(&mut body, is_erased)
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

/// The e-mail addresses of a person's state, or of the states in the person's own body, in small letters.
pub fn addresses(value: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(body) = serde_json::from_slice::<Map>(value) {
        gather(&body, &mut found);
        let states = body.values().filter_map(Value::as_object);
        states.for_each(|state| gather(state, &mut found));
    }
    found
}

fn gather(state: &Map, found: &mut BTreeSet<String>) {
    let lists = LISTS.iter().filter(|list| list.starts_with("email"));
    let points = lists
        .filter_map(|list| state.get(*list))
        .flat_map(|list| match list {
            Value::Array(points) => points.iter().collect(),
            other => vec![other],
        });
    let texts = points.filter_map(|point| point.get("value").unwrap_or(point).as_str());
    found.extend(
        texts
            .filter(|text| text.contains('@'))
            .map(|text| text.trim().to_lowercase()),
    );
}

fn own_id(key: &str) -> Option<u64> {
    let mut parts = key.splitn(3, ':').skip(1);
    (parts.next()? == PERSON).then_some(())?;
    EntityId::parse(parts.next()?)?.as_u64()
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
        let enriched = json!({"request": {"current": {"person_id": 17}, "personal_properties": {"id": 17, "first_name": "Runa"}}});
        assert!(tells("7:deal:1", &enriched));
        assert!(!tells_of("7:deal:1", b"<html>", &|_| true));
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

    #[test]
    fn addresses_are_found_in_states_of_both_versions_and_in_bodies() {
        let v2 = json!({"data": {"emails": [{"value": "Runa@Example.com "}, {"value": ""}]}});
        let v1 = json!({"current": {"email": [{"value": "r@x.org"}]}, "previous": {"email": "old@x.org"}});
        let of = |value: Value| {
            addresses(value.to_string().as_bytes())
                .into_iter()
                .collect::<Vec<_>>()
        };
        assert_eq!(of(v2), ["runa@example.com"]);
        assert_eq!(of(v1), ["old@x.org", "r@x.org"]);
        assert_eq!(of(json!({"emails": [{"value": "a@b.c"}]})), ["a@b.c"]);
        assert!(addresses(b"x").is_empty());
    }
}
