//! Kafka and ClickHouse of a run's own, whose CPU can be read, and corners on them with tables.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use local::clickhouse::Server;
use local::testing::{self, ClickHouseAddress};
use local::{Cache, Guarded};
use toml::Table;
use warehouse::Warehouse;

use super::corner::Corner;
use super::rows::Watcher;
use super::target::ClickHouse;
use crate::command::Place;
use crate::command::layers::lay_over;
use crate::command::migrate::migrate;

/// Longest wait for rows.
const STORED_MAX: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Both end with it, and their data with them.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) bootstrap: String,
    address: ClickHouseAddress,
    broker: Guarded,
    server: Server,
}

/// Fresh topics and fresh tables; the tables are dropped by [`Stand::clear`].
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) corner: Corner,
    pub(super) warehouse: Warehouse,
    pub(super) watcher: Watcher,
    database: String,
}

impl Servers {
    pub(super) async fn start(cache: Cache) -> Result<Self> {
        let omni = Place::omni()?;
        let started = tokio::task::spawn_blocking(move || {
            let (bootstrap, broker) = testing::own_kafka(&omni, &cache)?;
            let server = testing::own_clickhouse(&omni, &cache)?;
            Ok::<_, local::Error>((bootstrap, broker, server))
        });
        let (bootstrap, broker, server) = started.await??;
        Ok(Self {
            bootstrap,
            address: ClickHouseAddress::of(&server),
            broker,
            server,
        })
    }

    /// Under the names of the reports.
    pub(super) fn pids(&self) -> [(&'static str, u32); 2] {
        [
            ("kafka", self.broker.pid()),
            ("clickhouse", self.server.guarded.pid()),
        ]
    }

    /// `settings` is laid over the `omni.toml` of its stages.
    pub(super) async fn stand(&self, partitions: i32, settings: &str) -> Result<Stand> {
        let database = format!("bench_{}", uuid::Uuid::new_v4().simple());
        let ports = local::port::free(2)?;
        let mut tables: Table = self.tables(&database).parse()?;
        for (stage, port) in ["activation", "loader"].into_iter().zip(&ports) {
            let admin = format!("[{stage}]\nadmin_listen = '127.0.0.1:{port}'");
            lay_over(&mut tables, admin.parse()?);
        }
        lay_over(&mut tables, settings.parse().context("settings of the run")?);
        let corner = Corner::new(&self.bootstrap, partitions, &|_: &Path| tables.to_string())?;
        let loader = omni_loader::Config::load(Some(corner.config()))?;
        migrate(&loader).await.context("could not make the tables")?;
        let at = ClickHouse {
            url: self.address.url.clone(),
            user: self.address.user.clone(),
            password: self.address.password.clone(),
            database: database.clone(),
        };
        Ok(Stand {
            corner,
            warehouse: Warehouse::connect(&loader.warehouse)?,
            watcher: Watcher::new(&at, super::flat::COMPANIES)?,
            database,
        })
    }

    fn tables(&self, database: &str) -> String {
        let ClickHouseAddress {
            url, user, password, ..
        } = &self.address;
        format!(
            "[warehouse]\nurl = '{url}'\ndatabase = '{database}'\nuser = '{user}'\npassword = '{password}'\n"
        )
    }
}

impl Stand {
    /// Waits for so many rows; gives how many there are.
    pub(super) async fn until_stored(&self, rows: u64) -> Result<u64> {
        let deadline = Instant::now() + STORED_MAX;
        loop {
            let there = self.watcher.stored().await?;
            if there >= rows {
                return Ok(there);
            }
            ensure!(Instant::now() < deadline, "only {there} of {rows} rows came");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What it leaves costs the next nothing.
    pub(super) async fn clear(self) -> Result<()> {
        let Self {
            warehouse, database, ..
        } = self;
        Ok(warehouse
            .execute(&format!("DROP DATABASE {database} SYNC"))
            .await?)
    }
}
