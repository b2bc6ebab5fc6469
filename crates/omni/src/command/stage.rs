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
}

impl Stage {
    pub(crate) fn run(self) -> ExitCode {
        let file = self.config.as_deref();
        match self.name {
            Name::Collector => {
                use omni_collector::{Config, PROGRAM, run};
                stage::run_with(&PROGRAM, file, Config::load, |config| &config.stage, run)
            }
        }
    }
}
