//! What a template asks of an event, compiled: each flat key that anybody asks for has a slot, and one pass over the bytes fills
//! the slots and nothing else.
//!
//! The plan only ever says yes. Of an event that it does not take at once, the schema as a whole is asked: only that names all
//! violations, and it decides.
use std::fmt;

use hashbrown::HashMap;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::column::{Column, EnvelopeField, Source};
use crate::row::envelope;
use crate::{Envelope, Schema};

mod field;
mod flat;
mod judges;
mod order;

pub(crate) use field::{Field, Leaf};
use judges::Judges;
use order::Order;

/// The place of a flat key's value.
pub(crate) type Slot = usize;

/// A schema and the columns it fills, compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    slots: HashMap<String, Slot>,
    order: Order,
    bindings: Vec<Binding>,
    /// `None` where the schema asks what cannot be asked of one field at a time.
    judges: Option<Judges>,
}

/// Where a column's values are.
#[derive(Debug)]
pub(crate) enum Binding {
    Envelope(EnvelopeField),
    Field(Slot),
    /// One a number, and for each all of that object.
    Gather {
        slots: Vec<Slot>,
        siblings: Vec<Vec<Slot>>,
    },
}

/// An event's values, by slot.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<Option<Field<'a>>>);

impl<'a> Fields<'a> {
    pub(crate) fn get(&self, slot: Slot) -> Option<&Field<'a>> {
        self.0.get(slot).and_then(Option::as_ref)
    }
}

impl Plan {
    pub(crate) fn new(schema: &Schema, columns: &[Column]) -> Self {
        let mut slots = Slots::default();
        for key in envelope::KEYS.iter().copied().chain(schema.names()) {
            slots.of(key);
        }
        let bindings = columns.iter().map(|column| slots.bind(&column.source)).collect();
        Self {
            judges: Judges::compile(schema, &slots.0),
            order: Order::new(&slots.0),
            slots: slots.0,
            bindings,
        }
    }

    /// One a column, in their order.
    pub(crate) fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// An event that is surely valid; `None` of any other, and of what is no JSON object.
    pub(crate) fn read<'a>(&self, bytes: &'a [u8], schema: &Schema) -> Option<(Envelope, Fields<'a>)> {
        let judges = self.judges.as_ref()?;
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let filling = Filling { plan: self, schema };
        let fields = json.deserialize_map(filling).ok()?;
        json.end().ok()?;
        let get = |key: &str| fields.get(*self.slots.get(key)?).map(Field::leaf);
        let envelope = Envelope::read(get, schema.version()).ok()?;
        judges.take(&fields).then_some((envelope, fields))
    }

    /// The fields of an event that the schema as a whole has taken.
    pub(crate) fn fields(&self, event: Map<String, Value>) -> Fields<'static> {
        let mut fields = self.empty();
        for (key, value) in event {
            if let Some(place) = self.slots.get(&key).and_then(|slot| fields.get_mut(*slot)) {
                *place = Some(value.into());
            }
        }
        Fields(fields)
    }

    fn empty<'a>(&self) -> Vec<Option<Field<'a>>> {
        let mut fields = Vec::new();
        fields.resize_with(self.slots.len(), || None);
        fields
    }
}

/// Keys get their slots in the order of asking.
#[derive(Default)]
struct Slots(HashMap<String, Slot>);

impl Slots {
    fn of(&mut self, key: &str) -> Slot {
        let next = self.0.len();
        *self.0.entry_ref(key).or_insert(next)
    }

    fn bind(&mut self, source: &Source) -> Binding {
        match source {
            Source::Envelope(field) => Binding::Envelope(*field),
            Source::Field(key) => Binding::Field(self.of(key)),
            Source::Gather(gather) => Binding::Gather {
                slots: gather.keys.iter().map(|key| self.of(key)).collect(),
                siblings: gather
                    .siblings
                    .iter()
                    .map(|keys| keys.iter().map(|key| self.of(key)).collect())
                    .collect(),
            },
        }
    }
}

/// Takes the members of an event; an error where one has no slot and the schema knows it all the same.
struct Filling<'a> {
    plan: &'a Plan,
    schema: &'a Schema,
}

impl<'de> Visitor<'de> for Filling<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a flat event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = self.plan.empty();
        let mut last = None;
        while let Some(slot) = members.next_key_seed(Key {
            of: &self,
            after: last,
        })? {
            // Read also where nobody asks for it: what is no JSON anywhere is no event.
            let field = Field::read(members.next_value::<&RawValue>()?.get())
                .ok_or_else(|| A::Error::custom("is no JSON"))?;
            if let Some(place) = slot.and_then(|slot| fields.get_mut(slot)) {
                *place = Some(field);
                last = slot;
            }
        }
        Ok(Fields(fields))
    }
}

/// Looks a key up without keeping it.
struct Key<'a> {
    of: &'a Filling<'a>,
    /// The last one before it that has a slot.
    after: Option<Slot>,
}

impl<'de> serde::de::DeserializeSeed<'de> for Key<'_> {
    type Value = Option<Slot>;

    fn deserialize<D: serde::Deserializer<'de>>(self, key: D) -> Result<Option<Slot>, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<Slot>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a flat key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Option<Slot>, E> {
        let Filling { plan, schema } = self.of;
        if let Some(slot) = plan.order.guess(self.after, key) {
            return Ok(Some(slot));
        }
        let slot = plan.slots.get(key).copied();
        match slot {
            Some(slot) => plan.order.learn(self.after, slot),
            None if schema.knows(key) => return Err(E::custom("the schema knows a field without a slot")),
            None => {}
        }
        Ok(slot)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ENVELOPE: &str = r#""event_uuid":"df47d877-b58c-4886-91cd-1aa83e1d7367","event_ver":"7","event_revision":0,
        "event_company_id":7,"event_timestamp_micro":1725294540402495,"event_received_at":"2024-09-02T16:29:00Z""#;

    fn takes(schema: &str, event: &str) -> bool {
        let schema = Schema::compile("schema/x.schema.json", schema, "x/1").unwrap();
        let event = if event.is_empty() {
            format!("{{{ENVELOPE}}}")
        } else {
            format!("{{{ENVELOPE},{event}}}")
        };
        Plan::new(&schema, &[]).read(event.as_bytes(), &schema).is_some()
    }

    #[test]
    fn fields_and_the_whole_are_judged() {
        let schema = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/small"},"b":{"type":"string"}},
            "patternProperties":{"^n_[0-9]+$":{"type":"boolean"}},"required":["a"],
            "if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},
            "$defs":{"small":{"type":"integer","maximum":9}}}"##;
        for (event, is_taken) in [
            (r#""a":2"#, true),
            (r#""a":2,"unknown":{"x":[1]}"#, true),
            (r#""a":1,"b":"x""#, true),
            (r#""a":1"#, false),
            (r#""a":10"#, false),
            (r#""a":10,"a":2"#, true),
            (r#""b":"x""#, false),
            (r#""a":2,"b":null"#, false),
            (r#""a":2,"n_1":true"#, false),
        ] {
            assert_eq!(takes(schema, event), is_taken, "{event}");
        }
    }

    #[test]
    fn a_reference_means_its_definition_whatever_that_is() {
        let schema = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/any"},"b":{"$ref":"#/$defs/own"},
            "c":{"$ref":"#/$defs/never"},"d":{"$ref":"#/$defs/small"}},
            "$defs":{"any":true,"never":false,"small":{"maximum":9},
                "own":{"$defs":{"x":{}},"type":"string"}}}"##;
        for (event, is_taken) in [
            (r#""a":[1]"#, true),
            (r#""b":"x""#, true),
            (r#""b":1"#, false),
            (r#""c":1"#, false),
            (r#""d":9"#, true),
            (r#""d":10"#, false),
        ] {
            assert_eq!(takes(schema, event), is_taken, "{event}");
        }
    }

    #[test]
    fn the_built_in_schemas_are_taken_apart() {
        let registry = crate::Registry::builtin().unwrap();
        for template in registry.iter() {
            let plan = Plan::new(template.schema(), template.columns());
            assert!(plan.judges.is_some(), "{}", template.key());
        }
    }

    #[test]
    fn what_cannot_be_taken_apart_is_left_to_the_whole_schema() {
        for schema in [
            r#"{"type":"object","minProperties":1}"#,
            r#"{"properties":{}}"#,
            r#"{"type":"object","not":{"propertyNames":{"maxLength":3}}}"#,
            r##"{"type":"object","properties":{"a":{"$ref":"#/properties/b"},"b":{}}}"##,
            r#"{"type":"object","required":["event_ver"]}"#,
            r#"{"type":"object","dependentRequired":{"a":["b"]}}"#,
        ] {
            assert!(!takes(schema, ""), "{schema}");
        }
        assert!(takes(r#"{"type":"object","additionalProperties":false}"#, ""));
    }

    #[test]
    fn what_is_no_event_is_not_taken() {
        let schema = Schema::compile("schema/x.schema.json", r#"{"type":"object"}"#, "x/1").unwrap();
        let plan = Plan::new(&schema, &[]);
        let whole = format!("{{{ENVELOPE}}}");
        assert!(plan.read(whole.as_bytes(), &schema).is_some());
        for bytes in [
            format!("{whole}x"),
            format!("[{whole}]"),
            whole.replace("df47", "zzzz"),
            format!(r#"{{{ENVELOPE},"u":"\ud800"}}"#),
            String::new(),
        ] {
            assert!(plan.read(bytes.as_bytes(), &schema).is_none(), "{bytes}");
        }
    }
}
