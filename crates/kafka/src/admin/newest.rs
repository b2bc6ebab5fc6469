//! What is on a topic now: all of it, or the newest records, up to the end as it was when it was asked.
use std::collections::{BTreeMap, VecDeque};

use super::beyond::read_ranges;
use super::{Look, Places, Stretch, ends, stretch};
use crate::config::Config;
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

/// Offsets looked at for each wanted record at first: every second one may be the mark of a transaction.
const OFFSETS_A_RECORD: i64 = 2;
const OFFSETS_MORE: i64 = 16;
/// Where that was too little, so many times more are looked at.
const WIDER: i64 = 8;

/// The newest records of a topic.
#[derive(Debug)]
pub struct Newest {
    /// By partition, oldest first.
    pub records: Vec<Record>,
    /// Where the topic ended.
    pub ends: Places,
}

/// The newest committed records of each partition, at most so many, however many marks of transactions lie between them. They are
/// held in memory.
pub fn newest(config: &Config, topic: Topic, records_max: usize) -> Result<Newest, Error> {
    let ends = ends(config, topic, None)?;
    let wanted = i64::try_from(records_max).unwrap_or(i64::MAX);
    let mut span = wanted
        .saturating_mul(OFFSETS_A_RECORD)
        .saturating_add(OFFSETS_MORE);
    let mut found: BTreeMap<i32, VecDeque<Record>> = BTreeMap::new();
    let mut open = ends.clone();
    while !open.is_empty() {
        let from = open
            .iter()
            .map(|(partition, end)| (*partition, end.saturating_sub(span).max(0)));
        let looked = bounded(stretch(config, topic, &from.collect())?, &ends);
        for partition in open.keys() {
            found.insert(*partition, VecDeque::new());
        }
        read_ranges(config, &looked, "read_committed", |record| {
            let records = found.entry(record.partition).or_default();
            records.push_back(record);
            if records.len() > records_max {
                records.pop_front();
            }
            Look::On
        })?;
        // One that begins later than it was asked to has no more.
        open.retain(|partition, end| {
            let has_more = looked
                .ranges
                .get(partition)
                .is_some_and(|(first, _)| *first > 0 && *first <= *end - span);
            has_more && found.get(partition).map_or(0, VecDeque::len) < records_max
        });
        span = span.saturating_mul(WIDER);
    }
    let records = found.into_values().flatten().collect();
    Ok(Newest { records, ends })
}

/// Shows every committed record of a topic, of each partition in its order, until `on_record` looks away.
pub fn all(config: &Config, topic: Topic, on_record: impl FnMut(Record) -> Look) -> Result<(), Error> {
    let ends = ends(config, topic, None)?;
    let from = ends.keys().map(|partition| (*partition, 0)).collect();
    let whole = bounded(stretch(config, topic, &from)?, &ends);
    read_ranges(config, &whole, "read_committed", on_record)
}

/// What came since the ends were asked is no part of it.
fn bounded(mut stretch: Stretch, ends: &Places) -> Stretch {
    for (partition, (_, end)) in &mut stretch.ranges {
        *end = ends.get(partition).copied().unwrap_or(*end).min(*end);
    }
    stretch.ranges.retain(|_, (first, end)| first < end);
    stretch
}
