//! Rows back into their tables.

use anyhow::{Context as _, ensure};
use async_compression::tokio::bufread::GzipDecoder;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, BufReader};
use warehouse::Warehouse;

use super::super::backup::kept::{Kept, Table};
use super::super::backup::place::Place;

/// What is sent at once.
const PIECE_BYTES: usize = 1 << 20;

/// Rows of a backup beside others would be there twice, and nobody could tell them apart.
///
/// # Errors
/// Names the first table that has rows.
pub(super) async fn refuse_filled(config: &omni_loader::Config, kept: &Kept) -> anyhow::Result<()> {
    let mut anywhere = config.warehouse.migrator();
    let database = std::mem::replace(&mut anywhere.database, "default".to_owned());
    let server = Warehouse::connect(&anywhere)?;
    let names: Vec<String> = kept.tables.iter().map(|table| table.name.clone()).collect();
    let sql = "SELECT name, ifNull(total_rows, 0) FROM system.tables \
               WHERE database = {database:String} AND name IN {names:Array(String)} AND total_rows > 0 ORDER BY name";
    let filled: Vec<(String, u64)> = server
        .select(
            sql,
            &[("database", database.as_str().into()), ("names", names.into())],
        )
        .await?;
    let told = filled
        .first()
        .map(|(name, rows)| format!("{name} has {rows} rows"));
    ensure!(
        filled.is_empty(),
        "{}: a backup goes into an empty warehouse. Name another [warehouse] database, or DROP DATABASE {database}",
        told.unwrap_or_default()
    );
    Ok(())
}

/// Tables that no template makes any more, as they were made.
///
/// # Errors
/// Where the server refuses.
pub(super) async fn make_others(config: &omni_loader::Config, kept: &Kept) -> anyhow::Result<()> {
    let warehouse = Warehouse::connect(&config.warehouse.migrator())?;
    let there: Vec<(String,)> = warehouse
        .select(
            "SELECT name FROM system.tables WHERE database = currentDatabase()",
            &[],
        )
        .await?;
    for table in &kept.tables {
        if there.iter().any(|(name,)| *name == table.name) {
            continue;
        }
        // CREATE TABLE <database>.<name> …: the database is this one's.
        let columns = table.create.find('(').and_then(|at| table.create.get(at..));
        let columns =
            columns.with_context(|| format!("{} cannot be made: it is not known how", table.name))?;
        let statement = format!("CREATE TABLE `{}` {columns}", table.name);
        warehouse
            .execute(&statement)
            .await
            .with_context(|| format!("could not make {}", table.name))?;
    }
    Ok(())
}

/// Inserts what was kept of a table.
///
/// # Errors
/// Where it cannot be read, or the server refuses it.
pub(super) async fn bring(warehouse: &Warehouse, place: &Place, table: &Table) -> anyhow::Result<()> {
    let Some(file) = &table.file else {
        return Ok(());
    };
    let mut lines = GzipDecoder::new(BufReader::new(place.reader(file).await?));
    // A file may be longer than a store writes at once.
    lines.multiple_members(true);
    let mut rows = warehouse.rows_in(&table.name);
    loop {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = lines.read_buf(&mut piece).await;
        if read.with_context(|| format!("{place}/{file} is damaged"))? == 0 {
            break;
        }
        rows.send(piece.freeze()).await?;
    }
    rows.end()
        .await
        .with_context(|| format!("could not bring back {}", table.name))
}
