//! What an account's fields are called, and their options: `dealFields` and its like, read leniently.
//!
//! A definition needs its code alone; whatever else is missing, null or of another type is taken as empty,
//! so that one odd field does not take the names of all others away.

use std::time::Duration;

use serde_json::Value;

use crate::{Call, Client, Error, Facts, Kind, List, Priority, State};

/// One field of deals (and so of leads), persons or organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDefinition {
    /// The key under which states hold it; 40 hexadecimal digits for a custom one.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Pipedrive's word for its type: `varchar`, `enum`, `set`, `monetary` and so on.
    pub kind: String,
    /// What can be chosen, in Pipedrive's order.
    pub options: Vec<FieldOption>,
    pub is_custom: bool,
    /// Parts of a compound value, as of an address.
    pub subfields: Vec<Subfield>,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOption {
    /// A number in custom fields, a word in some of Pipedrive's own.
    pub id: String,
    pub label: String,
}

/// A part of a compound field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subfield {
    pub code: String,
    pub name: String,
    pub kind: String,
}

impl FieldDefinition {
    /// Reads one row of a list of fields; nothing when it has no code.
    pub fn read(row: &State) -> Option<Self> {
        Some(Self {
            code: text(row, "field_code")?,
            name: text(row, "field_name").unwrap_or_default(),
            kind: text(row, "field_type").unwrap_or_default(),
            options: rows(row, "options").filter_map(FieldOption::read).collect(),
            is_custom: row.get("is_custom_field") == Some(&Value::Bool(true)),
            subfields: rows(row, "subfields").filter_map(Subfield::read).collect(),
        })
    }
}

impl FieldOption {
    fn read(row: &State) -> Option<Self> {
        let id = text(row, "id")?;
        let label = text(row, "label").unwrap_or_else(|| id.clone());
        Some(Self { id, label })
    }
}

impl Subfield {
    fn read(row: &State) -> Option<Self> {
        Some(Self {
            code: text(row, "field_code")?,
            name: text(row, "field_name").unwrap_or_default(),
            kind: text(row, "field_type").unwrap_or_default(),
        })
    }
}

impl Client {
    /// All fields of deals, persons or organizations (of leads: those of deals); 10 tokens a page.
    pub async fn fields(
        &self,
        kind: Kind,
        priority: Priority,
        deadline: Duration,
    ) -> Call<Vec<FieldDefinition>> {
        let list = match kind {
            Kind::Deal | Kind::Lead => List::DealFields,
            Kind::Person => List::PersonFields,
            Kind::Organization => List::OrganizationFields,
            Kind::Stage | Kind::Pipeline | Kind::User | Kind::Activity => {
                let endpoint = kind.endpoint();
                return Call {
                    result: Err(Error::BadId { endpoint }),
                    facts: Facts::of(endpoint),
                };
            }
        };
        let call = self.list(&list, priority, deadline).await;
        let result = call
            .result
            .map(|pages| pages.items.iter().filter_map(FieldDefinition::read).collect());
        Call {
            result,
            facts: call.facts,
        }
    }
}

/// A word, or a number as its digits.
fn text(row: &State, key: &str) -> Option<String> {
    match row.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn rows<'a>(row: &'a State, key: &str) -> impl Iterator<Item = &'a State> {
    row.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(row: &str) -> Option<FieldDefinition> {
        FieldDefinition::read(&serde_json::from_str(row).unwrap())
    }

    #[test]
    fn a_definition_names_its_options_by_id() {
        let field = read(
            r#"{"field_code":"c","field_name":"Priority","field_type":"enum","is_custom_field":true,
                "options":[{"id":1,"label":"Low","color":"green"},{"id":"user","label":"User"},{"label":"x"},{"id":3}],
                "subfields":[{"field_code":"value","field_name":"Amount","field_type":"double"}]}"#,
        )
        .unwrap();
        let options: Vec<_> = field
            .options
            .iter()
            .map(|o| (o.id.as_str(), o.label.as_str()))
            .collect();
        assert_eq!(options, [("1", "Low"), ("user", "User"), ("3", "3")]);
        assert!(field.is_custom && field.kind == "enum" && field.name == "Priority");
        assert_eq!(field.subfields.len(), 1);
    }

    #[test]
    fn a_definition_needs_its_code_alone() {
        let field = read(r#"{"field_code":"c","options":null,"subfields":7,"field_name":null}"#).unwrap();
        assert!(field.options.is_empty() && field.subfields.is_empty() && !field.is_custom);
        assert_eq!(read(r#"{"field_name":"nameless"}"#), None);
    }
}
