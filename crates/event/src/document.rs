//! A JSON object as text: its fields by name, each of them read only when somebody asks for it.
//!
//! A state has some fifty fields, and most are passed on without being looked at. A tree of it would take ten times its
//! bytes and most of an enricher's time.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use crate::Map;

mod draft;
mod writer;

pub(crate) use draft::{Draft, Name, Piece};
pub(crate) use writer::{ObjectWriter, escaped};

/// The text is compact, in the order of the names, and has no name twice: two documents are equal when their texts are.
#[derive(Clone)]
pub struct Document {
    text: Box<str>,
    fields: Vec<Field>,
}

/// Where a field stands in the text, its name without the quotes.
#[derive(Clone)]
struct Field {
    name: Range<u32>,
    value: Range<u32>,
    read: OnceLock<Value>,
}

impl Document {
    /// Reads an object; `None` for what is none, or is nested too deeply.
    pub fn parse(text: &str) -> Option<Self> {
        Draft::read(text).map(Draft::finish)
    }

    /// The object, compact and by name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let field = self.find(name)?;
        let read = || serde_json::from_str(self.at(&field.value)).unwrap_or_default();
        Some(field.read.get_or_init(read))
    }

    /// The whole of it as a tree.
    pub fn to_map(&self) -> Map {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Each field's name, as it stands between quotes, and its value's text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = |field: &Field| (self.at(&field.name), self.at(&field.value));
        self.fields.iter().map(texts)
    }

    fn find(&self, name: &str) -> Option<&Field> {
        let name = escaped(name);
        let at = self
            .fields
            .binary_search_by(|field| self.at(&field.name).cmp(&*name));
        self.fields.get(at.ok()?)
    }

    fn at(&self, place: &Range<u32>) -> &str {
        self.text
            .get(place.start as usize..place.end as usize)
            .unwrap_or_default()
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::from(Map::new())
    }
}

impl From<Map> for Document {
    fn from(map: Map) -> Self {
        Draft::from(map).finish()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests;
