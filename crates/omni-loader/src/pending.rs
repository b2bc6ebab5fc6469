//! Ranges that were inserted and whose offsets are not committed yet.
//!
//! When a transaction is aborted the same records come again. They must be cut into the same ranges, or the server
//! would not know that it has them: a range that is pending is planned again exactly as it was.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka::{Assigned, Listener, Record, Restore, Topic};

use crate::plan::Range;

/// At most one a partition. Copies share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending(Arc<Mutex<BTreeMap<i32, Vec<Range>>>>);

impl Pending {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<i32, Vec<Range>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are inserted, or may be.
    pub(crate) fn remember(&self, ranges: impl Iterator<Item = Range>) {
        let mut pending = self.locked();
        pending.clear();
        for range in ranges {
            pending.entry(range.partition).or_default().push(range);
        }
    }

    /// Their offsets are committed.
    pub(crate) fn forget(&self) {
        self.locked().clear();
    }

    /// Whether the record at this offset must not be in one range with the next one.
    pub(crate) fn ends_at(&self, partition: i32, offset: i64) -> bool {
        let pending = self.locked();
        pending
            .get(&partition)
            .is_some_and(|ranges| ranges.iter().any(|range| range.last == offset))
    }

    /// Whether the batch ends within a pending range: more must be gathered before it is planned.
    pub(crate) fn is_cut_by(&self, batch: &[Record]) -> bool {
        let pending = self.locked();
        pending.iter().any(|(partition, ranges)| {
            let newest = batch.iter().rev().find(|record| record.partition == *partition);
            newest.is_some_and(|record| {
                ranges
                    .iter()
                    .any(|range| range.first <= record.offset && record.offset < range.last)
            })
        })
    }

    /// Keeps what still begins where the group stands; of the rest somebody else has taken care.
    fn retain(&self, assigned: &[Assigned]) {
        let mut pending = self.locked();
        for place in assigned {
            let Some(ranges) = pending.get(&place.partition) else {
                continue;
            };
            let begins = ranges.first().map(|range| range.first);
            let stands = place.committed.as_ref().map(|committed| committed.offset);
            if stands.is_some_and(|stands| begins.is_none_or(|begins| stands > begins)) {
                pending.remove(&place.partition);
            }
        }
    }
}

/// Hears of rebalances for a lane.
#[derive(Debug)]
pub(crate) struct Rebalances(pub(crate) Pending);

impl Listener for Rebalances {
    fn assigned(&mut self, partitions: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        self.0.retain(partitions);
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}
}

#[cfg(test)]
mod tests {
    use kafka::Committed;

    use super::*;

    fn record(partition: i32, offset: i64) -> Record {
        Record {
            topic: Topic::Flat,
            partition,
            offset,
            timestamp_ms: 0,
            key: Vec::new(),
            payload: None,
            headers: Vec::new(),
        }
    }

    fn at(partition: i32, offset: i64) -> Assigned {
        let committed = Some(Committed {
            offset,
            metadata: None,
        });
        Assigned {
            topic: Topic::Flat,
            partition,
            committed,
        }
    }

    fn pending() -> Pending {
        let pending = Pending::default();
        let ranges = [
            Range {
                partition: 0,
                first: 10,
                last: 14,
            },
            Range {
                partition: 1,
                first: 3,
                last: 3,
            },
        ];
        pending.remember(ranges.into_iter());
        pending
    }

    #[test]
    fn a_pending_range_is_cut_where_it_was() {
        let pending = pending();
        assert!(pending.ends_at(0, 14) && pending.ends_at(1, 3));
        assert!(!pending.ends_at(0, 13) && !pending.ends_at(1, 14));
        assert!(pending.is_cut_by(&[record(0, 10), record(0, 12)]));
        assert!(!pending.is_cut_by(&[record(0, 10), record(0, 14), record(1, 3)]));
        assert!(!pending.is_cut_by(&[record(1, 3), record(2, 11)]));
        pending.forget();
        assert!(!pending.ends_at(0, 14) && !pending.is_cut_by(&[record(0, 10)]));
    }

    #[test]
    fn a_rebalance_drops_what_somebody_else_has_committed() {
        let pending = pending();
        pending.retain(&[at(0, 10), at(1, 4)]);
        assert!(pending.ends_at(0, 14));
        assert!(!pending.ends_at(1, 3));
    }
}
