//! `omni destination preview`: the newest flat events as a destination would get them; nothing is sent.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use kafka::admin::{self, Look, TailFrom};
use kafka::{Record, Topic};
use omni_activation::{Config, DestinationSettings, Previewed};
use stage::clock;

use crate::command::ConfigFile;

/// A topic that was quiet this long has no more.
const QUIET_MAX: Duration = Duration::from_secs(2);
/// Longest look, however much there is.
const LOOK_MAX: Duration = Duration::from_secs(20);
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
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    last: i64,
    /// Leave out what would not be sent
    #[arg(long)]
    sent: bool,
    #[command(flatten)]
    file: ConfigFile,
}

impl Preview {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        let preview = omni_activation::Preview::new(settings(&config, &self.name)?)?;
        let records = newest(&config.kafka, self.last)?;
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
                println!("{key} at {}/{} {what}: {text}\n", record.partition, record.offset);
            }
        }
        let counts: Vec<String> = counted
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        println!("{} events: {}", records.len(), counts.join(", "));
        Ok(ExitCode::SUCCESS)
    }
}

fn settings<'c>(config: &'c Config, name: &str) -> anyhow::Result<&'c DestinationSettings> {
    let Some(settings) = config.destination.get(name) else {
        let known: Vec<&str> = config.destination.keys().map(String::as_str).collect();
        bail!(
            "there is no [destination.{name}]; there {}",
            if known.is_empty() {
                "is none".to_owned()
            } else {
                format!("are {}", known.join(", "))
            }
        );
    };
    Ok(settings)
}

/// The newest records of `omni.flat`, the oldest of them first.
fn newest(config: &kafka::Config, count: i64) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    let (begun, begun_ms) = (Instant::now(), clock::now_micro() / 1_000);
    let quiet_since = Cell::new(begun);
    let is_over = || quiet_since.get().elapsed() > QUIET_MAX || begun.elapsed() > LOOK_MAX;
    let keep = |record: Record| {
        // What comes meanwhile is not waited for.
        if record.timestamp_ms < begun_ms {
            quiet_since.set(Instant::now());
            records.push(record);
        }
        if is_over() { Look::Away } else { Look::On }
    };
    let idle = || if is_over() { Look::Away } else { Look::On };
    admin::tail(config, Topic::Flat, TailFrom::Last(count), keep, idle)
        .context("could not read the flat events")?;
    records.sort_by_key(|record| record.timestamp_ms);
    let older = records
        .len()
        .saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    Ok(records.split_off(older))
}
