//! Puts a template together from its files, and refuses one that does not hang together.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Template;
use crate::column::{
    Column, ColumnSpec, ColumnType, GATHERED_MAX, Gather, Source, envelope, import_envelope,
};
use crate::manifest::{FORMAT, Manifest, Table, TableRole};
use crate::places::{Places, escaped, line_of};
use crate::plan::Plan;
use crate::{Finding, LoadError, Migration, Schema};

mod import;
mod personal;

const MANIFEST: &str = "template.toml";

pub(super) fn load(files: &[(String, String)]) -> Result<Template, LoadError> {
    let files: BTreeMap<String, String> = files.iter().cloned().collect();
    let text = files
        .get(MANIFEST)
        .ok_or_else(|| LoadError::one(MANIFEST, 1, "there is no such file"))?;
    let manifest: Manifest = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        LoadError::one(MANIFEST, line, error.message())
    })?;
    let (places, _) = Places::read(MANIFEST, text);
    let mut faults = Faults {
        places: &places,
        findings: Vec::new(),
    };
    if manifest.template.format != FORMAT {
        let found = manifest.template.format;
        let message = format!("format {found}; this program reads {FORMAT}");
        faults.add("/template/format", &message);
    }
    let base = manifest
        .tables
        .iter()
        .find(|table| matches!(table.role, TableRole::Base | TableRole::Import));
    // A template may also be a board alone, over the tables of those it requires.
    let is_board_alone = manifest.tables.is_empty() && !manifest.template.requires.is_empty();
    if base.is_none() && !is_board_alone {
        let message =
            "one table must have the role base, or import, unless the template only requires others";
        faults.add("/table", message);
    }
    let key = format!("{}/{}", manifest.template.id, manifest.template.version);
    let schema = if is_board_alone {
        faults.take(Schema::compile("schema", "{}", &key))
    } else {
        faults.take(schema(&files, &key))
    };
    let columns = schema
        .as_ref()
        .map(|schema| columns(&manifest, schema, &mut faults));
    let migrations = files
        .iter()
        .filter(|(path, _)| path.starts_with("warehouse/"))
        .filter_map(|(path, sql)| faults.take(Migration::parse(path, sql)))
        .collect();
    let migrations = faults.take(crate::migration::ordered(migrations));
    match (base, schema, columns, migrations) {
        (base, Some(schema), Some(columns), Some(migrations)) if base.is_some() || is_board_alone => {
            for (pointer, message) in personal::check(&manifest, &columns, &migrations)
                .into_iter()
                .chain(import::check(&manifest, &columns))
            {
                faults.add(&pointer, &message);
            }
            faults.into_result()?;
            Ok(Template {
                plan: Plan::new(&schema, &columns),
                base: base.map(|table| table.name.clone()).unwrap_or_default(),
                hash: hash(&files),
                key,
                manifest,
                schema,
                columns,
                migrations,
                files,
            })
        }
        _ => Err(LoadError(faults.findings)),
    }
}

/// What was found so far.
struct Faults<'p> {
    places: &'p Places,
    findings: Vec<Finding>,
}

impl Faults<'_> {
    /// In the manifest, at this place.
    fn add(&mut self, pointer: &str, message: &str) {
        let line = self.places.line(pointer);
        self.findings.push(Finding::new(MANIFEST, line, message));
    }

    /// What was made, or none and the reasons.
    fn take<T>(&mut self, made: Result<T, LoadError>) -> Option<T> {
        made.map_err(|error| self.findings.extend(error.0)).ok()
    }

    fn into_result(self) -> Result<(), LoadError> {
        if self.findings.is_empty() {
            return Ok(());
        }
        Err(LoadError(self.findings))
    }
}

fn schema(files: &BTreeMap<String, String>, key: &str) -> Result<Schema, LoadError> {
    let (path, text) = files
        .iter()
        .find(|(path, _)| path.starts_with("schema/") && path.ends_with(".schema.json"))
        .ok_or_else(|| LoadError::one("schema/<object>.schema.json", 1, "there is no such file"))?;
    Schema::compile(path, text, key)
}

/// The envelope's columns, then the template's own in order of name.
fn columns(manifest: &Manifest, schema: &Schema, faults: &mut Faults<'_>) -> Vec<Column> {
    let is_import = |table: &Table| table.role == TableRole::Import;
    let mut columns = if manifest.tables.iter().any(is_import) {
        import_envelope()
    } else {
        envelope()
    };
    for (name, spec) in &manifest.columns {
        let at = format!("/columns/{}", escaped(name));
        if columns.iter().any(|column| column.name == *name) {
            faults.add(&at, &format!("column {name} belongs to the envelope"));
            continue;
        }
        let source = source(name, spec, manifest);
        for key in source.keys().iter().filter(|key| !schema.knows(key)).take(1) {
            let message = format!("column {name} reads {key}, which the schema does not know");
            faults.add(&at, &message);
        }
        match ColumnType::parse(spec.kind()) {
            Ok(kind) => columns.push(Column {
                name: name.clone(),
                kind,
                source,
                rounded: spec.rounded(),
            }),
            Err(error) => faults.add(&at, &error.to_string()),
        }
    }
    columns
}

fn source(name: &str, spec: &ColumnSpec, manifest: &Manifest) -> Source {
    let from = spec.from(name);
    let Some((prefix, _)) = from.split_once('#') else {
        return Source::Field(from.to_owned());
    };
    let group: Vec<&str> = manifest
        .columns
        .iter()
        .map(|(name, spec)| spec.from(name))
        .filter(|other| other.split_once('#').is_some_and(|(other, _)| other == prefix))
        .collect();
    let number = |pattern: &str, n: usize| pattern.replacen('#', &n.to_string(), 1);
    Source::Gather(Gather {
        keys: (1..=GATHERED_MAX).map(|n| number(from, n)).collect(),
        siblings: (1..=GATHERED_MAX)
            .map(|n| group.iter().map(|pattern| number(pattern, n)).collect())
            .collect(),
    })
}

fn hash(files: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (path, text) in files {
        for part in [path, text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher
        .finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
