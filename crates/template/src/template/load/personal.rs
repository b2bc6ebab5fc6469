//! A template says which of its columns are personal: all that are filled from what says who a contact is, in every table.

use event::erasure::is_of_contact;

use crate::column::Column;
use crate::{Manifest, Migration};

/// What is said and what is there must agree, or an erased contact would stay in a column that nobody thought of.
pub(super) fn check(manifest: &Manifest, columns: &[Column], migrations: &[Migration]) -> Result<(), String> {
    let said = &manifest.personal;
    let is_said = |name: &str| said.columns.iter().any(|column| column == name);
    let filled = columns
        .iter()
        .filter(|column| column.source.keys().iter().any(|key| is_of_contact(key)));
    // Tables that views feed call their columns as the base table does.
    let stored = migrations.iter().flat_map(|migration| names(&migration.sql));
    let stored = stored.filter(|name| is_of_contact(name));
    let mut names = filled.map(|column| column.name.as_str()).chain(stored);
    if let Some(name) = names.find(|name| !is_said(name)) {
        return Err(format!(
            "column {name} says who a contact is: it must be listed under [personal] columns"
        ));
    }
    if let Some(name) = said.unnamed.iter().find(|name| !is_said(name)) {
        return Err(format!(
            "[personal] unnamed has {name}, which [personal] columns does not list"
        ));
    }
    let own = said.columns.iter().chain(&said.may_name).chain(&said.contact);
    let mut strangers = own.filter(|name| !columns.iter().any(|column| column.name == **name));
    match strangers.next() {
        Some(name) => Err(format!("[personal] names {name}, which is no column")),
        None => Ok(()),
    }
}

/// The words of a statement that may be names.
fn names(sql: &str) -> impl Iterator<Item = &str> {
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    code.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}
