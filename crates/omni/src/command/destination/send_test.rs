//! `omni destination send-test`: one event to a destination, and what it said.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use event::Map;
use event::flat::key;
use omni_activation::destination::Event;
use omni_activation::{Config, Preview, Previewed, Probe};
use serde_json::Value;
use stage::clock;
use uuid::Uuid;

use super::newest::newest;
use super::settings;
use crate::command::{ConfigFile, block_on};

const EXAMPLE: &str = include_str!("../../../../../schemas/examples/flat/deal-updated-v2.json");
const MICROS: i64 = 1_000_000;
const LOOKED_AT: usize = 200;

/// Send one event to a destination, now, and show what was sent and answered.
///
/// It is really sent: use the platform's test mode (`test_event_code`, `debug`, `validate_only`) or a destination of its own where
/// it must not count. The event is the newest that is for the destination, under a new identity so that it is no double; with
/// --example one of a made-up deal, with --event one of a file. It is not noted on omni.deliveries.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni destination send-test tags                      the newest event that is for it
  omni destination send-test tags --example            a made-up deal
  omni destination send-test ads --event event.json    what omni destination preview showed, changed by hand")]
pub(crate) struct SendTest {
    /// The destination, as [destination.<name>] calls it
    name: String,
    /// A made-up deal, as of now, whatever filter and consent say
    #[arg(long, conflicts_with = "event")]
    example: bool,
    /// A flat event, as a JSON object, whatever filter and consent say
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    #[command(flatten)]
    file: ConfigFile,
}

impl SendTest {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        let settings = settings(&config, &self.name)?;
        let preview = Preview::new(&self.name, settings)?;
        let (uuid, now) = (Uuid::new_v4(), clock::now_micro());
        let flat = match &self.event {
            Some(path) => read(path)?,
            None if self.example => serde_json::from_str(EXAMPLE).context("the example is JSON")?,
            None => self.newest(&config, &preview)?,
        };
        let flat = as_of_now(flat, uuid, if self.event.is_some() { None } else { Some(now) });
        let flat = serde_json::to_vec(&flat)?;
        let event = Event::new(uuid, &flat);
        match preview.of_event(&event, now / MICROS) {
            Previewed::Sent(request) => println!("{request}\n"),
            Previewed::Unfit(reason) | Previewed::PassedOver(reason) => {
                println!("not sent, it would be given up: {reason}");
                return Ok(ExitCode::FAILURE);
            }
        }
        let probe = Probe::new(settings)?;
        let tested = block_on(async { Ok(probe.send(&event).await) })?;
        let status = tested
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!(
            "{} ({status}, {} ms)",
            tested.outcome,
            tested.duration.as_millis()
        );
        if !tested.answer.is_empty() {
            println!("{}", tested.answer);
        }
        Ok(if tested.outcome == "delivered" {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn newest(&self, config: &Config, preview: &Preview) -> anyhow::Result<Map> {
        let at_seconds = clock::now_micro() / MICROS;
        let records = newest(&config.kafka, LOOKED_AT)?;
        let fits = |record: &&kafka::Record| matches!(preview.of(record, at_seconds), Previewed::Sent(_));
        let Some(record) = records.iter().rev().find(fits) else {
            bail!(
                "none of the newest {} events is for {}; `omni destination preview {}` says why, --example sends a made-up one",
                records.len(),
                self.name,
                self.name
            );
        };
        serde_json::from_slice(record.value()).context("the newest event is no flat event")
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Map> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON object", path.display()))
}

/// Under an identity of its own; at this time, where a time is given.
fn as_of_now(mut flat: Map, uuid: Uuid, now_micro: Option<i64>) -> Map {
    flat.insert(key::EVENT_UUID.to_owned(), Value::String(uuid.to_string()));
    if let Some(now) = now_micro {
        flat.insert(key::EVENT_TIMESTAMP.to_owned(), (now / MICROS).into());
        flat.insert(key::EVENT_TIMESTAMP_MICRO.to_owned(), now.into());
    }
    flat
}
