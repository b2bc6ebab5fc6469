//! The questions under way: one an address, at most [`FLIGHTS_MAX`], each asked again a few times.
//!
//! A question outlives the events that asked it. It ends with an answer, or after [`ASKS`] without one; then
//! it rests, and the next event that needs it asks anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::provider::Reply;
use super::verdict::{Remembered, Verdict, known};
use super::{Desk, Finished};

/// Questions that wait for their turn, are asked, or will be asked again.
pub(super) const FLIGHTS_MAX: usize = 1_024;
/// A question that has no answer yet is asked again, ever more rarely, over about a quarter of an hour.
pub(super) const ASKS: Limits = Limits {
    initial: Duration::from_secs(10),
    pause_max: Duration::from_mins(5),
    attempts_max: Some(7),
};
/// How long a question rests that came to nothing.
const REST: Duration = Duration::from_hours(1);

/// What those who wait for an answer see: nothing yet, or the last that was said.
pub(super) type Told = Option<Verdict>;

/// A question for the worker.
pub(super) struct Ask {
    pub(super) key: String,
    pub(super) address: String,
    pub(super) told: watch::Sender<Told>,
}

/// All questions under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<String, Flight>>);

pub(super) struct Flight {
    pub(super) told: watch::Receiver<Told>,
    /// An event went on without the answer.
    pub(super) missed: bool,
}

impl Flights {
    pub(super) fn locked(&self) -> MutexGuard<'_, HashMap<String, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the provider; to be run beside the loop that asks.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(super) desk: Arc<Desk>,
    pub(super) asks: mpsc::Receiver<Ask>,
}

impl Worker {
    /// Works until a stop is requested. Calls under way are given up then: they are asked again when the next
    /// event needs them.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        let mut flights = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                Some(()) = flights.next() => {}
                asked = self.asks.recv() => match asked {
                    Some(ask) => flights.push(self.desk.fly(ask)),
                    // Nobody can ask any more.
                    None => return,
                },
            }
        }
    }
}

impl Desk {
    async fn fly(&self, ask: Ask) {
        let mut asks = Backoff::new(self.asks);
        loop {
            let reply = self.call(&ask.address).await;
            let (verdict, pause) = match reply {
                Reply::Known(block) => return self.land(ask, Verdict::Known(block), None),
                Reply::Refused => return self.land(ask, Verdict::Refused, None),
                Reply::Invalid => return self.land(ask, Verdict::Invalid, None),
                Reply::Unexpected => (Verdict::Unavailable { retry_after: REST }, None),
                Reply::Pending => (Verdict::Pending, asks.next_pause()),
                Reply::Unauthorized
                | Reply::Limited { .. }
                | Reply::Failed { .. }
                | Reply::Unreachable(_)
                | Reply::Late => {
                    let pause = asks.next_pause();
                    let held = self.pace.held(Instant::now()).unwrap_or_default();
                    let retry_after = held.max(pause.unwrap_or(REST));
                    (Verdict::Unavailable { retry_after }, pause)
                }
            };
            let Some(pause) = pause else {
                return self.land(ask, verdict, Some(REST));
            };
            ask.told.send_replace(Some(verdict));
            tokio::time::sleep(pause).await;
        }
    }

    /// One call, when its turn has come.
    async fn call(&self, address: &str) -> Reply {
        // The semaphore is never closed; if it were, the pace would still hold.
        let _permit = self.calls.acquire().await.ok();
        self.pace.turn().await;
        let begun = Instant::now();
        let reply = self.provider.ask(&self.outbound, address).await;
        self.metrics
            .call(self.provider.name(), reply.word(), begun.elapsed());
        self.heard(&reply);
        reply
    }

    /// Holds further calls when the provider cannot be asked, and says so once until it answers again.
    fn heard(&self, reply: &Reply) {
        let asked = match reply {
            Reply::Known(_) => {
                self.metrics.credit(self.provider.name());
                return self.answers();
            }
            Reply::Pending | Reply::Refused | Reply::Invalid | Reply::Unexpected => return self.answers(),
            // One mail server may be slow: that address is asked about later, others go on.
            Reply::Late => return,
            Reply::Unreachable(_) => None,
            Reply::Unauthorized => Some(super::UNAUTHORIZED_HOLD),
            Reply::Limited { retry_after } | Reply::Failed { retry_after } => *retry_after,
        };
        let held = self.pace.hold(Instant::now(), asked);
        if !self.troubles.begins(reply) {
            return;
        }
        let provider = self.provider.name();
        if *reply == Reply::Unauthorized {
            tracing::error!(
                email.provider = provider,
                "the provider of e-mail validations does not take our key: see `[enricher.email]`"
            );
        } else {
            tracing::warn!(
                email.provider = provider,
                email.result = reply.word(),
                error = reply.why(),
                retry_after_ms = held.as_millis() as u64,
                "e-mail addresses cannot be validated now: events go on without it"
            );
        }
    }

    fn answers(&self) {
        self.pace.answered();
        if self.troubles.end() {
            tracing::info!(
                email.provider = self.provider.name(),
                "e-mail addresses are validated again"
            );
        }
    }

    /// Ends a question: its answer is known from here on, and waits to be taken.
    fn land(&self, ask: Ask, verdict: Verdict, rest: Option<Duration>) {
        let Ask { key, address, told } = ask;
        let remembered = Remembered::of(&verdict, stage::clock::now_micro());
        let verdict = match verdict {
            Verdict::Known(block) => known(block, &address),
            other => other,
        };
        let mut flights = self.flights.locked();
        match (&remembered, rest) {
            (Some(remembered), _) => self.answers.keep(&key, remembered),
            (None, rest) => self.answers.rest(&key, verdict.clone(), rest.unwrap_or(REST)),
        }
        let missed = flights.remove(&key).is_some_and(|flight| flight.missed);
        self.metrics.waiting.set(flights.len() as f64);
        drop(flights);
        told.send_replace(Some(verdict.clone()));
        self.finish(Finished {
            key,
            verdict,
            remembered,
            missed,
        });
    }
}
