//! Keeps the event: hands it to its lane and waits until the broker or the spool has it.
//!
//! The line of no return lies here, at that word. When neither has it within the limit the request fails; the
//! record may arrive all the same, and the enricher drops the double.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event::outcome::{Fault, Rejected, ValueEncoding};
use event::{Headers, Kind, identity};
use kafka::{Outgoing, Placement, Topic};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use uuid::Uuid;

use crate::authenticate::Authenticated;
use crate::count::{Count, Ticket};
use crate::lane::NotKept;
use crate::lanes::Lanes;
use crate::metrics::Collected;
use crate::prevalidate::{Facts, Verdict};
use crate::respond::{Accepted, Refused};
use crate::trace;

/// What is known of a request that may be accepted.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) source: Authenticated,
    pub(crate) received_at_micro: i64,
    /// The sender's trace, when it brought one.
    pub(crate) traceparent: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What a debug build can be told to do wrong, so that a test can see it found out.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sabotage {
    /// See `[collector] drop_one_in`.
    pub(crate) drop_one_in: u64,
    /// See `[collector] ack_early`.
    pub(crate) ack_early: bool,
}

/// Hands events to their lanes, and heartbeats to Kafka.
#[derive(Debug)]
pub(crate) struct Acceptor {
    pub(crate) lanes: Arc<Lanes>,
    count: Arc<Count>,
    metrics: Collected,
    /// Whether the topics were seen to be as they must be; before that nothing is sent, or a broker that
    /// makes topics by itself would make them wrong.
    open: watch::Sender<bool>,
    /// By partition, whether a heartbeat is on its way: the next would tell more, and must not pile up.
    beating: Vec<Arc<AtomicBool>>,
    /// Why the producer is of no more use, once it is; the first to fail tells.
    broken: Mutex<mpsc::Receiver<kafka::Error>>,
    #[cfg(debug_assertions)]
    sabotage: Sabotage,
}

impl Acceptor {
    pub(crate) fn new(
        lanes: Arc<Lanes>,
        count: Arc<Count>,
        metrics: Collected,
        broken: mpsc::Receiver<kafka::Error>,
    ) -> Acceptor {
        let (open, _) = watch::channel(false);
        let beating = lanes.all().iter().map(|_| Arc::default());
        Acceptor {
            beating: beating.collect(),
            lanes,
            count,
            metrics,
            open,
            broken: Mutex::new(broken),
            #[cfg(debug_assertions)]
            sabotage: Sabotage::default(),
        }
    }

    #[cfg(debug_assertions)]
    pub(crate) fn wronged(self, sabotage: Sabotage) -> Acceptor {
        Acceptor { sabotage, ..self }
    }

    /// From now on events are sent.
    pub(crate) fn open(&self) {
        self.lanes.open();
        self.open.send_replace(true);
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// Resolves once events are sent.
    pub(crate) async fn opened(&self) {
        // Cannot fail: the sender lives in `self`.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    pub(crate) fn producer(&self) -> &kafka::Producer {
        &self.lanes.ways.producer
    }

    /// Resolves when Kafka's client is of no more use.
    pub(crate) async fn broken(&self) -> kafka::Error {
        match self.broken.lock().await.recv().await {
            Some(error) => error,
            // Cannot happen: a sender lives in the lanes.
            None => std::future::pending().await,
        }
    }

    pub(crate) fn count_heartbeats(&self, taken: usize, failed: usize) {
        for (result, records) in [("taken", taken), ("failed", failed)] {
            self.metrics
                .heartbeats
                .with_label_values(&[result])
                .inc_by(records as u64);
        }
    }

    /// Waits, blocking, for what is in flight, takes back what Kafka did not take, and ends the spool's thread.
    pub(crate) fn close(&self, wait_max: Duration) -> Result<(), kafka::Error> {
        let flushed = self.producer().flush(wait_max);
        self.producer().give_up();
        self.lanes.ways.spool.close();
        flushed
    }

    /// Keeps the event, or quarantines it.
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::TooLarge`], [`Refused::NotTaken`]: nothing was promised.
    pub(crate) async fn accept(&self, arrival: Arrival, verdict: Verdict) -> Result<Accepted, Refused> {
        let ticket = self.count.give();
        let (name, received_at_micro) = (arrival.source.name().to_owned(), arrival.received_at_micro);
        let (record, accepted) = match verdict {
            Verdict::Fits(facts) => kept(arrival, facts, &ticket),
            Verdict::Quarantined { code, faults } => quarantined(&arrival, code, faults, &ticket),
        };
        self.keep(record, &ticket).await?;
        match accepted.quarantined {
            None => {
                ticket.accepted(&name, received_at_micro);
                self.metrics.outcomes.count("accepted", "");
            }
            Some(code) => {
                ticket.quarantined(&name, received_at_micro);
                self.metrics.outcomes.count("rejected", code);
            }
        }
        self.metrics.accepted.with_label_values(&[&name]).inc();
        self.metrics.event_age.observe_received_at(received_at_micro);
        Ok(accepted)
    }

    /// Returns once the event is safe.
    #[cfg(not(debug_assertions))]
    async fn keep(&self, record: Outgoing, _: &Ticket) -> Result<(), Refused> {
        self.lanes.keep(record).await.map_err(refused).map(drop)
    }

    /// The same, unless it was told to do wrong.
    #[cfg(debug_assertions)]
    async fn keep(&self, record: Outgoing, ticket: &Ticket) -> Result<(), Refused> {
        let Sabotage {
            drop_one_in,
            ack_early,
        } = self.sabotage;
        if drop_one_in > 0 && ticket.number().is_multiple_of(drop_one_in) {
            return Ok(());
        }
        let keeping = self.lanes.keep(record);
        if ack_early {
            // Handed over, and nobody waits for what becomes of it.
            let _ = tokio::time::timeout(std::time::Duration::ZERO, keeping).await;
            return Ok(());
        }
        keeping.await.map_err(refused).map(drop)
    }

    /// Sends a heartbeat; whether the broker took it in time.
    pub(crate) async fn beat(&self, partition: i32, record: Outgoing) -> bool {
        let Some(beating) = usize::try_from(partition)
            .ok()
            .and_then(|at| self.beating.get(at))
        else {
            return false;
        };
        if beating.swap(true, Ordering::Relaxed) {
            return false;
        }
        let (tell, told) = oneshot::channel();
        let ended = Arc::clone(beating);
        let report: kafka::producer::Done = Box::new(move |report| {
            ended.store(false, Ordering::Relaxed);
            // Nobody may wait for it any more.
            let _ = tell.send(report.is_ok());
        });
        if self.producer().hand_over(&record, report).is_err() {
            beating.store(false, Ordering::Relaxed);
            return false;
        }
        let in_time = tokio::time::timeout(self.lanes.ways.waits.ack_max, told).await;
        matches!(in_time, Ok(Ok(true)))
    }
}

fn refused(not_kept: NotKept) -> Refused {
    match not_kept {
        NotKept::Full => Refused::Full,
        NotKept::TooLarge => Refused::TooLarge,
        NotKept::Late => Refused::NotTaken,
    }
}

/// The record of an event: its bytes as they came.
fn kept(arrival: Arrival, facts: Facts, ticket: &Ticket) -> (Outgoing, Accepted) {
    let mut headers = headers(&arrival, facts.event_uuid, ticket);
    headers.webhook_version = Some(facts.version);
    headers.object = Some(facts.object.as_str().to_owned());
    headers.action = Some(facts.action.as_str().to_owned());
    headers.attempt = facts.attempt;
    let record = Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(
            Some(facts.company_id),
            arrival.source.name(),
        )),
        key: facts.key.into_bytes(),
        payload: Some(arrival.body),
        headers: headers.to_pairs().into(),
    };
    (
        record,
        Accepted {
            event_uuid: facts.event_uuid,
            quarantined: None,
        },
    )
}

/// The record of a body that cannot be used. It goes by its source and has an id of its bytes: what it says
/// about company and event is not to be believed.
fn quarantined(
    arrival: &Arrival,
    code: &'static str,
    faults: Vec<Fault>,
    ticket: &Ticket,
) -> (Outgoing, Accepted) {
    let name = arrival.source.name();
    let event_uuid = identity::uuid_of_unreadable(name, &arrival.body);
    let headers = headers(arrival, event_uuid, ticket);
    let (value, value_encoding) = ValueEncoding::write(&arrival.body);
    let rejected = Rejected {
        stage: "collector".to_owned(),
        code: code.to_owned(),
        errors: faults,
        event_uuid,
        company_id: None,
        source: Some(name.to_owned()),
        topic: None,
        received_at: Some(stage::clock::rfc3339_micro(arrival.received_at_micro)),
        value,
        value_encoding,
    };
    let record = Outgoing {
        topic: Topic::Rejected,
        placement: Placement::By(identity::partition_text(None, name)),
        key: name.as_bytes().to_vec(),
        payload: Some(rejected.to_json()),
        headers: headers.to_pairs().into(),
    };
    (
        record,
        Accepted {
            event_uuid,
            quarantined: Some(code),
        },
    )
}

fn headers(arrival: &Arrival, event_uuid: Uuid, ticket: &Ticket) -> Headers {
    let mut headers = Headers::new(
        event_uuid,
        Kind::Webhook,
        arrival.source.name(),
        arrival.received_at_micro,
    );
    headers.accept_seq = Some(ticket.accept_seq());
    let begun = || trace::begun(event_uuid, ticket.number());
    headers.traceparent = Some(arrival.traceparent.clone().unwrap_or_else(begun));
    headers
}
