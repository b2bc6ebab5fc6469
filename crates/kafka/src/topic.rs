//! The only list of topics: names, and each topic's contract with the broker.
use crate::config::Config;

/// Largest record batch a topic takes, in bytes (`max.message.bytes`).
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest record we send: the batch limit less what the protocol puts around one record.
pub const RECORD_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 1024;

/// One of Omni's topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Bodies as received.
    Raw,
    /// Enriched events.
    Enriched,
    /// Flat events.
    Flat,
    /// Last known state of each entity; compacted.
    Entities,
    /// What was refused, with reasons.
    Rejected,
    /// What a rule left out.
    Filtered,
    /// Notices of what is in the warehouse.
    Loaded,
    /// What became of each event at each destination.
    Deliveries,
}

/// How the broker keeps a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Records older than this many days are deleted.
    Delete {
        /// Days.
        retention_days: u32,
    },
    /// The newest record of each key is kept; tombstones stay this many days.
    Compact {
        /// Days.
        tombstone_days: u32,
    },
}

impl Topic {
    /// All topics, in the order the data flows.
    pub const ALL: [Self; 8] = [
        Self::Raw,
        Self::Enriched,
        Self::Flat,
        Self::Entities,
        Self::Rejected,
        Self::Filtered,
        Self::Loaded,
        Self::Deliveries,
    ];

    /// The name without prefix.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Enriched => "enriched",
            Self::Flat => "flat",
            Self::Entities => "entities",
            Self::Rejected => "rejected",
            Self::Filtered => "filtered",
            Self::Loaded => "loaded",
            Self::Deliveries => "deliveries",
        }
    }

    /// The topic of this short name.
    pub fn from_short(short: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.short() == short)
    }

    /// The full name, `omni.raw` by default.
    pub fn name(self, config: &Config) -> String {
        format!("{}{}", config.topic_prefix, self.short())
    }

    /// The topic of this full name.
    pub fn from_name(name: &str, config: &Config) -> Option<Self> {
        Self::from_short(name.strip_prefix(config.topic_prefix.as_str())?)
    }

    /// How the broker keeps it (DESIGN 3).
    pub const fn cleanup(self) -> Cleanup {
        match self {
            Self::Raw | Self::Enriched | Self::Flat | Self::Filtered | Self::Deliveries => {
                Cleanup::Delete { retention_days: 7 }
            }
            Self::Rejected => Cleanup::Delete { retention_days: 30 },
            Self::Loaded => Cleanup::Delete { retention_days: 1 },
            Self::Entities => Cleanup::Compact { tombstone_days: 7 },
        }
    }

    /// Whether it is partitioned by company, and so must agree with the others in its partition count.
    pub const fn is_by_company(self) -> bool {
        !matches!(self, Self::Loaded)
    }

    /// Whether all that writes it does so in the transactions of a hop: its records can be read in groups, a transaction at a
    /// time.
    pub const fn comes_in_groups(self) -> bool {
        matches!(self, Self::Enriched | Self::Flat | Self::Entities)
    }

    /// Partitions it is created with.
    pub const fn partitions(self, config: &Config) -> i32 {
        if self.is_by_company() {
            config.partitions
        } else {
            1
        }
    }

    /// The broker settings it is created with, beside partitions and replication.
    pub fn settings(self) -> Vec<(&'static str, String)> {
        let days = |days: u32| (u64::from(days) * 86_400_000).to_string();
        let mut settings = match self.cleanup() {
            Cleanup::Delete { retention_days } => {
                vec![
                    ("cleanup.policy", "delete".to_owned()),
                    ("retention.ms", days(retention_days)),
                ]
            }
            Cleanup::Compact { tombstone_days } => {
                vec![
                    ("cleanup.policy", "compact".to_owned()),
                    ("delete.retention.ms", days(tombstone_days)),
                ]
            }
        };
        settings.push(("max.message.bytes", MESSAGE_BYTES_MAX.to_string()));
        settings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_again_by_its_name() {
        let config = Config::default();
        for topic in Topic::ALL {
            assert_eq!(Topic::from_name(&topic.name(&config), &config), Some(topic));
        }
        assert_eq!(Topic::from_name("other.raw", &config), None);
        assert_eq!(Topic::Raw.name(&config), "omni.raw");
    }

    #[test]
    fn entities_are_compacted_and_keep_tombstones_a_week() {
        let settings = Topic::Entities.settings();
        assert!(settings.contains(&("cleanup.policy", "compact".to_owned())));
        assert!(settings.contains(&("delete.retention.ms", "604800000".to_owned())));
    }
}
