//! Which records the table has although their offsets were not committed.
use std::collections::{BTreeMap, BTreeSet};

/// By partition, offsets.
#[derive(Debug, Default)]
pub(crate) struct There(BTreeMap<i32, BTreeSet<i64>>);

impl There {
    /// What the table said of a partition.
    pub(crate) fn learn(&mut self, partition: i32, offsets: impl IntoIterator<Item = u64>) {
        let offsets = offsets
            .into_iter()
            .filter_map(|offset| i64::try_from(offset).ok());
        self.0.insert(partition, offsets.collect());
    }

    pub(crate) fn has(&self, partition: i32, offset: i64) -> bool {
        self.0
            .get(&partition)
            .is_some_and(|offsets| offsets.contains(&offset))
    }

    /// Whether it has any beyond this offset.
    pub(crate) fn goes_beyond(&self, partition: i32, offset: i64) -> bool {
        let beyond = |offsets: &BTreeSet<i64>| offsets.range(offset + 1..).next().is_some();
        self.0.get(&partition).is_some_and(beyond)
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}
