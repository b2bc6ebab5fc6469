//! Judged rows into the table: one insert under one token, then the rows the file tells no more, then the notice.
use std::time::Duration;

use sheet::Sheet;
use stage::backoff::{Backoff, Limits};
use template::{Template, Value};
use uuid::Uuid;
use warehouse::{Block, Class, Import, Insert, Table, Warehouse};

use super::ImportError;
use crate::notice::Notice;

/// Of one insert; repeated under the same token.
const RETRY: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: Some(5),
};

/// What becomes of rows of the same days and sources that the file does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absent {
    /// They stay, and are counted.
    #[default]
    Keep,
    /// They go.
    TakeOut,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Rows that are there now.
    pub rows: u64,
    /// Rows of imports before, of what this one tells whole, that it does not have; `None` where the template does not say
    /// what an import tells whole.
    pub absent: Option<u64>,
}

/// Stores the rows of a sheet and tells open boards.
///
/// # Errors
/// [`ImportError`]; after [`ImportError::Kafka`] the rows are there.
pub async fn store(
    kafka: &kafka::Config,
    warehouse: &Warehouse,
    template: &Template,
    company_id: u64,
    sheet: Sheet,
    absent: Absent,
) -> Result<Stored, ImportError> {
    let none = || ImportError::NoTable(template.key().to_owned());
    let told = template.import_table().ok_or_else(none)?;
    let columns = template.columns().to_vec();
    let table = Table::new(&told.name, columns).map_err(ImportError::Warehouse)?;
    warehouse.check(&table).await.map_err(ImportError::Warehouse)?;
    let at_micro = warehouse
        .import_time(&told.name, company_id)
        .await
        .map_err(ImportError::Warehouse)?;
    let block = block(&table, template, sheet, at_micro).map_err(ImportError::Warehouse)?;
    insert(warehouse, &table, &block)
        .await
        .map_err(ImportError::Warehouse)?;
    let import = Import {
        table: &told.name,
        key: &told.key,
        whole: &told.whole,
        company_id,
        at_micro,
    };
    let stored = Stored {
        rows: block.rows() as u64,
        absent: rest(warehouse, &import, absent)
            .await
            .map_err(ImportError::Warehouse)?,
    };
    let notice = Notice {
        tables: template.tables().map(str::to_owned).collect(),
        ..Notice::of_table(template.key(), &told.name, stored.rows)
    };
    notice
        .about(std::iter::once(company_id))
        .tell(kafka)
        .await
        .map_err(ImportError::Kafka)?;
    Ok(stored)
}

fn block(table: &Table, template: &Template, sheet: Sheet, at_micro: i64) -> Result<Block, warehouse::Error> {
    let mut block = Block::new(table.columns());
    for mut row in sheet.rows {
        // It was converted when it was judged.
        let values: Vec<Value<'_>> = template.import_row(&mut row, at_micro).unwrap_or_default();
        block.push(table.columns(), &values)?;
    }
    Ok(block)
}

async fn insert(warehouse: &Warehouse, table: &Table, block: &Block) -> Result<(), warehouse::Error> {
    // Of this import and no other: a file that is imported again after another one must win again.
    let token = format!("import:{}", Uuid::new_v4());
    let mut backoff = Backoff::new(RETRY);
    loop {
        let insert = Insert {
            table,
            block,
            token: &token,
            deadline: warehouse.insert_deadline().await?,
        };
        match warehouse.insert(&insert).await {
            Err(error) if error.class() == Class::Retry => {
                let Some(pause) = backoff.next_pause() else {
                    return Err(error);
                };
                tokio::time::sleep(pause).await;
            }
            done => return done,
        }
    }
}

/// How many rows the file tells no more; they go, where that is wanted.
async fn rest(
    warehouse: &Warehouse,
    import: &Import<'_>,
    absent: Absent,
) -> Result<Option<u64>, warehouse::Error> {
    if import.whole.is_empty() {
        return Ok(None);
    }
    let count = warehouse.left_over(import).await?;
    if count > 0 && absent == Absent::TakeOut {
        warehouse.take_out(import).await?;
    }
    Ok(Some(count))
}
