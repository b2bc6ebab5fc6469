//! What a backup says of itself: `backup.json`, written last.

use serde::{Deserialize, Serialize};

/// Its name.
pub(crate) const LIST: &str = "backup.json";
/// Of this arrangement of files.
pub(crate) const FORMAT: u32 = 1;

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Kept {
    pub(crate) format: u32,
    /// The version of Omni that made it.
    pub(crate) version: String,
    pub(crate) made_at: String,
    pub(crate) standing: Standing,
    pub(crate) tables: Vec<Table>,
    /// Files of the configuration.
    pub(crate) configuration: Vec<String>,
}

/// Where the loader's groups stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Standing {
    /// Id of the Kafka cluster.
    pub(crate) cluster: String,
    pub(crate) groups: Vec<Group>,
}

/// Where one group stood on its topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Group {
    /// Without prefix.
    pub(crate) name: String,
    /// Without prefix.
    pub(crate) topic: String,
    /// Changes when the topic is made anew; empty when nobody named it yet.
    pub(crate) topic_id: String,
    /// Tables that it inserts into.
    pub(crate) tables: Vec<String>,
    pub(crate) partitions: Vec<Partition>,
}

/// Where it stood in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Partition {
    pub(crate) number: i32,
    /// The next record to read; 0 when it never committed.
    pub(crate) offset: i64,
    /// The text beside it: what was being inserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<String>,
}

/// A table that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// How it was made, for one that no template makes any more.
    pub(crate) create: String,
    /// Rows are read folded, as `FINAL` does.
    pub(crate) is_folded: bool,
    pub(crate) rows: u64,
    /// Over all values of all rows, in any order.
    pub(crate) hash: String,
    /// Its file; none when it has no rows.
    pub(crate) file: Option<String>,
}
