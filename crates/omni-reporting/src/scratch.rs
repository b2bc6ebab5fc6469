//! A database of its own for one template: its tables and those of what it requires, filled from its fixtures.
//!
//! Events go through the schema and the columns of each template that picks them, as the loader does it; what an event or
//! a migration has wrong is told with file and line. The database is gone when [`Scratch::remove`] is called.
use std::time::Duration;

use serde_json::{Map, Value};
use template::{Family, Finding, RowContext, Template};
use uuid::Uuid;
use warehouse::migrate::{self, Scope};
use warehouse::{Block, Insert, Table, Warehouse};

pub(crate) mod imports;

/// Events in one insert when they are loaded in many.
const BATCH: usize = 7;
/// How long one insert may take.
const INSERT_MAX: Duration = Duration::from_secs(30);
/// Fixtures that are not rows of the table of their name.
const EVENTS: &str = "events";
const RATES: &str = "fx_daily";

/// A scratch database.
#[derive(Debug)]
pub struct Scratch {
    pub family: Family,
    /// May do everything.
    pub warehouse: Warehouse,
    pub config: warehouse::Config,
}

/// How often and in which order the events are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    AsWritten,
    /// Twice, the second time backwards, in many small batches. No insert has anything twice: what is twice in one insert
    /// ClickHouse takes together before it is stored.
    DoubledAndShuffled,
}

impl Order {
    /// The lines of each insert, one after the other.
    fn of(self, lines: Vec<Line>) -> Vec<Vec<Line>> {
        match self {
            Self::AsWritten => vec![lines],
            Self::DoubledAndShuffled => {
                let backwards: Vec<Line> = lines.iter().rev().cloned().collect();
                let passes = [shuffled(lines), backwards];
                let batches = passes.iter().flat_map(|pass| pass.chunks(BATCH));
                batches.map(<[Line]>::to_vec).collect()
            }
        }
    }
}

/// Why a scratch database cannot be made or filled.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    #[error("{}", template::finding::listed(.0))]
    Template(Vec<Finding>),
    #[error("the scratch database")]
    Warehouse(#[from] warehouse::Error),
    #[error("the tables that belong to no template")]
    Shared(#[from] template::LoadError),
}

/// An event of a fixture, with its line.
pub type Line = (usize, Map<String, Value>);

impl Scratch {
    /// Makes the database on this server, and the tables in it, twice: all statements must bear that.
    pub async fn new(server: &warehouse::Config, family: Family) -> Result<Self, ScratchError> {
        let config = warehouse::Config {
            database: format!("omni_scratch_{}", Uuid::new_v4().simple()),
            ..server.clone()
        };
        let warehouse = Warehouse::connect(&config)?;
        let scratch = Self {
            family,
            warehouse,
            config,
        };
        if let Err(error) = scratch.migrate().await {
            scratch.remove().await;
            return Err(error);
        }
        Ok(scratch)
    }

    async fn migrate(&self) -> Result<(), ScratchError> {
        let shared = migrate::shared()?;
        let shared = Scope {
            name: migrate::SHARED_SCOPE,
            migrations: &shared,
        };
        migrate::apply(&self.warehouse, &[shared]).await?;
        for template in self.family.members() {
            // One by one, so that an error belongs to a file. Twice, since two programs may migrate at once.
            for _ in 0..2 {
                for upto in 1..=template.migrations().len() {
                    let migrations = template.migrations().get(..upto).unwrap_or_default();
                    let scope = Scope {
                        name: template.key(),
                        migrations,
                    };
                    if let Err(error) = migrate::apply(&self.warehouse, &[scope]).await {
                        let name = migrations.last().map_or("", |migration| &migration.name);
                        let finding = Finding::new(format!("warehouse/{name}.sql"), 1, error.to_string());
                        return Err(ScratchError::Template(vec![finding]));
                    }
                }
                self.warehouse.execute("TRUNCATE TABLE schema_migrations").await?;
            }
        }
        Ok(())
    }

    /// The fixtures of the template but the rates.
    pub async fn load(&self, order: Order) -> Result<(), ScratchError> {
        for events in order.of(self.events()?) {
            self.insert(&events).await?;
        }
        self.load_imports(order).await?;
        for (table, lines) in self.rows() {
            if table != RATES {
                self.append(table, lines).await?;
            }
        }
        Ok(())
    }

    /// The exchange rates of the fixtures.
    pub async fn load_rates(&self) -> Result<(), ScratchError> {
        for (_, lines) in self.rows().filter(|(table, _)| *table == RATES) {
            self.append(RATES, lines).await?;
        }
        Ok(())
    }

    /// As if there had never been rates.
    pub async fn forget_rates(&self) -> Result<(), ScratchError> {
        Ok(self.warehouse.execute("TRUNCATE TABLE fx_daily").await?)
    }

    /// Fixtures that are rows of a table as it stores them, by its name.
    fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_import = |name: &str| {
            let mut tables = self
                .family
                .members()
                .filter_map(|template| template.import_table());
            tables.any(|table| table.name == name)
        };
        self.family.head().files().filter_map(move |(file, lines)| {
            let table = file.strip_prefix("fixtures/")?.strip_suffix(".ndjson")?;
            (table != EVENTS && !is_import(table)).then_some((table, lines))
        })
    }

    /// The events of the fixtures.
    pub fn events(&self) -> Result<Vec<Line>, ScratchError> {
        events(self.family.head()).map_err(ScratchError::Template)
    }

    /// One batch of flat events into the base tables of the templates that are for them.
    pub async fn insert(&self, events: &[Line]) -> Result<(), ScratchError> {
        for template in self.family.members() {
            let own: Vec<&Line> = events
                .iter()
                .filter(|(_, event)| picks(template, event))
                .collect();
            if !own.is_empty() {
                self.insert_into(template, &own).await?;
            }
        }
        Ok(())
    }

    async fn insert_into(&self, template: &Template, events: &[&Line]) -> Result<(), ScratchError> {
        let columns = template.columns().to_vec();
        let table = Table::new(template.base_table(), columns.clone())?;
        let mut block = Block::new(&columns);
        for (line, event) in events {
            row(template, &columns, event, &mut block)
                .map_err(|message| ScratchError::Template(vec![of_event(*line, message)]))?;
        }
        let insert = Insert {
            table: &table,
            block: &block,
            token: &Uuid::new_v4().to_string(),
            deadline: self.warehouse.deadline(INSERT_MAX).await?,
        };
        self.warehouse.insert(&insert).await?;
        Ok(())
    }

    /// Rows as JSON lines, for tables that no event fills.
    pub async fn append(&self, table: &str, lines: &str) -> Result<(), ScratchError> {
        let statement = format!("INSERT INTO {table} FORMAT JSONEachRow\n{lines}");
        self.warehouse
            .execute(&statement)
            .await
            .map_err(|error| ScratchError::Template(vec![Finding::new(file_of(table), 1, error.to_string())]))
    }

    /// Parts stay as they were inserted.
    pub async fn stop_merges(&self) -> Result<(), ScratchError> {
        self.each_table("SYSTEM STOP MERGES ", "").await
    }

    /// Every table is one part.
    pub async fn merge_all(&self) -> Result<(), ScratchError> {
        self.each_table("SYSTEM START MERGES ", "").await?;
        self.each_table("OPTIMIZE TABLE ", " FINAL").await
    }

    async fn each_table(&self, before: &str, after: &str) -> Result<(), ScratchError> {
        let tables: Vec<(String,)> = self
            .warehouse
            .select(
                "SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'",
                &[("database", self.config.database.as_str().into())],
            )
            .await?;
        for (table,) in tables {
            self.warehouse.execute(&format!("{before}{table}{after}")).await?;
        }
        Ok(())
    }

    /// Drops the database; a server that does not answer keeps it.
    pub async fn remove(&self) {
        let statement = format!("DROP DATABASE IF EXISTS {} SYNC", self.config.database);
        if let Err(error) = self.warehouse.execute(&statement).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a scratch database was left behind"
            );
        }
    }
}

/// The events of a template's fixtures, with their lines; what is no JSON object is found.
pub fn events(template: &Template) -> Result<Vec<Line>, Vec<Finding>> {
    lines(template, &file_of(EVENTS))
}

/// The JSON objects of a fixture, with their lines; nothing where the template has no such file.
fn lines(template: &Template, file: &str) -> Result<Vec<Line>, Vec<Finding>> {
    let (mut lines, mut findings) = (Vec::new(), Vec::new());
    for (at, line) in template.file(file).unwrap_or_default().lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(object) => lines.push((at + 1, object)),
            Err(error) => findings.push(Finding::new(file, at + 1, error.to_string())),
        }
    }
    if findings.is_empty() {
        Ok(lines)
    } else {
        Err(findings)
    }
}

fn file_of(fixture: &str) -> String {
    format!("fixtures/{fixture}.ndjson")
}

/// Whether an event is one that the template is for.
pub fn picks(template: &Template, event: &Map<String, Value>) -> bool {
    let word = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    template.picks(word("event_object"), word("event_action"))
}

/// Something about an event of the fixtures.
pub fn of_event(line: usize, message: impl Into<String>) -> Finding {
    Finding::new(file_of(EVENTS), line, message)
}

fn row(
    template: &Template,
    columns: &[template::Column],
    event: &Map<String, Value>,
    block: &mut Block,
) -> Result<(), String> {
    let told = |violations: Vec<template::Violation>| {
        let all: Vec<String> = violations
            .iter()
            .map(|one| format!("{} {}", one.path, one.message))
            .collect();
        all.join("; ")
    };
    let checked = template.check(event.clone()).map_err(told)?;
    let context = RowContext {
        topic_id: "t",
        partition: 0,
        offset: 0,
        batch_first_offset: 0,
        kind: "webhook",
    };
    let row = template.row(&checked, &context).map_err(told)?;
    block.push(columns, &row).map_err(|error| error.to_string())
}

/// In an order that visits every one once and is always the same.
fn shuffled(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_cached_key(|(line, _)| xxhash_rust::xxh3::xxh3_64(&line.to_le_bytes()));
    lines
}
