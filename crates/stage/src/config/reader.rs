//! Reads the tree into a type: the type says what each text means, the tree says where it stood.
//!
//! Unknown keys of a struct are refused whether or not the struct asks for it.

mod problem;
mod scalar;

use std::collections::btree_map;
use std::vec;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::ConfigError;
use super::node::{Node, Origin, Value};
use problem::{Fault, Problem};

/// Reads the whole tree.
pub(super) fn read<T: DeserializeOwned>(root: Node) -> Result<T, ConfigError> {
    T::deserialize(root).map_err(Problem::into_error)
}

impl<'de> Deserializer<'de> for Node {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Untyped(text) => scalar::guess(&text, visitor),
            Value::TextFile(path) => visitor.visit_string(scalar::content(&path)?),
            Value::String(text) => visitor.visit_string(text),
            Value::Integer(number) => match u64::try_from(number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(number),
            },
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(flag) => visitor.visit_bool(flag),
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                next: 0,
            }),
            Value::Table(entries) => visitor.visit_map(Entries {
                entries: entries.into_iter(),
                value: None,
            }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.value {
            Value::Untyped(text) => visitor.visit_bool(scalar::boolean(text)?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.value {
            Value::Untyped(text) => visitor.visit_i64(scalar::number(text, "a whole number")?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.value {
            Value::Untyped(text) => visitor.visit_u64(scalar::number(text, "a whole number, zero or more")?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.value {
            Value::Untyped(text) => visitor.visit_f64(scalar::number(text, "a number")?),
            Value::Integer(number) => visitor.visit_f64(*number as f64),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Untyped(text) => visitor.visit_string(text),
            value => Node { value, ..self }.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        scalar::list(self)?.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        scalar::table(self)?.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let mut node = scalar::table(self)?;
        let origin = node.origin.clone();
        scalar::match_fields(&mut node, fields)?;
        node.deserialize_any(visitor)
            .map_err(|problem| problem.missing_at(&origin))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.value {
            Value::Untyped(text) | Value::String(text) => {
                visitor.visit_enum(StringDeserializer::<Problem>::new(text))
            }
            Value::Table(entries) if entries.len() == 1 => visitor.visit_enum(Entries {
                entries: entries.into_iter(),
                value: None,
            }),
            _ => Err(Problem::from(Fault::Message(
                "must be one of its words".to_owned(),
            ))),
        }
    }

    /// A key that belongs to another program is not even looked at: its file may be none of ours to read.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The items of a list.
struct Items {
    items: vec::IntoIter<Node>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let (key, origin) = (format!("[{}]", self.next), item.origin.clone());
        self.next += 1;
        seed.deserialize(item)
            .map(Some)
            .map_err(|problem| problem.within(&key, &origin))
    }
}

/// The entries of a table.
struct Entries {
    entries: btree_map::IntoIter<String, Node>,
    value: Option<(String, Origin, Node)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        let Some((key, node)) = self.entries.next() else {
            return Ok(None);
        };
        let origin = node.origin.clone();
        let read = seed.deserialize(StringDeserializer::<Problem>::new(key.clone()));
        self.value = Some((key, origin.clone(), node));
        read.map(Some).map_err(|problem| problem.at(&origin))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let Some((key, origin, node)) = self.value.take() else {
            return Err(Problem::from(Fault::Message(
                "has a value without a key".to_owned(),
            )));
        };
        seed.deserialize(node)
            .map_err(|problem| problem.within(&key, &origin))
    }
}

/// A table with one entry as an enum's variant with content.
impl<'de> EnumAccess<'de> for Entries {
    type Error = Problem;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Content), Problem> {
        let Some((key, node)) = self.entries.next() else {
            return Err(Problem::from(Fault::Message("must name one variant".to_owned())));
        };
        let variant = seed.deserialize(StringDeserializer::<Problem>::new(key))?;
        Ok((variant, Content(node)))
    }
}

/// What stands under a variant's name.
struct Content(Node);

impl<'de> serde::de::VariantAccess<'de> for Content {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Err(Problem::from(Fault::Message(
            "takes no settings of its own".to_owned(),
        )))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Problem> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
