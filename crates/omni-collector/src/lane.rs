//! A lane: the events of one partition in their order, on the way to Kafka directly or through the spool.
//!
//! Promises: the records of a lane reach the broker in the order in which they came. Directly they do since one
//! client sends them and never gives one up (`kafka::Expiry::Never`). While records of the lane wait in the spool
//! new ones go behind them there, and the drain hands them to that same client, the oldest first; a new one goes
//! directly again once nothing waits before it. All of it is decided under one lock.
//!
//! A record whose acknowledgement is late is written to the spool while it stays on its way: it was handed over
//! once, so it arrives once, unless the process ends meanwhile; then the next one sends it again, with the same
//! `event-uuid` and `accept-seq`.

mod keeping;
mod state;
#[cfg(test)]
mod tests;
mod ways;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka::{Delivered, Outgoing};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::spool::{Entry, NotWritten, Then};
pub(crate) use keeping::Keeping;
use state::{Kept, State};
pub(crate) use ways::{Waits, Ways};

/// How a record was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The broker has it.
    Delivered,
    /// The spool has it.
    Spooled,
    /// Neither.
    NotKept,
}

/// Why a record was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// As much is on its way as may be.
    Full,
    /// Larger than any record.
    TooLarge,
    /// Neither the broker nor the disk took it in time.
    Late,
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) ways: Arc<Ways>,
    state: Mutex<State>,
    /// There may be something for the drain to do.
    pub(crate) changed: Notify,
}

/// What the drain does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send these, in order.
    Send(Vec<(u64, Entry)>),
    /// Kafka refused one: try again after a pause.
    Pause,
    /// Nothing, until something changes.
    Wait,
}

impl Lane {
    pub(crate) fn new(ways: Arc<Ways>) -> Arc<Lane> {
        Arc::new(Lane {
            ways,
            state: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A record that an earlier process left in the spool, in order.
    pub(crate) fn found(&self, entry: Entry) {
        let mut state = self.state();
        let number = state.number();
        state.wait_in_spool(number, entry);
    }

    /// From now on records may be sent.
    pub(crate) fn open(&self) {
        self.state().is_open = true;
        self.changed.notify_one();
    }

    /// Hands a record over, to the broker or to the spool, behind all that were handed over before.
    ///
    /// # Errors
    /// [`NotKept`]: nothing was promised; it may arrive all the same.
    pub(crate) fn keep(self: &Arc<Self>, record: Outgoing) -> Result<Keeping, NotKept> {
        let begun = Instant::now();
        let (tell, told) = oneshot::channel();
        self.begin(record, tell)?;
        let lane = Arc::clone(self);
        Ok(Keeping { lane, begun, told })
    }

    /// What of the spool may be sent now, at most so many records.
    pub(crate) fn next(&self, most: usize) -> Next {
        self.state().next(most, self.ways.waits.window)
    }

    /// Sends the record of the entry that waits first; `false` when it is not the first, or not now.
    pub(crate) fn send(self: &Arc<Self>, number: u64, record: &Outgoing) -> bool {
        let mut state = self.state();
        let Some(entry) = state.first_in_spool(number) else {
            return false;
        };
        match self.ways.producer.hand_over(record, self.report_to(number)) {
            Ok(()) => {
                state.sent(number, Kept::InSpool(entry));
                true
            }
            Err(error) => {
                self.ways.failed(error);
                false
            }
        }
    }

    /// Leaves out the entry that waits first: it is damaged, and set aside.
    pub(crate) fn skip(&self, number: u64) {
        let entry = self.state().leave_out(number);
        if let Some(entry) = entry {
            self.ways.spool.done(entry.place);
        }
    }

    /// The pause after a refusal is over.
    pub(crate) fn paused(&self) {
        self.state().is_refused = false;
    }

    /// Records in the spool, and since when the oldest is there (microseconds since 1970).
    pub(crate) fn spooled(&self) -> (usize, Option<i64>) {
        self.state().spooled()
    }

    fn begin(self: &Arc<Self>, record: Outgoing, tell: oneshot::Sender<Told>) -> Result<(), NotKept> {
        let ways = &self.ways;
        let may_spool = ways.spool.refuses().is_none();
        let mut state = self.state();
        let number = state.number();
        let record = Arc::new(record);
        state.waiting.insert(number, tell);
        let is_silent = state.is_stalled || ways.is_silent();
        // Where the spool takes nothing, waiting for a silent Kafka is all there is.
        let kept = if state.is_direct() && !(may_spool && is_silent) {
            match self.send_directly(&mut state, number, &record) {
                Err(NotKept::Full) if may_spool => {
                    state.is_stalled = true;
                    self.spool_what_is_under_way(&mut state);
                    self.spool(&mut state, number, record)
                }
                sent => sent,
            }
        } else if may_spool {
            self.spool(&mut state, number, record)
        } else {
            Err(NotKept::Late)
        };
        if kept.is_err() {
            state.waiting.remove(&number);
        }
        kept
    }

    /// Hands a record to the client, behind those that are only being written yet.
    fn send_directly(
        self: &Arc<Self>,
        state: &mut State,
        number: u64,
        record: &Arc<Outgoing>,
    ) -> Result<(), NotKept> {
        for (before, record) in state.only_being_written() {
            self.hand_over(before, &record)?;
            state.sent(before, Kept::BeingWritten);
        }
        self.hand_over(number, record)?;
        state.sent(number, Kept::InMemory(Arc::clone(record)));
        Ok(())
    }

    fn hand_over(self: &Arc<Self>, number: u64, record: &Outgoing) -> Result<(), NotKept> {
        let handed = self.ways.producer.hand_over(record, self.report_to(number));
        handed.map_err(|error| match error {
            kafka::Error::Busy { .. } => NotKept::Full,
            kafka::Error::TooLarge { .. } => NotKept::TooLarge,
            error => {
                self.ways.failed(error);
                NotKept::Late
            }
        })
    }

    /// Kafka was given its time: what is under way goes to the spool, and what comes goes behind it.
    fn give_up(self: &Arc<Self>) {
        if self.ways.spool.refuses().is_some() {
            return;
        }
        let mut state = self.state();
        if !state.in_flight.is_empty() {
            state.is_stalled = true;
            self.ways.set_silent();
            self.spool_what_is_under_way(&mut state);
        }
    }

    fn spool_what_is_under_way(self: &Arc<Self>, state: &mut State) {
        for (number, record) in state.only_in_memory() {
            if self.spool(state, number, record).is_err() {
                return;
            }
            state.in_flight.insert(number, Kept::BeingWritten);
        }
    }

    /// Has a record written; its sender is told when it is safe.
    fn spool(self: &Arc<Self>, state: &mut State, number: u64, record: Arc<Outgoing>) -> Result<(), NotKept> {
        let lane = Arc::clone(self);
        let then: Then = Box::new(move |written| lane.written(number, written));
        let asked = self.ways.spool.append(Arc::clone(&record), then);
        asked.map_err(|_| NotKept::Full)?;
        state.writing.insert(number, record);
        Ok(())
    }

    /// The spool has a record, or has not.
    fn written(&self, number: u64, written: Result<Entry, NotWritten>) {
        let mut state = self.state();
        let no_longer_needed = if let Ok(entry) = written {
            state.written(number, entry)
        } else {
            state.not_written(number);
            None
        };
        drop(state);
        if let Some(entry) = no_longer_needed {
            self.drained(entry);
        }
        self.changed.notify_one();
    }

    fn report_to(self: &Arc<Self>, number: u64) -> kafka::producer::Done {
        let lane = Arc::clone(self);
        Box::new(move |report| lane.reported(number, report))
    }

    /// The broker has a record, or Kafka will not take it as it is.
    fn reported(self: &Arc<Self>, number: u64, report: Result<Delivered, kafka::Error>) {
        match report {
            Ok(_) => {
                self.ways.set_heard();
                let entry = self.state().delivered(number);
                if let Some(entry) = entry {
                    self.drained(entry);
                }
            }
            Err(error) => {
                let mut state = self.state();
                if let Some(record) = state.refused(number) {
                    // What is behind it may not overtake it.
                    if self.spool(&mut state, number, record).is_err() {
                        state.tell(number, Told::NotKept);
                    }
                    self.spool_what_is_under_way(&mut state);
                }
                drop(state);
                self.ways.failed(error);
            }
        }
        self.changed.notify_one();
    }

    fn drained(&self, entry: Entry) {
        self.ways.spool.done(entry.place);
        self.ways.metrics.drained.inc();
    }

    /// A panic elsewhere while holding the lock leaves a state that is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
