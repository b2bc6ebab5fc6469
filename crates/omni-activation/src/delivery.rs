//! Tries one event at one destination until it is settled, and tells each attempt.
//!
//! An event is settled when the destination has it or it is given up, and `omni.deliveries` says so. One loop, one backoff an
//! event, one breaker a destination: one that does not work, or is misconfigured, is asked by one event at a time until it
//! works again, and its events wait. `send` is the only sender; `batch` brings together what goes at once, `halve`
//! finds what of it is not wanted.

mod batch;
mod halve;
pub(crate) mod send;
mod session;
mod tell;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use event::Headers;
use kafka::{Producer, ProducerSettings, Record};
use stage::backoff::{Backoff, Limits};
use stage::{Secret, Shutdown};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use traces::{Step, Tracer};

use crate::Error;
use crate::answer;
use crate::breaker::{self, Breaker, Health, Pass};
use crate::config::{Config, DestinationSettings};
use crate::destination::{Destination, Event, Verdict, Whose};
use crate::dispatch;
use crate::metrics::Activated;
use crate::pause::Gate;
use crate::report::{Attempt, Outcome};
use send::{Company, Sender, Tried};

/// An event that failed so often by its own fault goes alone from then on: it may be what others failed by.
const IN_COMPANY_MAX: u32 = 2;
/// How long an outcome waits for others before it goes to the broker.
const LINGER: Duration = Duration::from_millis(1);
/// Most events that are tried at once, where requests carry several.
const TRIES_MAX: usize = 4_096;
/// Events beside them that wait for nothing but the broker's word that their outcome is told.
const TOLD_MAX: usize = 256;
/// An event that is too early is asked about again after so long at the latest.
const TOO_EARLY_MAX: Duration = Duration::from_hours(1);

/// What all destinations share.
#[derive(Debug)]
pub(crate) struct Shared {
    producer: Producer,
    kafka: kafka::Config,
    tracer: Tracer,
    pub(crate) metrics: Activated,
    pub(crate) health: kafka::Health,
    gate: Gate,
}

impl Shared {
    pub(crate) fn new(
        config: &Config,
        metrics: Activated,
        tracer: &Tracer,
        health: kafka::Health,
        gate: Gate,
    ) -> Result<Self, Error> {
        let settings = ProducerSettings {
            linger: LINGER,
            health: health.clone(),
            ..ProducerSettings::default()
        };
        let producer =
            Producer::new(&config.kafka, settings).map_err(|error| Error::kafka("delivery", error))?;
        Ok(Self {
            producer,
            kafka: config.kafka.clone(),
            tracer: tracer.clone(),
            metrics,
            health,
            gate,
        })
    }
}

/// An event to be delivered.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) record: Record,
    pub(crate) headers: Headers,
}

/// When to stop trying.
#[derive(Debug, Clone)]
pub(crate) struct Stops {
    /// No new attempt is begun.
    pub(crate) stopping: Shutdown,
    /// Also the attempt under way is let go: the partition is another's now.
    pub(crate) cancel: CancellationToken,
}

/// Sends to one destination.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) name: String,
    sender: Sender,
    limits: Limits,
    attempts_max: u32,
    /// What no answer may tell.
    secrets: Vec<Secret>,
    breaker: Breaker,
    /// Events that are tried at once: as many as fit into as many requests.
    tries: Semaphore,
    misconfigured: AtomicBool,
    /// What its spans say.
    step: Step,
    pub(crate) shared: Arc<Shared>,
}

/// An event's failures that are its own fault.
#[derive(Debug, Default)]
struct Counted {
    own: u32,
    /// How often the destination had worked when it failed last.
    worked: Option<u64>,
}

impl Counted {
    /// What another failure makes of it. The destination's fault is the event's where others were taken since the last time.
    fn add(&mut self, whose: Whose, worked: u64) -> u32 {
        if whose == Whose::Nobody {
            return self.own;
        }
        let others_pass = self.worked.replace(worked).is_none_or(|before| before < worked);
        self.own += u32::from(whose == Whose::Event || others_pass);
        self.own
    }

    fn company(&self) -> Company {
        if self.own < IN_COMPANY_MAX {
            Company::Welcome
        } else {
            Company::None
        }
    }
}

impl Delivery {
    pub(crate) fn new(
        name: &str,
        settings: &DestinationSettings,
        shared: Arc<Shared>,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Destination {
            name: name.to_owned(),
            source,
        };
        let limits = Limits {
            initial: Duration::from_millis(settings.retry_ms),
            pause_max: Duration::from_millis(settings.retry_ms_max),
            attempts_max: None,
        };
        let refused = |source| Error::Settings {
            name: name.to_owned(),
            source,
        };
        let destination = Destination::new(settings).map_err(refused)?;
        shared.metrics.misconfigured.with_label_values(&[name]).set(0.0);
        shared.metrics.breaker_open.with_label_values(&[name]).set(0.0);
        let sender = Sender::new(destination, settings).map_err(failed)?;
        let tries = settings.in_flight_max.saturating_mul(sender.takes().events_max);
        Ok(Self {
            name: name.to_owned(),
            sender,
            tries: Semaphore::new(tries.min(TRIES_MAX.max(settings.in_flight_max))),
            limits,
            attempts_max: settings.attempts_max,
            secrets: settings.secrets().cloned().collect(),
            breaker: Breaker::new(breaker::Limits {
                failures_max: settings.breaker_failures,
                pause: limits.initial,
                pause_max: limits.pause_max,
            }),
            misconfigured: AtomicBool::new(false),
            step: Step::new(&shared.tracer, "deliver", &shared.kafka, &dispatch::group(name)).to(name),
            shared,
        })
    }

    /// How many events have something to do at once: to be tried, or to be told of.
    pub(crate) fn at_once(&self) -> usize {
        self.tries.available_permits() + TOLD_MAX
    }

    /// Tries until the event is settled; `false` when stopped before.
    pub(crate) async fn settle(&self, job: &Job, stops: &Stops) -> bool {
        let mut backoff = Backoff::new(self.limits);
        let (mut number, mut counted) = (0, Counted::default());
        let mut span = self.step.begin(&job.record);
        while !stops.stopping.is_requested() {
            let (room, pass) = tokio::select! {
                leave = self.leave() => leave,
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            };
            number += 1;
            let event = Event::new(job.headers.event_uuid, job.record.value());
            let tried = tokio::select! {
                tried = self.sender.send(&event, counted.company()) => tried,
                () = stops.cancel.cancelled() => return false,
            };
            let turned = pass.tell(health(tried.verdict));
            drop(room);
            self.note_turn(turned, tried.verdict);
            let attempt = self.attempt(number, &tried, event.flat, &mut counted);
            self.note(job, &attempt);
            if let Some(span) = &mut span {
                span.mark_attempt(attempt.outcome.as_str(), attempt.reason, attempt.status);
            }
            if matches!(attempt.outcome, Outcome::Delivered | Outcome::GaveUp) {
                return self.tell_final(job, &attempt, span, stops).await;
            }
            self.tell(job, &attempt).await;
            let pause = pause(tried.verdict, &mut backoff, self.limits.pause_max);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            }
        }
        false
    }

    /// Waits until an attempt may be made: nobody paused the destination, there is room, and it works or this is the probe.
    async fn leave(&self) -> (Option<SemaphorePermit<'_>>, Pass<'_>) {
        self.shared.gate.open(&self.name).await;
        // It is never closed.
        let room = self.tries.acquire().await.ok();
        (room, self.breaker.pass().await)
    }

    fn attempt(&self, number: u32, tried: &Tried, flat: &[u8], counted: &mut Counted) -> Attempt {
        let (outcome, reason) = self.outcome(tried.verdict, counted);
        Attempt {
            outcome,
            reason,
            status: tried.status,
            number,
            duration: tried.duration,
            answer: self.kept(&tried.answer, flat),
        }
    }

    fn kept(&self, body: &[u8], flat: &[u8]) -> String {
        if body.is_empty() {
            return String::new();
        }
        let secrets: Vec<&str> = self.secrets.iter().map(Secret::expose).collect();
        answer::kept(body, flat, &secrets)
    }

    /// Counts the tries at a destination that works but does not take the event.
    fn outcome(&self, verdict: Verdict, counted: &mut Counted) -> (Outcome, &'static str) {
        match verdict {
            Verdict::Delivered => (Outcome::Delivered, ""),
            Verdict::GiveUp { reason } => (Outcome::GaveUp, reason),
            Verdict::Misconfigured { reason } => (Outcome::Misconfigured, reason),
            Verdict::Retry { reason, whose, .. } => {
                if counted.add(whose, self.breaker.worked()) < self.attempts_max {
                    (Outcome::Retry, reason)
                } else {
                    (Outcome::GaveUp, reason)
                }
            }
        }
    }
}

/// How long an event waits for its next attempt.
fn pause(verdict: Verdict, backoff: &mut Backoff, pause_max: Duration) -> Duration {
    if let Verdict::Retry {
        after: Some(after),
        whose: Whose::Nobody,
        ..
    } = verdict
    {
        return after.min(TOO_EARLY_MAX);
    }
    let ours = backoff.next_pause().unwrap_or(pause_max);
    match verdict {
        Verdict::Retry {
            after: Some(after), ..
        } => after.min(pause_max).max(ours),
        _ => ours,
    }
}

/// What an attempt says of the destination.
fn health(verdict: Verdict) -> Health {
    match verdict {
        Verdict::Delivered
        | Verdict::GiveUp { .. }
        | Verdict::Retry {
            whose: Whose::Nobody, ..
        } => Health::Works,
        Verdict::Retry {
            after: Some(after),
            whose: Whose::Destination,
            ..
        } => Health::Busy(after),
        Verdict::Retry { .. } | Verdict::Misconfigured { .. } => Health::Fails,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE_MAX: Duration = Duration::from_mins(5);

    fn retry(after: Option<Duration>, whose: Whose) -> Verdict {
        Verdict::Retry {
            reason: "busy",
            after,
            whose,
        }
    }

    fn backoff() -> Backoff {
        Backoff::new(Limits {
            initial: Duration::from_secs(1),
            pause_max: PAUSE_MAX,
            attempts_max: None,
        })
    }

    #[test]
    fn an_event_that_is_too_early_waits_its_time_and_uses_up_no_attempt() {
        let early = |hours| retry(Some(Duration::from_hours(hours)), Whose::Nobody);
        let hour = Duration::from_hours(1);
        assert_eq!(pause(early(1), &mut backoff(), PAUSE_MAX), hour);
        assert_eq!(pause(early(24), &mut backoff(), PAUSE_MAX), hour);
        assert_eq!(health(early(1)), Health::Works);
        let mut counted = Counted::default();
        assert_eq!(counted.add(Whose::Event, 1), 1);
        for worked in 2..50 {
            assert_eq!(counted.add(Whose::Nobody, worked), 1);
        }
    }

    #[test]
    fn a_destination_that_names_a_time_gets_it_within_the_longest_pause() {
        let busy = |seconds| retry(Some(Duration::from_secs(seconds)), Whose::Destination);
        let of = |verdict| pause(verdict, &mut backoff(), PAUSE_MAX);
        assert_eq!(of(busy(120)), Duration::from_mins(2));
        assert_eq!(of(busy(6_000)), PAUSE_MAX);
        assert!(of(retry(None, Whose::Event)) <= Duration::from_secs(2));
    }
}
