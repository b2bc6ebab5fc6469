//! The newest flat events, as nobody's member.

use anyhow::Context;
use kafka::{Record, Topic, admin};

/// The newest records of `omni.flat`, the oldest of them first.
pub(super) fn newest(config: &kafka::Config, count: usize) -> anyhow::Result<Vec<Record>> {
    let newest = admin::newest(config, Topic::Flat, count).context("could not read the flat events")?;
    let mut records = newest.records;
    records.sort_by_key(|record| record.timestamp_ms);
    let older = records.len().saturating_sub(count);
    Ok(records.split_off(older))
}
