//! One consumer group, on a thread of its own: does what [`crate::course`] says, against Kafka and ClickHouse.
use std::time::{Duration, Instant, SystemTime};

use kafka::{Class, WorkerSettings};
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};
use traces::Step;
use warehouse::Block;

use crate::Error;
use crate::batch::Batch;
use crate::closing::{Bounds, Closing};
use crate::course::{Action, Course, Heard};
use crate::feed::Feed;
use crate::insert::Inserter;
use crate::intake::{Intake, Moves};
use crate::plan::Log;
use crate::there::There;

mod commit;
mod gather;
mod insert;
mod judge;
mod kept_out;
mod look;
#[cfg(debug_assertions)]
mod sabotage;
mod settle;
mod trace;

/// How soon a request to stop is seen while nothing comes.
const IDLE_WAIT: Duration = Duration::from_millis(100);

/// How long errors that may pass may go on without anything taken in between.
const FAILING_MAX: Duration = Duration::from_secs(45);

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
    /// What its spans say; none of an archive.
    pub(crate) step: Option<Step>,
    pub(crate) kafka: kafka::Config,
    pub(crate) settings: WorkerSettings,
    pub(crate) rows_max: usize,
    pub(crate) bounds: Bounds,
    /// How long one insert may take.
    pub(crate) insert_deadline: Duration,
    pub(crate) inserter: Inserter,
    pub(crate) shutdown: Shutdown,
    #[cfg(debug_assertions)]
    pub(crate) sabotage: Option<crate::config::Sabotage>,
}

/// A lane that has joined its group.
struct Running {
    lane: Lane,
    intake: Intake,
    course: Course,
    closing: Closing,
    /// What was judged and is not committed.
    batch: Option<Batch>,
    /// When its rows were acknowledged.
    inserted: Option<SystemTime>,
    /// Empty blocks: the memory of the last batch that was committed.
    spare: Vec<Block>,
    /// What crashes left in the table.
    there: There,
    /// After an error of the broker that may pass.
    backoff: Backoff,
    failing_since: Option<Instant>,
}

/// Why an action came to no end.
enum Halt {
    /// A stop was requested.
    Stopped,
    Failed(Error),
}

impl Lane {
    /// Works until a stop is requested. Blocks.
    pub(crate) fn run(self) -> Result<(), Error> {
        let Some(intake) = self.join()? else {
            return Ok(());
        };
        let deadline_ms = i64::try_from(self.insert_deadline.as_millis()).unwrap_or(i64::MAX);
        Running {
            course: Course::new(self.log.clone(), self.rows_max, deadline_ms),
            closing: Closing::new(self.bounds),
            lane: self,
            intake,
            batch: None,
            inserted: None,
            spare: Vec::new(),
            there: There::default(),
            backoff: Backoff::new(JOIN),
            failing_since: None,
        }
        .run()
    }

    /// Joins the group, as soon as a broker lets it; `None` when a stop was requested first.
    fn join(&self) -> Result<Option<Intake>, Error> {
        let mut backoff = Backoff::new(JOIN);
        loop {
            let moves = Moves::default();
            match kafka::Worker::join(&self.kafka, self.settings.clone(), Box::new(moves.clone())) {
                Ok(worker) => return Ok(Some(Intake::new(worker, self.feed.topic(), moves))),
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
                Err(source) => return Err(self.kafka_error(source)),
            }
        }
    }

    fn kafka_error(&self, source: kafka::Error) -> Error {
        Error::Kafka {
            lane: self.name.clone(),
            source,
        }
    }

    fn warehouse_error(&self, source: warehouse::Error) -> Error {
        Error::Warehouse {
            lane: self.name.clone(),
            source,
        }
    }
}

impl Running {
    fn run(mut self) -> Result<(), Error> {
        loop {
            let action = self.course.next();
            // What is agreed or inserted is brought to its end; what has not begun is not begun.
            let is_under_way = matches!(action, Action::Agree(_) | Action::Insert(_) | Action::Commit);
            if self.lane.shutdown.is_requested() && !is_under_way {
                return Ok(());
            }
            match self.act(action) {
                Ok(heard) => self.course.hear(heard),
                Err(Halt::Stopped) => return Ok(()),
                Err(Halt::Failed(error)) => return Err(error),
            }
        }
    }

    fn act(&mut self, action: Action) -> Result<Heard, Halt> {
        match action {
            Action::Look => self.look(),
            Action::Recover(partitions) => self.recover(&partitions),
            Action::Gather { records_max } => self.gather(records_max),
            Action::Reread(plan) => self.reread(&plan),
            Action::Settle(doubts) => self.settle(&doubts),
            Action::Agree(plan) => self.agree(plan),
            Action::Insert(plan) => self.insert(&plan),
            Action::Commit => self.commit(),
        }
    }

    /// After an error that may pass: waits a little, and things are looked at anew. One that does not pass ends the lane, and
    /// the next life begins with a new client.
    fn passing(&mut self, error: kafka::Error, doing: &'static str) -> Result<Heard, Halt> {
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() > FAILING_MAX {
            return Err(Halt::Failed(self.lane.kafka_error(error)));
        }
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            lane = self.lane.name,
            "cannot {doing}, tried again"
        );
        let pause = self.backoff.pause(&self.lane.shutdown);
        if self.lane.inserter.runtime.block_on(pause) {
            Ok(Heard::Lost)
        } else {
            Err(Halt::Stopped)
        }
    }

    /// What an error of the broker means for the course.
    fn kafka_failed(&mut self, error: kafka::Error, doing: &'static str) -> Result<Heard, Halt> {
        match error.class() {
            Class::Retry | Class::Abort => self.passing(error, doing),
            Class::Fatal => Err(Halt::Failed(self.lane.kafka_error(error))),
        }
    }

    /// The broker took something: what failed before has passed.
    fn passed(&mut self) {
        self.failing_since = None;
        self.backoff.reset();
    }
}
