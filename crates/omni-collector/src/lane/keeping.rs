//! A record on its way: handed over, and not yet known to be kept.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Lane, NotKept, Told};

/// What [`Lane::keep`] began. Dropped, nobody is told what became of the record; it may arrive all the same.
#[derive(Debug)]
pub(crate) struct Keeping {
    pub(super) lane: Arc<Lane>,
    pub(super) begun: Instant,
    pub(super) told: oneshot::Receiver<Told>,
}

impl Keeping {
    /// Waits until the broker or the spool has the record.
    ///
    /// # Errors
    /// [`NotKept::Late`]: nothing was promised; it may arrive all the same.
    pub(crate) async fn kept(mut self) -> Result<Told, NotKept> {
        let ways = &self.lane.ways;
        let in_time = timeout_at(self.begun + ways.waits.spool_after, &mut self.told).await;
        let told = if let Ok(told) = in_time {
            told
        } else {
            self.lane.give_up();
            timeout_at(self.begun + ways.waits.ack_max, self.told)
                .await
                .map_err(|_| NotKept::Late)?
        };
        match told {
            Ok(Told::NotKept) | Err(_) => Err(NotKept::Late),
            Ok(kept) => {
                if kept == Told::Delivered {
                    ways.metrics.ack.observe(self.begun.elapsed().as_secs_f64());
                }
                Ok(kept)
            }
        }
    }
}
