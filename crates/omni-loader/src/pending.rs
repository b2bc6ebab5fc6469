//! Ranges that were inserted and whose offsets are not committed yet.
//!
//! When a transaction is aborted the same records come again. They must go into the same inserts, or the server would not
//! know that it has them: what was inserted together and is pending is inserted again exactly as it was.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka::{Assigned, Listener, Record, Restore, Topic};

use crate::plan::Range;

/// The ranges of one insert, one a partition.
type Together = Vec<Range>;

/// The inserts of the newest transaction. Copies share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending(Arc<Mutex<Vec<Together>>>);

impl Pending {
    fn locked(&self) -> MutexGuard<'_, Vec<Together>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are inserted, or may be.
    pub(crate) fn remember(&self, inserts: Vec<Together>) {
        *self.locked() = inserts;
    }

    /// Their offsets are committed.
    pub(crate) fn forget(&self) {
        self.locked().clear();
    }

    /// How many inserts are pending.
    pub(crate) fn batches(&self) -> usize {
        self.locked().len()
    }

    /// Which of them the record was in.
    pub(crate) fn batch_of(&self, record: &Record) -> Option<usize> {
        let holds = |range: &Range| {
            range.partition == record.partition && (range.first..=range.last).contains(&record.offset)
        };
        self.locked().iter().position(|ranges| ranges.iter().any(holds))
    }

    /// Whether some of what is pending has not come again: more must be gathered before anything is inserted.
    pub(crate) fn is_missing_from(&self, records: &[Record]) -> bool {
        let has = |range: &Range| {
            let mut newest = records.iter().rev();
            let newest = newest.find(|record| record.partition == range.partition);
            newest.is_some_and(|record| record.offset >= range.last)
        };
        !self.locked().iter().flatten().all(has)
    }

    /// Keeps what this member reads again whole; of the rest somebody else takes care, or has.
    fn retain(&self, assigned: &[Assigned]) {
        let comes_again = |range: &Range| {
            let place = assigned.iter().find(|place| place.partition == range.partition);
            place.is_some_and(|place| {
                let stands = place.committed.as_ref().map(|committed| committed.offset);
                stands.is_none_or(|stands| stands <= range.first)
            })
        };
        self.locked().retain(|ranges| ranges.iter().all(comes_again));
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

    fn range(partition: i32, first: i64, last: i64) -> Range {
        Range {
            partition,
            first,
            last,
        }
    }

    fn pending() -> Pending {
        let pending = Pending::default();
        pending.remember(vec![
            vec![range(0, 10, 14), range(1, 3, 3)],
            vec![range(0, 15, 20)],
        ]);
        pending
    }

    #[test]
    fn what_was_inserted_together_is_found_again() {
        let pending = pending();
        assert_eq!(pending.batches(), 2);
        for (record, batch) in [
            (record(0, 9), None),
            (record(0, 10), Some(0)),
            (record(0, 14), Some(0)),
            (record(1, 3), Some(0)),
            (record(0, 15), Some(1)),
            (record(0, 20), Some(1)),
            (record(0, 21), None),
            (record(1, 10), None),
        ] {
            assert_eq!(pending.batch_of(&record), batch, "{record:?}");
        }
        pending.forget();
        assert_eq!(pending.batch_of(&record(0, 10)), None);
    }

    #[test]
    fn all_that_is_pending_comes_again_before_anything_is_inserted() {
        let pending = pending();
        assert!(pending.is_missing_from(&[]));
        assert!(pending.is_missing_from(&[record(0, 10), record(0, 20)]));
        assert!(pending.is_missing_from(&[record(1, 3), record(0, 19)]));
        assert!(!pending.is_missing_from(&[record(1, 3), record(0, 20)]));
        assert!(!pending.is_missing_from(&[record(1, 3), record(0, 30), record(2, 0)]));
        pending.forget();
        assert!(!pending.is_missing_from(&[]));
    }

    #[test]
    fn a_rebalance_drops_what_does_not_come_again_whole() {
        for (assigned, left) in [
            (vec![at(0, 10), at(1, 3)], 2),
            // Another member committed partition 1, or has it now.
            (vec![at(0, 10), at(1, 4)], 1),
            (vec![at(0, 10)], 1),
            (vec![at(0, 15), at(1, 3)], 1),
            (vec![at(0, 21), at(1, 4)], 0),
            (vec![], 0),
        ] {
            let pending = pending();
            pending.retain(&assigned);
            assert_eq!(pending.batches(), left, "{assigned:?}");
        }
    }
}
