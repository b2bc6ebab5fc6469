//! A value without what it says: letters become `x`, digits `9`; types, lengths, punctuation and keys stay.

use serde_json::Value;

/// A refused value as it may be shown to anybody.
pub(super) fn masked(value: &str) -> Value {
    match serde_json::from_str::<Value>(value) {
        Ok(json) => json_masked(json),
        Err(_) => Value::String(text_masked(value)),
    }
}

/// The value as it is: JSON as JSON, the rest as text.
pub(super) fn plain(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))
}

fn json_masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text_masked(&text)),
        Value::Number(number) => {
            let masked = text_masked_keeping(&number.to_string(), |letter| matches!(letter, 'e' | 'E'));
            serde_json::from_str(&masked).unwrap_or(Value::Null)
        }
        Value::Array(items) => items.into_iter().map(json_masked).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, json_masked(value)))
            .collect(),
        plain @ (Value::Null | Value::Bool(_)) => plain,
    }
}

fn text_masked(text: &str) -> String {
    text_masked_keeping(text, |_| false)
}

fn text_masked_keeping(text: &str, kept: impl Fn(char) -> bool) -> String {
    text.chars()
        .map(|letter| match letter {
            letter if kept(letter) => letter,
            letter if letter.is_numeric() => '9',
            letter if letter.is_alphabetic() => 'x',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_and_lengths_stay_and_nothing_that_was_said() {
        let value = json!({"name": "Rúna Ø", "email": "runa@example.org", "value": 12.5, "ids": [1, null, true], "at": "2026-01-05"});
        let expected = json!({"name": "xxxx x", "email": "xxxx@xxxxxxx.xxx", "value": 99.9, "ids": [9, null, true], "at": "9999-99-99"});
        assert_eq!(masked(&value.to_string()), expected);
        assert_eq!(masked("no json: Ola 47"), json!("xx xxxx: xxx 99"));
        assert_eq!(masked("-1.5e3").to_string(), "-9.9e+9");
    }

    #[test]
    fn what_is_shown_whole_is_shown_as_it_was() {
        assert_eq!(plain("{\"a\":1.50}").to_string(), "{\"a\":1.50}");
        assert_eq!(plain("no json"), json!("no json"));
    }
}
