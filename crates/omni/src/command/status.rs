//! `omni status`: one screen that says whether all is well, or what is wrong and what to do.
//!
//! One look, bounded in time, that writes nothing. What it finds bears the names of the alerts and their pages, and is judged by
//! the same limits, so that the screen and Prometheus do not contradict each other; what an alert counts over an hour is taken
//! from the ledger here.

mod finding;
mod findings;
mod look;
mod screen;

use std::process::ExitCode;

use super::watched::Places;
use super::{ConfigFile, block_on, print, since};
use stage::clock;

/// The exit status when a person is needed.
const WRONG: u8 = 1;
/// The exit status when that cannot be told.
const UNKNOWN: u8 = 2;

/// Say whether all is well: servers, stages, flow, ledger, sources, destinations; and what to do about what is not.
///
/// Every instance is asked for its readiness and its numbers, Kafka for the topics, ClickHouse for its tables, and the ledger
/// is held against both. Nothing is written, and no answer is waited for longer than 15 seconds.
///
/// Exit status: 0 all is well, 1 somebody should look into something, 2 it cannot be told (the configuration cannot be read).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Where the stages are: [status] in omni.toml; without it, their admin ports on this machine.

Examples:
  omni status                      the last hour
  omni status --since 24h          the ledger of a day
  omni status --json | jq -r '.findings[].what'
  until omni status > /dev/null; do sleep 5; done"
)]
pub(crate) struct Status {
    #[command(flatten)]
    file: ConfigFile,
    /// The ledger from then on: 30m, 24h, 7d, or a time
    #[arg(long, default_value = "1h", value_parser = since::parse)]
    since: since::Since,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(self) -> ExitCode {
        match self.tell() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(WRONG),
            Err(error) => {
                eprintln!("omni: the state cannot be told: {error:#}");
                ExitCode::from(UNKNOWN)
            }
        }
    }

    /// Whether all is well.
    fn tell(&self) -> anyhow::Result<bool> {
        let path = self.file.path();
        let places = Places::load(path.as_deref())?;
        let config = omni_loader::Config::load(path.as_deref())?;
        let now = clock::now_micro();
        let seen = block_on(look::look(&places, &config, self.since.micro(now), now))?;
        let findings = findings::of(&seen);
        if self.json {
            print::line(serde_json::to_string_pretty(&screen::json(&seen, &findings))?)?;
        } else {
            print::styled(&screen::text(&seen, &findings))?;
        }
        Ok(findings.is_empty())
    }
}
