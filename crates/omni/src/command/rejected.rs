//! `omni rejected`: a look into the quarantine.

mod export;
mod hint;
mod list;
mod mask;
mod show;

use std::process::ExitCode;

use stage::clock;
use warehouse::Warehouse;

use super::{ConfigFile, block_on};

/// List, show and export what was refused, with its reasons. Nothing is sent: that is `omni replay --rejected`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Rejected {
    List(list::List),
    Show(show::Show),
    Export(export::Export),
}

impl Rejected {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        block_on(async {
            match self {
                Self::List(list) => list.run().await,
                Self::Show(show) => show.run().await,
                Self::Export(export) => export.run().await,
            }
        })
    }
}

/// The archive that this configuration names, and the present time.
fn open(file: &ConfigFile) -> anyhow::Result<(omni_loader::Config, Warehouse, i64)> {
    let config = omni_loader::Config::load(file.path().as_deref())?;
    let warehouse = Warehouse::connect(&config.warehouse)?;
    Ok((config, warehouse, clock::now_micro()))
}
