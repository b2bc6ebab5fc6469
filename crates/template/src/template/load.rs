//! Puts a template together from its files, and refuses one that does not hang together.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Template;
use crate::column::{Column, ColumnSpec, ColumnType, GATHERED_MAX, Gather, Source, envelope};
use crate::manifest::{FORMAT, Manifest, TableRole};
use crate::plan::Plan;
use crate::{LoadError, Migration, Schema};

mod personal;

const MANIFEST: &str = "template.toml";

pub(super) fn load(files: &[(String, String)]) -> Result<Template, LoadError> {
    let files: BTreeMap<String, String> = files.iter().cloned().collect();
    let text = files.get(MANIFEST).ok_or_else(|| LoadError::Missing {
        file: MANIFEST.to_owned(),
    })?;
    let manifest: Manifest = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        invalid(line, error.message())
    })?;
    let key = format!("{}/{}", manifest.template.id, manifest.template.version);
    if manifest.template.format != FORMAT {
        return Err(LoadError::Format {
            key,
            found: manifest.template.format,
        });
    }
    let base = manifest
        .tables
        .iter()
        .find(|table| matches!(table.role, TableRole::Base | TableRole::Import))
        .map(|table| table.name.clone())
        .ok_or_else(|| invalid(1, "one table must have the role base, or import"))?;
    let schema = schema(&files, &key)?;
    let columns = columns(&manifest, &schema, text)?;
    let migrations = files
        .iter()
        .filter(|(path, _)| path.starts_with("warehouse/"))
        .map(|(path, sql)| Migration::parse(path, sql))
        .collect::<Result<Vec<_>, _>>()?;
    let migrations = crate::migration::ordered(migrations)?;
    personal::check(&manifest, &columns, &migrations).map_err(|message| invalid(1, &message))?;
    let hash = hash(&files);
    Ok(Template {
        plan: Plan::new(&schema, &columns),
        key,
        manifest,
        schema,
        columns,
        base,
        migrations,
        files,
        hash,
    })
}

fn schema(files: &BTreeMap<String, String>, key: &str) -> Result<Schema, LoadError> {
    let (path, text) = files
        .iter()
        .find(|(path, _)| path.starts_with("schema/") && path.ends_with(".schema.json"))
        .ok_or_else(|| LoadError::Missing {
            file: "schema/<object>.schema.json".to_owned(),
        })?;
    Schema::compile(path, text, key)
}

/// The envelope's columns, then the template's own in order of name.
fn columns(manifest: &Manifest, schema: &Schema, text: &str) -> Result<Vec<Column>, LoadError> {
    let mut columns = envelope();
    for (name, spec) in &manifest.columns {
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with(name.as_str()))
            .map_or(1, |at| at + 1);
        let kind = ColumnType::parse(spec.kind()).map_err(|error| invalid(line, &error.to_string()))?;
        if columns.iter().any(|column| column.name == *name) {
            return Err(invalid(line, &format!("column {name} belongs to the envelope")));
        }
        let source = source(name, spec, manifest);
        for key in source.keys() {
            if !schema.knows(key) {
                return Err(invalid(
                    line,
                    &format!("column {name} reads {key}, which the schema does not know"),
                ));
            }
        }
        columns.push(Column {
            name: name.clone(),
            kind,
            source,
            rounded: spec.rounded(),
        });
    }
    Ok(columns)
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

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn invalid(line: usize, message: &str) -> LoadError {
    LoadError::Invalid {
        file: MANIFEST.to_owned(),
        line,
        message: message.to_owned(),
    }
}
