//! Holds what changed in an account against what was told of it, and sends what was not: what Pipedrive does not send is never sent
//! again by itself.
//!
//! The states on this enricher's disk say what was told: they are fed by every event of the company, and everything that went
//! through here reaches rows and panels. So no warehouse is asked. Each difference becomes an event of kind `backfill` (origin
//! `reconcile`) on `omni.raw`, the same that `omni reconcile` sends: the same state is the same event, and one that was told
//! meanwhile changes nothing. Refused here: to say that something is gone because a list no longer has it (`omni reconcile` does).

mod pass;

use std::sync::Arc;
use std::time::Duration;

use event::moment;
use kafka::Producer;
use stage::{Shutdown, clock};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::api::Api;
use crate::listening::Told;
use crate::metrics::Reconciled;
use crate::store::Store;
use pass::{Pass, Since};

/// Between two looks whether the partition is this enricher's, at most.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A pass that failed goes on so soon.
const AGAIN: Duration = Duration::from_mins(5);
/// How far the first pass looks back, unless the source has been quiet for longer.
const FIRST_MICRO: i64 = 24 * 3_600 * moment::SECOND;

/// Who holds one source's account against what was told.
#[derive(Debug)]
pub(crate) struct Reconciler {
    pub(crate) source: String,
    pub(crate) api: Arc<Api>,
    pub(crate) store: Store,
    pub(crate) producer: Arc<Producer>,
    pub(crate) every: Duration,
    /// What is younger may still come by itself.
    pub(crate) grace: Duration,
    /// Partitions of `omni.raw`.
    pub(crate) partitions: i32,
    pub(crate) told: watch::Receiver<Told>,
    /// A subscription was made anew: what happened before that was not told.
    pub(crate) repaired: Arc<Notify>,
    pub(crate) metrics: Reconciled,
}

/// The company whose partition is this enricher's.
#[derive(Debug, Clone, Copy)]
struct Own {
    company_id: u64,
    partition: i32,
    /// Everything that came until then is in the store; microseconds since 1970.
    present_micro: i64,
    /// When the last webhook came, where one did.
    last_micro: Option<i64>,
}

impl Reconciler {
    /// Compares, again and again, until a stop is requested.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut since = Since::default();
        let mut next = Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY.min(self.every)) => {}
                () = self.repaired.notified() => {
                    since.read_all();
                    next = Instant::now() + self.grace;
                }
                () = shutdown.requested() => return,
            }
            let Some(own) = self.own().await else {
                since = Since::default();
                self.metrics.forget(&self.source);
                continue;
            };
            if Instant::now() < next {
                continue;
            }
            tokio::select! {
                pause = self.pass(own, &mut since) => next = Instant::now() + pause,
                () = shutdown.requested() => return,
            }
        }
    }

    /// The company, where its partition is this enricher's and a heartbeat says how far its events are worked.
    async fn own(&self) -> Option<Own> {
        let company_id = self.api.company(Instant::now()).await?;
        let told = self.told.borrow();
        let partition = told.own_partition(&self.source, company_id, self.partitions)?;
        let present_micro = told.beats.get(&partition).copied()?;
        let heard = told.sources.get(&(self.source.clone(), company_id));
        Some(Own {
            company_id,
            partition,
            present_micro,
            last_micro: heard.map(|heard| heard.last_micro),
        })
    }

    /// One pass, and how long to wait for the next.
    async fn pass(&self, own: Own, since: &mut Since) -> Duration {
        let now_micro = clock::now_micro();
        let grace_micro = i64::try_from(self.grace.as_micros()).unwrap_or(i64::MAX);
        let day_ago = now_micro.saturating_sub(FIRST_MICRO);
        let pass = Pass {
            reconciler: self,
            own,
            first_micro: own.last_micro.map_or(day_ago, |last| last.min(day_ago)),
            until_micro: own.present_micro.min(now_micro).saturating_sub(grace_micro),
            now_micro,
        };
        let (sent, ended) = pass.run(since).await;
        if sent > 0 {
            tracing::warn!(
                source.name = self.source,
                events = sent,
                "changes that no webhook told of were found in the account, and sent"
            );
        }
        match ended {
            Ok(()) => {
                self.metrics.whole(&self.source, now_micro);
                self.every
            }
            Err(trouble) => {
                tracing::warn!(
                    source.name = self.source,
                    error = &trouble as &dyn std::error::Error,
                    "the account could not be compared to its end; what is left follows"
                );
                trouble.pause().max(AGAIN.min(self.every))
            }
        }
    }
}
