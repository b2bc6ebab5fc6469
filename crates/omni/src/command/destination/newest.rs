//! The newest flat events, as nobody's member.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Context;
use kafka::admin::{self, Look, TailFrom};
use kafka::{Record, Topic};
use stage::clock;

/// A topic that was quiet this long has no more.
const QUIET_MAX: Duration = Duration::from_secs(2);
/// Its first record may take longer: a busy broker is not an empty topic.
const BEFORE_FIRST: Duration = Duration::from_secs(6);
/// Longest look, however much there is.
const LOOK_MAX: Duration = Duration::from_secs(20);

/// The newest records of `omni.flat`, the oldest of them first.
pub(super) fn newest(config: &kafka::Config, count: i64) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    let (begun, begun_ms) = (Instant::now(), clock::now_micro() / 1_000);
    let quiet_since = Cell::new(begun + BEFORE_FIRST);
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
