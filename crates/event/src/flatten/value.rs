//! One value on its way into a flat key: nulls and empty times fall out, texts of numbers become
//! numbers where the catalogue says so, digits stay, and what does not fit its kind stays as it
//! came, for the template's schema to refuse by name.

use std::str::FromStr;

use serde_json::{Number, Value};

use super::{Field, FieldKind, FlattenError};
use crate::number::value_u64;

/// The value for a field; `None` when there is nothing to write.
pub(super) fn settle(field: &Field, value: &Value) -> Result<Option<Value>, FlattenError> {
    settle_as(field.name, field.kind, value)
}

pub(super) fn settle_as(key: &str, kind: FieldKind, value: &Value) -> Result<Option<Value>, FlattenError> {
    match value {
        Value::Null => Ok(None),
        Value::Object(_) => Err(FlattenError::Nested(key.to_owned())),
        Value::Array(items) => list(key, kind, items).map(Some),
        Value::String(text) if text.is_empty() && is_empty_nothing(kind) => Ok(None),
        scalar => Ok(Some(convert(kind, scalar))),
    }
}

/// A list of scalars, without its nulls.
fn list(key: &str, kind: FieldKind, items: &[Value]) -> Result<Value, FlattenError> {
    let mut scalars = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => return Err(FlattenError::Nested(key.to_owned())),
            Value::Number(number) if kind == FieldKind::Texts => scalars.push(number.to_string().into()),
            scalar => scalars.push(scalar.clone()),
        }
    }
    Ok(Value::Array(scalars))
}

/// A whole number, from a number or digits; `None` for anything else.
pub(super) fn integer(value: &Value) -> Option<Value> {
    value_u64(value).map(Value::from)
}

fn is_empty_nothing(kind: FieldKind) -> bool {
    !matches!(kind, FieldKind::Text | FieldKind::BooleanOrText | FieldKind::Any)
}

fn convert(kind: FieldKind, value: &Value) -> Value {
    let converted = match kind {
        FieldKind::Integer | FieldKind::IntegerOrText => integer(value).filter(|_| value.is_string()),
        FieldKind::Decimal => value
            .as_str()
            .and_then(|text| Number::from_str(text).ok())
            .map(Value::Number),
        FieldKind::Boolean => flag(value),
        FieldKind::Text | FieldKind::Digits => match value {
            Value::Number(number) => Some(number.to_string().into()),
            _ => None,
        },
        FieldKind::Uuid
        | FieldKind::BooleanOrText
        | FieldKind::Integers
        | FieldKind::Texts
        | FieldKind::Time
        | FieldKind::Date
        | FieldKind::Any => None,
    };
    converted.unwrap_or_else(|| value.clone())
}

/// `0` and `1` where a boolean belongs.
fn flag(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => match value_u64(value) {
            Some(0) => Some(false.into()),
            Some(1) => Some(true.into()),
            _ => None,
        },
        _ => None,
    }
}
