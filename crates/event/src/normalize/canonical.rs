//! One canonical form of a state, whatever sent it: webhook v1, webhook v2, or the API.
//!
//! Names are those of v2 (`owner_id`, `emails`, `label_ids`, `custom_fields`), ids stand alone,
//! times are RFC 3339. What has no rule here stays exactly as it came.

use serde_json::{Map as JsonMap, Value};

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
pub fn canonical(object: &Object, mut state: Map) -> Map {
    rename(object, &mut state);
    for (key, name_key) in IDS {
        reduce_id(&mut state, key, name_key);
    }
    if matches!(object, Object::Person | Object::User) {
        for key in ["emails", "phones"] {
            if let Some(value) = state.get_mut(key) {
                *value = contact_points(value.take());
            }
        }
    }
    if let Some(labels) = state.get_mut("label_ids") {
        *labels = label_list(labels.take());
    }
    for (key, value) in &mut state {
        settle_time(key, value);
    }
    custom::gather(&mut state);
    state
}

/// v1's names become v2's, where v2's is not there already.
fn rename(object: &Object, state: &mut Map) {
    let names: &[(&str, &str)] = match object {
        Object::Deal => &[("user_id", "owner_id"), ("label", "label_ids")],
        Object::Person => &[("email", "emails"), ("phone", "phones"), ("label", "label_ids")],
        Object::Organization => &[("label", "label_ids")],
        Object::Activity => &[("user_id", "owner_id")],
        _ => &[],
    };
    for (old, new) in names {
        if !state.contains_key(*new)
            && let Some(value) = state.remove(*old)
        {
            state.insert((*new).to_owned(), value);
        }
    }
}

/// `{"id": 5, "name": ".."}` and `"5"` become `5`; the name is kept under its own key.
fn reduce_id(state: &mut Map, key: &str, name_key: Option<&str>) {
    let Some(value) = state.get(key) else { return };
    if !matches!(value, Value::Object(_) | Value::String(_)) {
        return;
    }
    let name = value.get("name").filter(|name| name.is_string()).cloned();
    let Some(id) = EntityId::from_value(value) else {
        return;
    };
    state.insert(key.to_owned(), id.to_json());
    if let (Some(name_key), Some(name)) = (name_key, name)
        && !state.contains_key(name_key)
    {
        state.insert(name_key.to_owned(), name);
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
fn settle_time(key: &str, value: &mut Value) {
    let is_time = key.ends_with("_time") || matches!(key, "created" | "modified" | "last_login");
    let is_date = key.ends_with("_date");
    if !is_time && !is_date {
        return;
    }
    let Value::String(text) = &*value else { return };
    if text.is_empty() || text.starts_with("0000-00-00") {
        *value = Value::Null;
    } else if is_time && let Some(rfc3339) = moment::plain_to_rfc3339(text) {
        *value = rfc3339.into();
    }
}

#[cfg(test)]
mod tests;
