//! Protocol buffers as JSON: a field by either of its names, numbers as numbers or texts.

use serde_json::{Map, Value};

/// A field by its name in JSON (`orderId`) or in the definition (`order_id`); null is none.
pub(in crate::stand_in) fn field<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name)
        .or_else(|| map.get(&snake(name)))
        .filter(|value| !value.is_null())
}

pub(in crate::stand_in) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    field(map, name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// `order_id` of `orderId`.
pub(in crate::stand_in) fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, letter| {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        snake
    })
}

/// A double.
pub(in crate::stand_in) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}
