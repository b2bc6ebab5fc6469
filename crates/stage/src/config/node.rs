//! The configuration as a tree that remembers where each part was written.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// Where a value was written.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// Nowhere: nothing was given.
    Default,
    /// A line of a file, counted from 1.
    File { path: Arc<Path>, line: usize },
    /// A variable of the environment.
    Environment { variable: String },
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Text from the environment: what it is depends on the target type.
    Untyped(String),
    /// The content of this file, from `<key>_file`.
    TextFile(PathBuf),
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Array(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("configuration"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment { variable } => write!(f, "environment variable {variable}"),
        }
    }
}

impl Node {
    pub(super) fn empty(origin: Origin) -> Node {
        Node {
            origin,
            value: Value::Table(BTreeMap::new()),
        }
    }

    /// The entries of a table; nothing for anything else.
    pub(super) fn children(&self) -> impl Iterator<Item = (&str, &Node)> {
        let table = if let Value::Table(table) = &self.value {
            Some(table)
        } else {
            None
        };
        table
            .into_iter()
            .flatten()
            .map(|(key, node)| (key.as_str(), node))
    }

    /// Drops the entries whose key does not fit.
    pub(super) fn keep(&mut self, fits: impl Fn(&str) -> bool) {
        if let Value::Table(table) = &mut self.value {
            table.retain(|key, _| fits(key));
        }
    }

    /// The entries, to be changed; what was no table becomes an empty one.
    pub(super) fn table_mut(&mut self) -> &mut BTreeMap<String, Node> {
        if !matches!(self.value, Value::Table(_)) {
            self.value = Value::Table(BTreeMap::new());
        }
        match &mut self.value {
            Value::Table(table) => table,
            _ => unreachable!("made a table above"),
        }
    }
}

/// Parses a whole file.
pub(super) fn parse(text: &str, path: &Path) -> Result<Node, ConfigError> {
    let place = Place {
        path: Arc::from(path),
        text,
    };
    let document = DeTable::parse(text).map_err(|error| {
        let origin = place.at(error.span().map_or(0, |span| span.start));
        ConfigError::Syntax {
            place: origin.to_string(),
            message: error.message().to_owned(),
        }
    })?;
    Ok(Node {
        origin: Origin::Default,
        value: place.table(document.into_inner())?,
    })
}

/// Parses a value that the environment gives in TOML's own form (`["a", "b"]`, `{a = 1}`).
pub(super) fn parse_value(text: &str, origin: &Origin) -> Result<Node, String> {
    let value = DeValue::parse(text).map_err(|error| error.message().to_owned())?;
    // Positions inside a variable help nobody: all of it comes from the variable.
    let place = Place {
        path: Arc::from(Path::new("")),
        text,
    };
    let mut node = place.node(0, value).map_err(|error| error.to_string())?;
    relocate(&mut node, origin);
    Ok(node)
}

fn relocate(node: &mut Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| relocate(item, origin)),
        Value::Table(table) => table.values_mut().for_each(|item| relocate(item, origin)),
        _ => {}
    }
}

struct Place<'t> {
    path: Arc<Path>,
    text: &'t str,
}

impl Place<'_> {
    fn at(&self, offset: usize) -> Origin {
        let line = self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1;
        Origin::File {
            path: Arc::clone(&self.path),
            line,
        }
    }

    fn table(&self, table: DeTable<'_>) -> Result<Value, ConfigError> {
        let entries = table.into_iter().map(|(key, value)| {
            let at = key.span().start;
            Ok((key.into_inner().into_owned(), self.node(at, value)?))
        });
        Ok(Value::Table(entries.collect::<Result<_, ConfigError>>()?))
    }

    fn node(&self, at: usize, value: Spanned<DeValue<'_>>) -> Result<Node, ConfigError> {
        let origin = self.at(at);
        let refuse = |message: &str| ConfigError::Syntax {
            place: origin.to_string(),
            message: message.to_owned(),
        };
        let value = match value.into_inner() {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(digits) => Value::Integer(
                i64::from_str_radix(digits.as_str(), digits.radix())
                    .map_err(|_| refuse("a whole number must fit into 64 bits"))?,
            ),
            DeValue::Float(digits) => {
                Value::Float(digits.as_str().parse().map_err(|_| refuse("not a number"))?)
            }
            DeValue::Boolean(flag) => Value::Boolean(flag),
            DeValue::Datetime(at) => Value::String(at.to_string()),
            DeValue::Array(items) => {
                let nodes = items.into_iter().map(|item| self.node(item.span().start, item));
                Value::Array(nodes.collect::<Result<_, ConfigError>>()?)
            }
            DeValue::Table(table) => self.table(table)?,
        };
        Ok(Node { origin, value })
    }
}
