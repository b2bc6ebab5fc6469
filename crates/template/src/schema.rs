//! A template's JSON Schema, held against a flat event: every violation, with its path, or a row's fields.
//!
//! The event is first projected onto the schema's own fields, so a template says nothing about fields it does not know
//! and is strict about those it does.
use std::collections::HashSet;

use jsonschema::Validator;
use jsonschema::json::{Json, SerdeJson};
use regex::RegexSet;
use serde_json::{Map, Value};

use crate::LoadError;

mod violation;

pub use violation::Violation;

/// The most violations reported of one event; a body with more is no better understood by reading on.
pub const VIOLATIONS_MAX: usize = 100;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    version: String,
    text: Value,
    validator: Validator,
    fields: HashSet<String>,
    patterns: RegexSet,
}

/// Fields that passed the schema; only [`Schema::validate`] makes one.
#[derive(Debug)]
pub struct ValidRow(Map<String, Value>);

impl ValidRow {
    /// The value of a flat key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn into_fields(self) -> Map<String, Value> {
        self.0
    }
}

impl Schema {
    /// Compiles the schema in `text`; `file` names it in errors, `version` in violations.
    pub fn compile(file: &str, text: &str, version: &str) -> Result<Self, LoadError> {
        let invalid = |line: usize, message: String| LoadError::one(file, line, message);
        let schema: Value =
            serde_json::from_str(text).map_err(|error| invalid(error.line(), error.to_string()))?;
        let validator = Self::options::<SerdeJson>()
            .build(&schema)
            .map_err(|error| invalid(1, error.to_string()))?;
        let names = |key: &str| {
            schema
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
        };
        let patterns =
            RegexSet::new(names("patternProperties")).map_err(|error| invalid(1, error.to_string()))?;
        Ok(Self {
            version: version.to_owned(),
            validator,
            fields: names("properties").cloned().collect(),
            patterns,
            text: schema,
        })
    }

    /// How any part of it is judged.
    pub(crate) fn options<F: Json>()
    -> jsonschema::ValidationOptions<'static, std::sync::Arc<dyn jsonschema::Retrieve>, F> {
        jsonschema::options_for().should_validate_formats(true)
    }

    pub(crate) fn text(&self) -> &Value {
        &self.text
    }

    /// The keys that every event must have.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.text.get("required").and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str)
    }

    /// What a value of this key must be, in words, where the schema says so.
    pub fn description(&self, key: &str) -> Option<&str> {
        let property = self.text.get("properties")?.get(key)?;
        property.get("description")?.as_str()
    }

    /// The flat keys that it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// `id/version` of the template, as violations carry it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the schema says anything about this flat key.
    pub fn knows(&self, key: &str) -> bool {
        self.fields.contains(key) || self.patterns.is_match(key)
    }

    /// Projects the event onto the schema's fields and judges it: the fields, or all violations (at most
    /// [`VIOLATIONS_MAX`]).
    pub fn validate(&self, mut event: Map<String, Value>) -> Result<ValidRow, Vec<Violation>> {
        event.retain(|key, _| self.knows(key));
        let event = Value::Object(event);
        // Nearly every event is valid, and asking only that costs a fraction of looking for errors.
        if !self.validator.is_valid(&event) {
            return Err(self.violations(&event));
        }
        match event {
            Value::Object(fields) => Ok(ValidRow(fields)),
            _ => Ok(ValidRow(Map::new())),
        }
    }

    fn violations(&self, event: &Value) -> Vec<Violation> {
        let errors = self.validator.iter_errors(event).take(VIOLATIONS_MAX);
        let mut violations: Vec<Violation> =
            errors.map(|error| Violation::of(&error, &self.version)).collect();
        violations.sort_by(|left, right| left.path.cmp(&right.path));
        violations
    }
}
