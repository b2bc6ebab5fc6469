//! The inserts of one batch, side by side, each until it is acknowledged.
//!
//! While ClickHouse does not answer the same block is sent again under the same token, for as long as it takes: the lane
//! stands still and loses nothing. What the server refuses for good ends the lane with its reason.
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown};
use tokio::runtime::Handle;
use warehouse::{Block, Class, Insert, Table, Warehouse};

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
}

/// Why a batch was not inserted.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A stop was requested meanwhile; what the server did is unknown.
    Stopped,
    Refused(warehouse::Error),
}

/// Inserts for a lane.
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
            if backoff.attempts() == 0 {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    batch = %job.token,
                    "insert is tried again until it is taken"
                );
            }
            if matches!(error, warehouse::Error::Deadline { .. }) {
                // Clocks may have drifted; without an answer the next attempt tells.
                let _ = self.warehouse.ask_clock().await;
            }
            if !backoff.pause(&self.shutdown).await {
                return Err(Failure::Stopped);
            }
        }
    }

    async fn attempt(&self, job: &Job<'_>) -> Result<(), warehouse::Error> {
        let deadline = self.warehouse.insert_deadline().await?;
        let Job { table, block, token } = job;
        self.warehouse
            .insert(&Insert {
                table,
                block,
                token: token.as_str(),
                deadline,
            })
            .await
    }
}
