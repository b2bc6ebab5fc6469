//! Numbers as they are written: integers out of JSON numbers and texts, decimals back into JSON
//! with their digits. Refuses to guess: what is no whole number is none.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// Decimal digits only, within `u64`.
pub(crate) fn decimal_u64(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A whole number that is not negative; `12.0` and `1.2e1` are none.
pub(crate) fn integer_u64(number: &Number) -> Option<u64> {
    number.as_u64()
}

/// A whole number, from a number or from decimal text.
pub(crate) fn value_u64(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => integer_u64(number),
        Value::String(text) => decimal_u64(text.trim()),
        _ => None,
    }
}

/// The same, of JSON text.
pub(crate) fn raw_u64(value: &RawValue) -> Option<u64> {
    decimal_u64(unquoted(value).trim())
}

/// The exact decimal of JSON text.
pub(crate) fn raw_decimal(value: &RawValue) -> Option<Decimal> {
    text_decimal(unquoted(value).trim())
}

/// A number, or the characters of a text.
fn unquoted(value: &RawValue) -> &str {
    let text = value
        .get()
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    text.unwrap_or(value.get())
}

/// The exact decimal a JSON number or text stands for, when it fits 28 digits.
pub(crate) fn value_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => text_decimal(number.as_str()),
        Value::String(text) => text_decimal(text.trim()),
        _ => None,
    }
}

fn text_decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()
    } else {
        Decimal::from_str(text).ok()
    }
}

/// A JSON number with the decimal's digits, without trailing zeros.
pub(crate) fn decimal_json(decimal: Decimal) -> Value {
    let text = decimal.normalize().to_string();
    Number::from_str(&text).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_come_from_numbers_and_digits_only() {
        assert_eq!(value_u64(&json!(7)), Some(7));
        assert_eq!(value_u64(&json!(" 7 ")), Some(7));
        for value in [
            json!(-7),
            json!(7.0),
            json!("7.0"),
            json!("+7"),
            json!(""),
            json!(null),
            json!([7]),
        ] {
            assert_eq!(value_u64(&value), None, "{value}");
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        let value: Value = serde_json::from_str("12345678901234.5678").unwrap();
        assert_eq!(
            decimal_json(value_decimal(&value).unwrap()).to_string(),
            "12345678901234.5678"
        );
        assert_eq!(
            decimal_json(value_decimal(&json!("18700.00")).unwrap()).to_string(),
            "18700"
        );
        let scientific: Value = serde_json::from_str("1.5e3").unwrap();
        assert_eq!(
            decimal_json(value_decimal(&scientific).unwrap()).to_string(),
            "1500"
        );
        assert_eq!(value_decimal(&json!("ten")), None);
        assert_eq!(value_decimal(&json!(true)), None);
    }
}
