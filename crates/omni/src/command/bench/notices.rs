//! Hears when each insert was acknowledged.
//!
//! A notice never counts for a row: it says since when a row that a `SELECT` returned was there. Were one lost, its rows would count
//! from that look.

use std::time::Duration;

use anyhow::{Context, Result};
use kafka::{Health, PlainConsumer, Record, Topic};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::rows::TABLE;

const POLL_WAIT: Duration = Duration::from_millis(200);
const NOTICES_MAX: usize = 1_000;

/// Records of one partition whose rows the server has acknowledged.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Landed {
    tables: Vec<String>,
    partition: u64,
    first_offset: u64,
    last_offset: u64,
    loaded_at: String,
}

impl Landed {
    pub(super) fn holds(&self, partition: u64, offset: u64) -> bool {
        self.partition == partition && (self.first_offset..=self.last_offset).contains(&offset)
    }

    /// When the server had acknowledged the insert, by the loader's clock, which is ours.
    pub(super) fn at_micro(&self) -> Option<i64> {
        stage::clock::parse_rfc3339_micro(&self.loaded_at).ok()
    }
}

/// What was loaded into the watched table; ends with its receiver.
pub(super) fn of_loads(bootstrap: &str) -> Result<mpsc::Receiver<Landed>> {
    let config = kafka::Config {
        bootstrap: bootstrap.to_owned(),
        ..kafka::Config::default()
    };
    let mut notices = PlainConsumer::from_end(&config, &[Topic::Loaded], Health::new())
        .context("reading the notices of omni.loaded")?;
    let (landed, heard) = mpsc::channel(NOTICES_MAX);
    std::thread::Builder::new()
        .name("notices".to_owned())
        .spawn(move || {
            while !landed.is_closed() {
                match notices.poll(NOTICES_MAX, POLL_WAIT) {
                    // Full: its rows count from the next look.
                    Ok(records) => records
                        .iter()
                        .filter_map(read)
                        .for_each(|notice| drop(landed.try_send(notice))),
                    Err(error) => {
                        eprintln!("bench: no more notices, looking by the clock: {error}");
                        return;
                    }
                }
            }
        })
        .context("starting the thread that reads notices")?;
    Ok(heard)
}

fn read(record: &Record) -> Option<Landed> {
    let notice: Landed = serde_json::from_slice(record.value()).ok()?;
    notice.tables.iter().any(|table| table == TABLE).then_some(notice)
}
