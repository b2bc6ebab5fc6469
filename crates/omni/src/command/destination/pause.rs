//! `omni destination pause` and `resume`: nothing new is sent there, by any instance, until it is resumed.

use std::process::ExitCode;

use omni_activation::{Config, Pauses};
use stage::clock;

use super::settings;
use crate::command::ConfigFile;

const MICROS: i64 = 1_000_000;

/// Send nothing more to a destination, from within two seconds on; its events wait.
///
/// What is under way is finished. It holds for every instance and over restarts, and the destination keeps its place: what it
/// missed is sent when it is resumed, as far as Kafka still holds it (a week).
#[derive(Debug, clap::Args)]
pub(crate) struct Pause {
    /// The destination, as [destination.<name>] calls it
    name: String,
    #[command(flatten)]
    file: ConfigFile,
}

/// Send to a paused destination again, from where it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The destination, as [destination.<name>] calls it
    name: String,
    #[command(flatten)]
    file: ConfigFile,
}

impl Pause {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        settings(&config, &self.name)?;
        let pauses = Pauses::open(&config.kafka)?;
        let is_new = pauses.pause(&self.name, clock::now_micro() / MICROS)?;
        let name = &self.name;
        if is_new {
            println!("{name} is paused; its events wait. Go on: omni destination resume {name}");
        } else {
            println!("{name} was paused already");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Resume {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        // One that was taken out of the settings meanwhile is resumed as well, so that its name is free.
        let is_new = Pauses::open(&config.kafka)?.resume(&self.name)?;
        let name = &self.name;
        if is_new {
            println!("{name} goes on");
        } else {
            settings(&config, name)?;
            println!("{name} was not paused");
        }
        Ok(ExitCode::SUCCESS)
    }
}
