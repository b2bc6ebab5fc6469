//! A flat event's fields as `jsonschema` looks at them, so that it judges them where they lie.
use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::{Map, Number, Value};

use super::field::{Field, Leaf};
use super::{Fields, Slot};

/// The representation.
pub(super) struct Flat;

/// A value that is judged.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    Field(&'a Field<'a>),
    /// Within a list.
    Value(&'a Value),
    Whole(Whole<'a>),
}

/// The event, as far as rules of the whole speak of its fields.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) keys: &'a [(String, Slot)],
    pub(super) fields: &'a Fields<'a>,
}

impl Json for Flat {
    type Node<'a> = Seen<'a>;
    type PreparedKey = String;
    type StringBuffer = Value;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Value, string: &str, f: impl FnOnce(Seen<'_>) -> T) -> T {
        *buffer = Value::String(string.to_owned());
        f(Seen::Value(buffer))
    }
}

impl<'a> Seen<'a> {
    /// `None` of the event itself.
    fn leaf(self) -> Option<Leaf<'a>> {
        match self {
            Self::Field(field) => Some(field.leaf()),
            Self::Value(value) => Some(value.into()),
            Self::Whole(_) => None,
        }
    }

    /// A list or an object within a field.
    fn nested(self) -> Option<&'a Value> {
        match self {
            Self::Field(Field::Nested(value)) | Self::Value(value) => Some(value),
            Self::Field(_) | Self::Whole(_) => None,
        }
    }
}

impl<'a> Node<'a, Flat> for Seen<'a> {
    type Object = Members<'a>;
    type Array = Items<'a>;
    type Number = Digits<'a>;

    fn as_object(&self) -> Option<Members<'a>> {
        match self {
            Self::Whole(whole) => Some(Members::Whole(*whole)),
            within => within.nested()?.as_object().map(Members::Map),
        }
    }

    fn as_array(&self) -> Option<Items<'a>> {
        self.nested()?.as_array().map(|items| Items(items))
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.leaf()?.as_text().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<Digits<'a>> {
        match self.leaf()? {
            Leaf::Number(digits) => Some(Digits(digits)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.leaf()? {
            Leaf::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.leaf() == Some(Leaf::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.leaf() {
            Some(Leaf::Null) => JsonType::Null,
            Some(Leaf::Bool(_)) => JsonType::Boolean,
            Some(Leaf::Number(_)) => JsonType::Number,
            Some(Leaf::Text(_)) => JsonType::String,
            Some(Leaf::Nested) if self.nested().is_some_and(Value::is_array) => JsonType::Array,
            Some(Leaf::Nested) | None => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self.leaf(), expected) {
            (Some(Leaf::Text(text)), Value::String(expected)) => text == expected,
            (Some(Leaf::Text(_)), _) | (_, Value::String(_)) => false,
            _ => jsonschema::json::cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        if let Some(value) = self.nested() {
            return Cow::Borrowed(value);
        }
        Cow::Owned(match (self, self.leaf()) {
            (Self::Whole(whole), _) => Value::Object(
                Members::Whole(*whole)
                    .members()
                    .map(|(key, field)| (key.to_owned(), field.to_value().into_owned()))
                    .collect(),
            ),
            (_, Some(Leaf::Bool(flag))) => Value::Bool(flag),
            (_, Some(Leaf::Number(digits))) => Value::Number(Digits(digits).to_number().into_owned()),
            (_, Some(Leaf::Text(text))) => Value::String(text.to_owned()),
            (_, Some(Leaf::Null | Leaf::Nested) | None) => Value::Null,
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(match *self {
            Self::Field(Field::Nested(value)) | Self::Value(value) => std::ptr::from_ref(value).addr(),
            Self::Field(field) => std::ptr::from_ref(field).addr(),
            Self::Whole(whole) => std::ptr::from_ref(whole.fields).addr(),
        }))
    }
}

/// A number's digits.
pub(super) struct Digits<'a>(&'a str);

impl JsonNumber for Digits<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok().filter(|float: &f64| float.is_finite())
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        // Only what parses as a number gets here.
        Cow::Owned(self.0.parse().unwrap_or_else(|_| Number::from(0)))
    }

    fn is_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit()) || self.to_number().is_integer()
    }
}

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) enum Members<'a> {
    Map(&'a Map<String, Value>),
    Whole(Whole<'a>),
}

impl<'a> Object<'a, Flat> for Members<'a> {
    type Node = Seen<'a>;
    type MemberName = &'a str;
    type MembersIter = Box<dyn Iterator<Item = (&'a str, Seen<'a>)> + 'a>;

    fn len(&self) -> usize {
        match self {
            Self::Map(map) => map.len(),
            Self::Whole(_) => self.members().count(),
        }
    }

    fn get(&self, key: &String) -> Option<Seen<'a>> {
        match self {
            Self::Map(map) => map.get(key).map(Seen::Value),
            Self::Whole(Whole { keys, fields }) => {
                let (_, slot) = keys.iter().find(|(known, _)| known == key)?;
                fields.get(*slot).map(Seen::Field)
            }
        }
    }

    fn members(&self) -> Self::MembersIter {
        match *self {
            Self::Map(map) => Box::new(map.iter().map(|(key, value)| (key.as_str(), Seen::Value(value)))),
            Self::Whole(Whole { keys, fields }) => Box::new(
                keys.iter()
                    .filter_map(|(key, slot)| Some((key.as_str(), Seen::Field(fields.get(*slot)?)))),
            ),
        }
    }
}

/// The items of a list.
#[derive(Clone, Copy)]
pub(super) struct Items<'a>(&'a [Value]);

impl<'a> Array<'a, Flat> for Items<'a> {
    type Node = Seen<'a>;
    type ElementsIter = std::iter::Map<std::slice::Iter<'a, Value>, fn(&'a Value) -> Seen<'a>>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.iter().map(Seen::Value)
    }

    fn is_unique(&self) -> bool {
        jsonschema::json::unique::is_unique(self.0)
    }
}
