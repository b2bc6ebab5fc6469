//! The loop of a stage that reads, works and writes: batches by nature, one transaction a batch.
//!
//! When nothing else is going on a record is committed as soon as it is worked; under load batches grow until
//! a fetch is due every `window`, or `records_max` is reached: each fetch and each transaction costs the broker about the
//! same, whatever is in it. What a fetch brought is worked at once, unless the last batch is younger than half the window:
//! waiting for the broker's gathering and then as long again here would only be late.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::error::{Cause, Class, Error};
use crate::fetch::Fetch;
use crate::offsets::{Assigned, Offsets, Written};
use crate::reader::Listener;
use crate::record::{Outgoing, Record};
use crate::restore::Restore;
use crate::topic::Topic;
use crate::worker::{Worker, WorkerSettings};

/// How long an empty poll waits before it looks whether to stop.
const IDLE_WAIT: Duration = Duration::from_millis(100);
/// Waits between tries of a batch that failed with [`Class::Retry`]: the first, and the longest.
const RETRY_WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Settings of a hop.
#[derive(Debug, Clone)]
pub struct HopSettings {
    /// Its worker; how it fetches follows from its inputs and `window`.
    pub worker: WorkerSettings,
    /// Most records in one transaction.
    pub records_max: usize,
    /// Time between two fetches under load; a record that comes alone waits at most as long for company. Inputs that hops write
    /// come in company already and are worked as they come, half a window after the batch before at the soonest.
    pub window: Duration,
}

impl HopSettings {
    /// The usual settings; the group is named as the stage.
    pub fn new(stage: &str, instance: &str, inputs: &[Topic]) -> Self {
        Self {
            worker: WorkerSettings::new(stage, instance, inputs),
            records_max: 2_000,
            window: Duration::from_millis(15),
        }
    }
}

/// Why a batch could not be worked.
#[derive(Debug, thiserror::Error)]
#[error("batch could not be worked")]
pub struct Fault {
    class: Class,
    #[source]
    source: Cause,
}

impl Fault {
    /// The same batch may work later.
    pub fn retry(source: impl Into<Cause>) -> Self {
        Self {
            class: Class::Retry,
            source: source.into(),
        }
    }

    /// The stage must stop.
    pub fn fatal(source: impl Into<Cause>) -> Self {
        Self {
            class: Class::Fatal,
            source: source.into(),
        }
    }

    /// Which of the two.
    pub fn class(&self) -> Class {
        self.class
    }
}

/// What a stage does with its input. Everything is called on one thread.
pub trait Hop: Send {
    /// Get ready for these partitions; nothing of them is read before this returned `Ok`.
    fn assigned(&mut self, partitions: &[Assigned], restore: &Restore) -> Result<(), Error>;
    /// Let go of these partitions.
    fn revoked(&mut self, partitions: &[(Topic, i32)]);
    /// Work a batch (in partition order, never empty): push what is to be written. Not yet final.
    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault>;
    /// Work that no record asked for, e.g. what an answer from outside made possible: push what is to be written, and
    /// give where the group stands in the partitions it belongs to. Called after each batch and in each idle tenth of a
    /// second; final or forgotten like a batch.
    fn errands(&mut self, _out: &mut Vec<Outgoing>) -> Result<Offsets, Fault> {
        Ok(Offsets::new())
    }
    /// A record that its topic would not take: what to write instead (a rejection), if anything.
    fn oversized(&mut self, refused: Outgoing, bytes: usize) -> Result<Option<Outgoing>, Fault>;
    /// The batch is final.
    fn committed(&mut self, next: &Offsets, written: &Written);
    /// The batch never happened: forget it, it comes again (here or at another member).
    fn aborted(&mut self);
}

/// Runs until `stop` says so, or something fatal happens. Blocks; give it a thread of its own.
///
/// Class `Fatal` of the error returned means: end the process, the next one takes over where this one stood.
pub fn run(
    config: &Config,
    mut settings: HopSettings,
    hop: impl Hop + 'static,
    stop: impl Fn() -> bool,
) -> Result<(), Error> {
    settings.worker.fetch = Fetch::of(&settings.worker.inputs, settings.window);
    let hop: Shared = Arc::new(Mutex::new(Box::new(hop)));
    let listener = Box::new(Adapter(Arc::clone(&hop)));
    let worker = Worker::join(config, settings.worker.clone(), listener)?;
    Loop {
        config: config.clone(),
        settings,
        hop,
        worker,
        last: None,
    }
    .run(&stop)
}

type Shared = Arc<Mutex<Box<dyn Hop>>>;

/// A poisoned lock means that the hop panicked, and the panic is on its way up already.
fn locked(hop: &Shared) -> MutexGuard<'_, Box<dyn Hop>> {
    hop.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Loop {
    config: Config,
    settings: HopSettings,
    hop: Shared,
    worker: Worker,
    last: Option<Instant>,
}

impl Loop {
    fn run(mut self, stop: &impl Fn() -> bool) -> Result<(), Error> {
        let mut wait = RETRY_WAIT.0;
        while !stop() {
            let due = self
                .last
                .map_or_else(Instant::now, |last| last + self.settings.window / 2);
            let batch = self.worker.gather(self.settings.records_max, IDLE_WAIT, due)?;
            match self.batch(&batch) {
                Ok(()) => wait = RETRY_WAIT.0,
                Err(fault) if fault.class() == Class::Retry => {
                    tracing::warn!(error = ?fault, "batch is tried again");
                    locked(&self.hop).aborted();
                    self.worker.rewind()?;
                    pause(wait, stop);
                    wait = (wait * 2).min(RETRY_WAIT.1);
                }
                Err(fault) => return Err(Error::refused("work a batch", fault)),
            }
        }
        Ok(())
    }

    fn batch(&mut self, batch: &[Record]) -> Result<(), Fault> {
        let mut next = Offsets::after(batch);
        let mut out = Vec::with_capacity(batch.len());
        {
            let mut hop = locked(&self.hop);
            if !batch.is_empty() {
                hop.work(batch, &mut out)?;
            }
            next.join(hop.errands(&mut out)?);
        }
        if out.is_empty() && next.is_empty() {
            return Ok(());
        }
        let out = self.fitting(out)?;
        self.last = Some(Instant::now());
        match self.worker.commit(&out, &next) {
            Ok(written) => locked(&self.hop).committed(&next, &written),
            Err(error) if error.class() == Class::Abort => {
                tracing::warn!(error = ?error, "transaction aborted, batch comes again");
                locked(&self.hop).aborted();
            }
            Err(error) => return Err(Fault::fatal(error)),
        }
        Ok(())
    }

    /// Lets the hop replace what no topic would take.
    fn fitting(&self, mut out: Vec<Outgoing>) -> Result<Vec<Outgoing>, Fault> {
        if out.iter().all(|record| record.check(&self.config).is_ok()) {
            return Ok(out);
        }
        let mut fitting = Vec::with_capacity(out.len());
        for record in out.drain(..) {
            let bytes = record.bytes();
            let kept = match record.check(&self.config) {
                Ok(()) => Some(record),
                Err(_) => locked(&self.hop).oversized(record, bytes)?,
            };
            if let Some(kept) = kept {
                kept.check(&self.config).map_err(Fault::fatal)?;
                fitting.push(kept);
            }
        }
        Ok(fitting)
    }
}

/// Waits, but not beyond a request to stop.
fn pause(wait: Duration, stop: &impl Fn() -> bool) {
    let until = Instant::now() + wait;
    while Instant::now() < until && !stop() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Passes the group's calls to the hop. The lock is free then: the poll runs outside of it.
struct Adapter(Shared);

impl Listener for Adapter {
    fn assigned(&mut self, partitions: &[Assigned], restore: &Restore) -> Result<(), Error> {
        locked(&self.0).assigned(partitions, restore)
    }

    fn revoked(&mut self, partitions: &[(Topic, i32)]) {
        locked(&self.0).revoked(partitions);
    }
}
