//! One loaded template: manifest, schema, columns, migrations, and the text of its other files.
use std::collections::BTreeMap;

use serde_json::Map;

use crate::column::Column;
use crate::manifest::{Manifest, TableRole};
use crate::plan::{Fields, Leaf, Plan};
use crate::{Envelope, LoadError, Migration, Row, RowContext, Schema, Violation};

mod import;
mod load;

pub use import::Imported;

/// A template in force.
#[derive(Debug)]
pub struct Template {
    key: String,
    manifest: Manifest,
    schema: Schema,
    columns: Vec<Column>,
    plan: Plan,
    base: String,
    migrations: Vec<Migration>,
    files: BTreeMap<String, String>,
    hash: String,
}

/// An event that the template takes: what identifies it, and its fields as the schema wants them.
#[derive(Debug)]
pub struct Checked<'a> {
    pub envelope: Envelope,
    pub(crate) fields: Fields<'a>,
}

/// Why an event's bytes are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// They are no JSON object.
    NotJson,
    /// All that is wrong with it.
    Violations(Vec<Violation>),
}

impl Template {
    /// Reads a template from its files, given as (path inside the folder, text). Refuses what is not whole, with all that
    /// is wrong.
    pub fn load(files: &[(String, String)]) -> Result<Self, LoadError> {
        load::load(files)
    }

    /// `id/version`, e.g. `pipedrive-deals/2.0`.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The columns of the base table that the loader fills, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether events fill it; else `omni import` does.
    pub fn is_fed(&self) -> bool {
        self.table(TableRole::Base).is_some()
    }

    /// The table that the loader writes, or `omni import`; empty for a board alone.
    pub fn base_table(&self) -> &str {
        &self.base
    }

    /// All tables that one insert changes: the base table and those that views feed.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.manifest.tables.iter().map(|table| table.name.as_str())
    }

    /// The name of the first table of a role.
    pub fn table(&self, role: TableRole) -> Option<&str> {
        self.manifest
            .tables
            .iter()
            .find(|table| table.role == role)
            .map(|table| table.name.as_str())
    }

    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The text of any file of the template: `panels/….sql`, `fragments/….sql`, `i18n/en.toml`, `fixtures/…`.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All files, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Hash over all files, hex: changes when anything of the template does.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether an event of this object and action is one the template is for.
    pub fn picks(&self, object: &str, action: &str) -> bool {
        self.is_fed() && self.manifest.pick.takes(object, action)
    }

    /// Judges a flat event as it lies on the topic: as [`Template::check`] does, in a fraction of the time where it is valid.
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Result<Checked<'a>, NotTaken> {
        if let Some((envelope, fields)) = self.plan.read(bytes, &self.schema) {
            return Ok(Checked { envelope, fields });
        }
        let event = serde_json::from_slice(bytes).map_err(|_| NotTaken::NotJson)?;
        self.check(event).map_err(NotTaken::Violations)
    }

    /// Judges a flat event: all violations of the envelope and of the schema, never only the first.
    pub fn check(&self, event: Map<String, serde_json::Value>) -> Result<Checked<'static>, Vec<Violation>> {
        let envelope = Envelope::read(|key| event.get(key).map(Leaf::from), self.schema.version());
        let fields = self.schema.validate(event);
        match (envelope, fields) {
            (Ok(envelope), Ok(fields)) => Ok(Checked {
                envelope,
                fields: self.plan.fields(fields.into_fields()),
            }),
            (Err(mut violations), Err(more)) => {
                violations.extend(more);
                Err(violations)
            }
            (Err(violations), Ok(_)) | (Ok(_), Err(violations)) => Err(violations),
        }
    }

    /// Typed values, one a column; a value that its column cannot hold exactly is a violation.
    pub fn row<'a>(
        &'a self,
        checked: &'a Checked<'a>,
        context: &'a RowContext<'a>,
    ) -> Result<Row<'a>, Vec<Violation>> {
        crate::row::convert(
            &self.columns,
            self.plan.bindings(),
            self.schema.version(),
            checked,
            context,
        )
    }
}
