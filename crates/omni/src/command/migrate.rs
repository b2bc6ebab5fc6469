//! `omni migrate`: brings the tables of the warehouse up to date.

use super::ConfigFile;
use std::process::ExitCode;
use std::sync::Arc;
use template::{Migration, Template};
use warehouse::Warehouse;
use warehouse::migrate::{self, Report, SHARED_SCOPE, Scope, apply, shared};

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
    let warehouse = Warehouse::connect(&config.warehouse.migrator())?;
    let (shared, templates) = (shared()?, omni_loader::templates(config)?);
    Ok(apply(&warehouse, &scopes(&shared, &templates)).await?)
}

/// What of it is not made yet.
pub(crate) async fn pending(
    config: &omni_loader::Config,
    warehouse: &Warehouse,
) -> anyhow::Result<Vec<String>> {
    let (shared, templates) = (shared()?, omni_loader::templates(config)?);
    Ok(migrate::pending(warehouse, &scopes(&shared, &templates)).await?)
}

fn scopes<'a>(shared: &'a [Migration], templates: &'a [Arc<Template>]) -> Vec<Scope<'a>> {
    let of_templates = templates.iter().map(|template| Scope {
        name: template.key(),
        migrations: template.migrations(),
    });
    let of_all = Scope {
        name: SHARED_SCOPE,
        migrations: shared,
    };
    std::iter::once(of_all).chain(of_templates).collect()
}
