//! One partition while it is ours.

use std::collections::VecDeque;

use kafka::{Committed, Record};
use tokio_util::sync::CancellationToken;

use crate::acked::Acked;
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
    pub(super) committed: Option<Committed>,
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
            paused: false,
            committed,
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

    /// What to commit, if it moved: the low-water mark, and what is done beyond it.
    pub(super) fn due(&self) -> Option<Committed> {
        let due = Committed {
            offset: self.mark.low()?,
            metadata: self.mark.acked().text(),
        };
        (self.committed.as_ref() != Some(&due)).then_some(due)
    }
}

impl Drop for Partition {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
