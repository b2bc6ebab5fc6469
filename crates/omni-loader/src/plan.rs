//! What is inserted under which name, agreed before it is inserted. Pure: nothing here waits, reads or writes.
//!
//! A plan is committed as the text beside the group's offsets before its insert begins (DESIGN 5), one text a partition
//! ([`text`]). Who takes over reads it and does the very same insert again, whatever schema is in force by then: the
//! same ranges, the same records in and out, the same token. What follows from a plan that is found is [`crate::course`].
pub(crate) mod text;
pub(crate) mod verdict;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use verdict::{Verdict, Verdicts};
use xxhash_rust::xxh3::Xxh3;

/// The log that a lane reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// Id of the Kafka cluster.
    pub(crate) cluster: String,
    /// Changes when the topic is deleted and made again, since offsets then begin at 0 again.
    pub(crate) topic_id: String,
}

/// Consecutive offsets of one partition, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) partition: i32,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Range {
    pub(crate) fn holds(&self, partition: i32, offset: i64) -> bool {
        self.partition == partition && (self.first..=self.last).contains(&offset)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}-{}", self.partition, self.first, self.last)
    }
}

/// The name under which the server remembers an insert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(String);

impl Token {
    /// Cluster, topic, table, partition with offsets of each range, and a hash of what goes in: after the table was asked
    /// the rest of a range is another insert than the whole of it.
    pub(crate) fn of<'a>(log: &Log, table: &str, shares: impl IntoIterator<Item = &'a Share>) -> Self {
        let mut ranges = Vec::new();
        let mut hash = Xxh3::new();
        for share in shares {
            ranges.push(share.range);
            hash.update(&share.hash.to_le_bytes());
        }
        Self(format!(
            "{}{:016x}",
            Self::beginning(log, table, &ranges),
            hash.digest()
        ))
    }

    /// One that no insert had before.
    #[cfg(debug_assertions)]
    pub(crate) fn unheard_of() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// What the tokens of all inserts of these ranges begin with.
    pub(crate) fn beginning(log: &Log, table: &str, ranges: &[Range]) -> String {
        let Log { cluster, topic_id } = log;
        let ranges: Vec<String> = ranges.iter().map(Range::to_string).collect();
        format!("{cluster}/{topic_id}/{table}/{}/", ranges.join(","))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One partition's share of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) range: Range,
    /// Which of its records go in.
    pub(crate) verdicts: Verdicts,
    /// Over offset, key and event of those that go in: the same records, or it is another insert.
    pub(crate) hash: u64,
    /// Rows of an insert that is not known by a plan may be in the table beyond this range: it must be asked again.
    pub(crate) is_followed_by_doubt: bool,
}

/// One insert into each table of a lane, as agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// By partition; the order of rows in the insert.
    pub(crate) shares: BTreeMap<i32, Share>,
    /// Names the rules that gave the verdicts, for people who look.
    pub(crate) schema: String,
    /// Milliseconds since 1970 by the server's clock: when the first attempt had to be done. What is long past may have
    /// left the server's memory of tokens.
    pub(crate) first_deadline: i64,
    /// The same, of the newest attempt.
    pub(crate) deadline: i64,
}

impl Plan {
    pub(crate) fn ranges(&self) -> Vec<Range> {
        self.shares.values().map(|share| share.range).collect()
    }

    /// How many records go in.
    pub(crate) fn rows(&self) -> u64 {
        self.shares.values().map(|share| share.verdicts.rows()).sum()
    }

    /// What was decided about a record; `None` for one that is not of this plan.
    pub(crate) fn verdict(&self, partition: i32, offset: i64) -> Option<Verdict> {
        let share = self.shares.get(&partition)?;
        share
            .range
            .holds(partition, offset)
            .then(|| share.verdicts.at(offset - share.range.first))
            .flatten()
    }

    /// Partition and offset of the first record that goes in.
    pub(crate) fn first_row(&self) -> Option<(i32, i64)> {
        let first = |share: &Share| {
            let place = share.verdicts.first_row()?;
            Some((share.range.partition, share.range.first + place))
        };
        self.shares.values().find_map(first)
    }

    /// The same insert with a later deadline.
    pub(crate) fn until(mut self, deadline: i64) -> Self {
        if self.first_deadline == 0 {
            self.first_deadline = deadline;
        }
        self.deadline = deadline;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(partition: i32, first: i64, last: i64, hash: u64) -> Share {
        let mut verdicts = Verdicts::default();
        for place in 0..=last - first {
            verdicts.push(place, Verdict::In);
        }
        Share {
            range: Range {
                partition,
                first,
                last,
            },
            verdicts,
            hash,
            is_followed_by_doubt: false,
        }
    }

    #[test]
    fn everything_that_makes_an_insert_another_is_in_its_token() {
        let log = |cluster: &str, topic_id: &str| Log {
            cluster: cluster.into(),
            topic_id: topic_id.into(),
        };
        let one = [share(1, 5, 9, 7)];
        let both = [share(1, 5, 9, 7), share(3, 0, 0, 8)];
        let base = Token::of(&log("c", "t"), "deal_events", &one);
        assert!(base.as_str().starts_with("c/t/deal_events/1/5-9/"), "{base}");
        assert_eq!(base, Token::of(&log("c", "t"), "deal_events", &one));
        for other in [
            Token::of(&log("d", "t"), "deal_events", &one),
            Token::of(&log("c", "u"), "deal_events", &one),
            Token::of(&log("c", "t"), "raw_events", &one),
            Token::of(&log("c", "t"), "deal_events", &[share(2, 5, 9, 7)]),
            Token::of(&log("c", "t"), "deal_events", &[share(1, 6, 9, 7)]),
            Token::of(&log("c", "t"), "deal_events", &[share(1, 5, 10, 7)]),
            Token::of(&log("c", "t"), "deal_events", &[share(1, 5, 9, 6)]),
            Token::of(&log("c", "t"), "deal_events", &both),
        ] {
            assert_ne!(other, base);
        }
    }
}
