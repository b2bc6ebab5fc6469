//! What is inserted under which name. Pure: the same range always gets the same token, in any process.
//!
//! A plan is made before its insert. Today it lives in memory ([`crate::pending`]); it is shaped to be kept as offset
//! metadata, so that a process that takes over repeats the very same insert.
use std::fmt;

/// The log that a lane reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// Id of the Kafka cluster.
    pub(crate) cluster: String,
    /// Changes when the topic is deleted and made again, since offsets then begin at 0 again.
    pub(crate) topic_id: String,
}

/// Consecutive offsets of one partition, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) partition: i32,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}-{}", self.partition, self.first, self.last)
    }
}

/// The name under which the server remembers an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Cluster, topic, table, and partition with offsets of each range.
    pub(crate) fn of(log: &Log, table: &str, ranges: &[Range]) -> Self {
        let Log { cluster, topic_id } = log;
        let ranges: Vec<String> = ranges.iter().map(Range::to_string).collect();
        Self(format!("{cluster}/{topic_id}/{table}/{}", ranges.join(",")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_makes_a_batch_another_is_in_its_token() {
        let log = Log {
            cluster: "c".into(),
            topic_id: "t".into(),
        };
        let range = Range {
            partition: 1,
            first: 5,
            last: 9,
        };
        let other = Range {
            partition: 3,
            first: 0,
            last: 0,
        };
        let base = Token::of(&log, "deal_events", &[range]);
        assert_eq!(base.as_str(), "c/t/deal_events/1/5-9");
        let both = Token::of(&log, "deal_events", &[range, other]);
        assert_eq!(both.as_str(), "c/t/deal_events/1/5-9,3/0-0");
        for other in [
            Token::of(
                &Log {
                    cluster: "d".into(),
                    ..log.clone()
                },
                "deal_events",
                &[range],
            ),
            Token::of(
                &Log {
                    topic_id: "u".into(),
                    ..log.clone()
                },
                "deal_events",
                &[range],
            ),
            Token::of(&log, "raw_events", &[range]),
            Token::of(
                &log,
                "deal_events",
                &[Range {
                    partition: 2,
                    ..range
                }],
            ),
            Token::of(&log, "deal_events", &[Range { first: 6, ..range }]),
            Token::of(&log, "deal_events", &[Range { last: 10, ..range }]),
            both,
        ] {
            assert_ne!(other, base);
        }
    }
}
