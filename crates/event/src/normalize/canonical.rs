//! One canonical form of a state, whatever sent it: webhook v1, webhook v2, or the API.
//!
//! Names are those of v2 (`owner_id`, `emails`, `label_ids`, `custom_fields`), ids stand alone,
//! times are RFC 3339. What has no rule here stays exactly as it came.

use serde_json::{Map as JsonMap, Value};

use crate::document::{Document, Draft, Piece};
use crate::entity::{EntityId, Object};
use crate::{Map, moment};

mod custom;

/// Keys that hold the id of something, with the name's key for objects that stand in for the id.
const IDS: [(&str, Option<&str>); 16] = [
    ("id", None),
    ("owner_id", Some("owner_name")),
    ("creator_user_id", None),
    ("creator_id", None),
    ("person_id", Some("person_name")),
    ("org_id", Some("org_name")),
    ("organization_id", Some("org_name")),
    ("user_id", Some("user_name")),
    ("deal_id", None),
    ("lead_id", None),
    ("stage_id", None),
    ("pipeline_id", None),
    ("project_id", None),
    ("assigned_to_user_id", None),
    ("update_user_id", None),
    ("source_lead_id", None),
];

/// Puts a state into canonical form. Doing it twice changes nothing.
pub fn canonical(object: &Object, state: Map) -> Document {
    settle(object, Draft::from(state))
}

pub(super) fn settle(object: &Object, mut state: Draft<'_>) -> Document {
    rename(object, &mut state);
    for (key, name_key) in unreduced_ids(&mut state) {
        reduce_id(&mut state, key, name_key);
    }
    if matches!(object, Object::Person | Object::User) {
        state.change("emails", contact_points);
        state.change("phones", contact_points);
    }
    state.change("label_ids", label_list);
    for (key, value) in state.each() {
        settle_time(key, value);
    }
    custom::gather(&mut state);
    state.finish()
}

/// v1's names become v2's, where v2's is not there already.
fn rename(object: &Object, state: &mut Draft<'_>) {
    let names: &[(&str, &'static str)] = match object {
        Object::Deal => &[("user_id", "owner_id"), ("label", "label_ids")],
        Object::Person => &[("email", "emails"), ("phone", "phones"), ("label", "label_ids")],
        Object::Organization => &[("label", "label_ids")],
        Object::Activity => &[("user_id", "owner_id")],
        _ => &[],
    };
    for (old, new) in names {
        if !state.contains(new)
            && let Some(value) = state.remove(old)
        {
            state.insert(new, value);
        }
    }
}

/// Those whose id does not stand alone, or as a text.
fn unreduced_ids(state: &mut Draft<'_>) -> Vec<(&'static str, Option<&'static str>)> {
    let unreduced = state
        .each()
        .filter(|(_, value)| value.is_object() || value.as_str().is_some());
    let of = |key: &str| IDS.into_iter().find(|(known, _)| *known == key);
    unreduced.filter_map(|(key, _)| of(key)).collect()
}

/// `{"id": 5, "name": ".."}` and `"5"` become `5`; the name is kept under its own key.
fn reduce_id(state: &mut Draft<'_>, key: &'static str, name_key: Option<&'static str>) {
    let Some(value) = state.get(key).map(Piece::to_value) else {
        return;
    };
    let Some(id) = EntityId::from_value(&value) else {
        return;
    };
    state.insert(key, Piece::Made(id.to_json()));
    let name = value.get("name").filter(|name| name.is_string());
    if let (Some(name_key), Some(name)) = (name_key, name)
        && !state.contains(name_key)
    {
        state.insert(name_key, Piece::Made(name.clone()));
    }
}

/// A list of `{label, value, primary}`; a plain text becomes the one primary entry.
fn contact_points(value: Value) -> Value {
    let entry = |text: String, primary: bool| {
        let mut map = JsonMap::new();
        map.insert("value".to_owned(), text.into());
        map.insert("primary".to_owned(), primary.into());
        Value::Object(map)
    };
    let items = match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => vec![other],
    };
    let points = items.into_iter().enumerate().filter_map(|(at, item)| match item {
        Value::String(text) if !text.is_empty() => Some(entry(text, at == 0)),
        Value::Object(map) => Some(Value::Object(map)),
        _ => None,
    });
    Value::Array(points.collect())
}

/// `null`, `5`, `"5"`, `"5,6"` and lists become a list of ids.
fn label_list(value: Value) -> Value {
    let one = |value: Value| EntityId::from_value(&value).map_or(value, |id| id.to_json());
    match value {
        Value::Null => Value::Array(Vec::new()),
        Value::Array(items) => Value::Array(items.into_iter().map(one).collect()),
        Value::String(text) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| one(part.into())).collect())
        }
        other => Value::Array(vec![one(other)]),
    }
}

/// Times to RFC 3339; `""` and the zero time become null.
fn settle_time(key: &str, value: &mut Piece<'_>) {
    let Some(text) = value.as_str() else { return };
    let is_time = key.ends_with("_time") || matches!(key, "created" | "modified" | "last_login");
    if !is_time && !key.ends_with("_date") {
        return;
    }
    if text.is_empty() || text.starts_with("0000-00-00") {
        *value = Piece::Text("null");
    } else if is_time && let Some(rfc3339) = moment::plain_to_rfc3339(text) {
        *value = Piece::Made(rfc3339.into());
    }
}

#[cfg(test)]
mod tests;
