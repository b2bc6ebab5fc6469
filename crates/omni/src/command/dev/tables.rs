//! Topics and tables, before any stage starts.

use crate::command::migrate::migrate;
use anyhow::Context;
use kafka::admin;
use local::clickhouse::{ADMIN, Credentials};
use serde::Deserialize;
use std::path::Path;
use tokio::runtime::Handle;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    kafka: kafka::Config,
    warehouse: warehouse::Config,
}

/// Makes what is missing. Tables are made by the administrator, who alone may make the database; the stages
/// are given the users who may do less.
pub(super) fn make(config: &Path, credentials: &Credentials, handle: &Handle) -> anyhow::Result<()> {
    let mut tables: Tables = stage::config::load(Some(config), &["kafka", "warehouse"])?;
    admin::create_topics(&tables.kafka).context("could not make the topics")?;
    ADMIN.clone_into(&mut tables.warehouse.user);
    tables.warehouse.password = Some(credentials.admin.clone().into());
    handle
        .block_on(migrate(Some(config), &tables.warehouse))
        .context("could not make the tables")?;
    Ok(())
}
