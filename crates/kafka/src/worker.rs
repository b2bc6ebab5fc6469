//! Consume, transform, produce: input offsets and output records in one Kafka transaction.
//!
//! Line of no return: the broker's answer to the commit. Before it everything may be redone; after it
//! nothing is. One thread owns a worker; every call blocks, and each is bounded in time.
mod tally;
mod transaction;

use std::time::{Duration, Instant};

use crate::config::Config;
use crate::error::{Class, Error};
use crate::fetch::Fetch;
use crate::health::Health;
use crate::offsets::{Assigned, Offsets, Written};
use crate::reader::{Assignor, Listener, Membership, Reader, ReaderSettings};
use crate::record::{Outgoing, Record};
use crate::topic::Topic;
use transaction::{Transactions, Trouble};

/// Most bytes of records that one poll returns (the last record may reach beyond).
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Settings of a worker.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Stage, the first half of the transactional id.
    pub stage: String,
    /// Instance, stable over restarts, unlike that of any other living process of the stage.
    pub instance: String,
    /// Consumer group, without prefix.
    pub group: String,
    /// Topics to read.
    pub inputs: Vec<Topic>,
    /// Topics that are written, see [`Worker::join`].
    pub outputs: Vec<Topic>,
    /// How the group shares its partitions.
    pub assignor: Assignor,
    /// How this member is known to the group.
    pub membership: Membership,
    /// How long a silent member keeps its partitions.
    pub session_timeout: Duration,
    /// How records are fetched.
    pub fetch: Fetch,
    /// How long the broker lets a transaction stay open.
    pub transaction_timeout: Duration,
    /// Told whether a broker answers.
    pub health: Health,
}

impl WorkerSettings {
    /// The usual settings; the group is named as the stage.
    pub fn new(stage: &str, instance: &str, inputs: &[Topic]) -> Self {
        Self {
            stage: stage.to_owned(),
            instance: instance.to_owned(),
            group: stage.to_owned(),
            inputs: inputs.to_vec(),
            outputs: Vec::new(),
            assignor: Assignor::default(),
            membership: Membership::default(),
            session_timeout: Duration::from_secs(8),
            fetch: Fetch::default(),
            transaction_timeout: Duration::from_secs(20),
            health: Health::new(),
        }
    }
}

/// A member of a group that writes in transactions.
#[derive(Debug)]
pub struct Worker {
    // Dropped in this order: the group is left before the producer goes.
    reader: Reader,
    transactions: Transactions,
}

impl Worker {
    /// Ends what an earlier life of this instance left open, beside the group's offsets and on the topics that are written,
    /// and joins the group.
    pub fn join(
        config: &Config,
        settings: WorkerSettings,
        listener: Box<dyn Listener>,
    ) -> Result<Self, Error> {
        let id = format!("{}{}-{}", config.group_prefix, settings.stage, settings.instance);
        let mut transactions =
            Transactions::open(config, &id, settings.transaction_timeout, settings.health.clone())?;
        let group = format!("{}{}", config.group_prefix, settings.group);
        if let Some(input) = settings.inputs.first().filter(|_| transactions.are_exact()) {
            transactions.clear(&group, *input, &settings.outputs)?;
        }
        let reader = ReaderSettings {
            group,
            instance: settings.instance,
            inputs: settings.inputs,
            assignor: settings.assignor,
            membership: settings.membership,
            session_timeout: settings.session_timeout,
            fetch: settings.fetch,
            health: settings.health,
        };
        Ok(Self {
            reader: Reader::join(config, reader, listener)?,
            transactions,
        })
    }

    /// Committed records in partition order: the first may take `wait`, what is there besides is taken along,
    /// up to `records_max`. Rebalances happen in here; records of partitions lost meanwhile are left out.
    ///
    /// Records the caller still holds from earlier polls are its own to drop in [`Listener::revoked`].
    pub fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        self.reader
            .gather(records_max, BATCH_BYTES_MAX, wait, Instant::now())
    }

    /// As [`Worker::poll`], but once there is a first record it goes on gathering until `until`.
    pub fn gather(
        &mut self,
        records_max: usize,
        wait: Duration,
        until: Instant,
    ) -> Result<Vec<Record>, Error> {
        self.reader.gather(records_max, BATCH_BYTES_MAX, wait, until)
    }

    /// Writes the records and moves the offsets, both or neither. No records is fine: the offsets still move.
    ///
    /// [`Error::Aborted`]: neither happened and the reader is back at its committed offsets: drop what was
    /// worked on and poll again. [`Error::TooLarge`]: nothing was begun, replace that record.
    /// Class `Fatal`: leave the process.
    pub fn commit(&mut self, out: &[Outgoing], next: &Offsets) -> Result<Written, Error> {
        for record in out {
            record.check(&self.reader.config)?;
        }
        if out.is_empty() && next.is_empty() {
            return Ok(Written::new());
        }
        match self.transact(out, next) {
            Ok(written) => Ok(written),
            Err(Trouble::Fatal { doing, source }) => Err(Error::Fatal {
                doing,
                source: source.into(),
            }),
            Err(Trouble::Abort { doing, source }) => {
                self.transactions.abort()?;
                match self.reader.rewind() {
                    Err(error) if error.class() == Class::Fatal => Err(error),
                    Err(error) => Err(Error::Fatal {
                        doing: "go back after an abort",
                        source: error.into(),
                    }),
                    Ok(()) => Err(Error::Aborted { doing, source }),
                }
            }
        }
    }

    /// Goes back to the committed offsets of all partitions held.
    pub fn rewind(&mut self) -> Result<(), Error> {
        self.reader.rewind()
    }

    /// The partitions held now.
    pub fn assignment(&self) -> Vec<(Topic, i32)> {
        self.reader.assignment()
    }

    /// Where the group stands on the partitions held, read from the broker.
    pub fn committed(&self) -> Result<Vec<Assigned>, Error> {
        self.reader.committed()
    }

    /// Commits offsets (and the text beside them) through the group, in no transaction, and waits for the
    /// broker, which refuses it from a member of an older generation. For plans; never for what a
    /// transaction covers.
    pub fn commit_plain(&mut self, next: &Offsets) -> Result<(), Error> {
        self.reader.commit(next)
    }

    fn transact(&mut self, out: &[Outgoing], next: &Offsets) -> Result<Written, Trouble> {
        self.transactions.begin()?;
        self.transactions.send(out)?;
        let written = self.transactions.drain()?;
        if !self.transactions.are_exact() {
            self.reader
                .commit_later(next)
                .map_err(|error| Trouble::abort("move offsets", error))?;
            return Ok(written);
        }
        // Fresh each time: the generation changes with every rebalance, and it is what fences a zombie.
        let member = rdkafka::consumer::Consumer::group_metadata(&self.reader.consumer);
        let Some(member) = member.filter(|_| self.reader.holds(next)) else {
            return Err(Trouble::abort(
                "move offsets",
                "a partition of this batch is no longer held",
            ));
        };
        self.transactions.move_offsets(next, &member)?;
        self.transactions.commit()?;
        Ok(written)
    }
}
