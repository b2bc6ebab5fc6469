//! A document while its fields still change.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::writer::escaped;
use super::{Document, Field};
use crate::Map;
use crate::entity::EntityId;

/// Fields by name.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    fields: Vec<(Cow<'a, str>, Piece<'a>)>,
}

/// A value: text of the object that is read, or one that was made.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// A number, `true`, `false`, `null`, a text without escapes, an empty list or object.
    Text(&'a str),
    Made(Value),
}

impl<'a> Piece<'a> {
    /// `None` for what is nested too deeply, and for a text that escapes what is no character.
    fn read(text: &'a str) -> Option<Self> {
        let is_plain = match text.as_bytes().first() {
            Some(b'{' | b'[') => text.len() == "[]".len(),
            Some(b'"') => !text.as_bytes().contains(&b'\\'),
            _ => true,
        };
        if is_plain {
            return Some(Self::Text(text));
        }
        serde_json::from_str(text).ok().map(Self::Made)
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Self::Made(value) => value,
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Self::Made(value) => value.clone(),
        }
    }

    pub(crate) fn to_id(&self) -> Option<EntityId> {
        EntityId::from_value(&self.to_value())
    }

    /// The characters of a text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.strip_prefix('"')?.strip_suffix('"'),
            Self::Made(value) => value.as_str(),
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        match self {
            Self::Text(text) => text.starts_with('{'),
            Self::Made(value) => value.is_object(),
        }
    }
}

impl<'a> Draft<'a> {
    /// The fields of an object; of a name that stands twice the last.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut fields = serde_json::Deserializer::from_str(text)
            .deserialize_map(Reader)
            .ok()??;
        if !fields.is_sorted_by(|(one, _), (next, _)| one < next) {
            // Keeps the order of equal names.
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            fields.reverse();
            fields.dedup_by(|(one, _), (kept, _)| one == kept);
            fields.reverse();
        }
        Some(Self { fields })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Piece<'a>> {
        let (_, piece) = self.fields.get(self.place(name).ok()?)?;
        Some(piece)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Piece<'a>> {
        let at = self.place(name).ok()?;
        Some(self.fields.remove(at).1)
    }

    /// Puts a value in the place of the one that is there. The name needs no escaping.
    pub(crate) fn insert(&mut self, name: &'static str, piece: Piece<'a>) {
        match self.place(name) {
            Ok(at) => {
                if let Some((_, own)) = self.fields.get_mut(at) {
                    *own = piece;
                }
            }
            Err(at) => self.fields.insert(at, (Cow::Borrowed(name), piece)),
        }
    }

    /// Makes another value of the one that is there.
    pub(crate) fn change(&mut self, name: &str, make: impl FnOnce(Value) -> Value) {
        let Ok(at) = self.place(name) else { return };
        if let Some((_, piece)) = self.fields.get_mut(at) {
            let value = std::mem::replace(piece, Piece::Made(Value::Null)).into_value();
            *piece = Piece::Made(make(value));
        }
    }

    pub(crate) fn each(&mut self) -> impl Iterator<Item = (&str, &mut Piece<'a>)> {
        self.fields.iter_mut().map(|(name, piece)| (&**name, piece))
    }

    /// Takes out the fields with such names.
    pub(crate) fn take(&mut self, is_taken: impl Fn(&str) -> bool) -> Vec<(Cow<'a, str>, Piece<'a>)> {
        self.fields.extract_if(.., |(name, _)| is_taken(name)).collect()
    }

    pub(crate) fn finish(self) -> Document {
        let bytes = |(name, piece): &(Cow<'_, str>, Piece<'_>)| match piece {
            Piece::Text(text) => name.len() + text.len() + 4,
            Piece::Made(_) => name.len() + 64,
        };
        let mut text = Vec::with_capacity(2 + self.fields.iter().map(bytes).sum::<usize>());
        let mut fields = Vec::with_capacity(self.fields.len());
        text.push(b'{');
        for (at, (name, piece)) in self.fields.into_iter().enumerate() {
            text.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
            let name_from = text.len();
            text.extend_from_slice(name.as_bytes());
            let name_to = text.len();
            text.extend_from_slice(b"\":");
            let value_from = text.len();
            let read = write(&mut text, piece);
            fields.push(Field {
                name: name_from as u32..name_to as u32,
                value: value_from as u32..text.len() as u32,
                read,
            });
        }
        text.push(b'}');
        Document {
            text: String::from_utf8(text).unwrap_or_default().into_boxed_str(),
            fields,
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.fields.binary_search_by(|(own, _)| (**own).cmp(name))
    }
}

/// What was made need not be read again.
fn write(text: &mut Vec<u8>, piece: Piece<'_>) -> OnceLock<Value> {
    match piece {
        Piece::Text(own) => {
            text.extend_from_slice(own.as_bytes());
            OnceLock::new()
        }
        Piece::Made(value) => {
            // A value is JSON: this cannot fail.
            let _ = serde_json::to_writer(text, &value);
            OnceLock::from(value)
        }
    }
}

impl From<Map> for Draft<'_> {
    fn from(map: Map) -> Self {
        let own = |(name, value)| (encoded(Cow::Owned(name)), Piece::Made(value));
        let mut fields: Vec<_> = map.into_iter().map(own).collect();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { fields }
    }
}

/// A name as it is meant.
#[derive(serde::Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Reads the fields of an object, `None` when one of them cannot be read.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Option<Vec<(Cow<'de, str>, Piece<'de>)>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(64);
        while let Some(Name(name)) = map.next_key()? {
            let value: &'de RawValue = map.next_value()?;
            let Some(piece) = Piece::read(value.get()) else {
                return Ok(None);
            };
            fields.push((encoded(name), piece));
        }
        Ok(Some(fields))
    }
}

/// A name as it stands between quotes; one that came without escapes needs none.
fn encoded(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(plain) => Cow::Borrowed(plain),
        Cow::Owned(name) => match escaped(&name) {
            Cow::Borrowed(_) => Cow::Owned(name),
            Cow::Owned(escaped) => Cow::Owned(escaped),
        },
    }
}
