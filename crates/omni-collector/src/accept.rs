//! Keeps the events of a request: hands each to its lane, in order, and waits until the broker or the spool has them all.
//!
//! The line of no return lies here, at that word. When one is not there within the limit the whole request fails;
//! its records may arrive all the same, and the enricher drops the doubles.

mod record;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event::Kind;
use event::outcome::Fault;
use kafka::Outgoing;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use traces::Tracer;
use uuid::Uuid;

use crate::authenticate::Authenticated;
use crate::count::{Count, Ticket};
use crate::lane::{Keeping, NotKept};
use crate::lanes::Lanes;
use crate::metrics::Collected;
use crate::prevalidate::Verdict;
use crate::respond::Refused;
use crate::trace::{Traced, Trail};
use record::Making;

/// What is known of a request that may be accepted.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) source: Authenticated,
    pub(crate) kind: Kind,
    pub(crate) received_at_micro: i64,
    pub(crate) trail: Trail,
}

/// An event as it came, and what is thought of it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) bytes: Vec<u8>,
    pub(crate) verdict: Verdict,
}

/// What became of an event that is kept.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) event_uuid: Uuid,
    /// Why it is in quarantine, when it is.
    pub(crate) quarantined: Option<Quarantined>,
}

/// Why an event is in quarantine.
#[derive(Debug)]
pub(crate) struct Quarantined {
    pub(crate) code: &'static str,
    pub(crate) faults: Vec<Fault>,
}

/// An event that was handed over.
struct Handed {
    ticket: Ticket,
    accepted: Accepted,
    /// `None` for one that a debug build was told not to wait for.
    keeping: Option<Keeping>,
    traced: Traced,
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
    tracer: Tracer,
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
        tracer: Tracer,
        broken: mpsc::Receiver<kafka::Error>,
    ) -> Acceptor {
        let (open, _) = watch::channel(false);
        let beating = lanes.all().iter().map(|_| Arc::default());
        Acceptor {
            beating: beating.collect(),
            lanes,
            count,
            metrics,
            tracer,
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

    /// Keeps an event, or quarantines it.
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::TooLarge`], [`Refused::NotTaken`]: nothing was promised.
    pub(crate) async fn accept(&self, arrival: &Arrival, event: Judged) -> Result<Accepted, Refused> {
        let mut handed = self.hand_over(arrival, event)?;
        match handed.kept().await {
            Ok(()) => Ok(self.counted(arrival, handed)),
            Err(refused) => {
                handed.traced.refused(&self.tracer, refused);
                Err(refused)
            }
        }
    }

    /// The same for all events of a request; what became of each, in their order.
    ///
    /// # Errors
    /// As [`Acceptor::accept`], of any of them: nothing was promised of all.
    pub(crate) async fn accept_all(
        &self,
        arrival: &Arrival,
        events: Vec<Judged>,
    ) -> Result<Vec<Accepted>, Refused> {
        let mut all = Vec::with_capacity(events.len());
        for event in events {
            all.push(self.hand_over(arrival, event)?);
        }
        // They wait together: the limits count from when each was handed over.
        let mut kept = Ok(());
        for handed in &mut all {
            kept = handed.kept().await;
            if kept.is_err() {
                break;
            }
        }
        if let Err(refused) = kept {
            for handed in all {
                handed.traced.refused(&self.tracer, refused);
            }
            return Err(refused);
        }
        let counted = all.into_iter().map(|handed| self.counted(arrival, handed));
        Ok(counted.collect())
    }

    fn hand_over(&self, arrival: &Arrival, event: Judged) -> Result<Handed, Refused> {
        let ticket = self.count.give();
        let making = Making {
            arrival,
            ticket: &ticket,
            tracer: &self.tracer,
            lanes: &self.lanes,
        };
        let (record, accepted, traced) = record::of(making, event);
        match self.keep(record, &ticket) {
            Ok(keeping) => Ok(Handed {
                ticket,
                accepted,
                keeping,
                traced,
            }),
            Err(refused) => {
                traced.refused(&self.tracer, refused);
                Err(refused)
            }
        }
    }

    fn counted(&self, arrival: &Arrival, handed: Handed) -> Accepted {
        let Handed {
            ticket,
            accepted,
            traced,
            ..
        } = handed;
        traced.ended(&self.tracer, accepted.quarantined.as_ref().map(|why| why.code));
        let (name, received_at_micro) = (arrival.source.name(), arrival.received_at_micro);
        match &accepted.quarantined {
            None => {
                ticket.accepted(name, received_at_micro);
                self.metrics.outcomes.count("accepted", "");
            }
            Some(Quarantined { code, .. }) => {
                ticket.quarantined(name, received_at_micro);
                self.metrics.outcomes.count("rejected", code);
            }
        }
        self.metrics.accepted.with_label_values(&[name]).inc();
        self.metrics.event_age.observe_received_at(received_at_micro);
        accepted
    }

    #[cfg(not(debug_assertions))]
    fn keep(&self, record: Outgoing, _: &Ticket) -> Result<Option<Keeping>, Refused> {
        self.lanes.keep(record).map(Some).map_err(refused)
    }

    /// The same, unless it was told to do wrong.
    #[cfg(debug_assertions)]
    fn keep(&self, record: Outgoing, ticket: &Ticket) -> Result<Option<Keeping>, Refused> {
        let Sabotage {
            drop_one_in,
            ack_early,
        } = self.sabotage;
        if drop_one_in > 0 && ticket.number().is_multiple_of(drop_one_in) {
            return Ok(None);
        }
        let keeping = self.lanes.keep(record);
        if ack_early {
            // Handed over, and nobody waits for what becomes of it.
            return Ok(None);
        }
        keeping.map(Some).map_err(refused)
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

impl Handed {
    async fn kept(&mut self) -> Result<(), Refused> {
        match self.keeping.take() {
            Some(keeping) => {
                let told = keeping.kept().await.map_err(refused)?;
                self.traced.kept(told);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn refused(not_kept: NotKept) -> Refused {
    match not_kept {
        NotKept::Full => Refused::Full,
        NotKept::TooLarge => Refused::TooLarge,
        NotKept::Late => Refused::NotTaken,
    }
}
