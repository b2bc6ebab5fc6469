//! Waits, at a stage's start, until Kafka is as it must be.
use std::time::{Duration, Instant};

use super::check;
use crate::config::Config;
use crate::error::{Class, Error};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Waits until a broker answers and all topics are there with equal partition counts; `false` when `stop` says
/// so first. Counts that differ, and refused settings, are an error: waiting heals neither.
pub fn until_ready(config: &Config, stop: impl Fn() -> bool) -> Result<bool, Error> {
    let mut told = false;
    while !stop() {
        let error = match check(config) {
            Ok(()) => return Ok(true),
            Err(error @ Error::MissingTopics(_)) => error,
            Err(error) if error.class() == Class::Retry => error,
            Err(error) => return Err(error),
        };
        if !told {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "kafka is not ready, waiting for it"
            );
            told = true;
        }
        let next = Instant::now() + LOOK_EVERY;
        while Instant::now() < next && !stop() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(false)
}
