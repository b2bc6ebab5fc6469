//! The memory all bodies share: what does not fit is refused at once, nobody waits for room.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::respond::Refused;

/// The shared limit.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Semaphore>);

/// What one body holds of it; given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    of: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Memory {
    pub(crate) fn new(bytes_max: usize) -> Memory {
        Memory(Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS))))
    }

    pub(crate) fn room(&self) -> Room {
        Room {
            of: Arc::clone(&self.0),
            held: None,
        }
    }
}

impl Room {
    /// Takes room for so many more bytes.
    ///
    /// # Errors
    /// [`Refused::Full`] when there is none.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        let wanted = u32::try_from(bytes).map_err(|_| Refused::Full)?;
        let more = Arc::clone(&self.of)
            .try_acquire_many_owned(wanted)
            .map_err(|_| Refused::Full)?;
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}
