//! What is on a topic now: all of it, or the newest records, up to the end as it was when it was asked.
use std::collections::{BTreeMap, VecDeque};

use super::beyond::read_ranges;
use super::{Look, Places, Stretch, partitions, stretch};
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
    /// Where the partitions that are not empty ended.
    pub ends: Places,
}

/// The newest committed records of each partition, at most so many, however many marks of transactions lie between them. They are
/// held in memory.
pub fn newest(config: &Config, topic: Topic, records_max: usize) -> Result<Newest, Error> {
    let Stretch { ranges, .. } = whole(config, topic)?;
    let ends = ranges
        .iter()
        .map(|(partition, (_, end))| (*partition, *end))
        .collect();
    let wanted = i64::try_from(records_max).unwrap_or(i64::MAX);
    let mut span = wanted
        .saturating_mul(OFFSETS_A_RECORD)
        .saturating_add(OFFSETS_MORE);
    let mut found: BTreeMap<i32, VecDeque<Record>> = BTreeMap::new();
    let mut open = ranges;
    while !open.is_empty() {
        let begin = |low: i64, end: i64| low.max(end.saturating_sub(span));
        let looked = open
            .iter()
            .map(|(partition, (low, end))| (*partition, (begin(*low, *end), *end)));
        let ranges = looked.collect();
        found.extend(open.keys().map(|partition| (*partition, VecDeque::new())));
        read_ranges(config, &Stretch { topic, ranges }, "read_committed", |record| {
            let records = found.entry(record.partition).or_default();
            records.push_back(record);
            if records.len() > records_max {
                records.pop_front();
            }
            Look::On
        })?;
        open.retain(|partition, (low, end)| {
            let has_more = begin(*low, *end) > *low;
            has_more && found.get(partition).map_or(0, VecDeque::len) < records_max
        });
        span = span.saturating_mul(WIDER);
    }
    let records = found.into_values().flatten().collect();
    Ok(Newest { records, ends })
}

/// Shows every committed record of a topic, of each partition in its order, until `on_record` looks away.
pub fn all(config: &Config, topic: Topic, on_record: impl FnMut(Record) -> Look) -> Result<(), Error> {
    read_ranges(config, &whole(config, topic)?, "read_committed", on_record)
}

/// All that is there now; a partition that is empty is no part of it.
fn whole(config: &Config, topic: Topic) -> Result<Stretch, Error> {
    let partitions = partitions(config, &[topic])?.into_iter();
    stretch(
        config,
        topic,
        &partitions.map(|(_, partition)| (partition, 0)).collect(),
    )
}
