//! `omni topics`: what is on Kafka, and how far everybody is with it.

mod acls;
mod list;
mod tail;

use super::{ConfigFile, print};
use kafka::admin::{self, Created};
use serde::Deserialize;
use std::process::ExitCode;

/// List, create, check and look into the topics.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Topics {
    /// Every topic with its partitions, and how far each consumer group is behind.
    List(ConfigFile),
    /// Make the topics that are missing, each with its retention and limits; those that are there stay as they are.
    Create(ConfigFile),
    /// Exit with 1 and say why when a topic is missing or the partition counts don't agree.
    Check(ConfigFile),
    Tail(tail::Tail),
    Acls(acls::Acls),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    kafka: kafka::Config,
}

impl Topics {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Topics::List(file) => list::run(&load(&file)?)?,
            Topics::Create(file) => {
                let config = load(&file)?;
                for (topic, created) in admin::create_topics(&config)? {
                    let word = match created {
                        Created::Made => "made",
                        Created::Found => "was there",
                    };
                    print::line(format_args!("{} {word}", topic.name(&config)))?;
                }
            }
            Topics::Check(file) => {
                let config = load(&file)?;
                admin::check(&config)?;
                let partitions = config.partitions;
                print::line(format_args!("all topics are there, {partitions} partitions each"))?;
            }
            Topics::Tail(tail) => tail.run()?,
            Topics::Acls(acls) => acls.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn load(file: &ConfigFile) -> anyhow::Result<kafka::Config> {
    let tables: Tables = stage::config::load(file.path().as_deref(), &["kafka"])?;
    Ok(tables.kafka)
}
