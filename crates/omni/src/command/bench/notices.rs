//! Hears when rows have landed, so that the bench looks then and not at random.
//!
//! A notice never counts for a row: it only says that a look is worth its cost. Were one lost, the watcher's own clock
//! makes it look all the same.

use std::time::Duration;

use anyhow::{Context, Result};
use kafka::{Health, PlainConsumer, Topic};
use tokio::sync::mpsc;

const POLL_WAIT: Duration = Duration::from_millis(200);
const NOTICES_MAX: usize = 1_000;

/// A message each time something was loaded since the last one was taken; ends with its receiver.
pub(super) fn of_loads(bootstrap: &str) -> Result<mpsc::Receiver<()>> {
    let config = kafka::Config {
        bootstrap: bootstrap.to_owned(),
        ..kafka::Config::default()
    };
    let mut notices = PlainConsumer::from_end(&config, &[Topic::Loaded], Health::new())
        .context("reading the notices of omni.loaded")?;
    let (landed, heard) = mpsc::channel(1);
    std::thread::Builder::new()
        .name("notices".to_owned())
        .spawn(move || {
            while !landed.is_closed() {
                match notices.poll(NOTICES_MAX, POLL_WAIT) {
                    // Full: a look is due anyway.
                    Ok(records) if !records.is_empty() => drop(landed.try_send(())),
                    Ok(_) => {}
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
