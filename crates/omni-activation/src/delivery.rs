//! The only sender: tries one event at one destination until it is settled, and tells each attempt.
//!
//! An event is settled when the destination has it or it is given up, and `omni.deliveries` says so. One loop, one backoff an
//! event, one breaker a destination: one that does not work, or is misconfigured, is asked by one event at a time until it
//! works again, and its events wait.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use event::Headers;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use kafka::{Producer, ProducerSettings, Record};
use stage::backoff::{Backoff, Limits};
use stage::outbound::{Method, Outbound, OutboundError};
use stage::{Secret, Shutdown, clock};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::answer;
use crate::breaker::{self, Breaker, Health, Pass, Turned};
use crate::config::{Config, DestinationSettings};
use crate::destination::{Destination, Event, Response, Verdict, Whose};
use crate::metrics::Activated;
use crate::report::{self, Attempt, Outcome};

/// Between two tries to put an outcome on its topic.
const REPORT_PAUSE: Duration = Duration::from_millis(500);

/// What all destinations share.
#[derive(Debug)]
pub(crate) struct Shared {
    producer: Producer,
    pub(crate) metrics: Activated,
    pub(crate) health: kafka::Health,
}

impl Shared {
    pub(crate) fn new(config: &Config, metrics: Activated, health: kafka::Health) -> Result<Self, Error> {
        let settings = ProducerSettings {
            health: health.clone(),
            ..ProducerSettings::default()
        };
        let producer =
            Producer::new(&config.kafka, settings).map_err(|error| Error::kafka("delivery", error))?;
        Ok(Self {
            producer,
            metrics,
            health,
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
    destination: Destination,
    outbound: Outbound,
    limits: Limits,
    attempts_max: u32,
    /// What no answer may tell.
    secrets: Vec<Secret>,
    breaker: Breaker,
    /// None: no limit.
    pace: Option<DefaultDirectRateLimiter>,
    misconfigured: AtomicBool,
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
        let others_pass = self.worked.replace(worked).is_none_or(|before| before < worked);
        self.own += u32::from(whose == Whose::Event || others_pass);
        self.own
    }
}

/// How one attempt went.
struct Tried {
    verdict: Verdict,
    status: Option<u16>,
    answer: String,
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
        Ok(Self {
            name: name.to_owned(),
            destination,
            outbound: Outbound::new(settings.outbound()).map_err(failed)?,
            limits,
            attempts_max: settings.attempts_max,
            secrets: settings.secrets().cloned().collect(),
            breaker: Breaker::new(breaker::Limits {
                failures_max: settings.breaker_failures,
                pause: limits.initial,
                pause_max: limits.pause_max,
            }),
            pace: NonZeroU32::new(settings.requests_per_second_max)
                .map(|most| RateLimiter::direct(Quota::per_second(most))),
            misconfigured: AtomicBool::new(false),
            shared,
        })
    }

    /// Tries until the event is settled; `false` when stopped before.
    pub(crate) async fn settle(&self, job: &Job, stops: &Stops) -> bool {
        let mut backoff = Backoff::new(self.limits);
        let (mut number, mut counted) = (0, Counted::default());
        while !stops.stopping.is_requested() {
            let pass = tokio::select! {
                pass = self.leave() => pass,
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            };
            number += 1;
            let begun = Instant::now();
            let tried = tokio::select! {
                tried = self.attempt(job) => tried,
                () = stops.cancel.cancelled() => return false,
            };
            let turned = pass.tell(health(tried.verdict));
            self.note_turn(turned, tried.verdict);
            let (outcome, reason) = self.outcome(tried.verdict, &mut counted);
            let attempt = Attempt {
                outcome,
                reason,
                status: tried.status,
                number,
                duration: begun.elapsed(),
                answer: tried.answer,
            };
            self.note(job, &attempt);
            let record = || report::record(&self.name, job.headers.event_uuid, &job.record, &attempt);
            if matches!(outcome, Outcome::Delivered | Outcome::GaveUp) {
                return self.tell(record, stops).await;
            }
            if let Err(error) = self.shared.producer.send(record()).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "attempt not told");
            }
            let pause = self.pause(tried.verdict, &mut backoff);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            }
        }
        false
    }

    /// Waits until an attempt may be made: the destination works or this is the probe, and it was not asked too often.
    async fn leave(&self) -> Pass<'_> {
        let pass = self.breaker.pass().await;
        if let Some(pace) = &self.pace {
            pace.until_ready().await;
        }
        pass
    }

    async fn attempt(&self, job: &Job) -> Tried {
        let event = Event {
            uuid: job.headers.event_uuid,
            flat: job.record.value(),
        };
        let at_seconds = clock::now_micro() / 1_000_000;
        let request = match self.destination.request(&event, at_seconds) {
            Ok(request) => request,
            Err(unfit) => {
                return Tried {
                    verdict: Verdict::GiveUp {
                        reason: unfit.reason(),
                    },
                    status: None,
                    answer: String::new(),
                };
            }
        };
        let request = self
            .outbound
            .request(Method::POST, request.url)
            .headers(request.headers)
            .body(request.body);
        match self.outbound.call(request).await {
            Ok(answer) => {
                let response = Response {
                    status: answer.status,
                    headers: &answer.headers,
                    body: &answer.body,
                };
                let verdict = self.destination.judge(&event, &response);
                let kept = match verdict {
                    Verdict::Delivered => String::new(),
                    _ => self.kept(&answer.body, event.flat),
                };
                Tried {
                    verdict,
                    status: Some(answer.status.as_u16()),
                    answer: kept,
                }
            }
            Err(error) => Tried {
                verdict: judge_silence(&error),
                status: None,
                answer: String::new(),
            },
        }
    }

    fn kept(&self, body: &[u8], flat: &[u8]) -> String {
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

    fn pause(&self, verdict: Verdict, backoff: &mut Backoff) -> Duration {
        let ours = backoff.next_pause().unwrap_or(self.limits.pause_max);
        match verdict {
            Verdict::Retry {
                after: Some(after), ..
            } => after.min(self.limits.pause_max).max(ours),
            _ => ours,
        }
    }

    /// Puts a final outcome on its topic, however long that takes.
    async fn tell(&self, record: impl Fn() -> kafka::Outgoing, stops: &Stops) -> bool {
        loop {
            match self.shared.producer.send(record()).await {
                Ok(_) => return true,
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "outcome not told yet");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(REPORT_PAUSE) => {}
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            }
        }
    }

    fn note_turn(&self, turned: Option<Turned>, verdict: Verdict) {
        let Some(turned) = turned else {
            return;
        };
        let open = self.shared.metrics.breaker_open.with_label_values(&[&self.name]);
        open.set(f64::from(turned == Turned::Open));
        match (turned, verdict) {
            (Turned::Open, Verdict::Retry { reason, .. } | Verdict::Misconfigured { reason }) => {
                tracing::warn!(
                    destination.name = self.name,
                    outcome.reason = reason,
                    "destination does not work; it is asked by one event at a time, and the others wait"
                );
            }
            (Turned::Closed, _) => tracing::info!(destination.name = self.name, "destination works again"),
            _ => {}
        }
    }

    fn note(&self, job: &Job, attempt: &Attempt) {
        let metrics = &self.shared.metrics;
        metrics
            .deliveries
            .with_label_values(&[&self.name, attempt.outcome.as_str(), attempt.reason])
            .inc();
        metrics
            .attempt
            .with_label_values(&[&self.name])
            .observe(attempt.duration.as_secs_f64());
        if attempt.outcome == Outcome::Delivered {
            let age = clock::age_of(job.headers.received_at_micro);
            metrics
                .delivered_age
                .with_label_values(&[&self.name])
                .observe(age.as_secs_f64());
        }
        let now = attempt.outcome == Outcome::Misconfigured;
        let delivered = attempt.outcome == Outcome::Delivered;
        if now && !self.misconfigured.swap(true, Ordering::Relaxed) {
            metrics.misconfigured.with_label_values(&[&self.name]).set(1.0);
            tracing::error!(
                destination.name = self.name,
                outcome.reason = attempt.reason,
                http.status = attempt.status,
                "destination refuses until its settings are mended; its events wait"
            );
        } else if delivered && self.misconfigured.swap(false, Ordering::Relaxed) {
            metrics.misconfigured.with_label_values(&[&self.name]).set(0.0);
            tracing::info!(destination.name = self.name, "destination takes events again");
        }
    }
}

/// What an attempt says of the destination.
fn health(verdict: Verdict) -> Health {
    match verdict {
        Verdict::Delivered | Verdict::GiveUp { .. } => Health::Works,
        Verdict::Retry {
            after: Some(after),
            whose: Whose::Destination,
            ..
        } => Health::Busy(after),
        Verdict::Retry { .. } | Verdict::Misconfigured { .. } => Health::Fails,
    }
}

/// What it means that there is no answer.
fn judge_silence(error: &OutboundError) -> Verdict {
    match error {
        OutboundError::Guarded { .. } => Verdict::Misconfigured {
            reason: "private_address",
        },
        OutboundError::Request(_) | OutboundError::Client(_) => Verdict::Misconfigured { reason: "request" },
        OutboundError::Late { .. } => Verdict::Retry {
            reason: "late",
            after: None,
            whose: Whose::Destination,
        },
        OutboundError::Unreachable { .. } => Verdict::Retry {
            reason: "unreachable",
            after: None,
            whose: Whose::Destination,
        },
        // It was taken or it was not; what says so is longer than anybody reads.
        OutboundError::TooLarge { .. } => Verdict::GiveUp {
            reason: "answer_too_large",
        },
    }
}
