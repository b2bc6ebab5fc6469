//! Where calls wait for their turn: a slot among the requests under way, then the governor's leave.
//!
//! Promises: who cannot be served before its deadline is refused at once and takes nothing; first come,
//! first served within a priority; what waits with less priority keeps no slot from an event that waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::config::part;
use crate::governor::{Charge, Governor, Lane, Moment, Outcome, Refusal, Ticket, Told, Why};
use crate::{Access, Config, Error, Priority};

/// A queue looks again this soon when its turn did not come in time for one that waited in it.
const LATE: std::time::Duration = std::time::Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Turnstile {
    governor: Mutex<Governor>,
    slots: Semaphore,
    /// Those of the slots that repairs and history may hold.
    background: Semaphore,
    live: Line,
    repair: Line,
    backfill: Line,
    search: Line,
}

/// One queue. Only its first looks at the governor.
#[derive(Debug, Default)]
struct Line {
    turn: tokio::sync::Mutex<()>,
    length: AtomicUsize,
}

/// A slot among the requests under way.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    _own: SemaphorePermit<'a>,
    _background: Option<SemaphorePermit<'a>>,
}

/// A request that is being sent. Dropped without an answer it counts as abandoned.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    governor: &'a Mutex<Governor>,
    ticket: Option<Ticket>,
}

struct InLine<'a>(&'a AtomicUsize);

impl Turnstile {
    pub(crate) fn new(config: &Config, access: Access) -> Self {
        let slots = config.in_flight_max.clamp(1, Semaphore::MAX_PERMITS);
        let background = part(slots as u64, 1.0 - config.backfill_reserve_share).max(1) as usize;
        Self {
            governor: Mutex::new(Governor::new(config, access, Moment::now())),
            slots: Semaphore::new(slots),
            background: Semaphore::new(background),
            live: Line::default(),
            repair: Line::default(),
            backfill: Line::default(),
            search: Line::default(),
        }
    }

    pub(crate) fn governor(&self) -> MutexGuard<'_, Governor> {
        self.governor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot, unless it is plain that no request can be sent in time.
    pub(crate) async fn slot(&self, charge: Charge, until: Instant) -> Result<Slot<'_>, Error> {
        self.refuse_if_late(charge, until)?;
        let background = match charge.priority {
            Priority::Live => None,
            Priority::Repair | Priority::Backfill => Some(self.background.acquire()),
        };
        let both = async {
            let background = match background {
                Some(waiting) => Some(waiting.await?),
                None => None,
            };
            Ok::<_, tokio::sync::AcquireError>(Slot {
                _background: background,
                _own: self.slots.acquire().await?,
            })
        };
        match timeout_at(until, both).await {
            Ok(Ok(slot)) => Ok(slot),
            // The semaphores are never closed.
            Ok(Err(_)) | Err(_) => Err(late(Why::Burst)),
        }
    }

    /// Waits for the governor's leave. The request must be sent at once.
    pub(crate) async fn turn(&self, charge: Charge, until: Instant) -> Result<Sent<'_>, Error> {
        self.refuse_if_late(charge, until)?;
        let line = self.line(charge);
        let _in_line = InLine::enter(&line.length);
        let Ok(_first) = timeout_at(until, line.turn.lock()).await else {
            return Err(late(Why::Burst));
        };
        loop {
            let now = Moment::now();
            if now.instant >= until {
                return Err(late(Why::Burst));
            }
            let taken = self.governor().take(now, charge);
            match taken {
                Ok(ticket) => {
                    return Ok(Sent {
                        governor: &self.governor,
                        ticket: Some(ticket),
                    });
                }
                Err(refusal) if now.instant + refusal.retry_after >= until => return Err(refusal.into()),
                Err(refusal) => sleep_until(now.instant + refusal.retry_after).await,
            }
        }
    }

    fn refuse_if_late(&self, charge: Charge, until: Instant) -> Result<(), Error> {
        let now = Moment::now();
        let refusal = self.governor().foresee(now, charge, self.ahead(charge));
        match refusal {
            Some(refusal) if now.instant + refusal.retry_after >= until => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    fn line(&self, charge: Charge) -> &Line {
        match (charge.lane, charge.priority) {
            (Lane::Search, _) => &self.search,
            (Lane::General, Priority::Live) => &self.live,
            (Lane::General, Priority::Repair) => &self.repair,
            (Lane::General, Priority::Backfill) => &self.backfill,
        }
    }

    /// How many wait that will go first.
    fn ahead(&self, charge: Charge) -> usize {
        let lines: &[&Line] = match (charge.lane, charge.priority) {
            (Lane::Search, _) => &[&self.search],
            (Lane::General, Priority::Live) => &[&self.live],
            (Lane::General, Priority::Repair) => &[&self.live, &self.repair],
            (Lane::General, Priority::Backfill) => &[&self.live, &self.repair, &self.backfill],
        };
        lines.iter().map(|line| line.length.load(Ordering::Relaxed)).sum()
    }
}

impl Sent<'_> {
    /// Tells the governor how it ended. Gives the hold that it led to.
    pub(crate) fn settle(mut self, outcome: Outcome, told: Told) -> Option<Refusal> {
        self.end(outcome, told)
    }

    fn end(&mut self, outcome: Outcome, told: Told) -> Option<Refusal> {
        let ticket = self.ticket.take()?;
        let mut governor = self.governor.lock().unwrap_or_else(PoisonError::into_inner);
        governor.settle(Moment::now(), ticket, outcome, told)
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.end(Outcome::Abandoned, Told::default());
    }
}

impl<'a> InLine<'a> {
    fn enter(length: &'a AtomicUsize) -> Self {
        length.fetch_add(1, Ordering::Relaxed);
        Self(length)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn late(why: Why) -> Error {
    Refusal {
        why,
        retry_after: LATE,
    }
    .into()
}
