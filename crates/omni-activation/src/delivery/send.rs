//! Sends what is said: alone or with others, so many requests at once and a second, with a credential where one is asked for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use stage::clock;
use stage::outbound::{Answer, Outbound, OutboundError, OutboundSettings, Url};
use tokio::sync::Semaphore;

use super::batch::{Batch, Gathered, Waiting};
use super::halve::Halves;
use super::session::Session;
use crate::config::DestinationSettings;
use crate::destination::{
    Credential, Destination, Event, Judged, Login, Now, Request, Response, Said, Takes, Unfit, Verdict, Whose,
};

const MICROS: i64 = 1_000_000;

/// How one attempt went.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) verdict: Verdict,
    pub(crate) status: Option<u16>,
    /// What was said of the event, unmasked; of one that was taken no more than the platform's receipt, if it gives one.
    pub(crate) answer: Bytes,
    /// Of the request alone.
    pub(crate) duration: Duration,
}

impl Tried {
    /// Without an answer.
    fn silent(verdict: Verdict, duration: Duration) -> Self {
        Self {
            verdict,
            status: None,
            answer: Bytes::new(),
            duration,
        }
    }

    fn unfit(unfit: Unfit) -> Self {
        let reason = unfit.reason();
        Self::silent(Verdict::GiveUp { reason }, Duration::ZERO)
    }
}

/// What is sent in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// What else is waiting goes along.
    Welcome,
    /// Nothing goes along: it may be this event that others failed by.
    None,
}

#[derive(Debug)]
pub(crate) struct Sender {
    destination: Destination,
    outbound: Outbound,
    session: Session,
    requests: Semaphore,
    /// None: no limit.
    pace: Option<DefaultDirectRateLimiter>,
    batch: Batch<Tried>,
}

impl Sender {
    pub(crate) fn new(
        destination: Destination,
        settings: &DestinationSettings,
    ) -> Result<Self, OutboundError> {
        let outbound = Outbound::new(OutboundSettings {
            answer_bytes_max: destination.protocol().hears_bytes_max(),
            ..settings.outbound()
        })?;
        let login = destination.protocol().login().and_then(Login::addresses);
        let session = match login {
            None => Outbound::new(settings.outbound())?,
            Some(addresses) => Outbound::new(OutboundSettings {
                addresses,
                ..settings.outbound()
            })?,
        };
        Ok(Self {
            batch: Batch::new(
                destination.protocol().takes(),
                Duration::from_millis(settings.batch_wait_ms),
            ),
            destination,
            outbound,
            session: Session::new(session),
            requests: Semaphore::new(settings.in_flight_max),
            pace: NonZeroU32::new(settings.requests_per_second_max)
                .map(|most| RateLimiter::direct(Quota::per_second(most))),
        })
    }

    pub(crate) fn takes(&self) -> Takes {
        self.destination.protocol().takes()
    }

    /// Where its health can be asked for.
    pub(crate) fn health(&self) -> Option<Url> {
        self.destination.protocol().health()
    }

    /// Tries this event once.
    pub(crate) async fn send(&self, event: &Event<'_>, company: Company) -> Tried {
        let said = match self.destination.say(event, seconds()) {
            Ok(said) => said,
            Err(unfit) => return Tried::unfit(unfit),
        };
        if company == Company::None || self.takes().events_max == 1 {
            return first(self.request(&[&said]).await);
        }
        loop {
            match self.batch.join(said.clone()).await {
                Gathered::Told(tried) => return tried,
                Gathered::Lead(taken, answer) => {
                    self.lead(taken).await;
                    if let Ok(tried) = answer.await {
                        return tried;
                    }
                }
                Gathered::Nothing => {}
            }
        }
    }

    /// Asks whether events would be taken, of nobody; `None`: the platform cannot be asked.
    pub(crate) async fn rehearse(&self) -> Option<Tried> {
        let said = self.destination.protocol().rehearsal(seconds());
        if said.is_empty() {
            return None;
        }
        let tried = self.request(&said.iter().collect::<Vec<_>>()).await;
        let is_refused = |tried: &&Tried| tried.verdict != Verdict::Delivered;
        let refused = tried.iter().find(is_refused).cloned();
        Some(refused.unwrap_or_else(|| first(tried)))
    }

    /// Sends for all, also to find the one that is not wanted, and tells each.
    async fn lead(&self, taken: Vec<Waiting<Tried>>) {
        let said: Vec<&Said> = taken.iter().map(|one| &one.said).collect();
        let mut halves = Halves::of(&said);
        while let Some(part) = halves.next() {
            halves.tell(part, self.request(part).await);
        }
        let told = halves.told();
        for (one, tried) in taken.into_iter().zip(told) {
            one.tell(tried);
        }
    }

    /// One request; as many words as events.
    async fn request(&self, said: &[&Said]) -> Vec<Tried> {
        // The semaphore is never closed.
        let _room = self.requests.acquire().await;
        if let Some(pace) = &self.pace {
            pace.until_ready().await;
        }
        let begun = Instant::now();
        let alike = |tried: Tried| vec![tried; said.len()];
        let credential = match self.credential().await {
            Ok(credential) => credential,
            Err(verdict) => return alike(Tried::silent(verdict, begun.elapsed())),
        };
        let now = Now {
            seconds: seconds(),
            credential: credential.as_deref(),
        };
        let request = match self.destination.protocol().request(said, &now) {
            Ok(request) => request,
            Err(unfit) => return alike(Tried::unfit(unfit)),
        };
        let answer = match self.call(request).await {
            Ok(answer) => answer,
            Err(error) => return alike(Tried::silent(judge_silence(&error), begun.elapsed())),
        };
        let mut tried = self.judged(said, &answer, begun.elapsed());
        if let Some(credential) = credential.filter(|_| tried.iter().all(is_unauthorized))
            && self.session.forget(&credential).await
        {
            for tried in &mut tried {
                tried.verdict = Verdict::Retry {
                    reason: "credential_old",
                    after: None,
                    whose: Whose::Destination,
                };
            }
        }
        tried
    }

    /// What its requests are signed with or carry; none where the settings say all.
    ///
    /// # Errors
    /// What it means that there is none.
    pub(crate) async fn credential(&self) -> Result<Option<Arc<Credential>>, Verdict> {
        match self.destination.protocol().login() {
            None => Ok(None),
            Some(login) => self.session.credential(login, seconds()).await.map(Some),
        }
    }

    async fn call(&self, request: Request) -> Result<Answer, OutboundError> {
        let request = self
            .outbound
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body);
        self.outbound.call(request).await
    }

    fn judged(&self, said: &[&Said], answer: &Answer, duration: Duration) -> Vec<Tried> {
        let response = Response {
            status: answer.status,
            headers: &answer.headers,
            body: &answer.body,
        };
        let tried = |verdict: Verdict, told: Bytes| Tried {
            verdict,
            status: Some(answer.status.as_u16()),
            answer: told,
            duration,
        };
        match self.destination.protocol().judge(said, &response) {
            Judged::All(Verdict::Delivered) => vec![tried(Verdict::Delivered, Bytes::new()); said.len()],
            Judged::All(verdict) => vec![tried(verdict, answer.body.clone()); said.len()],
            Judged::Each(told) => {
                let told = told
                    .into_iter()
                    .map(|told| tried(told.verdict, Bytes::from(told.answer)));
                // Of whom nothing is said is asked for again.
                let untold = || tried(UNTOLD, answer.body.clone());
                told.chain(std::iter::repeat_with(untold))
                    .take(said.len())
                    .collect()
            }
        }
    }
}

/// The answer passes over an event.
const UNTOLD: Verdict = Verdict::Retry {
    reason: "untold",
    after: None,
    whose: Whose::Event,
};

fn is_unauthorized(tried: &Tried) -> bool {
    matches!(tried.verdict, Verdict::Misconfigured { reason } if reason == "unauthorized")
}

fn first(tried: Vec<Tried>) -> Tried {
    let missing = || Tried::silent(Verdict::GiveUp { reason: "unfit" }, Duration::ZERO);
    tried.into_iter().next().unwrap_or_else(missing)
}

fn seconds() -> i64 {
    clock::now_micro() / MICROS
}

/// What it means that there is no answer.
fn judge_silence(error: &OutboundError) -> Verdict {
    let retry = |reason| Verdict::Retry {
        reason,
        after: None,
        whose: Whose::Destination,
    };
    match error {
        OutboundError::Guarded { .. } => Verdict::Misconfigured {
            reason: "private_address",
        },
        OutboundError::Request(_) | OutboundError::Client(_) => Verdict::Misconfigured { reason: "request" },
        OutboundError::Late { .. } => retry("late"),
        OutboundError::Unreachable { .. } => retry("unreachable"),
        // Cut where it is too long: this cannot be.
        OutboundError::TooLarge { .. } => retry("answer_too_large"),
    }
}
