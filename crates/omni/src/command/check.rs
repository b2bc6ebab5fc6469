//! `omni check`: the configuration in force, or what is wrong with it.

use super::{ConfigFile, print};
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
pub(super) const STAGES: [Read; 5] = [
    |path| tables(omni_collector::Config::load(path)),
    |path| tables(omni_enricher::Config::load(path)),
    |path| tables(omni_activation::Config::load(path)),
    |path| tables(omni_loader::Config::load(path)),
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
        problems.extend(unfit(path.as_deref()));
        if problems.is_empty() {
            let file = path.map_or("no file".to_owned(), |path| path.display().to_string());
            print::line(format_args!(
                "# In force: {file}, the environment, and defaults.\n\n{in_force}"
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        for problem in &problems {
            eprintln!("omni: {problem}");
        }
        Ok(ExitCode::FAILURE)
    }
}

/// What is told to Kafka's client, which a stage finds out when it makes one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Kafka {
    kafka: kafka::Config,
}

/// What in a table cannot work together, where only its door knows.
fn unfit(path: Option<&Path>) -> Option<String> {
    // A file that cannot be read is told by the stages.
    let Kafka { kafka } = stage::config::load(path, &["kafka"]).ok()?;
    let unfit = kafka.security.check().err()?;
    Some(format!("[kafka.security] {unfit}"))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../deploy/omni.example.toml");

    /// What all stages make of a file.
    fn in_force(text: &str) -> Table {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut all = Table::new();
        for read in STAGES {
            merge(&mut all, read(Some(file.path())).unwrap().unwrap());
        }
        all
    }

    #[test]
    fn the_example_says_the_defaults() {
        let defaults = in_force("");
        for (table, said) in in_force(EXAMPLE) {
            assert_eq!(Some(&said), defaults.get(&table), "[{table}]");
        }
    }

    #[test]
    fn the_example_explains_every_setting() {
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        let explained = |table: &str, key: &str| {
            let heading = format!("[{table}]");
            let start = lines
                .iter()
                .position(|line| line.trim_start_matches('#') == heading);
            let mut before = "";
            lines
                .iter()
                .skip(start.unwrap() + 1)
                .take_while(|line| !line.trim_start_matches('#').starts_with('['))
                .any(|line| {
                    let found = line.trim_start_matches('#').starts_with(&format!("{key} = "))
                        && before.starts_with("# ");
                    before = line;
                    found
                })
        };
        let mut missing = Vec::new();
        walk("", &in_force(""), &mut |table, key| {
            if !explained(table, key) {
                missing.push(format!("[{table}] {key}"));
            }
        });
        assert!(missing.is_empty(), "deploy/omni.example.toml lacks {missing:?}");
    }

    #[test]
    fn what_the_example_offers_is_taken() {
        // Examples begin with `#` and no space.
        let offered = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
            Some(example) if !example.is_empty() && !example.starts_with(' ') => example,
            _ => line,
        });
        let all = in_force(&offered.collect::<Vec<_>>().join("\n"));
        assert!(all["source"]["pipedrive"].is_table() && all["destination"]["tags"].is_table());
        assert_eq!(all["source"]["pipedrive"]["password"].as_str(), Some("***"));
    }

    fn walk(path: &str, table: &Table, each: &mut impl FnMut(&str, &str)) {
        for (key, value) in table {
            match value {
                Value::Table(inner) if path.is_empty() => walk(key, inner, each),
                Value::Table(inner) => walk(&format!("{path}.{key}"), inner, each),
                _ => each(path, key),
            }
        }
    }
}
