//! `omni destination preview`: the newest flat events as a destination would get them; nothing is sent.

use std::collections::BTreeMap;
use std::process::ExitCode;

use omni_activation::{Config, Previewed};
use stage::clock;

use super::newest::newest;
use super::settings;
use crate::command::{ConfigFile, print};

const MICROS: i64 = 1_000_000;

/// Show the newest flat events as a destination would get them, secrets masked, and why it would not get the others.
///
/// Nothing is sent. The settings are those of the file, so a change can be looked at before the stage is started with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni destination preview tags                    the last 20 events
  omni destination preview ads --last 200 --sent   of the last 200, those that would go")]
pub(crate) struct Preview {
    /// The destination, as [destination.<name>] calls it
    name: String,
    /// So many of the newest events
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    last: u16,
    /// Leave out what would not be sent
    #[arg(long)]
    sent: bool,
    #[command(flatten)]
    file: ConfigFile,
}

impl Preview {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        let preview = omni_activation::Preview::new(&self.name, settings(&config, &self.name)?)?;
        let records = newest(&config.kafka, usize::from(self.last))?;
        let at_seconds = clock::now_micro() / MICROS;
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for record in &records {
            let previewed = preview.of(record, at_seconds);
            let (what, text) = match previewed {
                Previewed::Sent(text) => ("would be sent", text),
                Previewed::PassedOver(reason) => ("is not for it", reason.to_owned()),
                Previewed::Unfit(reason) => ("would be given up", reason.to_owned()),
            };
            *counted.entry(what).or_default() += 1;
            if !self.sent || what == "would be sent" {
                let key = String::from_utf8_lossy(&record.key);
                let at = format!("{}/{}", record.partition, record.offset);
                print::line(format_args!("{key} at {at} {what}: {text}\n"))?;
            }
        }
        let counts: Vec<String> = counted
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        print::line(format_args!("{} events: {}", records.len(), counts.join(", ")))?;
        Ok(ExitCode::SUCCESS)
    }
}
