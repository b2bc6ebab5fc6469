//! Custom fields in one form: `custom_fields` maps a 40-hex key to null, a scalar, a list, or an
//! object with `value` and its parts (`currency`, `until`, ..), as the API v2 writes them.
//!
//! v1 spreads them over the top level with suffixes; webhooks v2 wrap them into typed objects.

use serde_json::Value;

use crate::Map;
use crate::document::{Draft, Piece};

const KEY_BYTES: usize = 40;
/// Where the form lives.
const FIELDS: &str = "custom_fields";

pub(super) fn gather(state: &mut Draft<'_>) {
    if state.get(FIELDS).is_some_and(|fields| !fields.is_object()) {
        return;
    }
    let flat = state.take(is_field);
    let mut fields = match state.remove(FIELDS).map(Piece::into_value) {
        Some(Value::Object(map)) => map
            .into_iter()
            .map(|(key, value)| (key, untyped(value)))
            .collect(),
        _ if flat.is_empty() => return,
        _ => Map::new(),
    };
    // In order of keys, so a field comes before its suffixes.
    for (key, value) in flat {
        let value = value.into_value();
        let (hash, suffix) = key.split_at(KEY_BYTES);
        match suffix.strip_prefix('_') {
            None => {
                fields.insert(hash.to_owned(), value);
            }
            Some(part) => add_part(&mut fields, hash, part, value),
        }
    }
    state.insert(FIELDS, Piece::Made(Value::Object(fields)));
}

/// 40 hexadecimal digits, alone or followed by `_suffix`.
fn is_field(key: &str) -> bool {
    let Some((hash, suffix)) = key.split_at_checked(KEY_BYTES) else {
        return false;
    };
    hash.bytes().all(|b| b.is_ascii_hexdigit())
        && (suffix.is_empty() || (suffix.starts_with('_') && suffix.len() > 1))
}

/// `<hash>_currency: "EUR"` beside `<hash>: 5` makes `{"value": 5, "currency": "EUR"}`.
fn add_part(fields: &mut Map, hash: &str, part: &str, value: Value) {
    if value.is_null() {
        return;
    }
    let whole = fields.entry(hash.to_owned()).or_insert(Value::Null);
    if !whole.is_object() {
        let mut parts = Map::new();
        parts.insert("value".to_owned(), whole.take());
        *whole = Value::Object(parts);
    }
    if let Value::Object(parts) = whole {
        parts.insert(part.to_owned(), value);
    }
}

/// The value inside v2's typed object; an object without `type` is already in form.
fn untyped(value: Value) -> Value {
    let Value::Object(mut parts) = value else {
        return value;
    };
    if !parts.get("type").is_some_and(Value::is_string) {
        return Value::Object(parts);
    }
    parts.remove("type");
    if let Some(from) = parts.remove("from") {
        parts.insert("value".to_owned(), from);
    }
    if let Some(Value::Array(options)) = parts.get_mut("values") {
        return Value::Array(options.drain(..).map(option_id).collect());
    }
    if parts.len() == 1
        && let Some(alone) = parts.remove("value").or_else(|| parts.remove("id"))
    {
        return alone;
    }
    Value::Object(parts)
}

fn option_id(option: Value) -> Value {
    match option {
        Value::Object(mut map) => map.remove("id").unwrap_or(Value::Object(map)),
        other => other,
    }
}
