//! The environment laid over the tree: `OMNI_<TABLE>__<KEY>[__<KEY>]`.

use super::node::{Node, Origin, Value};
use super::{ConfigError, TABLES, error};

pub(super) const PREFIX: &str = "OMNI_";
/// The instance has a short name of its own: deployments set it for every stage alike.
const INSTANCE: &str = "OMNI_INSTANCE";
const SEPARATOR: &str = "__";

/// Variables without `__` (but for `OMNI_INSTANCE`) are not settings of `omni.toml`.
pub(super) fn overlay(root: &mut Node, variables: &[(String, String)]) -> Result<(), ConfigError> {
    let set = |wanted: &(String, String)| !wanted.1.is_empty();
    if let Some((name, value)) = variables
        .iter()
        .filter(|given| set(given))
        .find(|(name, _)| name == INSTANCE)
    {
        insert(root, &["stage".to_owned(), "instance".to_owned()], name, value);
    }
    for (name, value) in variables.iter().filter(|given| set(given)) {
        let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| rest.contains(SEPARATOR)) else {
            continue;
        };
        let path: Vec<String> = rest.split(SEPARATOR).map(str::to_lowercase).collect();
        if let Some(table) = path.first().filter(|table| !TABLES.contains(&table.as_str())) {
            return Err(error::unknown_table(
                &Origin::Environment {
                    variable: name.clone(),
                },
                table,
            ));
        }
        insert(root, &path, name, value);
    }
    Ok(())
}

fn insert(root: &mut Node, path: &[String], variable: &str, value: &str) {
    let origin = Origin::Environment {
        variable: variable.to_owned(),
    };
    let Some((last, tables)) = path.split_last() else {
        return;
    };
    let mut at = root;
    for key in tables {
        let key = existing(at, key);
        at = at
            .table_mut()
            .entry(key)
            .or_insert_with(|| Node::empty(origin.clone()));
    }
    let key = existing(at, last);
    drop_other_form(at, &key);
    at.table_mut().insert(
        key,
        Node {
            origin,
            value: Value::Untyped(value.to_owned()),
        },
    );
}

/// The key as the file spells it: a variable's name cannot hold `-` or `.`, nor tell upper from lower case.
fn existing(table: &Node, key: &str) -> String {
    let plain = |text: &str| text.to_lowercase().replace(['-', '.'], "_");
    let found = table
        .children()
        .map(|(name, _)| name)
        .find(|name| plain(name) == key);
    found.unwrap_or(key).to_owned()
}

/// A secret set by the environment replaces the file's other way of giving it.
fn drop_other_form(table: &mut Node, key: &str) {
    let other = key
        .strip_suffix("_file")
        .map_or_else(|| format!("{key}_file"), str::to_owned);
    let entries = table.table_mut();
    if entries
        .get(&other)
        .is_some_and(|node| matches!(node.origin, Origin::File { .. }))
    {
        entries.remove(&other);
    }
}
