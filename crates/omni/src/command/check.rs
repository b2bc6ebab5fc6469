//! `omni check`: the configuration in force, or what is wrong with it.

use super::ConfigFile;
use anyhow::Context;
use serde::Serialize;
use stage::ConfigError;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use toml::{Table, Value};

/// Print the configuration in force: the file, the environment over it, defaults for the rest. Secrets are masked.
///
/// What is wrong is told with file, line and the nearest key there is; the exit status is then 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Any key can be set from the environment, which wins over the file:
  OMNI_<TABLE>__<KEY>=value            OMNI_KAFKA__BOOTSTRAP=broker:9092
  OMNI_<TABLE>__<NAME>__<KEY>=value    OMNI_SOURCE__PIPEDRIVE__USER=omni
A password or token `key` can be read from a file: key_file = \"/run/secrets/…\".
Every key with its meaning and default: deploy/omni.example.toml"
)]
pub(crate) struct Check {
    #[command(flatten)]
    file: ConfigFile,
}

/// What one stage makes of the configuration.
type Read = fn(Option<&Path>) -> anyhow::Result<Result<Table, ConfigError>>;

/// Every stage reads tables of its own, and refuses what only it knows to be wrong.
pub(super) const STAGES: [Read; 4] = [
    |path| tables(omni_collector::Config::load(path)),
    |path| tables(omni_enricher::Config::load(path)),
    |path| tables(omni_activation::Config::load(path)),
    |path| tables(omni_reporting::Config::load(path)),
];

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.file.path();
        let mut in_force = Table::new();
        let mut problems: Vec<String> = Vec::new();
        for read in STAGES {
            match read(path.as_deref())? {
                Ok(tables) => merge(&mut in_force, tables),
                Err(error) => {
                    let problem = with_causes(&error);
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
        if problems.is_empty() {
            let file = path.map_or("no file".to_owned(), |path| path.display().to_string());
            println!("# In force: {file}, the environment, and defaults.\n\n{in_force}");
            return Ok(ExitCode::SUCCESS);
        }
        for problem in &problems {
            eprintln!("omni: {problem}");
        }
        Ok(ExitCode::FAILURE)
    }
}

fn tables<C: Serialize>(config: Result<C, ConfigError>) -> anyhow::Result<Result<Table, ConfigError>> {
    let write = |config| Table::try_from(config).context("could not write the configuration");
    config
        .map(write)
        .map_or_else(|error| Ok(Err(error)), |table| table.map(Ok))
}

/// Stages know different keys of one table (a source's secret, its API).
fn merge(into: &mut Table, more: Table) {
    for (key, value) in more {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(more)) => merge(into, more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

fn with_causes(error: &ConfigError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        text = format!("{text}: {because}");
        cause = because.source();
    }
    text
}
