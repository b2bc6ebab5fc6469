//! A table that rows go into, checked against the server before the first one does.
use std::collections::BTreeMap;

use template::Column;
use template::column::{ColumnType, Scalar};

use crate::{Error, Warehouse, client::is_plain_name};

/// In each row the time after which its insert does nothing; set by [`Warehouse::insert`].
pub(crate) const DEADLINE_COLUMN: &str = "insert_deadline";
/// The table's own check that an insert is in time.
pub(crate) const DEADLINE_CHECK: &str = "in_time";

/// A table's name and the columns that are filled; its others must have defaults.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    /// What stands behind `INSERT INTO`.
    pub(crate) target: String,
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
        let target = format!("{name} ({}, {DEADLINE_COLUMN})", names.join(", "));
        Ok(Self {
            name: name.to_owned(),
            columns,
            target,
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
        if !self.keeps_deadlines(table).await? {
            faults.push(format!(
                "constraint {DEADLINE_CHECK} on column {DEADLINE_COLUMN} is missing"
            ));
        }
        faults.extend(self.durability_fault(table).await?);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(wrong(faults.join("; ")))
        }
    }

    /// Without its check a table would take an insert that comes too late.
    async fn keeps_deadlines(&self, table: &Table) -> Result<bool, Error> {
        let sql = "SELECT create_table_query LIKE {check:String} FROM system.tables \
                   WHERE database = {database:String} AND name = {table:String}";
        let check = format!("%CONSTRAINT {DEADLINE_CHECK} CHECK nowInBlock64(3) < {DEADLINE_COLUMN}%");
        let parameters = [
            ("database", self.database().into()),
            ("table", table.name.as_str().into()),
            ("check", check.into()),
        ];
        let found: Vec<(u8,)> = self.select(sql, &parameters).await?;
        Ok(found == [(1,)])
    }
}

/// Whether a cell of ours can go into the server's column without change.
fn fits(ours: ColumnType, theirs: &str) -> bool {
    ColumnType::parse(theirs).is_ok_and(|theirs| ours == theirs)
        // A column that ClickHouse keeps wider than the event's value is no loss.
        || (ours.scalar == Scalar::Text && theirs == "JSON")
}
