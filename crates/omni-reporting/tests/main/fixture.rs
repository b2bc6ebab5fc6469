//! A database with the template's tables, filled from its fixtures.
use std::ops::Deref;

use omni_reporting::check::Trial;
use omni_reporting::check::answers::Reader;
use omni_reporting::scratch::{Line, Scratch};
use serde_json::{Map, Value};
use template::Registry;
use warehouse::Warehouse;

pub(crate) use omni_reporting::scratch::Order;

pub(crate) const TEMPLATE: &str = "pipedrive-deals/2.0";

/// How many panels the template's board has.
pub(crate) fn panel_count() -> usize {
    let registry = Registry::builtin().unwrap();
    registry.get(TEMPLATE).unwrap().manifest().panels.len()
}

/// How many panels of its board read one of these tables.
pub(crate) fn panels_reading(tables: &[&str]) -> usize {
    let registry = Registry::builtin().unwrap();
    let panels = &registry.get(TEMPLATE).unwrap().manifest().panels;
    panels
        .iter()
        .filter(|panel| {
            panel
                .depends_on
                .iter()
                .any(|table| tables.contains(&table.as_str()))
        })
        .count()
}

/// The tests' server, asked as the server asks: by the user who may only read.
pub(crate) fn place() -> Trial {
    let server = local::testing::clickhouse();
    Trial {
        server: warehouse::Config {
            url: server.url.clone(),
            user: server.user.clone(),
            password: Some(server.password.clone().into()),
            ..warehouse::Config::default()
        },
        reader: Some(Reader {
            user: server.dashboard_user.clone(),
            password: server.dashboard_password.clone(),
        }),
    }
}

/// A database of one test. It goes with it: many tables are much memory to a server that many tests share.
pub(crate) struct Database(Scratch);

impl Drop for Database {
    fn drop(&mut self) {
        let config = self.0.config.clone();
        // A connection belongs to the runtime that opened it, and the test's own is about to end.
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let statement = format!("DROP DATABASE IF EXISTS {} SYNC", config.database);
            runtime.map(|runtime| {
                runtime.block_on(async { Warehouse::connect(&config)?.execute(&statement).await })
            })
        });
        // What is left is less memory for the others, and no fault of this test.
        drop(removed.join());
    }
}

impl Deref for Database {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        &self.0
    }
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::of(TEMPLATE).await
    }

    /// With the tables of this template and of those it requires.
    pub(crate) async fn of(template: &str) -> Self {
        let family = Registry::builtin().unwrap().family(template).unwrap();
        Self(Scratch::new(&place().server, family).await.unwrap())
    }

    /// The fixtures of the template: events through its schema and its columns, as the loader does it.
    pub(crate) async fn load(&self, order: Order) {
        self.0.load(order).await.unwrap();
    }

    pub(crate) async fn load_rates(&self) {
        self.0.load_rates().await.unwrap();
    }

    pub(crate) fn fixture_events(&self) -> Vec<Map<String, Value>> {
        let events = self.0.events().unwrap();
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// One batch of flat events into the base tables of the templates that are for them.
    pub(crate) async fn insert(&self, events: &[Map<String, Value>]) {
        let lines: Vec<Line> = events.iter().cloned().enumerate().collect();
        self.0.insert(&lines).await.unwrap();
    }
}
