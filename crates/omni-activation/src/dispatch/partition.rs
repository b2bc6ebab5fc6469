//! One partition while it is ours.

use std::collections::VecDeque;

use kafka::{Committed, Record};
use tokio_util::sync::CancellationToken;

use crate::acked::Acked;
use crate::delivery::Job;
use crate::lane::LaneKey;
use crate::mark::Mark;

/// What is known of a partition since it was assigned.
#[derive(Debug)]
pub(super) struct Partition {
    /// Tells this assignment from an earlier one of the same partition.
    pub(super) assignment: u64,
    pub(super) mark: Mark,
    /// Read, not begun.
    pub(super) backlog: VecDeque<Record>,
    /// The next to begin, looked at already: there was no room for it.
    pub(super) held: Option<(LaneKey, Job)>,
    pub(super) paused: bool,
    /// What the group was told last.
    pub(super) committed: Option<Committed>,
    /// What it is to be told: made when the mark moved, not each time it is asked for.
    due: Option<Committed>,
    pub(super) cancel: CancellationToken,
}

impl Partition {
    /// Goes on where the group stands.
    pub(super) fn new(assignment: u64, committed: Option<Committed>) -> Self {
        let before = committed.as_ref().and_then(|committed| {
            let text = committed.metadata.as_deref().filter(|text| !text.is_empty())?;
            let read = Acked::read(committed.offset, text);
            if read.is_none() {
                tracing::warn!(
                    "what is beside the committed offset is not ours; what it tells may be sent again"
                );
            }
            read
        });
        Self {
            assignment,
            mark: Mark::resumed(before.unwrap_or_default()),
            backlog: VecDeque::new(),
            held: None,
            paused: false,
            committed,
            due: None,
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

    /// Records that are read and not begun.
    pub(super) fn waiting(&self) -> usize {
        self.backlog.len() + usize::from(self.held.is_some())
    }

    /// What to commit, if it moved: the low-water mark, and what is done beyond it. Asked for again until it is told.
    pub(super) fn due(&mut self) -> Option<Committed> {
        if self.mark.moved() {
            self.due = self.mark.low().map(|offset| Committed {
                offset,
                metadata: self.mark.acked().text(),
            });
        }
        self.due
            .clone()
            .filter(|due| self.committed.as_ref() != Some(due))
    }
}

impl Drop for Partition {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_due_is_asked_for_until_it_is_told_and_then_when_it_moved() {
        let mut partition = Partition::new(1, None);
        assert!(partition.due().is_none());
        (10..13).for_each(|offset| partition.mark.begin(offset));
        partition.mark.end(11);
        let due = partition.due().unwrap();
        assert_eq!((due.offset, due.metadata.is_some()), (10, true));
        assert_eq!(partition.due().as_ref(), Some(&due), "it was not told");
        partition.committed = Some(due);
        assert!(partition.due().is_none());
        partition.mark.end(10);
        let next = partition.due().unwrap();
        assert_eq!((next.offset, next.metadata), (12, None));
    }
}
