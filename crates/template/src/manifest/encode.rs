//! Which result column goes where in a panel's drawing: what `encode` may say, by the kind of the panel.
//!
//! One grammar for all that ask: the JSON Schema of the manifest is made of it, `encode` is judged by it, and a result's
//! column types are held against it. What is not in it the page does not read.
use serde_json::{Map, Value};

use super::PanelKind;
use crate::places::escaped;

mod format;
mod grammar;

pub use format::{Format, Holds};
pub use grammar::{Part, Shape, parts};

/// A column that a panel's `encode` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Where in `encode`, as a JSON pointer: `/details/0/field`.
    pub pointer: String,
    pub column: String,
    pub holds: Holds,
    /// The page writes the column's name, so it needs a word: the key of that word.
    pub word: Option<String>,
}

/// What was read of an `encode`.
#[derive(Debug, Default)]
pub struct Reading {
    pub uses: Vec<Use>,
    /// Panels that it points to, with the place.
    pub panels: Vec<(String, String)>,
    /// What is wrong: place and message.
    pub faults: Vec<(String, String)>,
}

/// The parts of a run over time, for the schema.
pub(super) fn run_parts() -> [Part; 2] {
    grammar::run(Holds::List(Format::Money))
}

/// Reads what a panel of this kind encodes.
pub fn read(kind: PanelKind, encode: &Map<String, Value>) -> Reading {
    let mut reading = Reading::default();
    reading.table(parts(kind), encode, "", "");
    if kind == PanelKind::Columns && encode.contains_key("series") == encode.contains_key("stack") {
        let message =
            "columns are told by `series` (side by side) or by `stack` (one on another), by one of the two";
        reading.fault("", message);
    }
    reading
}

impl Reading {
    fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        self.faults.push((pointer.to_owned(), message.into()));
    }

    /// A table whose keys are `parts`.
    fn table(&mut self, parts: &[Part], table: &Map<String, Value>, pointer: &str, path: &str) {
        for (key, value) in table {
            let own = format!("{pointer}/{}", escaped(key));
            match parts.iter().find(|part| part.name == key) {
                Some(part) => self.part(&part.shape, value, &own, &format!("{path}{key}")),
                None => self.fault(&own, unknown(key, path, parts)),
            }
        }
        for part in parts.iter().filter(|part| part.is_needed) {
            if !table.contains_key(part.name) {
                self.fault(
                    pointer,
                    format!("encode needs `{path}{}`: {}", part.name, part.says),
                );
            }
        }
    }

    fn part(&mut self, shape: &Shape, value: &Value, pointer: &str, path: &str) {
        match (shape, value) {
            (Shape::Column(holds), Value::String(column)) => self.uses.push(Use {
                pointer: pointer.to_owned(),
                column: column.clone(),
                holds: *holds,
                word: None,
            }),
            (Shape::Field { usual, more }, _) => self.field(*usual, more, value, pointer, path),
            (Shape::Fields { usual, more }, Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.field(*usual, more, item, &format!("{pointer}/{at}"), path);
                }
            }
            (Shape::Columns(holds), Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.part(&Shape::Column(*holds), item, &format!("{pointer}/{at}"), path);
                }
            }
            (Shape::Parts(parts), Value::Object(table)) => {
                self.table(parts, table, pointer, &format!("{path}."));
            }
            (Shape::Run, Value::Object(table)) => self.run(table, pointer, path),
            (Shape::Seconds, Value::Number(number)) if number.as_u64().is_some() => {}
            (Shape::Number, Value::Number(_))
            | (Shape::Flag, Value::Bool(_))
            | (Shape::Text, Value::String(_)) => {}
            (Shape::Word(words), Value::String(word)) => {
                if !words.contains(&word.as_str()) {
                    let message = format!("`{path}` is one of {}, not `{word}`", words.join(", "));
                    self.fault(pointer, message);
                }
            }
            (Shape::Panel, Value::String(panel)) => self.panels.push((pointer.to_owned(), panel.clone())),
            (shape, _) => self.fault(pointer, format!("`{path}` must be {}", shape.says())),
        }
    }

    /// `"column"`, or `{ field, format, label, … }`.
    fn field(&mut self, usual: Format, more: &[Part], value: &Value, pointer: &str, path: &str) {
        let table = match value {
            Value::String(column) => {
                self.told(column, usual, None, pointer);
                return;
            }
            Value::Object(table) => table,
            _ => {
                let message =
                    format!("`{path}` must be a column's name, or a table with `field` and `format`");
                return self.fault(pointer, message);
            }
        };
        let rest: Map<String, Value> = table
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "field" | "format" | "label"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        self.table(more, &rest, pointer, &format!("{path}."));
        let format = match table.get("format") {
            None => Some(usual),
            Some(word) => {
                let format = word.as_str().and_then(Format::from_word);
                if format.is_none() {
                    let at = format!("{pointer}/format");
                    let words = Format::ALL.map(Format::word).join(", ");
                    self.fault(&at, format!("`{path}.format` is one of {words}"));
                }
                format
            }
        };
        let label = table.get("label").and_then(Value::as_str);
        match (table.get("field").and_then(Value::as_str), format) {
            (Some(column), Some(format)) => self.told(column, format, label, &format!("{pointer}/field")),
            (None, _) => self.fault(pointer, format!("`{path}` needs `field`, a column of the result")),
            (Some(_), None) => {}
        }
    }

    fn told(&mut self, column: &str, format: Format, label: Option<&str>, pointer: &str) {
        self.uses.push(Use {
            pointer: pointer.to_owned(),
            column: column.to_owned(),
            holds: Holds::One(format),
            word: Some(label.map_or_else(|| format!("column.{column}"), str::to_owned)),
        });
    }

    /// Two lists in one row: when, and how much.
    fn run(&mut self, table: &Map<String, Value>, pointer: &str, path: &str) {
        let mut rest = table.clone();
        let format = rest.remove("format");
        let format = format.as_ref().and_then(Value::as_str).map(Format::from_word);
        if format == Some(None) {
            self.fault(
                &format!("{pointer}/format"),
                format!("`{path}.format` is no format"),
            );
        }
        let holds = Holds::List(format.flatten().unwrap_or(Format::Money));
        let parts = grammar::run(holds);
        self.table(&parts, &rest, pointer, &format!("{path}."));
    }
}

fn unknown(key: &str, path: &str, parts: &[Part]) -> String {
    let names = parts.iter().map(|part| part.name);
    let nearest = crate::nearest::nearest(key, names.clone());
    let known: Vec<&str> = names.collect();
    match nearest {
        Some(nearest) => format!("encode knows no `{path}{key}`; did you mean `{path}{nearest}`?"),
        None if known.is_empty() => format!("encode knows no `{path}{key}` here"),
        None => format!(
            "encode knows no `{path}{key}` here; there is {}",
            known.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn faults(kind: PanelKind, toml: &str) -> Vec<String> {
        let encode = toml::from_str(toml).unwrap();
        let faults = read(kind, &encode).faults;
        faults
            .into_iter()
            .map(|(at, message)| format!("{at} {message}"))
            .collect()
    }

    #[test]
    fn what_the_page_reads_is_taken_with_the_columns_it_names() {
        let encode = toml::from_str("value = { field = \"won\", format = \"money\", per = \"day\" }\ncurrency = \"c\"\nspark = { at = \"t\", value = \"v\" }").unwrap();
        let reading = read(PanelKind::Stat, &encode);
        assert_eq!(reading.faults, []);
        let columns: Vec<_> = reading
            .uses
            .iter()
            .map(|one| (one.column.as_str(), one.holds))
            .collect();
        assert_eq!(
            columns,
            [
                ("c", Holds::Text),
                ("t", Holds::Times),
                ("v", Holds::List(Format::Money)),
                ("won", Holds::One(Format::Money)),
            ]
        );
    }

    #[test]
    fn what_it_does_not_read_is_a_fault_with_its_place() {
        assert_eq!(
            faults(PanelKind::Stat, "valeu = \"won\""),
            [
                "/valeu encode knows no `valeu`; did you mean `value`?",
                " encode needs `value`: the figure",
            ]
        );
        assert_eq!(
            faults(PanelKind::Stat, "value = { field = \"a\", format = \"euro\" }")[0],
            "/value/format `value.format` is one of money, int, decimal, percent, change, points, days, seconds, duration, time, wall, text"
        );
        assert_eq!(
            faults(PanelKind::Table, "columns = \"a\"")[0],
            "/columns `columns` must be a list of columns, each a name or a table with `field` and `format`"
        );
        assert!(faults(PanelKind::Columns, "x = \"t\"")[0].contains("`series`"));
    }
}
