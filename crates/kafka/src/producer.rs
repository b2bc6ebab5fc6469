//! The acknowledged producer: `send` returns once the broker has the record on all in-sync replicas.
//!
//! Bounded: more records or bytes in flight than allowed is [`Error::Busy`] at once; a record the broker does
//! not take within `wait_max` is [`Error::Timeout`] or [`Error::Broker`], class `Retry`. A record that timed out
//! may still arrive: who sends it again must be ready for both (Omni's events carry their identity).
//!
//! With [`Expiry::Never`] records of one partition are never taken out of their order: a broker that is away finds
//! them, as they were handed over, when it is back.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer as _, ProducerContext, PurgeConfig};
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::oneshot;

use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::Error;
use crate::health::Health;
use crate::polled::Polled;
use crate::record::Outgoing;

/// Room added to librdkafka's own time limit before we stop waiting for its report.
const REPORT_GRACE: Duration = Duration::from_secs(1);

/// With [`Expiry::Never`]: silence of a broker that ends its connection, and of its replicas that ends a request.
const SOCKET_SILENT_MS: &str = "10000";
const REPLICAS_SILENT_MS: &str = "5000";

/// Bounds of a producer.
#[derive(Debug, Clone)]
pub struct ProducerSettings {
    /// Most records in flight.
    pub records_max: usize,
    /// Most bytes in flight.
    pub bytes_max: usize,
    /// Longest wait for an acknowledgement.
    pub wait_max: Duration,
    /// How long a record may wait for company, 0 to 1 ms.
    pub linger: Duration,
    /// When the client itself gives a record up.
    pub expiry: Expiry,
    /// Told whether a broker answers.
    pub health: Health,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        Self {
            records_max: 20_000,
            bytes_max: 32 * 1024 * 1024,
            wait_max: Duration::from_secs(5),
            linger: Duration::ZERO,
            expiry: Expiry::AfterWait,
            health: Health::new(),
        }
    }
}

/// When the client gives up a record that no broker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// After `wait_max`. Those behind it may still arrive: whoever sends it again sends it behind them.
    AfterWait,
    /// Not while the client lives: nothing overtakes it. What it holds stays within `records_max` and `bytes_max`.
    Never,
}

/// Where the broker put a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

/// Told once what became of a record; called on the client's thread, which it must not block.
pub type Done = Box<dyn FnOnce(Result<Delivered, Error>) + Send + Sync>;

/// The acknowledged producer. Cheap to share behind an `Arc`.
pub struct Producer {
    config: Config,
    settings: ProducerSettings,
    in_flight: Arc<InFlight>,
    client: Polled<Reports>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer")
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}

impl Producer {
    /// Makes the client; the broker need not answer yet.
    pub fn new(config: &Config, settings: ProducerSettings) -> Result<Self, Error> {
        let mut client = client::producing(config)?;
        let expire_ms = match settings.expiry {
            Expiry::AfterWait => settings.wait_max.as_millis().max(10),
            Expiry::Never => {
                // Each request's own limits, which would be the record's otherwise: a broker that went away without
                // a word is tried again after them.
                client
                    .set("socket.timeout.ms", SOCKET_SILENT_MS)
                    .set("request.timeout.ms", REPLICAS_SILENT_MS);
                0
            }
        };
        client
            .set(
                "linger.ms",
                format!(
                    "{}",
                    settings.linger.min(Duration::from_millis(1)).as_secs_f64() * 1e3
                ),
            )
            // What comes meanwhile goes with the next (docs/decisions/0009-few-requests-to-kafka.md).
            .set("max.in.flight.requests.per.connection", "1")
            .set("message.timeout.ms", expire_ms.to_string())
            .set(
                "queue.buffering.max.messages",
                (settings.records_max + 1).to_string(),
            )
            .set(
                "queue.buffering.max.kbytes",
                (settings.bytes_max / 1024 + 16 * 1024).to_string(),
            );
        let in_flight = Arc::new(InFlight::default());
        let reports = Reports {
            watch: Watch::of(settings.health.clone()),
        };
        let client = client::with_properties(client, config);
        let client = Polled::new(&client, reports, "make a producer")?;
        Ok(Self {
            config: config.clone(),
            settings,
            in_flight,
            client,
        })
    }

    /// Sends one record and waits for the broker's acknowledgement.
    ///
    /// Dropping the future does not take the record back.
    pub async fn send(&self, record: Outgoing) -> Result<Delivered, Error> {
        let (sender, receiver) = oneshot::channel();
        // Who asked may be gone; the record is where it is all the same.
        self.hand_over(&record, Box::new(move |report| drop(sender.send(report))))?;
        drop(record);
        let wait_max = self.settings.wait_max + REPORT_GRACE;
        match tokio::time::timeout(wait_max, receiver).await {
            Ok(Ok(report)) => report,
            Ok(Err(_)) | Err(_) => Err(Error::Timeout {
                doing: "deliver a record",
                after: wait_max,
            }),
        }
    }

    /// Gives one record to the client, which copies it, and returns at once; `done` is told later what became of it.
    /// Records of one partition reach the broker in the order of these calls.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::TooLarge`], or the client's refusal: then `done` is never called.
    pub fn hand_over(&self, record: &Outgoing, done: Done) -> Result<(), Error> {
        let bytes = record.bytes();
        record.check(&self.config)?;
        let held = self.in_flight.clone().hold(bytes, &self.settings)?;
        self.enqueue(record, Box::new(Waiting { done, held }))
    }

    /// Records in flight.
    pub fn in_flight_records(&self) -> usize {
        self.in_flight.records.load(Ordering::Relaxed)
    }

    /// Bytes in flight.
    pub fn in_flight_bytes(&self) -> usize {
        self.in_flight.bytes.load(Ordering::Relaxed)
    }

    /// Whether a broker answers.
    pub fn health(&self) -> &Health {
        &self.settings.health
    }

    /// Waits, blocking, until nothing is in flight, at most this long. For the end of a process.
    pub fn flush(&self, wait_max: Duration) -> Result<(), Error> {
        self.client.flush(wait_max).map_err(|_| Error::Timeout {
            doing: "flush the producer",
            after: wait_max,
        })
    }

    /// Takes back, blocking, all that is in flight, and tells each so: it may be on the broker or not. For the end of a
    /// process whose broker is away.
    pub fn give_up(&self) {
        self.client.purge(PurgeConfig::default().queue().inflight());
        // The reports are served while it waits; nothing is left that could take longer.
        let _ = self.client.flush(REPORT_GRACE);
    }

    fn enqueue(&self, record: &Outgoing, waiting: Box<Waiting>) -> Result<(), Error> {
        let topic = record.topic.name(&self.config);
        let message = BaseRecord {
            topic: &topic,
            partition: Some(record.partition(&self.config)),
            payload: record.payload.as_deref(),
            key: (!record.key.is_empty()).then_some(record.key.as_slice()),
            timestamp: None,
            headers: Some(record.headers.to_native()),
            delivery_opaque: waiting,
        };
        match self.client.send(message) {
            Ok(()) => Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                Err(self.in_flight.busy())
            }
            Err((error, _)) => Err(Error::from_client("queue a record", error)),
        }
    }
}

fn undelivered(error: KafkaError) -> Error {
    Error::from_client("deliver a record", error)
}

/// What is under way.
#[derive(Debug, Default)]
struct InFlight {
    records: AtomicUsize,
    bytes: AtomicUsize,
}

impl InFlight {
    /// Takes room for one record, or refuses at once.
    fn hold(self: Arc<Self>, bytes: usize, settings: &ProducerSettings) -> Result<Held, Error> {
        let records = self.records.fetch_add(1, Ordering::AcqRel) + 1;
        let total = self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        let held = Held { bytes, of: self };
        // One record alone always fits, or it never would.
        if records > settings.records_max || (total > settings.bytes_max && records > 1) {
            return Err(held.of.busy());
        }
        Ok(held)
    }

    fn busy(&self) -> Error {
        Error::Busy {
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// Room for one record; given back when dropped.
struct Held {
    bytes: usize,
    of: Arc<InFlight>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.records.fetch_sub(1, Ordering::AcqRel);
        self.of.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// Rides along with a record until its delivery report.
struct Waiting {
    done: Done,
    held: Held,
}

/// Answers each record's sender.
struct Reports {
    watch: Watch,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn stats(&self, statistics: rdkafka::Statistics) {
        self.watch.health.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(&error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Reports {
    type DeliveryOpaque = Box<Waiting>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Box<Waiting>) {
        let Waiting { done, held } = *waiting;
        // Given back before the answer: who waits for it may send the next record at once.
        drop(held);
        let report = match result {
            Ok(message) => {
                self.watch.health.set_up();
                Ok(Delivered {
                    partition: message.partition(),
                    offset: message.offset(),
                })
            }
            Err((error, _)) => Err(undelivered(error.clone())),
        };
        done(report);
    }
}
