//! Which offsets of a partition are done, when they end out of order: everything before the low-water mark, and some
//! beyond it.
use std::collections::BTreeSet;

use crate::acked::{self, Acked};

/// The offsets of one partition.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    open: BTreeSet<i64>,
    /// One past the newest offset seen.
    end: Option<i64>,
    /// What was done before the partition came here.
    before: Acked,
    has_moved: bool,
}

impl Mark {
    /// Goes on where another left off.
    pub(crate) fn resumed(before: Acked) -> Self {
        Self {
            before,
            ..Self::default()
        }
    }

    /// Whether this offset was done before the partition came here.
    pub(crate) fn was_done(&self, offset: i64) -> bool {
        self.before.has(offset)
    }

    /// Whether this next offset may be begun: what is done beyond the oldest open one must still be told by [`Mark::acked`].
    pub(crate) fn has_room(&self, offset: i64) -> bool {
        let oldest = self.open.first();
        oldest.is_none_or(|oldest| acked::fits(offset + 1 - oldest, self.open.len() + 1))
    }

    /// Begins an offset. They come in order.
    pub(crate) fn begin(&mut self, offset: i64) {
        self.open.insert(offset);
        self.end = Some(offset + 1);
        self.has_moved = true;
    }

    /// An offset that needs no work.
    pub(crate) fn pass_over(&mut self, offset: i64) {
        self.end = Some(offset + 1);
        self.has_moved = true;
    }

    /// Ends an offset.
    pub(crate) fn end(&mut self, offset: i64) {
        self.open.remove(&offset);
        self.has_moved = true;
    }

    /// Whether anything began or ended since it was asked last.
    pub(crate) fn moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// The low-water mark: all before it are done. `None` before the first offset.
    pub(crate) fn low(&self) -> Option<i64> {
        self.open.first().copied().or(self.end)
    }

    /// What is done beyond the low-water mark, here and before.
    pub(crate) fn acked(&self) -> Acked {
        let (Some(low), Some(end)) = (self.low(), self.end) else {
            return Acked::default();
        };
        let open_before = self.before.open_from(end);
        let open = self.open.iter().chain(open_before).copied().collect();
        Acked::new(low, end.max(self.before.end()), open)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::acked::{DENSE_SPAN_MAX, SPARSE_OPEN_MAX, SPARSE_SPAN_MAX};
    use proptest::prelude::*;

    #[test]
    fn stands_at_the_oldest_open_offset() {
        let mut mark = Mark::default();
        assert_eq!(mark.low(), None);
        for offset in 10..14 {
            mark.begin(offset);
        }
        mark.end(11);
        mark.end(13);
        assert_eq!(mark.low(), Some(10));
        mark.end(10);
        assert_eq!(mark.low(), Some(12));
        mark.end(12);
        assert_eq!(mark.low(), Some(14));
    }

    #[test]
    fn passes_over_what_needs_no_work() {
        let mut mark = Mark::default();
        mark.pass_over(4);
        assert_eq!(mark.low(), Some(5));
        mark.begin(5);
        mark.pass_over(6);
        assert_eq!(mark.low(), Some(5));
        mark.end(5);
        assert_eq!(mark.low(), Some(7));
    }

    #[test]
    fn a_stuck_offset_makes_its_partition_wait_in_the_end() {
        let mut mark = Mark::default();
        mark.begin(0);
        assert!(mark.has_room(SPARSE_SPAN_MAX - 1));
        assert!(!mark.has_room(SPARSE_SPAN_MAX));
        mark.end(0);
        assert!(mark.has_room(SPARSE_SPAN_MAX));
    }

    #[test]
    fn many_stuck_offsets_make_it_wait_sooner() {
        let mut mark = Mark::default();
        let stuck = SPARSE_OPEN_MAX as i64;
        (0..stuck).for_each(|offset| mark.begin(offset));
        assert!(mark.has_room(DENSE_SPAN_MAX - 1));
        assert!(!mark.has_room(DENSE_SPAN_MAX));
        mark.end(stuck - 1);
        assert!(mark.has_room(DENSE_SPAN_MAX));
    }

    proptest! {
        /// Lives of a partition, each ended at once with some offsets done: what was told is begun by nobody again, and
        /// nothing else is left out.
        #[test]
        fn what_was_told_is_begun_by_nobody_again(
            lives in prop::collection::vec((1_i64..60, prop::collection::vec(any::<prop::sample::Index>(), 0..40)), 1..6),
        ) {
            const RECORDS: i64 = 120;
            let mut done = vec![0; RECORDS as usize];
            let mut told: (i64, Option<String>) = (0, None);
            for (reads, ends) in lives.into_iter().chain([(RECORDS, Vec::new())]) {
                let before = told.1.as_deref().and_then(|text| Acked::read(told.0, text));
                let mut mark = Mark::resumed(before.unwrap_or_default());
                let mut begun = Vec::new();
                for offset in told.0..(told.0 + reads).min(RECORDS) {
                    if mark.was_done(offset) {
                        mark.pass_over(offset);
                    } else {
                        mark.begin(offset);
                        begun.push(offset);
                    }
                }
                let is_last = reads == RECORDS;
                let ended: BTreeSet<i64> = if is_last {
                    begun.iter().copied().collect()
                } else if begun.is_empty() {
                    BTreeSet::new()
                } else {
                    ends.iter().map(|index| *index.get(&begun)).collect()
                };
                for offset in ended {
                    mark.end(offset);
                    done[usize::try_from(offset).unwrap()] += 1;
                }
                if let Some(low) = mark.low() {
                    prop_assert!(low >= told.0);
                    told = (low, mark.acked().text());
                }
            }
            prop_assert!(done.iter().all(|times| *times == 1), "{done:?}");
        }
    }
}
