//! The template's fields, and what the file calls them.
use serde_json::Value;
use template::column::Scalar;
use template::{Column, Template};

use crate::{SheetError, Way, cell};

/// One field of the template.
#[derive(Debug)]
pub(crate) struct Field {
    /// As the schema calls it.
    pub(crate) name: String,
    /// What a column of it holds; text where none does.
    pub(crate) scalar: Scalar,
    /// What the file calls it.
    pub(crate) column: String,
    /// Whether somebody said so.
    pub(crate) is_mapped: bool,
    pub(crate) is_required: bool,
    /// What it is where a row does not say.
    pub(crate) default: Option<Value>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

impl Fields {
    pub(crate) fn of(template: &Template, way: &Way) -> Result<Self, SheetError> {
        if template.import_table().is_none() {
            return Err(SheetError::NoTable);
        }
        let schema = template.schema();
        let mut names: Vec<&str> = schema.names().collect();
        names.sort_unstable();
        let told = way.map.keys().chain(way.defaults.keys());
        if let Some(unknown) = told.clone().find(|name| !names.contains(&name.as_str())) {
            return Err(SheetError::NoField {
                field: unknown.clone(),
                fields: names.join(", "),
            });
        }
        let required: Vec<&str> = schema.required().collect();
        let field = |name: &str| {
            let scalar = scalar_of(template.columns(), name);
            let default = way
                .defaults
                .get(name)
                .map(|text| cell::read(text, scalar, way.decimals));
            let default = default.transpose().map_err(|message| SheetError::Default {
                field: name.to_owned(),
                message: message.to_owned(),
            })?;
            let mapped = way.map.get(name);
            Ok(Field {
                name: name.to_owned(),
                scalar,
                column: mapped.cloned().unwrap_or_else(|| name.to_owned()),
                is_mapped: mapped.is_some(),
                is_required: required.contains(&name),
                default: default.flatten(),
            })
        };
        names.into_iter().map(field).collect::<Result<_, _>>().map(Self)
    }

    /// What the file calls a field of the schema.
    pub(crate) fn column(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|field| field.name == name);
        found.map(|field| field.column.as_str())
    }

    /// Where each field stands in a head, which must have those that are needed; and what nothing asks for.
    pub(crate) fn places(&self, head: &[String]) -> Result<(Vec<Option<usize>>, Vec<String>), SheetError> {
        for (at, name) in head.iter().enumerate() {
            if !name.is_empty() && head.iter().take(at).any(|other| is_same(other, name)) {
                return Err(SheetError::Twice { column: name.clone() });
            }
        }
        let columns = || head.join(", ");
        let mut places = Vec::with_capacity(self.0.len());
        for field in &self.0 {
            let place = head.iter().position(|name| is_same(name, &field.column));
            if place.is_none() && field.is_mapped {
                return Err(SheetError::NoColumn {
                    field: field.name.clone(),
                    column: field.column.clone(),
                    columns: columns(),
                });
            }
            if place.is_none() && field.is_required && field.default.is_none() {
                return Err(SheetError::Missing {
                    field: field.name.clone(),
                    columns: columns(),
                    or: format!(", `--default {}=VALUE` what it is in all rows", field.name),
                });
            }
            places.push(place);
        }
        let is_used = |at: usize| places.contains(&Some(at));
        let unused = head.iter().enumerate().filter(|(at, _)| !is_used(*at));
        let unused = unused.map(|(_, name)| name.clone()).collect();
        Ok((places, unused))
    }
}

/// Heads differ in capitals.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn scalar_of(columns: &[Column], name: &str) -> Scalar {
    let reads = |column: &&Column| column.source.keys().iter().any(|key| key == name);
    columns
        .iter()
        .find(reads)
        .map_or(Scalar::Text, |column| column.kind.scalar)
}
