//! The API of one source: whether it answers, whose account it opens, and one lookup.
//!
//! An API that does not answer holds up one batch, once: from then on events go on without it, until the
//! watch has seen it answer again. Only entities of the token's own company are asked for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pipedrive::{
    Class, Client, Error, Kept, Kind, List, Page, Place, Priority, Snapshot, State, Subscription, Webhook,
};
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::metrics::Enriched;

/// Longest pause between two tries of an API that does not answer.
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// How long the question whose token it is may take.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// Looking at an account's webhooks and repairing them may take so long.
const WEBHOOKS_MAX: Duration = Duration::from_mins(1);

/// How an API stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not asked yet.
    Starting,
    /// Answers, for this company.
    Up(u64),
    /// Does not answer.
    Down,
}

/// One source's API.
#[derive(Debug)]
pub(crate) struct Api {
    source: String,
    client: Client,
    standing: watch::Sender<Standing>,
    /// As it said first: a token does not change its company.
    known_company: OnceLock<u64>,
    metrics: Enriched,
}

/// What a lookup gave.
#[derive(Debug)]
pub(crate) enum Answer {
    Found(State),
    /// It is not there, or not for us: for a while it is not asked for again.
    Absent,
    /// Nothing can be said about it now.
    Unknown,
}

impl Api {
    pub(crate) fn new(source: &str, client: Client, metrics: Enriched) -> Arc<Self> {
        let (standing, _) = watch::channel(Standing::Starting);
        Arc::new(Self {
            source: source.to_owned(),
            client,
            standing,
            known_company: OnceLock::new(),
            metrics,
        })
    }

    /// What was spent, to be kept over a restart.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.client.snapshot()
    }

    /// Takes what was kept.
    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        self.client.restore(snapshot);
    }

    /// Whether it is out of use.
    pub(crate) fn is_down(&self) -> bool {
        *self.standing.borrow() == Standing::Down
    }

    /// Whether entities of this company can be its own; anybody's until it has said whose it is.
    pub(crate) fn may_have(&self, company_id: u64) -> bool {
        self.known_company.get().is_none_or(|known| *known == company_id)
    }

    /// The company it answers for; waits for the first probe at most until then.
    pub(crate) async fn company(&self, until: Instant) -> Option<u64> {
        let mut standing = self.standing.subscribe();
        let known = tokio::time::timeout_at(
            until,
            standing.wait_for(|standing| *standing != Standing::Starting),
        )
        .await;
        match known {
            Ok(Ok(standing)) => match *standing {
                Standing::Up(company) => Some(company),
                Standing::Starting | Standing::Down => None,
            },
            _ => None,
        }
    }

    /// Looks one entity up.
    pub(crate) async fn get(&self, kind: Kind, id: &str, priority: Priority, until: Instant) -> Answer {
        let call = self.client.get(kind, id, priority, left(until)).await;
        self.heard(&call.facts, call.result.as_ref().err());
        match call.result {
            Ok(state) => Answer::Found(state),
            Err(error) => without(&error),
        }
    }

    /// Looks up to 100 entities up at once; one that is not among the found is absent.
    pub(crate) async fn get_many(
        &self,
        kind: Kind,
        ids: Vec<u64>,
        priority: Priority,
        until: Instant,
    ) -> Result<Vec<State>, Answer> {
        let list = List::ByIds(kind, ids);
        let call = self.client.list(&list, priority, left(until)).await;
        self.heard(&call.facts, call.result.as_ref().err());
        match call.result {
            Ok(pages) if pages.complete => Ok(pages.items),
            Ok(_) => Err(Answer::Unknown),
            Err(error) => Err(without(&error)),
        }
    }

    /// One page of a list; `Err` when nothing can be said now.
    pub(crate) async fn page(&self, list: &List, place: &Place, until: Instant) -> Result<Page, Error> {
        let call = self.client.page(list, place, Priority::Repair, left(until)).await;
        self.heard(&call.facts, call.result.as_ref().err());
        call.result
    }

    /// Brings the account's webhooks to what is wanted.
    pub(crate) async fn keep_webhooks(
        &self,
        wanted: &[Subscription],
        is_silent: impl Fn(&Webhook) -> bool,
    ) -> Result<Kept, Error> {
        let kept = self
            .client
            .keep_webhooks(wanted, is_silent, Priority::Repair, WEBHOOKS_MAX)
            .await;
        match &kept {
            Ok(kept) => self.heard(&kept.facts, None),
            Err(error) => self.heard(&pipedrive::Facts::of("webhooks"), Some(error)),
        }
        kept
    }

    /// Counts the call, and takes the API out of use when it does not answer. A full window of our own
    /// budget, or a reserve kept for the more urgent, says nothing about the API.
    fn heard(&self, facts: &pipedrive::Facts, error: Option<&Error>) {
        self.metrics.lookup(facts, error.map_or("found", Error::reason));
        let standing = self.client.standing();
        self.metrics.standing(&self.source, &standing);
        if matches!(error, Some(Error::Banned { .. })) {
            tracing::error!(
                source.name = self.source,
                bans = standing.bans,
                "pipedrive's edge blocks us: nothing is asked for a while; look for others who use the same token"
            );
        }
        let Some(error) = error else { return };
        let busy = matches!(
            error,
            Error::RateLimited {
                limit: pipedrive::Limit::Burst | pipedrive::Limit::Reserve,
                ..
            }
        );
        let silent = error.class() != Class::Abort && !busy;
        if silent
            && self
                .standing
                .send_if_modified(|now| std::mem::replace(now, Standing::Down) != Standing::Down)
        {
            tracing::warn!(
                source.name = self.source,
                error = error as &dyn std::error::Error,
                "api does not answer: events go on without it"
            );
        }
    }

    /// Asks whose token it is, at the start and whenever the API is down, until a stop is requested.
    pub(crate) async fn watch(self: Arc<Self>, pause: Duration, shutdown: Shutdown) {
        let limits = Limits {
            initial: pause,
            pause_max: PAUSE_MAX.max(pause),
            attempts_max: None,
        };
        let mut backoff = Backoff::new(limits);
        let mut standing = self.standing.subscribe();
        loop {
            let up = || self.standing.borrow().eq_up();
            if !up() {
                if self.probe().await {
                    backoff.reset();
                } else if !backoff.pause(&shutdown).await {
                    return;
                }
                continue;
            }
            tokio::select! {
                changed = standing.wait_for(|standing| !standing.eq_up()) => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = shutdown.requested() => return,
            }
            // What just failed is not asked again at once.
            if !backoff.pause(&shutdown).await {
                return;
            }
        }
    }

    async fn probe(&self) -> bool {
        let call = self.client.me(Priority::Live, PROBE_MAX).await;
        self.metrics.lookup(
            &call.facts,
            call.result.as_ref().err().map_or("found", Error::reason),
        );
        let company = call.result.and_then(|me| {
            let company = me
                .get("company_id")
                .and_then(event::EntityId::from_value)
                .and_then(|id| id.as_u64());
            company.ok_or(Error::Malformed {
                endpoint: "me",
                why: "no company_id",
            })
        });
        match company {
            Ok(company) => {
                self.known_company.get_or_init(|| company);
                self.standing.send_replace(Standing::Up(company));
                tracing::info!(source.name = self.source, "api answers");
                true
            }
            Err(error) => {
                let first = self.standing.send_replace(Standing::Down) == Standing::Starting;
                if first {
                    tracing::warn!(
                        source.name = self.source,
                        error = &error as &dyn std::error::Error,
                        "api does not answer: events go on without it"
                    );
                }
                false
            }
        }
    }
}

impl Standing {
    fn eq_up(self) -> bool {
        matches!(self, Self::Up(_))
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

fn without(error: &Error) -> Answer {
    match error.class() {
        Class::Abort => Answer::Absent,
        Class::Retry | Class::Fatal => Answer::Unknown,
    }
}
