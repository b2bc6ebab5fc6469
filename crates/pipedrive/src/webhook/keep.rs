//! Lists, does what [`upkeep`] says, and looks again: what was added beside another's doing is taken back.

use std::time::Duration;

use tokio::time::Instant;

use super::{Cause, Step, Subscription, Webhook, upkeep};
use crate::{Client, Error, Facts, Priority};

/// Status of a refusal at the quota.
const QUOTA: u16 = 422;

/// What was found and done.
#[derive(Debug, Default)]
pub struct Kept {
    /// Every webhook as listed last, those of others too.
    pub listed: Vec<Webhook>,
    /// What was tried, in its order.
    pub done: Vec<Done>,
    pub facts: Facts,
}

/// One step, and how it ended.
#[derive(Debug)]
pub struct Done {
    pub change: Change,
    pub cause: Cause,
    /// Why it could not be.
    pub error: Option<Error>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A subscription to this object; the id is there when it was added.
    Add { object: String, id: Option<u64> },
    /// The webhook of this id.
    Remove { id: u64 },
}

impl Client {
    /// Brings the account's webhooks to what is wanted (see [`upkeep`]), within one deadline: 10 tokens when nothing is to be
    /// done, else 20 and what each step costs. At the quota a webhook that is to go goes first.
    ///
    /// # Errors
    /// When the webhooks cannot be listed; a step that failed is told in [`Kept::done`], and the others are done all the same.
    pub async fn keep_webhooks(
        &self,
        wanted: &[Subscription],
        is_silent: impl Fn(&Webhook) -> bool,
        priority: Priority,
        deadline: Duration,
    ) -> Result<Kept, Error> {
        let until = Instant::now() + deadline;
        let mut keeping = Keeping {
            client: self,
            priority,
            until,
            kept: Kept::default(),
        };
        keeping.list().await?;
        let listed = keeping.kept.listed.clone();
        keeping.all(upkeep(wanted, &listed, is_silent)).await;
        if !keeping.kept.done.is_empty() {
            keeping.list().await?;
            // Two that kept the same account at once have both added: all but one go.
            let listed = keeping.kept.listed.clone();
            let steps = upkeep(wanted, &listed, |_| false);
            let doubles = |step: &Step<'_>| matches!(step, Step::Remove(_, Cause::Double));
            let steps: Vec<_> = steps.into_iter().filter(doubles).collect();
            if !steps.is_empty() {
                keeping.all(steps).await;
                keeping.list().await?;
            }
        }
        Ok(keeping.kept)
    }
}

struct Keeping<'a> {
    client: &'a Client,
    priority: Priority,
    until: Instant,
    kept: Kept,
}

impl Keeping<'_> {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    async fn list(&mut self) -> Result<(), Error> {
        let call = self.client.webhooks(self.priority, self.left()).await;
        self.kept.facts.endpoint = call.facts.endpoint;
        self.kept.facts.add(&call.facts);
        self.kept.listed = call.result?;
        Ok(())
    }

    async fn all(&mut self, mut steps: Vec<Step<'_>>) {
        let mut full = false;
        let mut again = Vec::new();
        for step in std::mem::take(&mut steps) {
            match step {
                Step::Add(subscription, cause) => match self.add(subscription).await {
                    Err(Error::Rejected { status: QUOTA, .. }) if !full => {
                        full = true;
                        again.push((subscription, cause));
                    }
                    result => self.added(subscription, cause, result),
                },
                Step::Remove(id, cause) => self.remove(id, cause).await,
            }
        }
        for (subscription, cause) in again {
            let result = self.add(subscription).await;
            self.added(subscription, cause, result);
        }
    }

    async fn add(&mut self, subscription: &Subscription) -> Result<u64, Error> {
        let left = self.left();
        let call = self.client.add_webhook(subscription, self.priority, left).await;
        self.kept.facts.add(&call.facts);
        call.result.map(|webhook| webhook.id)
    }

    fn added(&mut self, subscription: &Subscription, cause: Cause, result: Result<u64, Error>) {
        let (id, error) = match result {
            Ok(id) => (Some(id), None),
            Err(error) => (None, Some(error)),
        };
        let object = subscription.object.clone();
        let change = Change::Add { object, id };
        self.kept.done.push(Done { change, cause, error });
    }

    /// A webhook whose successor could not be added stays: it may come back.
    async fn remove(&mut self, id: u64, cause: Cause) {
        let failed = |done: &Done| done.error.is_some() && done.cause == Cause::Silent;
        if cause == Cause::Silent && self.kept.done.iter().any(failed) {
            return;
        }
        let left = self.left();
        let call = self.client.remove_webhook(id, self.priority, left).await;
        self.kept.facts.add(&call.facts);
        let error = match call.result {
            Ok(()) | Err(Error::NotFound { .. }) => None,
            Err(error) => Some(error),
        };
        let change = Change::Remove { id };
        self.kept.done.push(Done { change, cause, error });
    }
}
