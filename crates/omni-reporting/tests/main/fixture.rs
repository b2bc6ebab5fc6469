//! A database with the template's tables, filled from its fixtures.
use std::time::Duration;

use serde_json::{Map, Value};
use template::{Family, Registry, RowContext, Template};
use uuid::Uuid;
use warehouse::migrate::{self, Scope};
use warehouse::{Block, Insert, Table, Warehouse};

pub(crate) const TEMPLATE: &str = "pipedrive-deals/2.0";

/// How many panels the template's board has.
pub(crate) fn panel_count() -> usize {
    let registry = Registry::builtin().unwrap();
    registry.get(TEMPLATE).unwrap().manifest().panels.len()
}

/// A database of one test.
pub(crate) struct Database {
    pub(crate) family: Family,
    /// May do everything.
    pub(crate) warehouse: Warehouse,
    pub(crate) config: warehouse::Config,
}

/// How often and in which order the events are loaded.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    AsWritten,
    /// Twice, the second time backwards, in many small batches.
    DoubledAndShuffled,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::of(TEMPLATE).await
    }

    /// With the tables of this template and of those it requires.
    pub(crate) async fn of(template: &str) -> Self {
        let server = local::testing::clickhouse();
        let config = warehouse::Config {
            url: server.url.clone(),
            database: format!("reporting_{}", Uuid::new_v4().simple()),
            user: server.user.clone(),
            password: Some(server.password.clone().into()),
            ..warehouse::Config::default()
        };
        let warehouse = Warehouse::connect(&config).unwrap();
        let family = Registry::builtin().unwrap().family(template).unwrap();
        let shared = migrate::shared().unwrap();
        let mut scopes = vec![Scope {
            name: migrate::SHARED_SCOPE,
            migrations: &shared,
        }];
        scopes.extend(family.members().map(|template| Scope {
            name: template.key(),
            migrations: template.migrations(),
        }));
        migrate::apply(&warehouse, &scopes).await.unwrap();
        Self {
            family,
            warehouse,
            config,
        }
    }

    /// The fixtures of the template: events through its schema and its columns, as the loader does it.
    pub(crate) async fn load(&self, order: Order) {
        let mut events = self.fixture_events();
        let mut batch = events.len();
        if matches!(order, Order::DoubledAndShuffled) {
            let doubled: Vec<_> = events.iter().rev().cloned().collect();
            // A fixed stride that visits every place once: 61 shares no factor with the count.
            assert_ne!(events.len() % 61, 0);
            let mixed = (0..events.len()).map(|at| events[at * 61 % events.len()].clone());
            events = mixed.chain(doubled).collect();
            batch = 7;
        }
        for events in events.chunks(batch) {
            self.insert(events).await;
        }
        for (file, lines) in self.family.head().files() {
            let fixture = file
                .strip_prefix("fixtures/")
                .and_then(|name| name.strip_suffix(".ndjson"));
            if let Some(table) = fixture.filter(|name| !["events", "fx_daily"].contains(name)) {
                self.append(table, lines).await;
            }
        }
    }

    pub(crate) async fn load_rates(&self) {
        self.append("fx_daily", self.fixture("fx_daily").unwrap()).await;
    }

    pub(crate) fn fixture_events(&self) -> Vec<Map<String, Value>> {
        let lines = self.fixture("events").unwrap_or_default();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// One batch of flat events into the base tables of the templates that are for them.
    pub(crate) async fn insert(&self, events: &[Map<String, Value>]) {
        let word = |event: &Map<String, Value>, key: &str| event[key].as_str().unwrap().to_owned();
        for template in self.family.members() {
            let picked = |event: &&Map<String, Value>| {
                template.picks(&word(event, "event_object"), &word(event, "event_action"))
            };
            let own: Vec<_> = events.iter().filter(picked).cloned().collect();
            if !own.is_empty() {
                self.insert_into(template, &own).await;
            }
        }
    }

    async fn insert_into(&self, template: &Template, events: &[Map<String, Value>]) {
        let columns = template.columns().to_vec();
        let table = Table::new(template.base_table(), columns.clone()).unwrap();
        let mut block = Block::new(&columns);
        for event in events {
            let checked = template
                .check(event.clone())
                .unwrap_or_else(|faults| panic!("{faults:?}\n{event:?}"));
            let context = RowContext {
                topic_id: "t",
                partition: 0,
                offset: 0,
                batch_first_offset: 0,
                kind: "webhook",
            };
            block
                .push(&columns, &template.row(&checked, &context).unwrap())
                .unwrap();
        }
        let insert = Insert {
            table: &table,
            block: &block,
            token: &Uuid::new_v4().to_string(),
            deadline: self.warehouse.deadline(Duration::from_secs(30)).await.unwrap(),
        };
        self.warehouse.insert(&insert).await.unwrap();
    }

    /// Rows as JSON lines, for tables that no template fills.
    pub(crate) async fn append(&self, table: &str, lines: &str) {
        self.warehouse
            .execute(&format!("INSERT INTO {table} FORMAT JSONEachRow\n{lines}"))
            .await
            .unwrap();
    }

    fn fixture(&self, name: &str) -> Option<&str> {
        self.family.head().file(&format!("fixtures/{name}.ndjson"))
    }
}
