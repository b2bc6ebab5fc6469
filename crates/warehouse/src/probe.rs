//! Holds a server to what exactly-once rests on, before anything is loaded into it: not every version, engine or setting
//! between us and the table keeps it.
use std::time::Duration;

use template::column::ColumnType;
use template::{Column, Value};

use crate::{Block, Deadline, Error, Insert, Table, Warehouse};

/// The scratch table; a migration makes it.
const TABLE: &str = "loader_probe";
/// How late the late insert is, in milliseconds.
const LATE_MS: i64 = 1_000;

impl Warehouse {
    /// Stores a row twice under one token and a row too late under another: the table must have the first one once.
    /// `name` is unlike that of any other probe.
    ///
    /// # Errors
    /// [`Error::Table`] when the server does not keep it; else whatever kept it from being tried.
    pub async fn probe(&self, name: &str) -> Result<(), Error> {
        let wrong = |message: &str| Error::Table {
            table: format!("{}.{TABLE}", self.database()),
            message: message.to_owned(),
        };
        let kind = ColumnType::parse("String").map_err(|error| wrong(&error.to_string()))?;
        let table = Table::new(TABLE, vec![Column::plain("probe", kind)])?;
        self.check(&table).await?;
        let mut block = Block::new(table.columns());
        block.push(table.columns(), &[Value::text(name)])?;
        let deadline = self.insert_deadline().await?;
        let late = Deadline(self.deadline(Duration::ZERO).await?.0 - LATE_MS);
        let late_name = format!("{name}/late");
        for (token, deadline) in [(name, deadline), (name, deadline), (late_name.as_str(), late)] {
            let insert = Insert {
                table: &table,
                block: &block,
                token,
                deadline,
            };
            match self.insert(&insert).await {
                Err(Error::Deadline { .. }) if token == late_name => {}
                Ok(()) if token == name => {}
                Ok(()) => return Err(wrong("an insert after its deadline was taken")),
                Err(error) => return Err(error),
            }
        }
        let sql = format!("SELECT count() FROM {TABLE} WHERE probe = {{name:String}}");
        let rows: Vec<(u64,)> = self.select(&sql, &[("name", name.into())]).await?;
        if rows == [(1,)] {
            Ok(())
        } else {
            Err(wrong(
                "an insert that is repeated under its token is stored again",
            ))
        }
    }
}
