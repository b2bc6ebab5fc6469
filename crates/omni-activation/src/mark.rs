//! Which offsets of a partition are done, when they end out of order: everything before the low-water mark.

use std::collections::BTreeSet;

/// Offsets between the oldest open one and the newest, at most; a partition that spans more waits.
pub(crate) const SPAN_MAX: i64 = 16_384;

/// The offsets of one partition.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    open: BTreeSet<i64>,
    /// One past the newest offset seen.
    end: Option<i64>,
}

impl Mark {
    /// Whether this next offset may be begun.
    pub(crate) fn has_room(&self, offset: i64) -> bool {
        self.open.first().is_none_or(|first| offset - first < SPAN_MAX)
    }

    /// Begins an offset. They come in order.
    pub(crate) fn begin(&mut self, offset: i64) {
        self.open.insert(offset);
        self.end = Some(offset + 1);
    }

    /// An offset that needs no work.
    pub(crate) fn pass_over(&mut self, offset: i64) {
        self.end = Some(offset + 1);
    }

    /// Ends an offset.
    pub(crate) fn end(&mut self, offset: i64) {
        self.open.remove(&offset);
    }

    /// The low-water mark: all before it are done. `None` before the first offset.
    pub(crate) fn low(&self) -> Option<i64> {
        self.open.first().copied().or(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(mark.has_room(SPAN_MAX - 1));
        assert!(!mark.has_room(SPAN_MAX));
        mark.end(0);
        assert!(mark.has_room(SPAN_MAX));
    }
}
