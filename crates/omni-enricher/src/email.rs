//! Whether a contact's address takes mail, as a provider says; asked beside the events' way.
//!
//! An event waits at most until the instant its batch can bear, and goes on without the answer. The question
//! goes on too: its answer is remembered for days, and waits in [`Validator::finished`] for whoever keeps it
//! and completes those events. One address is asked about once at a time; the provider's limits hold. Of a
//! person who asked the provider not to be processed, only that is kept, under a hash of the address.
//!
//! Nothing of an address or a key reaches a log or an error.

mod block;
mod cache;
mod flight;
mod pace;
pub(crate) mod provider;
mod verdict;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stage::backoff::Limits;
use stage::metrics::MetricsError;
use stage::outbound::{Outbound, OutboundError};
use stage::{ConfigError, Metrics};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::config::Email;
use crate::metrics::Emails;
use cache::Answers;
use flight::{Ask, FLIGHTS_MAX, Flight, Flights, Told};
use pace::Pace;
use provider::{Provider, Reply};

pub(crate) use flight::Worker;
pub(crate) use verdict::{Remembered, Verdict};

/// Answers that wait to be taken; the oldest make room, and stay in memory for the next event.
const FINISHED_MAX: usize = 1_024;
/// How long a provider that does not take our key is left alone.
const UNAUTHORIZED_HOLD: Duration = Duration::from_mins(5);
/// When to come back after all places for questions were taken.
const FULL_PAUSE: Duration = Duration::from_secs(5);

/// Why addresses cannot be validated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmailError {
    #[error("the provider of e-mail validations cannot be used")]
    Config(#[source] ConfigError),
    #[error("the provider of e-mail validations cannot be called")]
    Outbound(#[source] OutboundError),
    #[error("the metrics of e-mail validations cannot be set up")]
    Metrics(#[source] MetricsError),
}

/// A question that ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finished {
    /// [`key`] of the address.
    pub(crate) key: String,
    pub(crate) verdict: Verdict,
    /// What is to be kept; none of a question that came to nothing.
    pub(crate) remembered: Option<Remembered>,
    /// Whether an event went on without it.
    pub(crate) missed: bool,
}

/// Answers questions about addresses. Copies share one memory and one worker.
#[derive(Clone, Debug)]
pub(crate) struct Validator {
    desk: Arc<Desk>,
    asks: mpsc::Sender<Ask>,
    wait_max: Duration,
}

/// What questions and the worker share.
struct Desk {
    provider: Box<dyn Provider>,
    outbound: Outbound,
    pace: Pace,
    /// How a question without an answer is asked again.
    asks: Limits,
    calls: Semaphore,
    answers: Answers,
    flights: Flights,
    finished: Mutex<VecDeque<Finished>>,
    troubles: Troubles,
    metrics: Emails,
}

impl fmt::Debug for Desk {
    /// Without addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// What was said in the log and need not be said again.
#[derive(Debug, Default)]
struct Troubles {
    unauthorized: AtomicBool,
    other: AtomicBool,
}

/// Under what an answer about this address is kept: the hex SHA-256 of the trimmed, lower-cased address.
pub(crate) fn key(address: &str) -> String {
    verdict::key_of(&verdict::normal(address))
}

/// The validator and the worker that asks for it; none when nobody is to be asked.
///
/// # Errors
/// [`EmailError`] when the configuration, TLS or a metric cannot be used.
pub(crate) fn open(settings: &Email, metrics: &Metrics) -> Result<Option<(Validator, Worker)>, EmailError> {
    let Some(provider) = provider::of(settings).map_err(EmailError::Config)? else {
        return Ok(None);
    };
    let outbound = Outbound::new(settings.outbound()).map_err(EmailError::Outbound)?;
    let metrics = Emails::new(metrics).map_err(EmailError::Metrics)?;
    let pace = Pace::new(settings.requests_per_second_max, settings.requests_per_minute_max);
    let desk = Desk {
        provider,
        outbound,
        pace,
        asks: flight::ASKS,
        calls: Semaphore::new(settings.in_flight_max),
        answers: Answers::new(settings.cache_max()),
        flights: Flights::default(),
        finished: Mutex::default(),
        troubles: Troubles::default(),
        metrics,
    };
    Ok(Some(pair(desk, settings.wait_max())))
}

fn pair(desk: Desk, wait_max: Duration) -> (Validator, Worker) {
    let desk = Arc::new(desk);
    let (asks, asked) = mpsc::channel(FLIGHTS_MAX);
    let validator = Validator {
        desk: Arc::clone(&desk),
        asks,
        wait_max,
    };
    (validator, Worker { desk, asks: asked })
}

impl Validator {
    /// How long an event may wait (`wait_ms_max`); from now, the `until` of [`Validator::lookup`].
    pub(crate) fn wait_max(&self) -> Duration {
        self.wait_max
    }

    /// What can be said of an address by then. Without an answer in memory it is asked for, in the background
    /// and beyond that instant.
    pub(crate) async fn lookup(&self, address: &str, until: Instant) -> Verdict {
        let verdict = self.said(address, until).await;
        self.desk.metrics.lookup(verdict.word());
        verdict
    }

    /// What is in memory of an address; asks nobody.
    pub(crate) fn known(&self, address: &str) -> Option<Verdict> {
        let address = verdict::normal(address);
        self.desk.answers.get(&verdict::key_of(&address), &address)
    }

    /// How many more addresses can be asked about now; none while the provider is left alone.
    pub(crate) fn room(&self) -> usize {
        if self.desk.pace.held(Instant::now()).is_some() {
            return 0;
        }
        FLIGHTS_MAX.saturating_sub(self.desk.flights.locked().len())
    }

    /// Whether the address of this [`key`] is asked about.
    pub(crate) fn is_under_way(&self, key: &str) -> bool {
        self.desk.flights.locked().contains_key(key)
    }

    /// Takes an answer that was kept elsewhere into memory, unless a newer one is there; `false` when it is too
    /// old to be used.
    pub(crate) fn recall(&self, key: &str, remembered: &Remembered) -> bool {
        self.desk.answers.recall(key, remembered)
    }

    /// Takes up to `most` of the questions that ended, oldest first.
    pub(crate) fn finished(&self, most: usize) -> Vec<Finished> {
        let mut finished = self.desk.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let most = most.min(finished.len());
        finished.drain(..most).collect()
    }

    async fn said(&self, address: &str, until: Instant) -> Verdict {
        let address = verdict::normal(address);
        if !verdict::is_askable(&address) {
            return Verdict::Invalid;
        }
        let key = verdict::key_of(&address);
        if let Some(verdict) = self.desk.answers.get(&key, &address) {
            return verdict;
        }
        let mut told = match self.flight(&key, &address) {
            Ok(told) => told,
            Err(verdict) => return verdict,
        };
        // Nobody waits for a provider that is not asked now.
        if let Some(retry_after) = self.desk.pace.held(Instant::now()) {
            return self.went_on(&key, &address, Verdict::Unavailable { retry_after });
        }
        let heard = tokio::time::timeout_at(until, told.wait_for(Option::is_some)).await;
        let heard = heard.ok().and_then(Result::ok).and_then(|told| told.clone());
        match heard {
            Some(verdict) if !verdict.is_missing() => verdict,
            heard => self.went_on(&key, &address, heard.unwrap_or(Verdict::Pending)),
        }
    }

    /// The question about an address, begun if nobody asked it yet.
    fn flight(&self, key: &str, address: &str) -> Result<watch::Receiver<Told>, Verdict> {
        let mut flights = self.desk.flights.locked();
        if let Some(flight) = flights.get(key) {
            return Ok(flight.told.clone());
        }
        // It may have ended since it was looked for.
        if let Some(verdict) = self.desk.answers.get(key, address) {
            return Err(verdict);
        }
        let held = self.desk.pace.held(Instant::now());
        let retry_after = held.unwrap_or(FULL_PAUSE);
        if flights.len() >= FLIGHTS_MAX {
            return Err(Verdict::Unavailable { retry_after });
        }
        let (sender, told) = watch::channel(None);
        let ask = Ask {
            key: key.to_owned(),
            address: address.to_owned(),
            told: sender,
        };
        // Full it cannot be: it has a place for each flight. Closed it is while the process ends.
        if self.asks.try_send(ask).is_err() {
            return Err(Verdict::Unavailable { retry_after });
        }
        let flight = Flight {
            told: told.clone(),
            missed: false,
        };
        flights.insert(key.to_owned(), flight);
        self.desk.metrics.waiting.set(flights.len() as f64);
        Ok(told)
    }

    /// An event goes on without the answer, unless it came this very moment.
    fn went_on(&self, key: &str, address: &str, without: Verdict) -> Verdict {
        let mut flights = self.desk.flights.locked();
        match flights.get_mut(key) {
            Some(flight) => {
                flight.missed = true;
                without
            }
            None => self.desk.answers.get(key, address).unwrap_or(without),
        }
    }
}

impl Desk {
    fn finish(&self, ended: Finished) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        if finished.len() >= FINISHED_MAX {
            finished.pop_front();
            self.metrics.unclaimed.inc();
        }
        finished.push_back(ended);
    }
}

impl Troubles {
    /// Whether this is the first of its kind since the provider answered.
    fn begins(&self, reply: &Reply) -> bool {
        let said = match reply {
            Reply::Unauthorized => &self.unauthorized,
            _ => &self.other,
        };
        !said.swap(true, Ordering::Relaxed)
    }

    /// Whether there were any.
    fn end(&self) -> bool {
        let unauthorized = self.unauthorized.swap(false, Ordering::Relaxed);
        self.other.swap(false, Ordering::Relaxed) || unauthorized
    }
}

#[cfg(test)]
mod tests;
