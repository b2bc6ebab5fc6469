//! How a record holds its state: as a map to look into, or as the JSON text it is stored as.
//!
//! Either way without empty custom fields: in a state absent and empty are the same, and accounts have
//! hundreds of empty ones.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Map;

const CUSTOM_FIELDS: &str = "custom_fields";

/// What a record can hold its state as.
pub trait StateForm: Sized + Serialize {
    /// From a canonical state.
    fn of(state: &Map) -> Self;

    /// From a record's text; `None` for what is no object.
    fn read(text: &RawValue) -> Option<Self>;
}

impl StateForm for Map {
    fn of(state: &Map) -> Self {
        let kept = |(key, value): (&String, &Value)| {
            let value = match value {
                Value::Object(fields) if key == CUSTOM_FIELDS => {
                    let full = fields.iter().filter(|(_, field)| !field.is_null());
                    Value::Object(full.map(|(key, field)| (key.clone(), field.clone())).collect())
                }
                other => other.clone(),
            };
            (key.clone(), value)
        };
        state.iter().map(kept).collect()
    }

    fn read(text: &RawValue) -> Option<Self> {
        serde_json::from_str(text.get()).ok()
    }
}

/// A state as JSON text: written once, read only by who needs to look into it.
#[derive(Debug, Clone)]
pub struct StateText(Box<RawValue>);

impl StateText {
    /// The state.
    pub fn to_map(&self) -> Map {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// The text itself, canonical JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The whole number under a key, without reading the rest into memory.
    pub fn whole(&self, key: &str) -> Option<u64> {
        let mut text = serde_json::Deserializer::from_str(self.0.get());
        let found = text.deserialize_map(Seeker(key)).ok()??;
        crate::number::decimal_u64(found.get())
    }
}

/// Looks for one key of an object.
struct Seeker<'k>(&'k str);

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

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

impl PartialEq for StateText {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Serialize for StateText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl StateForm for StateText {
    fn of(state: &Map) -> Self {
        // Maps with text keys, texts and numbers: this cannot fail to be written.
        Self(serde_json::value::to_raw_value(&Kept(state)).unwrap_or_default())
    }

    fn read(text: &RawValue) -> Option<Self> {
        text.get().starts_with('{').then(|| Self(text.to_owned()))
    }
}

/// A state on its way to text.
struct Kept<'a>(&'a Map);

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0 {
            match value {
                Value::Object(fields) if key == CUSTOM_FIELDS => map.serialize_entry(key, &Full(fields))?,
                other => map.serialize_entry(key, other)?,
            }
        }
        map.end()
    }
}

/// The custom fields that have a value.
struct Full<'a>(&'a Map);

impl Serialize for Full<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().filter(|(_, field)| !field.is_null()))
    }
}
