//! What the group did inside a poll, for right after it.

use std::sync::{Arc, Mutex, PoisonError};

use kafka::{Assigned, Committed, Listener, Restore, Topic};

/// A partition came or went.
pub(super) enum Moved {
    Assigned(i32, Option<Committed>),
    Revoked(i32),
}

/// Takes notes inside the poll, for right after it.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<Moved>>>);

impl Notes {
    fn push(&self, moved: impl Iterator<Item = Moved>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(moved);
    }

    pub(super) fn take(&self) -> Vec<Moved> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Listener for Notes {
    fn assigned(&mut self, partitions: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        self.push(
            partitions
                .iter()
                .map(|place| Moved::Assigned(place.partition, place.committed.clone())),
        );
        Ok(())
    }

    fn revoked(&mut self, partitions: &[(Topic, i32)]) {
        self.push(partitions.iter().map(|(_, partition)| Moved::Revoked(*partition)));
    }
}
