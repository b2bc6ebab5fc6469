//! The inserts of one batch, side by side, each until it is acknowledged or its deadline is past.
//!
//! While ClickHouse does not answer the same block is sent again under the same token. After the deadline the plan must be
//! agreed anew, since the member may have lost its partitions meanwhile. What the server refuses is the lane's to decide.
use std::future::Future;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown};
use tokio::runtime::Handle;
use warehouse::{Block, Class, Deadline, Insert, Table, Warehouse};

use crate::metrics::Loaded;
use crate::plan::Token;
use crate::readiness::CLICKHOUSE;

/// Inserts of one lane under way at once; more would only queue in the server.
const INSERTS_AT_ONCE_MAX: usize = 4;

const RETRY: Limits = Limits {
    initial: Duration::from_millis(50),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// One planned insert.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) table: &'a Table,
    pub(crate) block: &'a Block,
    pub(crate) token: Token,
    pub(crate) deadline: Deadline,
}

/// Why the server did not do something.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A stop was requested meanwhile; what the server did is unknown.
    Stopped,
    /// The deadline passed; earlier attempts may have been answered to nobody.
    Late,
    Refused(warehouse::Error),
}

/// Talks to ClickHouse for a lane.
#[derive(Debug)]
pub(crate) struct Inserter {
    pub(crate) warehouse: Warehouse,
    pub(crate) runtime: Handle,
    pub(crate) shutdown: Shutdown,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Loaded,
}

impl Inserter {
    /// Waits until all are acknowledged: what each took, in seconds, in order. Blocks.
    pub(crate) fn all(&self, jobs: &[Job<'_>]) -> Result<Vec<f64>, Failure> {
        let inserts = stream::iter(jobs)
            .map(|job| self.one(job))
            .buffered(INSERTS_AT_ONCE_MAX)
            .try_collect();
        self.runtime.block_on(inserts)
    }

    /// Asks until the server answers, for as long as it takes. Blocks.
    pub(crate) fn until_answered<T, F>(&self, what: &'static str, ask: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, warehouse::Error>>,
    {
        self.runtime.block_on(async {
            let mut backoff = Backoff::new(RETRY);
            loop {
                let error = match ask().await {
                    Ok(answer) => return Ok(answer),
                    Err(error) if error.class() == Class::Retry => error,
                    Err(error) => return Err(Failure::Refused(error)),
                };
                self.readiness.not_ready(CLICKHOUSE, error.to_string());
                if backoff.attempts() == 0 {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        asked = what,
                        "clickhouse is asked again until it answers"
                    );
                }
                if !backoff.pause(&self.shutdown).await {
                    return Err(Failure::Stopped);
                }
            }
        })
    }

    async fn one(&self, job: &Job<'_>) -> Result<f64, Failure> {
        let mut backoff = Backoff::new(RETRY);
        loop {
            let begun = Instant::now();
            let error = match self.attempt(job).await {
                Ok(()) => {
                    let seconds = begun.elapsed().as_secs_f64();
                    self.metrics.inserted(job.table.name(), job.block, seconds);
                    return Ok(seconds);
                }
                Err(error) if error.class() == Class::Retry => error,
                Err(error) => return Err(Failure::Refused(error)),
            };
            self.metrics.retried(job.table.name());
            self.readiness.not_ready(CLICKHOUSE, error.to_string());
            if matches!(error, warehouse::Error::Deadline { .. }) {
                // Clocks may have drifted; without an answer the next attempt tells.
                let _ = self.warehouse.ask_clock().await;
                return Err(Failure::Late);
            }
            if backoff.attempts() == 0 {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    batch = %job.token,
                    "insert is tried again until it is taken"
                );
            }
            if !backoff.pause(&self.shutdown).await {
                return Err(Failure::Stopped);
            }
            if self.is_past(job.deadline).await {
                return Err(Failure::Late);
            }
        }
    }

    /// By the server's clock, as far as it is known without asking.
    async fn is_past(&self, deadline: Deadline) -> bool {
        let now = self.warehouse.deadline(Duration::ZERO).await;
        now.is_ok_and(|now| now >= deadline)
    }

    async fn attempt(&self, job: &Job<'_>) -> Result<(), warehouse::Error> {
        let Job {
            table,
            block,
            token,
            deadline,
        } = job;
        self.warehouse
            .insert(&Insert {
                table,
                block,
                token: token.as_str(),
                deadline: *deadline,
            })
            .await
    }
}
