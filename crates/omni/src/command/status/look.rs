//! One look at everything, side by side; what does not answer says why.

use std::time::{Duration, Instant};

use ::ledger::{Question, Report};
use kafka::admin;
use warehouse::Warehouse;

use super::super::watched::{self, Instance, Places, Told};
use super::super::{ledger, migrate};

/// Longest wait for Kafka, for ClickHouse and for the ledger.
const WITHIN: Duration = Duration::from_secs(15);

/// What one look saw. What could not be asked is the reason in words.
#[derive(Debug)]
pub(super) struct Seen {
    /// When, microseconds since 1970.
    pub(super) at_micro: i64,
    pub(super) instances: Vec<Instance>,
    pub(super) kafka: Result<Kafka, String>,
    pub(super) warehouse: Result<Tables, String>,
    pub(super) ledger: Result<Report, String>,
}

/// What Kafka told.
#[derive(Debug, Clone, Default)]
pub(super) struct Kafka {
    pub(super) topics: usize,
    /// What is wrong with the topics.
    pub(super) fault: Option<String>,
}

/// What ClickHouse told.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) version: String,
    pub(super) answered_in: Duration,
    /// Changes of the tables that this version knows and that are not made.
    pub(super) pending: Vec<String>,
}

impl Seen {
    /// What the instances of a stage told, those that answered.
    pub(super) fn told(&self, stage: &str) -> impl Iterator<Item = &Told> {
        let own = self
            .instances
            .iter()
            .filter(move |instance| instance.stage == stage);
        own.filter_map(|instance| instance.told.as_ref().ok())
    }

    /// What all instances told, those that answered.
    pub(super) fn all_told(&self) -> impl Iterator<Item = (&Instance, &Told)> {
        let instances = self.instances.iter();
        instances.filter_map(|instance| Some((instance, instance.told.as_ref().ok()?)))
    }
}

/// Looks once.
///
/// # Errors
/// Where the configuration allows no client to be made.
pub(super) async fn look(
    places: &Places,
    config: &omni_loader::Config,
    since_micro: i64,
    now_micro: i64,
) -> anyhow::Result<Seen> {
    let (instances, kafka, warehouse, ledger) = tokio::join!(
        watched::look(places),
        in_time(topics(config.kafka.clone())),
        in_time(tables(config)),
        in_time(balance(config, since_micro, now_micro)),
    );
    Ok(Seen {
        at_micro: now_micro,
        instances: instances?,
        kafka,
        warehouse,
        ledger,
    })
}

async fn in_time<T>(work: impl Future<Output = anyhow::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(WITHIN, work).await {
        Ok(done) => done.map_err(|error| format!("{error:#}")),
        Err(_) => Err(format!("no answer within {} s", WITHIN.as_secs())),
    }
}

async fn topics(config: kafka::Config) -> anyhow::Result<Kafka> {
    tokio::task::spawn_blocking(move || {
        let described = admin::describe(&config)?;
        Ok(Kafka {
            topics: described
                .iter()
                .filter(|topic| !topic.partitions.is_empty())
                .count(),
            fault: admin::check(&config).err().map(|error| error.to_string()),
        })
    })
    .await?
}

async fn tables(config: &omni_loader::Config) -> anyhow::Result<Tables> {
    let warehouse = Warehouse::connect(&config.warehouse)?;
    let started = Instant::now();
    let version: Vec<(String,)> = warehouse.select("SELECT version()", &[]).await?;
    let answered_in = started.elapsed();
    Ok(Tables {
        version: version
            .into_iter()
            .next()
            .map_or_else(String::new, |(version,)| version),
        answered_in,
        pending: migrate::pending(config, &warehouse).await?,
    })
}

async fn balance(config: &omni_loader::Config, since_micro: i64, now_micro: i64) -> anyhow::Result<Report> {
    let question = Question {
        since_micro,
        until_micro: i64::MAX,
        now_micro,
        source: None,
    };
    Ok(ledger::open(config)?.look(&question).await?)
}
