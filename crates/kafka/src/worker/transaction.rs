//! The transactional producer: each step, and what its errors mean.
//!
//! An error says one of three things (facts of librdkafka): the same call again, abort, or leave the process.
//! One that says nothing is fatal. The first sign of an abort is often a refused `send`.
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use super::tally::{Reports, Tally};
use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::{Cause, Error};
use crate::headers::RecordHeaders;
use crate::health::Health;
use crate::offsets::{Committed, Offsets, Written};
use crate::polled::Polled;
use crate::record::{Outgoing, Placement};
use crate::topic::Topic;

/// Longest wait of one call; a call that says "again" is made again.
const CALL_WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest wait for a commit, an abort or the first answer, over all calls; then the outcome is unknown.
const SETTLE_WAIT_MAX: Duration = Duration::from_mins(5);

/// How a step failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Abort, go back, go on.
    Abort { doing: &'static str, source: Cause },
    /// Leave the process.
    Fatal { doing: &'static str, source: KafkaError },
}

impl Trouble {
    pub(super) fn abort(doing: &'static str, source: impl Into<Cause>) -> Self {
        Self::Abort {
            doing,
            source: source.into(),
        }
    }

    fn from_client(doing: &'static str, error: KafkaError) -> Self {
        let abort = match &error {
            KafkaError::Transaction(inner) => !inner.is_fatal() && inner.txn_requires_abort(),
            // Refused sends, failed deliveries and an unfinished flush: the transaction is broken, not the client.
            KafkaError::MessageProduction(code) => !crate::error::is_fatal_code(*code),
            KafkaError::Flush(_) => true,
            _ => false,
        };
        if abort {
            Self::abort(doing, error)
        } else {
            Self::Fatal { doing, source: error }
        }
    }
}

/// The transactional producer of a worker.
pub(super) struct Transactions {
    config: Config,
    topics: Vec<(Topic, String)>,
    timeout: Duration,
    sent: usize,
    tally: Arc<Tally>,
    client: Polled<Reports>,
}

impl std::fmt::Debug for Transactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transactions")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl Transactions {
    /// Makes the producer, and ends what an earlier life of `id` left open.
    pub(super) fn open(config: &Config, id: &str, timeout: Duration, health: Health) -> Result<Self, Error> {
        let mut client = client::producing(config)?;
        if config.is_exactly_once() {
            client
                .set("transactional.id", id)
                .set("transaction.timeout.ms", timeout.as_millis().to_string());
        }
        client.set("message.timeout.ms", (timeout.as_millis() * 3 / 4).to_string());
        let tally = Arc::new(Tally::default());
        let reports = Reports {
            watch: Watch::of(health),
            tally: Arc::clone(&tally),
        };
        let client = client::with_properties(client, config);
        let client = Polled::new(&client, reports, "make a transactional producer")?;
        if config.is_exactly_once() {
            init(&client)?;
        } else {
            tracing::warn!("[kafka] delivery is at_least_once: a crash doubles what is under way");
        }
        let topics = Topic::ALL
            .into_iter()
            .map(|topic| (topic, topic.name(config)))
            .collect();
        Ok(Self {
            config: config.clone(),
            topics,
            timeout,
            sent: 0,
            tally,
            client,
        })
    }

    /// Whether anything is undone when it fails half-way.
    pub(super) fn are_exact(&self) -> bool {
        self.config.is_exactly_once()
    }

    /// Gives up what an earlier life left open without the coordinator knowing of it.
    ///
    /// A single broker that is killed while a transaction ends may come back and count it as ended before it knows its own
    /// partitions: the marks are never written. Moved offsets then stay pending, so that the group's offsets cannot be read any more,
    /// and records stay open until the next commit of this producer makes them visible, a second time. No timeout ends either. Both go by the
    /// producer's id, which is still ours: a transaction of one record to each partition and one offset, aborted, takes them along.
    pub(super) fn clear(&mut self, group: &str, input: Topic, outputs: &[Topic]) -> Result<(), Error> {
        let places = crate::admin::partitions(&self.config, outputs)?;
        let marks: Vec<Outgoing> = places.into_iter().map(mark).collect();
        let mut client = client::consuming(&self.config)?;
        client.set("group.id", group);
        let asking: BaseConsumer<Watch> = client::with_properties(client, &self.config)
            .create_with_context(Watch::default())
            .map_err(|error| Error::from_client("make a consumer", error))?;
        let Some(nobody) = asking.group_metadata() else {
            return Ok(());
        };
        let mut offsets = Offsets::new();
        let beginning = Committed {
            offset: 0,
            metadata: None,
        };
        offsets.set(input, 0, beginning);
        let written = self
            .begin()
            .and_then(|()| self.send(&marks))
            .and_then(|()| self.drain().map(drop))
            .and_then(|()| self.move_offsets(&offsets, &nobody));
        match written {
            Ok(()) | Err(Trouble::Abort { .. }) => self.abort(),
            Err(Trouble::Fatal { doing, source }) => Err(Error::Fatal {
                doing,
                source: source.into(),
            }),
        }
    }

    pub(super) fn begin(&mut self) -> Result<(), Trouble> {
        self.tally.reset();
        self.sent = 0;
        if !self.are_exact() {
            return Ok(());
        }
        again(self.timeout, || self.client.begin_transaction())
            .map_err(|error| Trouble::from_client("begin a transaction", error))
    }

    pub(super) fn send(&mut self, out: &[Outgoing]) -> Result<(), Trouble> {
        let until = Instant::now() + self.timeout;
        for record in out {
            self.send_one(record, until)?;
            self.sent += 1;
        }
        Ok(())
    }

    fn send_one(&self, record: &Outgoing, until: Instant) -> Result<(), Trouble> {
        let (index, topic) = self.topic(record.topic);
        let mut message = BaseRecord {
            topic,
            partition: Some(record.partition(&self.config)),
            payload: record.payload.as_deref(),
            key: (!record.key.is_empty()).then_some(record.key.as_slice()),
            timestamp: None,
            headers: Some(record.headers.to_native()),
            delivery_opaque: index,
        };
        loop {
            match self.client.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if Instant::now() < until =>
                {
                    message = back;
                    self.tally.wait_for_progress(Duration::from_millis(100));
                }
                Err((error, _)) => return Err(Trouble::from_client("send records", error)),
            }
        }
    }

    fn topic(&self, topic: Topic) -> (usize, &str) {
        let found = self
            .topics
            .iter()
            .enumerate()
            .find(|(_, (known, _))| *known == topic);
        found.map_or((usize::MAX, topic.short()), |(index, (_, name))| {
            (index, name.as_str())
        })
    }

    /// Waits for every delivery report, without librdkafka's own flush and its 100 ms steps.
    pub(super) fn drain(&mut self) -> Result<Written, Trouble> {
        let Some(counted) = self.tally.wait(self.sent, self.timeout) else {
            return Err(Trouble::abort("deliver records", "no delivery report in time"));
        };
        if let Some(error) = counted.failed {
            return Err(Trouble::abort("deliver records", error));
        }
        // The last report is counted a moment before the client itself lets go of it.
        let until = Instant::now() + self.timeout;
        while self.client.in_flight_count() > 0 && Instant::now() < until {
            std::thread::yield_now();
        }
        Ok(counted.written)
    }

    pub(super) fn move_offsets(&self, next: &Offsets, member: &ConsumerGroupMetadata) -> Result<(), Trouble> {
        if next.is_empty() {
            return Ok(());
        }
        let list = next
            .to_native(&self.config)
            .map_err(|error| Trouble::abort("move offsets", error))?;
        again(self.timeout, || {
            self.client
                .send_offsets_to_transaction(&list, member, CALL_WAIT_MAX)
        })
        .map_err(|error| {
            match error {
                // Out of time, but nothing is decided yet: the transaction can still be given up.
                KafkaError::Transaction(ref inner) if inner.is_retriable() => {
                    Trouble::abort("move offsets", error)
                }
                other => Trouble::from_client("move offsets", other),
            }
        })
    }

    /// Out of time here means that the outcome is unknown: fatal, and the restart asks the broker.
    pub(super) fn commit(&self) -> Result<(), Trouble> {
        again(SETTLE_WAIT_MAX, || self.client.commit_transaction(CALL_WAIT_MAX))
            .map_err(|error| Trouble::from_client("commit", error))
    }

    pub(super) fn abort(&self) -> Result<(), Error> {
        if !self.are_exact() {
            return Ok(());
        }
        again(SETTLE_WAIT_MAX, || self.client.abort_transaction(CALL_WAIT_MAX)).map_err(|error| {
            Error::Fatal {
                doing: "abort a transaction",
                source: error.into(),
            }
        })
    }
}

/// Ends what an earlier life left open, as far as the coordinator knows of it.
fn init(client: &Polled<Reports>) -> Result<(), Error> {
    let doing = "begin with transactions";
    again(SETTLE_WAIT_MAX, || client.init_transactions(CALL_WAIT_MAX)).map_err(|error| match error {
        KafkaError::Transaction(ref inner) if inner.is_retriable() => Error::Broker {
            doing,
            source: error.into(),
        },
        other => Error::Fatal {
            doing,
            source: other.into(),
        },
    })
}

/// A record that nobody ever sees.
fn mark((topic, partition): (Topic, i32)) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::Partition(partition),
        // A compacted topic takes none without.
        key: b"omni:mark".to_vec(),
        payload: None,
        headers: RecordHeaders::new(),
    }
}

/// Makes the call again as long as its error says so, and time is left.
fn again(wait_max: Duration, call: impl Fn() -> KafkaResult<()>) -> KafkaResult<()> {
    let until = Instant::now() + wait_max;
    loop {
        match call() {
            Err(KafkaError::Transaction(error)) if error.is_retriable() && Instant::now() < until => {
                tracing::debug!(kafka.error = %error, "transactional call made again");
            }
            result => return result,
        }
    }
}
