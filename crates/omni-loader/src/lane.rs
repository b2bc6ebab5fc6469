//! One consumer group: gather → judge → plan → insert → commit, on a thread of its own.
use std::time::{Duration, Instant};

use kafka::{Class, Offsets, Outgoing, Record, Worker, WorkerSettings};
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};

use crate::Error;
use crate::batch::Batch;
use crate::closing::{Bounds, Closing};
use crate::feed::Feed;
use crate::insert::{Failure, Inserter, Job};
use crate::notice::Notice;
use crate::part::Part;
use crate::pending::{Pending, Rebalances};
use crate::plan::{Log, Token};

/// How soon a request to stop is seen while nothing comes.
const IDLE_WAIT: Duration = Duration::from_millis(100);
/// Polls for the rest of a range that was planned before, until all is read anew.
const COMPLETING_POLLS_MAX: usize = 100;

const JOIN: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// What a lane is made of.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) feed: Feed,
    pub(crate) log: Log,
    pub(crate) kafka: kafka::Config,
    pub(crate) settings: WorkerSettings,
    pub(crate) rows_max: usize,
    pub(crate) bounds: Bounds,
    pub(crate) inserter: Inserter,
    pub(crate) shutdown: Shutdown,
}

/// A lane that has joined its group.
struct Running {
    lane: Lane,
    worker: Worker,
    pending: Pending,
    closing: Closing,
}

/// How a batch went.
enum Went {
    Committed,
    /// It comes again.
    Aborted,
    Stopped,
}

impl Lane {
    /// Works until a stop is requested. Blocks.
    pub(crate) fn run(self) -> Result<(), Error> {
        let pending = Pending::default();
        let Some(worker) = self.join(&pending)? else {
            return Ok(());
        };
        let closing = Closing::new(self.bounds);
        Running {
            lane: self,
            worker,
            pending,
            closing,
        }
        .run()
    }
}

impl Lane {
    /// Joins the group, as soon as a broker lets it; `None` when a stop was requested first.
    fn join(&self, pending: &Pending) -> Result<Option<Worker>, Error> {
        let mut backoff = Backoff::new(JOIN);
        loop {
            let listener = Box::new(Rebalances(pending.clone()));
            match Worker::join(&self.kafka, self.settings.clone(), listener) {
                Ok(worker) => return Ok(Some(worker)),
                Err(error) if error.class() == Class::Retry => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        lane = self.name,
                        "cannot join yet"
                    );
                    if !self.inserter.runtime.block_on(backoff.pause(&self.shutdown)) {
                        return Ok(None);
                    }
                }
                Err(source) => {
                    return Err(Error::Kafka {
                        lane: self.name.clone(),
                        source,
                    });
                }
            }
        }
    }
}

impl Running {
    fn run(mut self) -> Result<(), Error> {
        while !self.lane.shutdown.is_requested() {
            let batch = self.gather().map_err(|source| self.kafka_error(source))?;
            if batch.is_empty() {
                continue;
            }
            self.closing.closed(Instant::now());
            match self.batch(batch)? {
                Went::Committed | Went::Aborted => {}
                Went::Stopped => break,
            }
        }
        Ok(())
    }

    /// Records, whole as far as they were inserted before.
    fn gather(&mut self) -> Result<Vec<Record>, kafka::Error> {
        let due = self.closing.due(Instant::now());
        let mut batch = self.worker.gather(self.lane.rows_max, IDLE_WAIT, due)?;
        for _ in 0..COMPLETING_POLLS_MAX {
            if !self.pending.is_missing_from(&batch) || self.lane.shutdown.is_requested() {
                break;
            }
            batch.extend(
                self.worker
                    .gather(self.lane.rows_max, IDLE_WAIT, Instant::now())?,
            );
        }
        if self.pending.is_missing_from(&batch) {
            // Its partition may have gone to another member meanwhile: what is left comes again.
            self.worker.rewind()?;
            batch.clear();
        }
        Ok(batch)
    }

    fn batch(&mut self, records: Vec<Record>) -> Result<Went, Error> {
        let next = Offsets::after(&records);
        let batches = self.judge(records)?;
        let seconds = match self.insert(&batches) {
            Ok(seconds) => seconds,
            Err(Failure::Stopped) => return Ok(Went::Stopped),
            Err(Failure::Refused(source)) => return Err(self.warehouse_error(source)),
        };
        self.closing.cost(seconds.iter().sum());
        self.pending.remember(batches.iter().map(Batch::ranges).collect());
        let mut parts: Vec<Part> = batches
            .into_iter()
            .flat_map(|batch| batch.parts.into_values())
            .collect();
        let mut out: Vec<Outgoing> = Vec::new();
        for part in &mut parts {
            out.append(&mut part.out);
            out.extend(self.notice(part).map(|notice| notice.outgoing()));
        }
        match self.worker.commit(&out, &next) {
            Ok(_) => {
                self.pending.forget();
                self.lane
                    .inserter
                    .metrics
                    .committed(&self.lane.name, &parts, self.closing.window());
                Ok(Went::Committed)
            }
            Err(error) if error.class() == Class::Abort => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    lane = self.lane.name,
                    "transaction aborted, the batch comes again"
                );
                Ok(Went::Aborted)
            }
            Err(error) => Err(self.kafka_error(error)),
        }
    }

    /// Judges each record once: what was inserted together before, then the rest.
    fn judge(&self, records: Vec<Record>) -> Result<Vec<Batch>, Error> {
        let tables = self.lane.feed.tables();
        let mut again: Vec<Batch> = (0..self.pending.batches()).map(|_| Batch::new(tables)).collect();
        let mut rest = Batch::new(tables);
        // Records are dropped one by one: a batch holds only what it made of them.
        for record in records {
            let before = self.pending.batch_of(&record);
            let batch = before.and_then(|at| again.get_mut(at)).unwrap_or(&mut rest);
            self.lane
                .feed
                .judge(&record, &self.lane.log, batch.seat(&record))
                .map_err(|source| self.warehouse_error(source))?;
        }
        again.push(rest);
        again.retain(|batch| !batch.parts.is_empty());
        Ok(again)
    }

    fn insert(&self, batches: &[Batch]) -> Result<Vec<f64>, Failure> {
        let tables = self.lane.feed.tables();
        let jobs = batches.iter().flat_map(|batch| {
            let filled = tables
                .iter()
                .zip(&batch.blocks)
                .filter(|(_, block)| !block.is_empty());
            filled.map(|(table, block)| Job {
                table,
                block,
                token: batch.token(&self.lane.log, table.name()),
            })
        });
        self.lane.inserter.all(&jobs.collect::<Vec<_>>())
    }

    fn notice(&self, part: &Part) -> Option<Notice> {
        let (template, changed) = self.lane.feed.changed(part)?;
        let table = changed.first().map_or("", String::as_str);
        let name = Token::beginning(&self.lane.log, table, &[part.range]);
        Some(Notice::of(part, template, changed, name))
    }

    fn warehouse_error(&self, source: warehouse::Error) -> Error {
        Error::Warehouse {
            lane: self.lane.name.clone(),
            source,
        }
    }

    fn kafka_error(&self, source: kafka::Error) -> Error {
        Error::Kafka {
            lane: self.lane.name.clone(),
            source,
        }
    }
}
