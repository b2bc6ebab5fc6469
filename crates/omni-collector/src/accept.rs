//! Keeps the event: hands it to Kafka and waits until the broker has it.
//!
//! The line of no return lies here, at the acknowledgement. When Kafka does not answer within the limit the
//! request fails; the record may arrive all the same, and the enricher drops the double.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event::outcome::{Fault, Rejected, ValueEncoding};
use event::{Headers, Kind, identity};
use kafka::{Class, Outgoing, Placement, Producer, Topic};
use tokio::sync::{Mutex, mpsc, watch};
use uuid::Uuid;

use crate::authenticate::Authenticated;
use crate::count::{Count, Ticket};
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

/// Hands events to Kafka.
#[derive(Debug)]
pub(crate) struct Acceptor {
    producer: Producer,
    count: Arc<Count>,
    metrics: Collected,
    /// Whether the topics were seen to be as they must be; before that nothing is sent, or a broker that
    /// makes topics by itself would make them wrong.
    open: watch::Sender<bool>,
    /// Why the producer is of no more use, once it is; the first to fail tells.
    broken: (mpsc::Sender<kafka::Error>, Mutex<mpsc::Receiver<kafka::Error>>),
    /// See `[collector] drop_one_in`.
    #[cfg(debug_assertions)]
    drop_one_in: u64,
}

impl Acceptor {
    pub(crate) fn new(producer: Producer, count: Arc<Count>, metrics: Collected) -> Acceptor {
        let (tell, told) = mpsc::channel(1);
        let (open, _) = watch::channel(false);
        Acceptor {
            producer,
            count,
            metrics,
            open,
            broken: (tell, Mutex::new(told)),
            #[cfg(debug_assertions)]
            drop_one_in: 0,
        }
    }

    #[cfg(debug_assertions)]
    pub(crate) fn losing(self, drop_one_in: u64) -> Acceptor {
        Acceptor { drop_one_in, ..self }
    }

    /// From now on events are taken.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// Resolves once events are taken.
    pub(crate) async fn opened(&self) {
        // Cannot fail: the sender lives in `self`.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    pub(crate) fn producer(&self) -> &Producer {
        &self.producer
    }

    /// Resolves when Kafka's client is of no more use.
    pub(crate) async fn broken(&self) -> kafka::Error {
        match self.broken.1.lock().await.recv().await {
            Some(error) => error,
            // Cannot happen: the sender lives in `self`.
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

    /// Waits, blocking, for what is in flight.
    pub(crate) fn flush(&self, wait_max: Duration) -> Result<(), kafka::Error> {
        self.producer.flush(wait_max)
    }

    /// Keeps the event, or quarantines it.
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::NotTaken`]: nothing was promised.
    pub(crate) async fn accept(&self, arrival: Arrival, verdict: Verdict) -> Result<Accepted, Refused> {
        if !self.is_open() {
            return Err(Refused::NotTaken);
        }
        let ticket = self.count.give();
        let (name, received_at_micro) = (arrival.source.name().to_owned(), arrival.received_at_micro);
        let (record, accepted) = match verdict {
            Verdict::Fits(facts) => kept(arrival, facts, &ticket),
            Verdict::Quarantined { code, faults } => quarantined(&arrival, code, faults, &ticket),
        };
        if !self.loses(&ticket) {
            self.send(record).await?;
        }
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

    /// A release build loses nothing, whatever it is told.
    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_self, reason = "as in a debug build")]
    fn loses(&self, _: &Ticket) -> bool {
        false
    }

    #[cfg(debug_assertions)]
    fn loses(&self, ticket: &Ticket) -> bool {
        self.drop_one_in > 0 && ticket.number().is_multiple_of(self.drop_one_in)
    }

    /// Sends one record and waits for the broker's word.
    pub(crate) async fn send(&self, record: Outgoing) -> Result<(), Refused> {
        let begun = Instant::now();
        let sent = self.producer.send(record).await;
        let Err(error) = sent else {
            self.metrics.ack.observe(begun.elapsed().as_secs_f64());
            return Ok(());
        };
        match error {
            kafka::Error::Busy { .. } => Err(Refused::Full),
            kafka::Error::TooLarge { .. } => Err(Refused::TooLarge),
            error if error.class() == Class::Fatal => {
                // Logged where the process ends; one error is enough.
                let _ = self.broken.0.try_send(error);
                Err(Refused::NotTaken)
            }
            error => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "kafka did not take an event"
                );
                Err(Refused::NotTaken)
            }
        }
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
        headers: headers.to_wire(),
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
        headers: headers.to_wire(),
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
