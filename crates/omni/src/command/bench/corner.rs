//! Topics of its own on a running Kafka, and one enricher on them: a stage measured by itself.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use kafka::{Outgoing, Producer, ProducerSettings, admin};
use local::Guarded;
use toml::Table;

use crate::command::Place;
use crate::command::dev::stages;
use crate::command::layers::lay_over;

/// A stage that is not ready by then has failed.
const READY_MAX: Duration = Duration::from_mins(10);
const RESTORED: &str = "omni_enricher_restored_records_total{";
const POLL: Duration = Duration::from_millis(20);
const IN_FLIGHT_MAX: usize = 5_000;

/// A corner of a broker, gone with its folder; its topics stay on a broker that outlives it.
#[derive(Debug)]
pub(super) struct Corner {
    pub(super) kafka: kafka::Config,
    folder: PathBuf,
    config: PathBuf,
    admin: String,
    client: reqwest::Client,
    pub(super) producer: Arc<Producer>,
}

impl Corner {
    /// Makes so many partitions of each topic; `settings`, told the folder of the run, gives what is laid over its `omni.toml`.
    pub(super) fn new(bootstrap: &str, partitions: i32, settings: &dyn Fn(&Path) -> String) -> Result<Self> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let kafka = kafka::Config {
            bootstrap: bootstrap.to_owned(),
            topic_prefix: format!("bench-{unique}."),
            group_prefix: format!("bench-{unique}-"),
            partitions,
            ..kafka::Config::default()
        };
        admin::create_topics(&kafka).context("could not make topics for the run")?;
        let folder = std::env::temp_dir().join(format!("omni-bench-{unique}"));
        std::fs::create_dir_all(&folder)?;
        let admin = (
            Ipv4Addr::LOCALHOST,
            *local::port::free(1)?.first().context("no port is free")?,
        );
        let own = format!(
            "[kafka]\nbootstrap = '{bootstrap}'\ntopic_prefix = '{}'\ngroup_prefix = '{}'\npartitions = {partitions}\n\
             [enricher]\nadmin_listen = '{}:{}'\nstate_dir = '{}'\n",
            kafka.topic_prefix,
            kafka.group_prefix,
            admin.0,
            admin.1,
            folder.join("states").display(),
        );
        let mut tables: Table = own.parse()?;
        let settings = settings(&folder).parse();
        lay_over(&mut tables, settings.context("settings of the run")?);
        let config = folder.join("omni.toml");
        std::fs::write(&config, tables.to_string())?;
        let producer = Producer::new(
            &kafka,
            ProducerSettings {
                wait_max: Duration::from_secs(30),
                ..ProducerSettings::default()
            },
        )?;
        Ok(Self {
            kafka,
            folder,
            config,
            client: reqwest::Client::builder().no_proxy().build()?,
            admin: format!("http://{}:{}", admin.0, admin.1),
            producer: Arc::new(producer),
        })
    }

    /// Where the stage keeps its states.
    pub(super) fn states(&self) -> PathBuf {
        self.folder.join("states")
    }

    /// Sends all of them, and returns when the broker has them.
    pub(super) async fn send(&self, records: impl IntoIterator<Item = Outgoing>) -> Result<()> {
        futures::stream::iter(records)
            .map(|record| self.producer.send(record))
            .buffer_unordered(IN_FLIGHT_MAX)
            .try_for_each(|_| std::future::ready(Ok(())))
            .await
            .context("the broker did not take the records of the run")
    }

    /// The `omni.toml` of its stages.
    pub(super) fn config(&self) -> &Path {
        &self.config
    }

    /// Starts the enricher; it lives as long as what is given back.
    pub(super) fn enricher(&self) -> Result<Guarded> {
        self.stage("enricher")
    }

    /// Starts any stage.
    pub(super) fn stage(&self, name: &str) -> Result<Guarded> {
        let words = ["stage", name, "--config"].map(OsString::from).to_vec();
        let words = [words, vec![self.config.clone().into()]].concat();
        let log = self.folder.join(format!("{name}.log"));
        Ok(Guarded::spawn(&stages::launch(
            &Place::omni()?,
            name,
            words,
            log,
        ))?)
    }

    /// What a counter of the enricher says; `None` before it has counted, or when the stage does not answer.
    pub(super) async fn counter(&self, name: &str) -> Option<f64> {
        let answer = self
            .client
            .get(format!("{}/metrics", self.admin))
            .send()
            .await
            .ok()?;
        let text = answer.text().await.ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Waits until it holds its partition with all states restored; gives how many records it read for that.
    pub(super) async fn until_restored(&self) -> Result<f64> {
        let until = Instant::now() + READY_MAX;
        loop {
            if let Some(records) = self.counter(RESTORED).await {
                return Ok(records);
            }
            ensure!(
                Instant::now() < until,
                "the enricher is not ready; {} says more",
                self.folder.join("enricher.log").display()
            );
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        // What cannot be removed is in the folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
