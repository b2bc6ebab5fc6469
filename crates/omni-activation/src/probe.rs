//! Tries a destination for a person who sets it up: whether it can be reached, whether there is a credential, and what it says
//! to one event. By the same sender as live events, outside of any stream.

use std::time::Duration;

use stage::Secret;
use stage::outbound::{Method, Outbound, OutboundError};

use crate::answer;
use crate::config::DestinationSettings;
use crate::delivery::send::{Company, Sender, Tried};
use crate::destination::{Destination, Event, Refused, Verdict};

/// Why a destination cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Its settings are none.
    #[error("the settings cannot be used")]
    Settings(#[source] Refused),
    /// No client can be made.
    #[error("no client can be made")]
    Client(#[source] OutboundError),
}

/// A destination that is tried.
#[derive(Debug)]
pub struct Probe {
    sender: Sender,
    outbound: Outbound,
    secrets: Vec<Secret>,
}

/// What an address said to a question that sends nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// What was asked, without its query.
    pub asked: String,
    /// Its status; an answer of any status shows that somebody is there.
    pub status: u16,
    /// Whether it was asked for its health.
    pub is_health: bool,
}

/// How one event fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// `delivered`, or the outcome and the reason as `omni.deliveries` has them.
    pub outcome: String,
    /// None: there was no answer, or nothing was sent.
    pub status: Option<u16>,
    /// What was answered, without secrets and persons; of what was taken the platform's receipt, if it gives one.
    pub answer: String,
    /// Of the request alone.
    pub duration: Duration,
}

impl Probe {
    /// # Errors
    /// [`ProbeError`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, ProbeError> {
        let destination = Destination::new(settings).map_err(ProbeError::Settings)?;
        Ok(Self {
            sender: Sender::new(destination, settings).map_err(ProbeError::Client)?,
            outbound: Outbound::new(settings.outbound()).map_err(ProbeError::Client)?,
            secrets: settings.secrets().cloned().collect(),
        })
    }

    /// Comes to a credential; `None`: it needs none but what the settings say.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn credential(&self) -> Option<Result<(), &'static str>> {
        match self.sender.credential().await {
            Ok(None) => None,
            Ok(Some(_)) => Some(Ok(())),
            Err(verdict) => Some(Err(told(verdict).1)),
        }
    }

    /// Asks where its health is told, or for the head of this address where none is: neither sends anything.
    ///
    /// # Errors
    /// Nobody answers, or nobody may be asked.
    pub async fn reach(&self, settings: &DestinationSettings) -> Option<Result<Reached, OutboundError>> {
        let health = self.sender.health();
        let is_health = health.is_some();
        let method = if is_health { Method::GET } else { Method::HEAD };
        let mut url = health.or_else(|| settings.url.parse().ok())?;
        let answer = self
            .outbound
            .call(self.outbound.request(method, url.clone()))
            .await;
        url.set_query(None);
        Some(answer.map(|answer| Reached {
            asked: url.to_string(),
            status: answer.status.as_u16(),
            is_health,
        }))
    }

    /// Asks whether a conversion would be taken, one of nobody that records nothing; `None`: the platform cannot be asked that.
    ///
    /// # Errors
    /// [`ProbeError`].
    pub async fn rehearse(settings: &DestinationSettings) -> Result<Option<Tested>, ProbeError> {
        let Some(settings) = settings.rehearsing() else {
            return Ok(None);
        };
        let probe = Self::new(&settings)?;
        let tried = probe.sender.rehearse().await;
        Ok(tried.map(|tried| probe.tested(&tried, b"{}")))
    }

    /// Sends this event once.
    pub async fn send(&self, event: &Event<'_>) -> Tested {
        let tried = self.sender.send(event, Company::None).await;
        self.tested(&tried, event.flat)
    }

    fn tested(&self, tried: &Tried, flat: &[u8]) -> Tested {
        let secrets: Vec<&str> = self.secrets.iter().map(Secret::expose).collect();
        let (outcome, reason) = told(tried.verdict);
        Tested {
            outcome: if reason.is_empty() {
                outcome.to_owned()
            } else {
                format!("{outcome}: {reason}")
            },
            status: tried.status,
            answer: answer::kept(&tried.answer, flat, &secrets),
            duration: tried.duration,
        }
    }
}

fn told(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Delivered => ("delivered", ""),
        Verdict::Retry { reason, .. } => ("would be tried again", reason),
        Verdict::GiveUp { reason } => ("would be given up", reason),
        Verdict::Misconfigured { reason } => ("misconfigured", reason),
    }
}
