//! A schema taken apart: what it asks of each field by itself, and the little it asks of the event as a whole.
//!
//! Each part is judged by `jsonschema`, so that no rule is told twice. A schema that cannot be taken apart without doubt has no judges.
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::field::Field;
use super::flat::{Flat, Seen};
use super::{Fields, Slot, flat};
use crate::Schema;

/// Keywords at the root that judge nothing, or nothing that is left after the projection onto known fields.
const SILENT: [&str; 8] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
];
/// Keywords that speak of the event by its fields alone.
const OF_THE_WHOLE: [&str; 7] = ["if", "then", "else", "allOf", "anyOf", "oneOf", "not"];

/// What a part gets from the root, and must not have of its own.
const OF_A_ROOT: [&str; 2] = ["$schema", "$defs"];

#[derive(Debug)]
pub(super) struct Judges {
    /// By slot: which of the validators judge its value.
    of_fields: Vec<Vec<usize>>,
    validators: Vec<Validator<Flat>>,
    whole: Whole,
}

/// What is asked of the event beyond its fields.
#[derive(Debug)]
struct Whole {
    /// Must be there.
    required: Vec<Slot>,
    rules: Option<Rules>,
}

/// Judges an object of the fields that rules of the whole event speak of.
#[derive(Debug)]
struct Rules {
    keys: Vec<(String, Slot)>,
    validator: Validator<Flat>,
}

impl Judges {
    pub(super) fn compile(schema: &Schema, slots: &HashMap<String, Slot>) -> Option<Self> {
        let root = schema.text().as_object()?;
        let mut made = Made {
            root,
            numbers: BTreeMap::new(),
            validators: Vec::new(),
        };
        if !refers_to_definitions_only(schema.text()) || root.get("type") != Some(&json!("object")) {
            return None;
        }
        let patterns = members(root, "patternProperties")
            .map(|(pattern, judged)| Some((regex::Regex::new(pattern).ok()?, judged)))
            .collect::<Option<Vec<_>>>()?;
        let properties: BTreeMap<&str, &Value> = members(root, "properties").collect();
        let mut of_fields = vec![Vec::new(); slots.len()];
        for (key, slot) in slots {
            let by_name = properties.get(key.as_str()).copied();
            let by_pattern = patterns
                .iter()
                .filter(|(pattern, _)| pattern.is_match(key))
                .map(|(_, judged)| *judged);
            for judged in by_name.into_iter().chain(by_pattern) {
                let number = made.validator(judged)?;
                of_fields.get_mut(*slot)?.push(number);
            }
        }
        Some(Self {
            whole: made.whole(schema, slots)?,
            of_fields,
            validators: made.validators,
        })
    }

    /// Whether all of them take it.
    pub(super) fn take(&self, fields: &Fields<'_>) -> bool {
        let takes = |(judges, value): (&Vec<usize>, &Option<Field<'_>>)| {
            value.as_ref().is_none_or(|value| {
                judges
                    .iter()
                    .filter_map(|number| self.validators.get(*number))
                    .all(|validator| validator.is_valid(Seen::Field(value)))
            })
        };
        self.of_fields.iter().zip(&fields.0).all(takes) && self.whole.takes(fields)
    }
}

impl Whole {
    fn takes(&self, fields: &Fields<'_>) -> bool {
        let is_there = |slot: &Slot| fields.get(*slot).is_some();
        self.required.iter().all(is_there) && self.rules.as_ref().is_none_or(|rules| rules.take(fields))
    }
}

impl Rules {
    fn take(&self, fields: &Fields<'_>) -> bool {
        let keys = &self.keys;
        self.validator.is_valid(Seen::Whole(flat::Whole { keys, fields }))
    }
}

/// Validators made so far; the same rules are compiled once.
struct Made<'a> {
    root: &'a Map<String, Value>,
    numbers: BTreeMap<String, usize>,
    validators: Vec<Validator<Flat>>,
}

impl<'a> Made<'a> {
    fn validator(&mut self, judged: &Value) -> Option<usize> {
        let judged = self.meant(judged);
        let text = judged.to_string();
        if let Some(number) = self.numbers.get(&text) {
            return Some(*number);
        }
        let validator = self.build(judged.as_object()?.clone())?;
        self.validators.push(validator);
        let number = self.validators.len() - 1;
        self.numbers.insert(text, number);
        Some(number)
    }

    /// What a bare reference to a definition stands for: judged without the way there.
    fn meant<'v>(&self, judged: &'v Value) -> &'v Value
    where
        'a: 'v,
    {
        let definition = || {
            let members = judged.as_object().filter(|members| members.len() == 1)?;
            let name = members.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
            let is_plain = !name.contains(['/', '~', '%']);
            let definition = self.root.get("$defs").filter(|_| is_plain)?.get(name)?;
            let has_none_of_its_own = |key: &&str| definition.get(key).is_none();
            let stands_alone = definition.is_object() && OF_A_ROOT.iter().all(has_none_of_its_own);
            stands_alone.then_some(definition)
        };
        definition().unwrap_or(judged)
    }

    /// With the root's dialect and definitions.
    fn build(&self, mut rules: Map<String, Value>) -> Option<Validator<Flat>> {
        for key in OF_A_ROOT {
            if let Some(value) = self.root.get(key)
                && rules.insert(key.to_owned(), value.clone()).is_some()
            {
                return None;
            }
        }
        Schema::options::<Flat>().build(&Value::Object(rules)).ok()
    }

    /// `None`: it asks what cannot be told from some of the fields.
    fn whole(&self, schema: &Schema, slots: &HashMap<String, Slot>) -> Option<Whole> {
        // The envelope's keys have slots also where the schema does not know them: its rules do not see them then.
        let slot_of = |key: &str| slots.get(key).copied().filter(|_| schema.knows(key));
        let mut required = Vec::new();
        let mut rules = Map::new();
        for (keyword, value) in self.root {
            match keyword.as_str() {
                "required" => {
                    for name in value.as_array()? {
                        required.push(slot_of(name.as_str()?)?);
                    }
                }
                "type" | "properties" | "patternProperties" => {}
                silent if SILENT.contains(&silent) => {}
                "additionalProperties" if value.is_boolean() => {}
                whole if OF_THE_WHOLE.contains(&whole) => {
                    rules.insert(keyword.clone(), value.clone());
                }
                _ => return None,
            }
        }
        let rules = if rules.is_empty() {
            None
        } else {
            Some(self.rules(rules, slot_of)?)
        };
        Some(Whole { required, rules })
    }

    fn rules(&self, rules: Map<String, Value>, slot_of: impl Fn(&str) -> Option<Slot>) -> Option<Rules> {
        let mut keys = BTreeSet::new();
        collect(&rules, &mut keys)?;
        let slotted = |key: String| slot_of(&key).map(|slot| (key, slot));
        Some(Rules {
            keys: keys.into_iter().filter_map(slotted).collect(),
            validator: self.build(rules)?,
        })
    }
}

/// The fields that these rules of an object speak of.
fn collect(rules: &Map<String, Value>, keys: &mut BTreeSet<String>) -> Option<()> {
    for (keyword, value) in rules {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => keys.extend(properties.keys().cloned()),
            ("required", Value::Array(names)) => {
                keys.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            ("if" | "then" | "else" | "not", Value::Object(rules)) => collect(rules, keys)?,
            ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => {
                for rules in all {
                    collect(rules.as_object()?, keys)?;
                }
            }
            ("type" | "$comment" | "title" | "description", _) => {}
            _ => return None,
        }
    }
    Some(())
}

fn members<'a>(root: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let object = root.get(keyword).and_then(Value::as_object);
    object
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

/// A part must mean the same by itself.
fn refers_to_definitions_only(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().all(|(key, value)| match key.as_str() {
            "$ref" => value.as_str().is_some_and(|to| to.starts_with("#/$defs/")),
            "$dynamicRef" | "$recursiveRef" | "$anchor" | "$dynamicAnchor" | "definitions" => false,
            _ => refers_to_definitions_only(value),
        }),
        Value::Array(items) => items.iter().all(refers_to_definitions_only),
        _ => true,
    }
}
