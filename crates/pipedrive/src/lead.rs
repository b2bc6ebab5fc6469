//! Brings a lead, which only REST v1 has, into the shape of v2: custom fields below `custom_fields`.

use serde_json::{Map, Value};

use crate::State;

const HASH_LENGTH: usize = 40;

/// Moves every `<40 hex>` key below `custom_fields`; a `<40 hex>_currency` beside it makes a monetary value.
pub(crate) fn in_v2_shape(state: State) -> State {
    let (custom, mut plain): (State, State) = state.into_iter().partition(|(key, _)| is_custom(key));
    let mut fields = match plain.remove("custom_fields") {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for (key, value) in &custom {
        if key.len() != HASH_LENGTH {
            continue;
        }
        let part = |suffix: &str| {
            custom
                .get(&format!("{key}{suffix}"))
                .filter(|part| !part.is_null())
        };
        let field = match (part("_currency"), part("_until")) {
            (Some(currency), _) => pair(value, "currency", currency),
            (None, Some(until)) => pair(value, "until", until),
            (None, None) => value.clone(),
        };
        fields.insert(key.clone(), field);
    }
    plain.insert("custom_fields".to_owned(), Value::Object(fields));
    plain
}

fn pair(value: &Value, name: &str, other: &Value) -> Value {
    Value::Object(Map::from_iter([
        ("value".to_owned(), value.clone()),
        (name.to_owned(), other.clone()),
    ]))
}

fn is_custom(key: &str) -> bool {
    let (hash, rest) = key.split_at_checked(HASH_LENGTH).unwrap_or((key, ""));
    hash.len() == HASH_LENGTH
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (rest.is_empty() || rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn custom_fields_of_a_lead_move_below_their_own_key() {
        let text = "a".repeat(40);
        let money = "b".repeat(40);
        let body = format!(
            r#"{{"id":"x","title":"t","{text}":"spring","{money}":12.50,"{money}_currency":"EUR","{text}_until":null}}"#
        );
        let state = in_v2_shape(serde_json::from_str(&body).unwrap());
        let expected = format!(
            r#"{{"id":"x","title":"t","custom_fields":{{"{text}":"spring","{money}":{{"value":12.50,"currency":"EUR"}}}}}}"#
        );
        assert_eq!(
            Value::Object(state),
            serde_json::from_str::<Value>(&expected).unwrap()
        );
    }
}
