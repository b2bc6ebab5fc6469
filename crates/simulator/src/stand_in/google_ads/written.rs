//! Protocol buffers as JSON: a field by either of its names, numbers as numbers or texts.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;

/// A field by its name in JSON (`orderId`) or in the definition (`order_id`); null is none.
pub(super) fn field<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name)
        .or_else(|| map.get(&snake(name)))
        .filter(|value| !value.is_null())
}

pub(super) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    field(map, name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// `order_id` of `orderId`.
pub(super) fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, letter| {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        snake
    })
}

/// A double.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// `yyyy-mm-dd hh:mm:ss+|-hh:mm`, in seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let format = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second][offset_hour sign:mandatory]:[offset_minute]"
    );
    let at = OffsetDateTime::parse(text, format).ok()?;
    Some(at.unix_timestamp())
}

/// The last part of `customers/<id>/conversionActions/<id>`.
pub(super) fn action(name: &str) -> Option<&str> {
    let ["customers", customer, "conversionActions", action] = name.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(customer) && is_number(action)).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_seconds_and_a_zone() {
        assert_eq!(seconds("2026-09-01 12:00:00+00:00"), Some(1_788_264_000));
        assert_eq!(seconds("2026-09-01 14:00:00+02:00"), Some(1_788_264_000));
        assert_eq!(seconds("2026-09-01 06:30:00-05:30"), Some(1_788_264_000));
        for wrong in [
            "2026-09-01T12:00:00+00:00",
            "2026-09-01 12:00:00",
            "2026-09-01 12:00:00Z",
            "2026-09-01 12:00+00:00",
            "2026-09-01 12:00:00.5+00:00",
            "2026-13-01 12:00:00+00:00",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_resource_has_two_numbers() {
        assert_eq!(action("customers/1234567890/conversionActions/17"), Some("17"));
        for wrong in [
            "17",
            "customers/x/conversionActions/17",
            "customers/1/conversionActions/",
            "customers/1/campaigns/2",
        ] {
            assert_eq!(action(wrong), None, "{wrong}");
        }
    }
}
