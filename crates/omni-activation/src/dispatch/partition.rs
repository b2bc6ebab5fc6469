//! One partition while it is ours.

use std::collections::VecDeque;

use kafka::Record;
use tokio_util::sync::CancellationToken;

use crate::mark::Mark;

/// What is known of a partition since it was assigned.
#[derive(Debug)]
pub(super) struct Partition {
    /// Tells this assignment from an earlier one of the same partition.
    pub(super) assignment: u64,
    pub(super) mark: Mark,
    /// Read, not begun.
    pub(super) backlog: VecDeque<Record>,
    pub(super) paused: bool,
    /// What the group was told last.
    pub(super) committed: Option<i64>,
    pub(super) cancel: CancellationToken,
}

impl Partition {
    pub(super) fn new(assignment: u64) -> Self {
        Self {
            assignment,
            mark: Mark::default(),
            backlog: VecDeque::new(),
            paused: false,
            committed: None,
            cancel: CancellationToken::new(),
        }
    }

    /// The next record, if its offset may be begun.
    pub(super) fn next(&mut self) -> Option<Record> {
        let offset = self.backlog.front()?.offset;
        if self.mark.has_room(offset) {
            self.backlog.pop_front()
        } else {
            None
        }
    }

    /// The offset to commit, if it moved.
    pub(super) fn due(&self) -> Option<i64> {
        self.mark.low().filter(|low| self.committed != Some(*low))
    }
}

impl Drop for Partition {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
