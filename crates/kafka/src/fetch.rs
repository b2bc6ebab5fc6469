//! How a reader asks for records: an answer costs the broker and us about the same however little is in it.
use std::time::Duration;

use rdkafka::ClientConfig;

use crate::topic::Topic;

/// What the broker gathers before it answers a reader that would rather wait a little.
const GATHERED_BYTES_MIN: u32 = 64 * 1024;
/// Shortest wait of the broker for them.
const WAIT_MIN: Duration = Duration::from_millis(5);
/// Longest wait of the broker on an empty topic, unless told otherwise.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// How records are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// The broker answers once it has so many bytes (as they are stored, compressed), or after `wait_max`.
    pub bytes_min: u32,
    /// How long the broker waits for `bytes_min`.
    pub wait_max: Duration,
    /// How much is fetched ahead of the records polled, in KiB.
    pub ahead_kib: u32,
}

impl Default for Fetch {
    /// Each record as soon as it is there.
    fn default() -> Self {
        Self {
            bytes_min: 1,
            wait_max: WAIT_MAX,
            ahead_kib: 4 * 1024,
        }
    }
}

impl Fetch {
    /// For who works in batches: a record may wait this long for company, and seldom does under load. On an empty topic the
    /// broker is asked again and again, so it waits for a few milliseconds at least.
    #[must_use]
    pub fn within(wait_max: Duration) -> Self {
        Self {
            bytes_min: GATHERED_BYTES_MIN,
            wait_max: wait_max.max(WAIT_MIN),
            ..Self::default()
        }
    }

    /// For a hop with these inputs. What comes in groups has been gathered already: each transaction is read as soon as it is
    /// committed, which asks the broker no more often and saves the wait. Else as [`Fetch::within`].
    #[must_use]
    pub fn of(inputs: &[Topic], wait_max: Duration) -> Self {
        if inputs.iter().all(|topic| topic.comes_in_groups()) {
            Self::default()
        } else {
            Self::within(wait_max)
        }
    }

    pub(crate) fn apply(self, client: &mut ClientConfig) {
        client
            .set("fetch.min.bytes", self.bytes_min.max(1).to_string())
            .set("fetch.wait.max.ms", self.wait_max.as_millis().to_string())
            .set("queued.max.messages.kbytes", self.ahead_kib.to_string());
    }
}
