//! How far both topics were worked when the store was last written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A checkpoint older than this is of no use: tombstones of `omni.entities` may be gone since
/// (`delete.retention.ms` is 7 days; a day is left for clocks and the broker's own delay).
pub(crate) const AGE_MICROS_MAX: i64 = 6 * 24 * 3_600 * 1_000_000;

/// Of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// Identity of `omni.entities`: another one means that the topic was made anew.
    pub(crate) topic: Uuid,
    /// Next record of `omni.raw`.
    pub(crate) raw: i64,
    /// Next record of `omni.entities`: everything before it is in the store.
    pub(crate) entities: i64,
    /// When, in microseconds since 1970.
    pub(crate) at_micro: i64,
}

impl Checkpoint {
    pub(crate) fn to_json(self) -> Vec<u8> {
        serde_json::to_vec(&self).unwrap_or_default()
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether the store can be brought up from here.
    pub(crate) fn is_usable(&self, topic: Uuid, now_micro: i64) -> bool {
        self.topic == topic && now_micro.saturating_sub(self.at_micro) <= AGE_MICROS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_another_topic_or_of_last_week_is_of_no_use() {
        let topic = Uuid::from_u128(1);
        let checkpoint = Checkpoint {
            topic,
            raw: 1,
            entities: 2,
            at_micro: 1_000,
        };
        assert_eq!(Checkpoint::from_json(&checkpoint.to_json()), Some(checkpoint));
        assert!(checkpoint.is_usable(topic, 1_000 + AGE_MICROS_MAX));
        assert!(!checkpoint.is_usable(topic, 1_001 + AGE_MICROS_MAX));
        assert!(!checkpoint.is_usable(Uuid::from_u128(2), 1_000));
        assert_eq!(Checkpoint::from_json(b"{}"), None);
    }
}
