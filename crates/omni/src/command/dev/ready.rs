//! The ready file: all addresses of a running pipeline as JSON, for scripts, tests and the benchmark.

use super::configuration::{SOURCE, local_address};
use super::folder::{Secrets, write_private};
use super::ports::Ports;
use super::servers::DATABASE;
use super::stages;
use local::clickhouse::{ADMIN, Credentials};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Serialize)]
pub(super) struct Ready {
    pub(super) collector_url: String,
    pub(super) dashboard_url: String,
    pub(super) kafka_bootstrap: String,
    pub(super) clickhouse: ClickHouse,
    /// Admin address by stage.
    pub(super) admin: BTreeMap<String, String>,
    /// By stage; Kafka, ClickHouse and the simulator are in it too. Rewritten when one was started again.
    pub(super) pids: BTreeMap<String, u32>,
    pub(super) sources: Vec<Source>,
    /// The configuration in force.
    pub(super) config: PathBuf,
    /// The simulated Pipedrive, with `--demo`.
    pub(super) simulator_url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct ClickHouse {
    pub(super) url: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Source {
    pub(super) name: String,
    /// On the collector.
    pub(super) path: String,
    pub(super) user: String,
    pub(super) password: String,
}

impl Ready {
    /// As it is when all is ready; pids come with the children.
    pub(super) fn new(
        ports: &Ports,
        secrets: &Secrets,
        credentials: &Credentials,
        config: &Path,
        account: Option<String>,
    ) -> Self {
        let url = |port| format!("http://{}", local_address(port));
        let admin = stages::NAMES
            .iter()
            .zip(ports.admin)
            .map(|(name, port)| ((*name).to_owned(), url(port)));
        Self {
            collector_url: url(ports.collector),
            dashboard_url: url(ports.dashboard),
            kafka_bootstrap: local_address(ports.kafka),
            clickhouse: ClickHouse {
                url: url(ports.clickhouse),
                user: ADMIN.to_owned(),
                password: credentials.admin.clone(),
                database: DATABASE.to_owned(),
            },
            admin: admin.collect(),
            pids: std::collections::BTreeMap::new(),
            sources: vec![Source {
                name: SOURCE.to_owned(),
                path: format!("/webhooks/pipedrive/{SOURCE}"),
                user: secrets.source_user.clone(),
                password: secrets.source_password.clone(),
            }],
            config: config.to_owned(),
            simulator_url: account,
        }
    }

    /// Whoever waits for the file never sees half of it.
    pub(super) fn write(&self, files: &[PathBuf]) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        files.iter().try_for_each(|file| write_private(file, &text))
    }
}

/// A file of an earlier run would lie.
pub(super) fn remove(files: &[impl AsRef<Path>]) {
    for file in files {
        let _ = std::fs::remove_file(file);
    }
}
