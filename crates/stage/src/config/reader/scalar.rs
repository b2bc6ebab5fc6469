//! What a text of the environment means where a number, a list or a table is wanted, and which keys a
//! struct's fields take.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::Visitor;

use super::super::node::{Node, Origin, Value, parse_value};
use super::problem::{Fault, Problem};

/// The greatest file `<key>_file` may name.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

pub(super) fn boolean(text: &str) -> Result<bool, Problem> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(message("must be true or false")),
    }
}

pub(super) fn number<N: FromStr>(text: &str, what: &str) -> Result<N, Problem> {
    text.trim()
        .replace('_', "")
        .parse()
        .map_err(|_| message(format!("must be {what}")))
}

/// Where the type says nothing: a flag or a number when it is written exactly as one, else a text.
pub(super) fn guess<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Problem> {
    if let Ok(flag) = text.parse::<bool>() {
        return visitor.visit_bool(flag);
    }
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => match u64::try_from(number) {
            Ok(number) => visitor.visit_u64(number),
            Err(_) => visitor.visit_i64(number),
        },
        _ => visitor.visit_string(text.to_owned()),
    }
}

/// `a,b` or `["a", "b"]`; of a file its lines.
pub(super) fn list(node: Node) -> Result<Node, Problem> {
    let items = match &node.value {
        Value::TextFile(path) => parts(&content(path)?, '\n', &node.origin),
        Value::Untyped(text) if text.trim_start().starts_with('[') => {
            return parse_value(text, &node.origin).map_err(message);
        }
        Value::Untyped(text) => parts(text, ',', &node.origin),
        _ => return Ok(node),
    };
    Ok(Node {
        value: Value::Array(items),
        origin: node.origin,
    })
}

fn parts(text: &str, between: char, origin: &Origin) -> Vec<Node> {
    let parts = text.split(between).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| untyped(part, origin)).collect()
}

/// `a=1,b=2` or `{a = 1, b = 2}`.
pub(super) fn table(node: Node) -> Result<Node, Problem> {
    let Value::Untyped(text) = &node.value else {
        return Ok(node);
    };
    if text.trim_start().starts_with('{') {
        return parse_value(text, &node.origin).map_err(message);
    }
    let entries = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| message("must be written key=value,key=value"))?;
            Ok((key.trim().to_owned(), untyped(value.trim(), &node.origin)))
        });
    let entries = entries.collect::<Result<_, Problem>>()?;
    Ok(Node {
        value: Value::Table(entries),
        origin: node.origin,
    })
}

/// Turns `<field>_file` into the field it stands for, and refuses keys that are no field.
pub(super) fn match_fields(node: &mut Node, fields: &[&'static str]) -> Result<(), Problem> {
    let Value::Table(entries) = &mut node.value else {
        return Ok(());
    };
    let strange: Vec<String> = entries
        .keys()
        .filter(|key| !fields.contains(&key.as_str()))
        .cloned()
        .collect();
    for key in strange {
        let Some(given) = entries.remove(&key) else {
            continue;
        };
        let Some(field) = key.strip_suffix("_file").filter(|field| fields.contains(field)) else {
            let known = fields.iter().map(|name| (*name).to_owned()).collect();
            return Err(Problem::from(Fault::Unknown { key, known }).at(&given.origin));
        };
        if entries.contains_key(field) {
            return Err(Problem::from(Fault::Twice {
                key: field.to_owned(),
            })
            .at(&given.origin));
        }
        let (Value::String(path) | Value::Untyped(path)) = &given.value else {
            return Err(message("must be the path of a file").within(&key, &given.origin));
        };
        let value = Value::TextFile(beside(&given.origin, path));
        entries.insert(
            field.to_owned(),
            Node {
                origin: given.origin,
                value,
            },
        );
    }
    Ok(())
}

/// The text of a secret's file, without the line end that editors and `echo` add.
pub(super) fn content(path: &Path) -> Result<String, Problem> {
    let failed = |source| {
        Problem::from(Fault::File {
            path: path.to_owned(),
            source,
        })
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(SECRET_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(failed)?;
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    Ok(text)
}

/// A relative path in the file counts from the file's folder, in the environment from the working directory.
fn beside(origin: &Origin, path: &str) -> PathBuf {
    match origin {
        Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
        Origin::Default | Origin::Environment { .. } => PathBuf::from(path),
    }
}

fn untyped(text: &str, origin: &Origin) -> Node {
    Node {
        origin: origin.clone(),
        value: Value::Untyped(text.to_owned()),
    }
}

fn message(text: impl Into<String>) -> Problem {
    Problem::from(Fault::Message(text.into()))
}
