//! `omni migrate`: brings the tables of the warehouse up to date.

use super::ConfigFile;
use std::process::ExitCode;
use warehouse::Warehouse;
use warehouse::migrate::{Report, SHARED_SCOPE, Scope, apply, shared};

/// Make the tables that are missing in ClickHouse and bring the others up to date.
///
/// Forward only: each statement is applied once, and one that was changed after it was applied is refused.
/// May be run while the pipeline runs, and by several at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    file: ConfigFile,
}

impl Migrate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let report = runtime.block_on(migrate(&config))?;
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

/// The shared tables, and those of every template that is loaded or required by one that is.
pub(crate) async fn migrate(config: &omni_loader::Config) -> anyhow::Result<Report> {
    let shared = shared()?;
    let templates = omni_loader::templates(config)?;
    let mut scopes = vec![Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    scopes.extend(templates.iter().map(|template| Scope {
        name: template.key(),
        migrations: template.migrations(),
    }));
    let warehouse = Warehouse::connect(&config.warehouse.migrator())?;
    Ok(apply(&warehouse, &scopes).await?)
}
