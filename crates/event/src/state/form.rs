//! How a record holds its state: as a document to look into, or as the JSON text it is stored as.
//!
//! Either way without empty custom fields: in a state absent and empty are the same, and accounts have
//! hundreds of empty ones.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Map;
use crate::document::{Document, Name, ObjectWriter, escaped};

const CUSTOM_FIELDS: &str = "custom_fields";

/// What a record can hold its state as.
pub trait StateForm: Sized {
    /// From a canonical state.
    fn of(state: &Document) -> Self;

    /// From a record's text; `None` for what is no object.
    fn read(text: &str) -> Option<Self>;

    /// Its text, a JSON object.
    fn as_str(&self) -> &str;
}

impl StateForm for Document {
    fn of(state: &Document) -> Self {
        match kept(state) {
            Cow::Borrowed(_) => state.clone(),
            Cow::Owned(text) => Self::parse(&text).unwrap_or_default(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn as_str(&self) -> &str {
        Self::as_str(self)
    }
}

/// A state as JSON text: written once, read only by who needs to look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateText(Box<str>);

impl StateText {
    /// The state, to look into.
    pub fn to_document(&self) -> Document {
        Document::parse(&self.0).unwrap_or_default()
    }

    /// The whole number under a key, without reading the rest into memory.
    pub fn whole(&self, key: &str) -> Option<u64> {
        let mut text = serde_json::Deserializer::from_str(&self.0);
        let found = text.deserialize_map(Seeker(key)).ok()??;
        crate::number::decimal_u64(found.get())
    }
}

impl StateForm for StateText {
    fn of(state: &Document) -> Self {
        Self(kept(state).into())
    }

    fn read(text: &str) -> Option<Self> {
        text.starts_with('{').then(|| Self(text.into()))
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// Looks for one key of an object.
struct Seeker<'k>(&'k str);

impl<'de> Visitor<'de> for Seeker<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Name(name)) = map.next_key()? {
            if name == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The text to keep of a state.
fn kept(state: &Document) -> Cow<'_, str> {
    let fields = state.get(CUSTOM_FIELDS).and_then(Value::as_object);
    match fields.filter(|fields| fields.values().any(Value::is_null)) {
        None => Cow::Borrowed(state.as_str()),
        Some(fields) => Cow::Owned(without_empty(state, fields)),
    }
}

fn without_empty(state: &Document, fields: &Map) -> String {
    let mut text = Vec::with_capacity(state.as_str().len());
    let mut out = ObjectWriter::open(&mut text);
    for (name, value) in state.texts() {
        if name == CUSTOM_FIELDS {
            let mut full = out.object(name);
            for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                full.put(&escaped(name), field);
            }
            full.close();
        } else {
            out.put_text(name, value);
        }
    }
    out.close();
    String::from_utf8(text).unwrap_or_default()
}
