//! A running `omni dev`, as its ready file describes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Where to send and where to look, and whose CPU to read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Target {
    pub(super) collector_url: String,
    pub(super) dashboard_url: String,
    pub(super) kafka_bootstrap: String,
    pub(super) clickhouse: ClickHouse,
    /// Where stages tell of themselves, by name.
    pub(super) admin: BTreeMap<String, String>,
    pub(super) pids: BTreeMap<String, u32>,
    pub(super) sources: Vec<Source>,
    /// The file that its stages read.
    pub(super) config: PathBuf,
}

/// The warehouse's address, as written to the ready file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ClickHouse {
    pub(super) url: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
}

/// One configured source with its secret.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) user: String,
    pub(super) password: String,
}

impl Target {
    /// Reads the file that `omni dev --ready-file` writes.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| {
            format!(
                "cannot read {}; start `omni dev --ready-file {}` first",
                file.display(),
                file.display()
            )
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not a ready file of omni dev", file.display()))
    }

    /// The first source: every installation has one.
    pub(super) fn source(&self) -> Result<&Source> {
        self.sources
            .first()
            .context("the ready file names no source; start omni dev without --demo")
    }
}
