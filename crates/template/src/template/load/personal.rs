//! A template says which of its columns are personal: all that are filled from what says who a contact is, in every table.

use std::collections::BTreeSet;

use event::erasure::is_of_contact;

use crate::column::Column;
use crate::{Manifest, Migration};

/// What is said and what is there must agree, or an erased contact would stay in a column that nobody thought of. Gives the
/// places in the manifest that must change, and why.
pub(super) fn check(
    manifest: &Manifest,
    columns: &[Column],
    migrations: &[Migration],
) -> Vec<(String, String)> {
    let said = &manifest.personal;
    let is_said = |name: &str| said.columns.iter().any(|column| column == name);
    let filled = columns
        .iter()
        .filter(|column| column.source.keys().iter().any(|key| is_of_contact(key)));
    // Tables that views feed call their columns as the base table does.
    let stored: BTreeSet<&str> = migrations
        .iter()
        .flat_map(|migration| names(&migration.sql))
        .collect();
    let of_contact = stored.iter().copied().filter(|name| is_of_contact(name));
    let names = filled.map(|column| column.name.as_str()).chain(of_contact);
    let unsaid: BTreeSet<&str> = names.filter(|name| !is_said(name)).collect();
    let mut faults = Vec::new();
    for name in unsaid {
        let message =
            format!("column {name} says who a contact is: it must be listed under [personal] columns");
        faults.push((format!("/columns/{name}"), message));
    }
    for name in said.unnamed.iter().filter(|name| !is_said(name)) {
        let message = format!("[personal] unnamed has {name}, which [personal] columns does not list");
        faults.push(("/personal/unnamed".to_owned(), message));
    }
    for name in said.columns.iter().chain(&said.may_name).chain(&said.contact) {
        // A table that a view feeds may have one that the view makes.
        if !columns.iter().any(|column| column.name == *name) && !stored.contains(name.as_str()) {
            let message = format!("[personal] names {name}, which is no column");
            faults.push(("/personal".to_owned(), message));
        }
    }
    faults
}

/// The words of a statement that may be names.
fn names(sql: &str) -> impl Iterator<Item = &str> {
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    code.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}
