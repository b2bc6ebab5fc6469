//! A template whose rows are imported says what tells them apart; no other does.
use crate::Manifest;
use crate::column::Column;
use crate::manifest::{Table, TableRole};

/// Places in the manifest that must change, and why.
pub(super) fn check(manifest: &Manifest, columns: &[Column]) -> Vec<(String, String)> {
    let tables = manifest.tables.iter().enumerate();
    let mut faults = Vec::new();
    let imports = |table: &Table| table.role == TableRole::Import;
    let is_fed = manifest.tables.iter().any(|table| table.role == TableRole::Base);
    for (at, table) in tables {
        let mut fault = |key: &str, message: String| faults.push((format!("/table/{at}/{key}"), message));
        if !imports(table) {
            if !table.key.is_empty() || !table.whole.is_empty() {
                fault(
                    "role",
                    "`key` and `whole` are for tables of the role import".to_owned(),
                );
            }
            continue;
        }
        if is_fed {
            fault(
                "role",
                "a template is filled from events (base) or by `omni import`, not by both".to_owned(),
            );
        }
        if table.key.is_empty() {
            fault(
                "role",
                "an import table needs a `key`: the columns that tell its rows apart".to_owned(),
            );
        }
        for name in &table.key {
            if !columns
                .iter()
                .any(|column| column.name == *name && !column.source.keys().is_empty())
            {
                fault("key", format!("{name} is none of [columns]"));
            }
        }
        for name in table.whole.iter().filter(|name| !table.key.contains(name)) {
            fault("whole", format!("{name} is not among the columns of `key`"));
        }
    }
    faults
}
