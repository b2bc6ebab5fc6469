//! The tables, and one table out into a file.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use async_compression::tokio::write::GzipEncoder;
use regex::Regex;
use tokio::io::AsyncWriteExt as _;
use warehouse::{Limits, Warehouse, transfer};

use super::kept::Table;
use super::place::Place;

/// A table may change while it is read (an erasure, an import): then it is read again.
const ATTEMPTS_MAX: u32 = 3;
/// What belongs to a warehouse, not to its data.
const NOT_KEPT: [&str; 2] = ["schema_migrations", "loader_probe"];
/// Made anew by the server when rows are inserted.
const NOT_READ: &str = "insert_deadline";

/// A table as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) create: String,
    /// Its engine folds rows; when is its own affair.
    pub(crate) is_folded: bool,
    /// Its rows say which record they come from.
    pub(crate) is_from_kafka: bool,
}

/// Every table that no view feeds.
///
/// # Errors
/// Where the server does not answer.
pub(crate) async fn all(warehouse: &Warehouse) -> anyhow::Result<Vec<Found>> {
    let sql = "SELECT name, engine, create_table_query, \
                 name IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'kafka_offset') \
                 AND name IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'kafka_topic_id') \
               FROM system.tables WHERE database = currentDatabase() ORDER BY name";
    let rows: Vec<(String, String, String, u8)> = warehouse.select(sql, &[]).await?;
    let fed = Regex::new(r" TO (?:`?\w+`?\.)?`?(\w+)`?")?;
    let views = rows.iter().filter(|(_, engine, ..)| engine == "MaterializedView");
    let fed: BTreeSet<String> = views
        .filter_map(|(_, _, create, _)| Some(fed.captures(create)?.get(1)?.as_str().to_owned()))
        .collect();
    let kept = rows.into_iter().filter(|(name, engine, ..)| {
        engine.ends_with("MergeTree") && !fed.contains(name) && !NOT_KEPT.contains(&name.as_str())
    });
    Ok(kept
        .map(|(name, engine, create, is_from_kafka)| Found {
            is_folded: !matches!(engine.as_str(), "MergeTree" | "ReplicatedMergeTree"),
            is_from_kafka: is_from_kafka == 1,
            create,
            name,
        })
        .collect())
}

/// How many rows there are, and a hash over all of their values. (A hash of what may be NULL would be NULL.)
///
/// # Errors
/// Where the server does not answer.
pub(crate) async fn sum(
    warehouse: &Warehouse,
    table: &str,
    is_folded: bool,
    condition: &str,
) -> anyhow::Result<(u64, String)> {
    let from = from(table, is_folded);
    let sql = format!(
        "SELECT count(), toString(sum(cityHash64(toString(tuple(* EXCEPT ({NOT_READ})))))) {from} WHERE {condition}"
    );
    let unlimited = Limits {
        seconds_max: 0,
        ..Limits::default()
    };
    let sums: Vec<(u64, String)> = warehouse.select_within(&sql, &[], &unlimited).await?;
    sums.into_iter()
        .next()
        .with_context(|| format!("{table} was not counted"))
}

fn from(table: &str, is_folded: bool) -> String {
    format!("FROM `{table}`{}", if is_folded { " FINAL" } else { "" })
}

/// Writes a table's rows, as far as the condition holds.
///
/// # Errors
/// Where it cannot be read or written, or changes each time that it is read.
pub(crate) async fn keep(
    warehouse: &Warehouse,
    place: &Place,
    found: &Found,
    condition: &str,
) -> anyhow::Result<Table> {
    for _ in 0..ATTEMPTS_MAX {
        let (rows, hash) = sum(warehouse, &found.name, found.is_folded, condition).await?;
        let file = (rows > 0).then(|| format!("tables/{}.json.gz", found.name));
        if let Some(file) = &file {
            let sql = format!(
                "SELECT * EXCEPT ({NOT_READ}) {} WHERE {condition}",
                from(&found.name, found.is_folded)
            );
            let lines = write(warehouse, place, file, &sql).await?;
            let after = sum(warehouse, &found.name, found.is_folded, condition).await?;
            if lines != rows + transfer::HEADING_LINES || after != (rows, hash.clone()) {
                continue;
            }
        }
        return Ok(Table {
            name: found.name.clone(),
            create: found.create.clone(),
            is_folded: found.is_folded,
            rows,
            hash,
            file,
        });
    }
    bail!(
        "{} changed each time that it was read: is an erasure or an import under way? Then try again after it",
        found.name
    )
}

/// How many lines were written.
async fn write(warehouse: &Warehouse, place: &Place, file: &str, sql: &str) -> anyhow::Result<u64> {
    let mut pieces = warehouse.rows_out(sql)?;
    let mut writer = GzipEncoder::new(place.writer(file));
    let mut lines = 0;
    while let Some(piece) = pieces.next().await? {
        lines += breaks(&piece);
        writer
            .write_all(&piece)
            .await
            .with_context(|| format!("could not write {file}"))?;
    }
    writer
        .shutdown()
        .await
        .with_context(|| format!("could not write {file}"))?;
    Ok(lines)
}

#[expect(
    clippy::naive_bytecount,
    reason = "compressing them takes a hundred times as long"
)]
fn breaks(piece: &[u8]) -> u64 {
    piece.iter().filter(|byte| **byte == b'\n').count() as u64
}
