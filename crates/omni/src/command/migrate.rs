//! `omni migrate`: brings the tables of the warehouse up to date.

use super::ConfigFile;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;
use std::process::ExitCode;
use template::Registry;
use warehouse::Warehouse;
use warehouse::migrate::{Report, SHARED_SCOPE, Scope, apply, shared};

const TEMPLATES: &[&str] = &["pipedrive-deals/2.0"];

/// Make the tables that are missing in ClickHouse and bring the others up to date.
///
/// Forward only: each statement is applied once, and one that was changed after it was applied is refused.
/// May be run while the pipeline runs, and by several at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    warehouse: warehouse::Config,
}

impl Migrate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.file.path();
        let tables: Tables = stage::config::load(path.as_deref(), &["warehouse"])?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let report = runtime.block_on(migrate(path.as_deref(), &tables.warehouse))?;
        for statement in &report.applied {
            println!("applied {statement}");
        }
        println!(
            "{} applied, {} were there",
            report.applied.len(),
            report.unchanged
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// The shared tables, and those of every template that the loader of this configuration fills.
pub(crate) async fn migrate(_path: Option<&Path>, warehouse: &warehouse::Config) -> anyhow::Result<Report> {
    let shared = shared()?;
    let registry = Registry::builtin()?;
    let mut scopes = vec![Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    for key in TEMPLATES {
        let template = registry
            .get(key)
            .with_context(|| format!("there is no template {key}"))?;
        scopes.push(Scope {
            name: template.key(),
            migrations: template.migrations(),
        });
    }
    let warehouse = Warehouse::connect(warehouse)?;
    Ok(apply(&warehouse, &scopes).await?)
}
