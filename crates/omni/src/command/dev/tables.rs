//! Topics and tables, before any stage starts.

use crate::command::migrate::migrate;
use anyhow::Context;
use kafka::admin;
use local::clickhouse::{ADMIN, Credentials};
use std::path::Path;
use tokio::runtime::Handle;

/// Makes what is missing. Tables are made by the administrator, who alone may make the database; the stages
/// are given the users who may do less.
pub(super) fn make(config: &Path, credentials: &Credentials, handle: &Handle) -> anyhow::Result<()> {
    let mut config = omni_loader::Config::load(Some(config))?;
    admin::create_topics(&config.kafka).context("could not make the topics")?;
    ADMIN.clone_into(&mut config.warehouse.user);
    config.warehouse.password = Some(credentials.admin.clone().into());
    handle
        .block_on(migrate(&config))
        .context("could not make the tables")?;
    Ok(())
}
