//! The value of a flat key as it lies in the event's bytes: nothing is copied that need not be.
use std::borrow::Cow;

use serde_json::Value;

/// One value of a flat event.
#[derive(Debug)]
pub(crate) enum Field<'a> {
    Null,
    Bool(bool),
    /// Its digits, as they were written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// A list, or an object, which is not flat and which no column takes.
    Nested(Value),
}

/// What a cell can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(&'a str),
    Nested,
}

impl<'a> Field<'a> {
    /// Of a value's JSON, whose shape was seen already. `None`: it is no JSON for all that (an escape that is no character, or
    /// nested too deeply).
    pub(super) fn read(json: &'a str) -> Option<Self> {
        Some(match json.as_bytes().first()? {
            b'"' if json.contains('\\') => Self::Text(Cow::Owned(serde_json::from_str(json).ok()?)),
            b'"' => Self::Text(Cow::Borrowed(json.get(1..json.len() - 1)?)),
            b'n' => Self::Null,
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            b'[' | b'{' => Self::Nested(serde_json::from_str(json).ok()?),
            // serde_json writes an exponent in a form of its own.
            _ if json.contains(['e', 'E']) => Value::Number(json.parse().ok()?).into(),
            _ => Self::Number(Cow::Borrowed(json)),
        })
    }

    pub(crate) fn leaf(&self) -> Leaf<'_> {
        match self {
            Self::Null => Leaf::Null,
            Self::Bool(flag) => Leaf::Bool(*flag),
            Self::Number(digits) => Leaf::Number(digits),
            Self::Text(text) => Leaf::Text(text),
            Self::Nested(_) => Leaf::Nested,
        }
    }

    /// Its items, when it is a list.
    pub(crate) fn items(&self) -> Option<&[Value]> {
        match self {
            Self::Nested(Value::Array(items)) => Some(items),
            _ => None,
        }
    }
}

impl From<Value> for Field<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(Cow::Owned(number.as_str().to_owned())),
            Value::String(text) => Self::Text(Cow::Owned(text)),
            nested @ (Value::Array(_) | Value::Object(_)) => Self::Nested(nested),
        }
    }
}

impl<'a> From<&'a Value> for Leaf<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.as_str()),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => Self::Nested,
        }
    }
}

impl<'a> Leaf<'a> {
    pub(crate) fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The digits of a number, read as a whole one.
    pub(crate) fn as_whole<N: std::str::FromStr>(self) -> Option<N> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_value_reads_as_serde_reads_it() {
        for json in [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.50",
            "1e5",
            "-2E-7",
            "12345678901234567890123",
            r#""""#,
            r#""plain ключ""#,
            r#""a\"b\\\u00e9\ud83d\ude00""#,
            "[1,null]",
            r#"{"a":{}}"#,
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            let field = Field::read(json).unwrap();
            assert_eq!(field.leaf(), Leaf::from(&value), "{json}");
            assert_eq!(Field::from(value.clone()).leaf(), field.leaf(), "{json}");
            assert_eq!(field.items(), value.as_array().map(Vec::as_slice), "{json}");
        }
    }

    #[test]
    fn what_only_looks_like_json_is_no_value() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for json in [r#""\ud800""#, deep.as_str(), ""] {
            assert!(Field::read(json).is_none(), "{json}");
        }
    }
}
