//! Keeps a source telling: looks at its subscriptions every hour and after silence, and makes anew what is missing, banned or
//! removed; says when a source is silent though events are due.
//!
//! Only the enricher that has the company's partition does it, so nobody does it twice; two that overlap in a rebalance both
//! look again after what they did, and one of two equal subscriptions goes. A ban shows nowhere in Pipedrive's list: a source is
//! taken for silent when the account changed and the change did not come. A quiet account is asked, and nobody is woken.

mod account;
mod suspicion;

use std::sync::Arc;
use std::time::Duration;

use pipedrive::{Change, Done, Subscription, Webhook};
use stage::{Shutdown, clock};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::api::Api;
use crate::config::Silence;
use crate::listening::{Heard, Told};
use crate::metrics::Kept;
use suspicion::Suspicion;

/// Between two looks at what was heard, at most.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
/// A look that failed is taken again so soon.
const AGAIN: Duration = Duration::from_mins(5);
/// First and longest pause between two looks at an account that is silent while events are due.
const SILENT_AGAIN: Duration = Duration::from_mins(10);
const SILENT_AGAIN_MAX: Duration = Duration::from_hours(1);

/// What one source is kept by.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(crate) source: String,
    /// `None`: there is nobody to ask; silence is told all the same.
    pub(crate) api: Option<Arc<Api>>,
    /// Empty unless they are managed.
    pub(crate) wanted: Vec<Subscription>,
    pub(crate) check_every: Duration,
    pub(crate) patience: Silence,
    /// Partitions of `omni.raw`.
    pub(crate) partitions: i32,
    pub(crate) told: watch::Receiver<Told>,
    /// Told when a subscription was made anew.
    pub(crate) repaired: Arc<Notify>,
    pub(crate) metrics: Kept,
}

/// When to look next.
#[derive(Debug)]
struct Plan {
    next: Instant,
    next_silent: Instant,
    silent_pause: Duration,
    /// As the last look found it.
    is_silent: bool,
}

impl Plan {
    fn new(now: Instant) -> Self {
        Self {
            next: now,
            next_silent: now,
            silent_pause: SILENT_AGAIN,
            is_silent: false,
        }
    }

    fn is_due(&self, now: Instant, is_strange: bool) -> bool {
        now >= self.next || (is_strange && now >= self.next_silent)
    }

    fn looked(&mut self, now: Instant, every: Duration, is_strange: bool) {
        self.next = now + every;
        if is_strange {
            self.next_silent = now + self.silent_pause;
            self.silent_pause = (self.silent_pause * 2).min(SILENT_AGAIN_MAX);
        } else {
            (self.next_silent, self.silent_pause) = (now, SILENT_AGAIN);
        }
    }
}

impl Keeper {
    /// Keeps the source until a stop is requested.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut plan: Option<Plan> = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LISTEN_EVERY.min(self.check_every)) => {}
                () = shutdown.requested() => return,
            }
            let now = Instant::now();
            let Some(heard) = self.own(now).await else {
                if plan.take().is_some() {
                    self.metrics.forget(&self.source);
                }
                continue;
            };
            let plan = plan.get_or_insert_with(|| Plan::new(now));
            let is_strange = heard.is_some_and(|heard| heard.silence.is_strange(&self.patience.strange()));
            if !is_strange {
                plan.is_silent = false;
            }
            if plan.is_due(now, is_strange) {
                tokio::select! {
                    () = self.look(plan, heard, is_strange) => {}
                    () = shutdown.requested() => return,
                }
            }
            self.metrics.heard(&self.source, heard, plan.is_silent);
        }
    }

    /// What was heard of the source, where it is this enricher's; the company nobody has heard of yet included.
    async fn own(&self, now: Instant) -> Option<Option<Heard>> {
        let company = match &self.api {
            Some(api) => api.company(now).await,
            None => None,
        };
        let told = self.told.borrow();
        let Some(company) = company else {
            // Nobody to ask, or it does not answer: of what was heard the most silent.
            let own = told
                .sources
                .iter()
                .filter(|((source, _), _)| *source == self.source);
            let most = own.map(|(_, heard)| *heard);
            return most
                .max_by(|one, other| one.silence.due.total_cmp(&other.silence.due))
                .map(Some);
        };
        let own = told.own_partition(&self.source, company, self.partitions);
        own.map(|_| told.sources.get(&(self.source.clone(), company)).copied())
    }

    /// Asks the account, and repairs what is managed.
    async fn look(&self, plan: &mut Plan, heard: Option<Heard>, is_strange: bool) {
        let now = Instant::now();
        let Some(api) = &self.api else {
            // Nobody can say that nothing happened.
            plan.is_silent = is_strange;
            plan.looked(now, self.check_every, is_strange);
            return;
        };
        let suspicion = match self.suspect(api, heard, is_strange).await {
            Ok(suspicion) => suspicion,
            Err(error) => {
                tracing::warn!(
                    source.name = self.source,
                    error = &error as &dyn std::error::Error,
                    "the account cannot be asked whether it is silent"
                );
                plan.is_silent = is_strange;
                plan.looked(now, AGAIN, is_strange);
                return;
            }
        };
        self.say(plan, suspicion);
        let repaired = self.wanted.is_empty() || self.repair(api, suspicion).await;
        plan.looked(now, if repaired { self.check_every } else { AGAIN }, is_strange);
    }

    /// Whether the account changed while nothing came. Not asked while events come.
    async fn suspect(
        &self,
        api: &Api,
        heard: Option<Heard>,
        is_strange: bool,
    ) -> Result<Suspicion, pipedrive::Error> {
        let now_micro = clock::now_micro();
        let is_old = |heard: &Heard| now_micro - heard.last_micro > self.patience.quiet_micro();
        let Some(heard) = heard.filter(|heard| is_strange || is_old(heard)) else {
            return Ok(Suspicion::none());
        };
        let since_micro = Suspicion::since_micro(heard.last_micro);
        let grace_micro = self.patience.grace_micro();
        let changes = account::changes_since(api, &self.wanted, since_micro, now_micro, grace_micro).await?;
        Ok(Suspicion::of(heard.last_micro, changes, now_micro, grace_micro))
    }

    fn say(&self, plan: &mut Plan, suspicion: Suspicion) {
        let was = std::mem::replace(&mut plan.is_silent, suspicion.is_founded());
        if suspicion.is_founded() && !was {
            tracing::error!(
                source.name = self.source,
                "the account changed and no webhook told of it: banned, removed, or not reaching the collector; `omni webhooks check` says more"
            );
        }
    }

    /// Brings the subscriptions to what is wanted; false when that must be tried again soon.
    async fn repair(&self, api: &Api, suspicion: Suspicion) -> bool {
        let is_silent = |webhook: &Webhook| suspicion.is_against(webhook);
        let kept = match api.keep_webhooks(&self.wanted, is_silent).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(
                    source.name = self.source,
                    error = &error as &dyn std::error::Error,
                    "webhooks could not be looked at"
                );
                return false;
            }
        };
        for done in &kept.done {
            self.tell(done);
        }
        let is_new = |done: &Done| done.error.is_none() && matches!(done.change, Change::Add { .. });
        if kept.done.iter().any(is_new) {
            self.repaired.notify_one();
        }
        self.metrics
            .webhooks(&self.source, &self.wanted, &kept.listed, clock::now_micro());
        kept.done.iter().all(|done| done.error.is_none())
    }

    fn tell(&self, done: &Done) {
        let cause = done.cause.as_str();
        let (step, webhook) = match &done.change {
            Change::Add { id, .. } => ("add", *id),
            Change::Remove { id } => ("remove", Some(*id)),
        };
        let result = if done.error.is_some() { "failed" } else { "done" };
        self.metrics.step(&self.source, step, cause, result);
        match &done.error {
            None => tracing::warn!(
                source.name = self.source,
                webhook.id = webhook,
                webhook.step = step,
                webhook.cause = cause,
                "subscription was repaired"
            ),
            Some(error) => tracing::error!(
                source.name = self.source,
                webhook.id = webhook,
                webhook.step = step,
                webhook.cause = cause,
                error = error as &dyn std::error::Error,
                "subscription could not be repaired; `omni webhooks check` says more"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_every_hour_and_after_silence_ever_more_seldom() {
        let start = Instant::now();
        let hour = Duration::from_hours(1);
        let mut plan = Plan::new(start);
        assert!(plan.is_due(start, false));
        plan.looked(start, hour, false);
        assert!(!plan.is_due(start + hour / 2, false));
        assert!(
            plan.is_due(start + hour / 2, true),
            "silence does not wait for the hour"
        );
        plan.looked(start + hour / 2, hour, true);
        let at = |minutes: u64| start + hour / 2 + Duration::from_mins(minutes);
        assert!(!plan.is_due(at(9), true) && plan.is_due(at(10), true));
        plan.looked(at(10), hour, true);
        assert!(!plan.is_due(at(29), true) && plan.is_due(at(30), true));
        plan.looked(at(30), hour, false);
        assert!(plan.is_due(at(31), true), "it told again in between");
    }
}
