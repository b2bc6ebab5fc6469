//! What groups have not done yet: how much, and since when the oldest of it waits.
//!
//! Looks are cheap where all is well: a record is read only where a group left something lying since the look before.
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, Places, SILENCE_MAX, asking, reader, retention, standing};
use crate::client::Watch;
use crate::config::Config;
use crate::error::Error;
use crate::topic::Topic;

/// What one group has not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Full group name.
    pub group: String,
    /// Offsets from where it stands to the end (marks of transactions count as one each), over the partitions where records are left.
    pub records: i64,
    /// The time of the oldest record among them, milliseconds since 1970; `None`: there is none, or all came since the look before.
    pub oldest_ms: Option<i64>,
    /// How long its topic keeps a record, milliseconds; `None`: nothing is deleted by age.
    pub retention_ms: Option<i64>,
    /// Records were deleted before the group came to them.
    pub is_late: bool,
}

impl Backlog {
    /// For how long its oldest record has been waiting.
    pub fn age(&self, now_ms: i64) -> Duration {
        let ms = self.oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest));
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }

    /// That age as a part of the time for which the topic keeps a record: from 1 on what was not read may be deleted.
    pub fn share(&self, now_ms: i64) -> Option<f64> {
        let kept = Duration::from_millis(u64::try_from(self.retention_ms?).ok()?);
        let share = self.age(now_ms).as_secs_f64() / kept.as_secs_f64().max(1.0);
        Some(if self.is_late { share.max(1.0) } else { share })
    }
}

/// What a group had left lying in one partition.
#[derive(Debug, Clone, Copy)]
struct Left {
    from: i64,
    end: i64,
    oldest: Oldest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oldest {
    /// Came since the look before.
    New,
    /// Marks of transactions alone.
    Marks,
    /// A record of this time.
    At(i64),
}

/// Looks at some groups, each reading one topic.
#[derive(Debug)]
pub struct Backlogs {
    config: Config,
    groups: Vec<(String, Topic)>,
    left: BTreeMap<(String, i32), Left>,
}

impl Backlogs {
    /// Groups without their prefix, and what each reads.
    pub fn new(config: &Config, groups: Vec<(String, Topic)>) -> Self {
        Self {
            config: config.clone(),
            groups,
            left: BTreeMap::new(),
        }
    }

    /// How far each is behind. Blocks.
    ///
    /// # Errors
    /// When the broker does not answer; the next look may do.
    pub fn look(&mut self) -> Result<Vec<Backlog>, Error> {
        let topics: BTreeSet<Topic> = self.groups.iter().map(|(_, topic)| *topic).collect();
        let topics: Vec<Topic> = topics.into_iter().collect();
        let kept = retention(&self.config, &topics)?;
        let mut found = Vec::with_capacity(self.groups.len());
        for (group, topic) in self.groups.clone() {
            let mut backlog = self.of(&group, topic)?;
            let kept = kept.iter().find(|kept| kept.topic == topic);
            backlog.retention_ms = kept.and_then(|kept| kept.delete_after_ms);
            found.push(backlog);
        }
        Ok(found)
    }

    fn of(&mut self, group: &str, topic: Topic) -> Result<Backlog, Error> {
        let standing = standing(&self.config, group, topic)?;
        let mut backlog = Backlog {
            group: format!("{}{group}", self.config.group_prefix),
            records: 0,
            oldest_ms: None,
            retention_ms: None,
            is_late: false,
        };
        let client = asking(&self.config, None)?;
        let mut unknown = Places::new();
        for (partition, next) in standing {
            let (low, end) = client
                .fetch_watermarks(&topic.name(&self.config), partition, ANSWER_WAIT_MAX)
                .map_err(|error| Error::from_client("read watermarks", error))?;
            // A group that never committed stands at 0 and has missed nothing.
            backlog.is_late |= next > 0 && next < low;
            let from = next.max(low);
            let key = (group.to_owned(), partition);
            let oldest = oldest(self.left.get(&key), from, end);
            if oldest.is_none() {
                unknown.insert(partition, from);
            }
            let oldest = oldest.unwrap_or(Oldest::Marks);
            self.left.insert(key, Left { from, end, oldest });
        }
        for (partition, at_ms) in oldest_times(&self.config, topic, &unknown)? {
            if let Some(left) = self.left.get_mut(&(group.to_owned(), partition)) {
                left.oldest = Oldest::At(at_ms);
            }
        }
        let of_group = self.left.iter().filter(|((name, _), _)| name == group);
        for (_, left) in of_group.filter(|(_, left)| left.oldest != Oldest::Marks) {
            backlog.records += left.end - left.from;
            backlog.oldest_ms = backlog.oldest_ms.into_iter().chain(left.oldest.at()).min();
        }
        Ok(backlog)
    }
}

impl Oldest {
    fn at(self) -> Option<i64> {
        match self {
            Self::At(ms) => Some(ms),
            Self::New | Self::Marks => None,
        }
    }
}

/// What is known of the oldest record from `from` to `end` without reading it.
fn oldest(before: Option<&Left>, from: i64, end: i64) -> Option<Oldest> {
    if from >= end {
        return Some(Oldest::Marks);
    }
    let before = before?;
    match before.oldest {
        _ if from >= before.end => Some(Oldest::New),
        Oldest::At(_) if from == before.from => Some(before.oldest),
        Oldest::Marks if from == before.from && end == before.end => Some(before.oldest),
        _ => None,
    }
}

/// The times of the first records from these offsets on that a group has to do, by partition; one without such a record is left out.
fn oldest_times(config: &Config, topic: Topic, from: &Places) -> Result<BTreeMap<i32, i64>, Error> {
    if from.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Marks, and records of transactions that were given up, are nobody's work.
    let committed = consumer(config, "read_committed")?;
    let mut found = first_times(&committed, &topic.name(config), from)?;
    // A transaction that is open lets nobody past: what it began with is waiting.
    let mut open = Places::new();
    for (partition, from) in from
        .iter()
        .filter(|(partition, _)| !found.contains_key(*partition))
    {
        let stable = committed
            .fetch_watermarks(&topic.name(config), *partition, ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))?
            .1;
        open.insert(*partition, stable.max(*from));
    }
    if !open.is_empty() {
        let all = consumer(config, "read_uncommitted")?;
        found.extend(first_times(&all, &topic.name(config), &open)?);
    }
    Ok(found)
}

/// A client that fetches little: one record of each partition is wanted.
fn consumer(config: &Config, isolation: &str) -> Result<BaseConsumer<Watch>, Error> {
    let mut client = reader(config, "backlog", isolation)?;
    client
        .set("max.partition.fetch.bytes", "1024")
        .set("queued.min.messages", "1");
    crate::client::with_properties(client, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make a consumer", error))
}

/// The times of the first records at or behind these offsets, by partition; one without a record there is left out.
fn first_times(
    consumer: &BaseConsumer<Watch>,
    name: &str,
    from: &Places,
) -> Result<BTreeMap<i32, i64>, Error> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in from {
        list.add_partition_offset(name, *partition, Offset::Offset(*offset))
            .map_err(|error| Error::from_client("name the start offsets", error))?;
    }
    consumer
        .assign(&list)
        .map_err(|error| Error::from_client("take partitions", error))?;
    let mut found = BTreeMap::new();
    let mut open: Vec<i32> = from.keys().copied().collect();
    let begun = Instant::now();
    while !open.is_empty() {
        let heard = match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                let at_ms = message.timestamp().to_millis().unwrap_or_default();
                found.entry(message.partition()).or_insert(at_ms);
                Some(message.partition())
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => Some(partition),
            Some(Err(error)) => match Error::from_client("read records", error) {
                fatal @ Error::Fatal { .. } => return Err(fatal),
                _ => None,
            },
            None => None,
        };
        open.retain(|partition| Some(*partition) != heard);
        if begun.elapsed() > SILENCE_MAX {
            return Err(Error::Timeout {
                doing: "read the first record of a backlog",
                after: SILENCE_MAX,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn left(oldest: Oldest) -> Left {
        Left {
            from: 10,
            end: 20,
            oldest,
        }
    }

    #[test]
    fn a_record_is_read_only_where_something_stays_lying() {
        assert_eq!(oldest(None, 20, 20), Some(Oldest::Marks), "nothing is there");
        assert_eq!(oldest(None, 10, 20), None, "the first look reads");
        let before = left(Oldest::New);
        assert_eq!(oldest(Some(&before), 20, 25), Some(Oldest::New));
        assert_eq!(oldest(Some(&before), 10, 20), None, "new once, then read");
        assert_eq!(oldest(Some(&before), 15, 25), None);
    }

    #[test]
    fn what_did_not_move_is_not_read_again() {
        let before = left(Oldest::At(7));
        assert_eq!(oldest(Some(&before), 10, 99), Some(Oldest::At(7)));
        assert_eq!(oldest(Some(&before), 11, 99), None);
        let before = left(Oldest::Marks);
        assert_eq!(oldest(Some(&before), 10, 20), Some(Oldest::Marks));
        assert_eq!(oldest(Some(&before), 10, 21), None);
    }

    #[test]
    fn a_share_is_of_the_time_a_record_is_kept() {
        let mut backlog = Backlog {
            group: "omni-g".to_owned(),
            records: 1,
            oldest_ms: Some(1_000),
            retention_ms: Some(100_000),
            is_late: false,
        };
        assert_eq!(backlog.age(26_000), Duration::from_secs(25));
        assert!((backlog.share(26_000).unwrap() - 0.25).abs() < 1e-9);
        backlog.is_late = true;
        assert!(
            backlog.share(26_000).unwrap() >= 1.0,
            "deleted before it was read"
        );
        backlog.retention_ms = None;
        assert_eq!(backlog.share(26_000), None);
    }
}
