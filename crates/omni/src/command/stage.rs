//! `omni stage NAME`: one stage of the pipeline, as `omni dev` starts it.

use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Stage {
    #[arg(value_enum)]
    name: Name,
    #[arg(long, short)]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Name {
    Collector,
    Enricher,
    Activation,
    Loader,
    Reporting,
}

impl Stage {
    pub(crate) fn run(self) -> ExitCode {
        let file = self.config.as_deref();
        match self.name {
            Name::Collector => {
                use omni_collector::{Config, TABLES, run};
                let program = program("omni stage collector", TABLES);
                stage::run_with(&program, file, Config::load, |config| &config.stage, run)
            }
            Name::Enricher => {
                use omni_enricher::{Config, TABLES, run};
                let program = program("omni stage enricher", TABLES);
                stage::run_with(&program, file, Config::load, |config| &config.stage, run)
            }
            Name::Activation => {
                use omni_activation::{Config, TABLES, run};
                let program = program("omni stage activation", TABLES);
                stage::run_with(&program, file, Config::load, |config| &config.stage, run)
            }
            Name::Loader => {
                use omni_loader::{Config, TABLES, run};
                let program = program("omni stage loader", TABLES);
                stage::run_with(&program, file, Config::load, |config| &config.stage, run)
            }
            Name::Reporting => {
                use omni_reporting::{Config, TABLES, run};
                let program = program("omni stage reporting", TABLES);
                stage::run_with(&program, file, Config::load, |config| &config.stage, run)
            }
        }
    }
}

/// Only the name is ever shown: we read the command line ourselves.
const fn program(name: &'static str, tables: &'static [&'static str]) -> stage::Program {
    stage::Program {
        name,
        about: "",
        tables,
    }
}
