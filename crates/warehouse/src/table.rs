//! A table that rows go into, checked against the server before the first one does.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use template::Column;
use template::column::{ColumnType, Scalar};

use crate::{Error, Warehouse, client::is_plain_name};

/// A table's name and the columns that are filled; its others must have defaults.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    /// What stands between `INSERT INTO` and the deadline.
    pub(crate) insert_head: String,
}

impl Table {
    /// Refuses names that would need quoting.
    pub fn new(name: &str, columns: Vec<Column>) -> Result<Self, Error> {
        let odd = std::iter::once(name)
            .chain(columns.iter().map(|column| column.name.as_str()))
            .find(|n| !is_plain_name(n));
        if let Some(odd) = odd {
            return Err(Error::Table {
                table: name.to_owned(),
                message: format!("`{odd}` is not a plain name"),
            });
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let mut structure = String::new();
        for column in &columns {
            let separator = if structure.is_empty() { "" } else { ", " };
            let _ = write!(structure, "{separator}{} {}", column.name, column.kind);
        }
        let structure = structure.replace('\'', "\\'");
        let insert_head = format!("{name} ({names}) SELECT {names} FROM input('{structure}')");
        Ok(Self {
            name: name.to_owned(),
            columns,
            insert_head,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns that are filled, in the order of a row's values.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

impl Warehouse {
    /// Holds the table's columns against the server's. All that is wrong is told at once.
    pub async fn check(&self, table: &Table) -> Result<(), Error> {
        let wrong = |message: String| Error::Table {
            table: format!("{}.{}", self.database(), table.name),
            message,
        };
        let sql = "SELECT name, type, default_kind FROM system.columns \
                   WHERE database = {database:String} AND table = {table:String}";
        let parameters = [
            ("database", self.database().into()),
            ("table", table.name.as_str().into()),
        ];
        let found: Vec<(String, String, String)> = self.select(sql, &parameters).await?;
        if found.is_empty() {
            return Err(wrong("does not exist".to_owned()));
        }
        let found: BTreeMap<&str, (&str, &str)> = found
            .iter()
            .map(|(name, kind, default)| (name.as_str(), (kind.as_str(), default.as_str())))
            .collect();
        let mut faults = Vec::new();
        for column in &table.columns {
            match found.get(column.name.as_str()) {
                None => faults.push(format!("column {} is missing", column.name)),
                Some((kind, _)) if !fits(column.kind, kind) => {
                    faults.push(format!("column {} is {kind}, not {}", column.name, column.kind));
                }
                Some(_) => {}
            }
        }
        let filled = |name: &str| table.columns.iter().any(|column| column.name == name);
        for (name, (_, default)) in &found {
            if default.is_empty() && !filled(name) {
                faults.push(format!("column {name} is not filled and has no default"));
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(wrong(faults.join("; ")))
        }
    }
}

/// Whether a cell of ours can go into the server's column without change.
fn fits(ours: ColumnType, theirs: &str) -> bool {
    ColumnType::parse(theirs).is_ok_and(|theirs| ours == theirs)
        // A column that ClickHouse keeps wider than the event's value is no loss.
        || (ours.scalar == Scalar::Text && theirs == "JSON")
}
