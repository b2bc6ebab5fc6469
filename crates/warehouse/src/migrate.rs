//! Tables, brought up to date: forward only, each statement once, a changed one refused.
//!
//! Needs no lock: every statement says IF NOT EXISTS, so two programs that migrate at once do the same work twice and
//! write the same row in `schema_migrations`.
use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use template::{LoadError, Migration, migration};

use crate::config::Engine;
use crate::{Config, Error, Warehouse};

static SHARED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// The scope of the tables that belong to no template.
pub const SHARED_SCOPE: &str = "omni";

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations ${on_cluster}
(
    scope String,
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ${family}ReplacingMergeTree(applied_at)
ORDER BY (scope, number)";

/// The migrations of one owner: the shared tables, or a template.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub name: &'a str,
    pub migrations: &'a [Migration],
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `scope name` of each statement that was new.
    pub applied: Vec<String>,
    /// How many were there already.
    pub unchanged: usize,
}

/// The statements of the tables that belong to no template.
pub fn shared() -> Result<Vec<Migration>, LoadError> {
    let files = SHARED
        .files()
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
    let migrations = files
        .map(|(path, sql)| Migration::parse(path, sql))
        .collect::<Result<Vec<_>, _>>()?;
    migration::ordered(migrations)
}

/// Creates the database and applies what is missing, scope by scope in order of number.
pub async fn apply(warehouse: &Warehouse, scopes: &[Scope<'_>]) -> Result<Report, Error> {
    let config = &*warehouse.config;
    create_database(warehouse).await?;
    warehouse.execute(&filled(LEDGER, config)).await?;
    let rows = applied(warehouse).await?;
    let known: BTreeMap<(&str, u32), &str> = rows
        .iter()
        .map(|(scope, number, checksum)| ((scope.as_str(), *number), checksum.as_str()))
        .collect();
    refuse_changed(scopes, &known)?;
    let mut report = Report::default();
    for scope in scopes {
        for migration in scope.migrations {
            if known.contains_key(&(scope.name, migration.number)) {
                report.unchanged += 1;
                continue;
            }
            warehouse.execute(&filled(&migration.sql, config)).await?;
            record(warehouse, scope.name, migration).await?;
            report.applied.push(format!("{} {}", scope.name, migration.name));
        }
    }
    warehouse.set_durability().await?;
    Ok(report)
}

/// `scope name` of each statement that was not applied yet; nothing is changed.
pub async fn pending(warehouse: &Warehouse, scopes: &[Scope<'_>]) -> Result<Vec<String>, Error> {
    let made: Vec<(u64,)> = warehouse
        .select(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'",
            &[],
        )
        .await?;
    let known = match made.first() {
        Some((1..,)) => applied(warehouse).await?,
        _ => Vec::new(),
    };
    let is_known = |scope: &str, number: u32| {
        let mut of_scope = known.iter().filter(|(name, ..)| name == scope);
        of_scope.any(|(_, applied, _)| *applied == number)
    };
    let mut pending = Vec::new();
    for scope in scopes {
        let missing = scope
            .migrations
            .iter()
            .filter(|migration| !is_known(scope.name, migration.number));
        pending.extend(missing.map(|migration| format!("{} {}", scope.name, migration.name)));
    }
    Ok(pending)
}

/// Scope, number and checksum of each statement that was applied.
async fn applied(warehouse: &Warehouse) -> Result<Vec<(String, u32, String)>, Error> {
    warehouse
        .select("SELECT scope, number, checksum FROM schema_migrations FINAL", &[])
        .await
}

/// All is judged before anything is done.
fn refuse_changed(scopes: &[Scope<'_>], known: &BTreeMap<(&str, u32), &str>) -> Result<(), Error> {
    for scope in scopes {
        let newest = known
            .keys()
            .filter(|(name, _)| *name == scope.name)
            .map(|(_, number)| *number)
            .max();
        for migration in scope.migrations {
            let named = || (scope.name.to_owned(), migration.name.clone());
            match known.get(&(scope.name, migration.number)) {
                Some(applied) if *applied != checksum(&migration.sql) => {
                    let (scope, name) = named();
                    return Err(Error::Changed { scope, name });
                }
                None if newest.is_some_and(|newest| migration.number < newest) => {
                    let (scope, name) = named();
                    return Err(Error::Late { scope, name });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn create_database(warehouse: &Warehouse) -> Result<(), Error> {
    let statement = filled(
        &format!(
            "CREATE DATABASE IF NOT EXISTS {} ${{on_cluster}}",
            warehouse.database()
        ),
        &warehouse.config,
    );
    // The database that does not exist yet cannot be the session's.
    let anywhere = warehouse.client.clone().with_database("default");
    let query = anywhere
        .query_raw(&statement)
        .with_setting("wait_end_of_query", "1");
    query
        .execute()
        .await
        .map_err(|error| Error::from_client("creating the database", error))
}

async fn record(warehouse: &Warehouse, scope: &str, migration: &Migration) -> Result<(), Error> {
    let statement = "INSERT INTO schema_migrations (scope, number, name, checksum) \
                     SELECT {scope:String}, {number:UInt32}, {name:String}, {checksum:String}";
    let query = warehouse
        .client
        .query_raw(statement)
        .param("scope", scope)
        .param("number", migration.number)
        .param("name", &migration.name)
        .param("checksum", checksum(&migration.sql))
        .with_setting("async_insert", "0");
    query
        .execute()
        .await
        .map_err(|error| Error::from_client(format!("recording {scope} {}", migration.name), error))
}

/// Settings of a table that gets a few small inserts a second: no statistics and no sparse columns, which cost more at
/// each insert and merge than the rows do (docs/decisions/0008-tables-for-small-inserts.md).
const SMALL_INSERTS: &str = "auto_statistics_types = '', ratio_of_defaults_for_sparse_serialization = 1";

/// How many times its largest part a merge of a log must weigh: some thirty small parts merge, and those alone. A large part is
/// written again only beside as much as it holds itself (docs/decisions/0021-merges.md).
const LOG_MERGE_BASE: u8 = 50;

/// The same of a table that is read with `FINAL`: sooner, since each part costs such a read.
const STATE_MERGE_BASE: u8 = 12;

/// Settings of a table whose merges weigh so many times their largest part.
fn merges(base: u8) -> String {
    format!(
        "min_parts_to_merge_at_once = 10, merge_selector_base = {base}, \
         merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0"
    )
}

/// Puts the engine family, the name of its deduplication window, the settings for small inserts and merges, and the cluster
/// into a statement.
fn filled(sql: &str, config: &Config) -> String {
    let (family, window) = match config.engine {
        Engine::MergeTree => ("", "non_replicated_deduplication_window"),
        Engine::Replicated => ("Replicated", "replicated_deduplication_window"),
    };
    let on_cluster = if config.cluster.is_empty() {
        String::new()
    } else {
        format!("ON CLUSTER {}", config.cluster)
    };
    sql.replace("${family}", family)
        .replace("${window}", window)
        .replace("${small_inserts}", SMALL_INSERTS)
        .replace("${log_merges}", &merges(LOG_MERGE_BASE))
        .replace("${state_merges}", &merges(STATE_MERGE_BASE))
        .replace("${on_cluster}", &on_cluster)
}

/// Of the text as written, before anything is put in: the same for every engine.
fn checksum(sql: &str) -> String {
    format!("{:x}", Sha256::digest(sql.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The first migration that programs from before it had to bear.
    const SINCE: u32 = 22;

    #[test]
    fn a_column_that_is_added_says_what_it_is_to_programs_that_do_not_know_it() {
        for migration in shared()
            .unwrap()
            .iter()
            .filter(|migration| migration.number >= SINCE)
        {
            let added = migration.sql.split("ADD COLUMN").skip(1);
            let bare: Vec<_> = added.filter(|column| !column.contains(" DEFAULT ")).collect();
            assert!(
                bare.is_empty(),
                "{}: a loader from before does not fill {bare:?}, and would refuse the table",
                migration.name
            );
        }
    }
}
