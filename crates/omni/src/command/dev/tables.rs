//! Topics and tables, before any stage starts.

use anyhow::Context;
use kafka::admin;
use local::clickhouse::Credentials;
use serde::Deserialize;
use std::path::Path;
use tokio::runtime::Handle;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    kafka: kafka::Config,
}

pub(super) fn make(config: &Path, _credentials: &Credentials, _handle: &Handle) -> anyhow::Result<()> {
    let tables: Tables = stage::config::load(Some(config), &["kafka"])?;
    admin::create_topics(&tables.kafka).context("could not make the topics")?;
    Ok(())
}
