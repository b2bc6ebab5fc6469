//! Flat events become rows, and every topic an archive, each record once.
//!
//! The way of a batch: gather → judge → plan → insert → commit. Line of no return: the server's answer to the insert.
//! Before it everything may be redone; after it the same range is only ever sent again under the same token, which the
//! server drops. The plan stands beside the group's offsets before its insert begins, so whoever takes over knows what was
//! under way. Rejects, the notice on `omni.loaded` and the offsets then become visible in one Kafka transaction.
//!
//! One lane, that is one consumer group and one thread, for each enabled template, one for each archived topic, and one
//! for what no template takes. A lane waits for ClickHouse as long as it takes; it never skips.

mod archive;
mod backlog;
mod batch;
mod claim;
mod closing;
mod config;
mod course;
mod feed;
mod given;
mod identity;
pub mod import;
mod insert;
mod intake;
mod kept_out;
mod known;
mod lane;
mod ledger;
mod metrics;
mod notice;
mod origin;
mod part;
mod plan;
mod rates;
mod readiness;
mod reject;
mod source;
mod start;
mod subject;
mod there;
mod unclaimed;

use stage::{Metrics, Readiness, Shutdown};
use tokio::task::JoinSet;
use traces::Traces;

pub use crate::rates::Settings as RatesSettings;
pub use config::{Config, Settings, TABLES};
pub use metrics::DECLARED as METRICS;
pub use start::{Fills, fed, fills, templates};

/// What `--help` says.
pub const PROGRAM: stage::Program = stage::Program {
    name: "omni-loader",
    about: "Loads flat events into ClickHouse by the enabled templates, and archives the topics.",
    tables: TABLES,
};

/// Stage name in groups, in rejected and in filtered records.
pub(crate) const STAGE: &str = "loader";

/// Why the loader cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The admin port.
    #[error("the admin port failed")]
    Admin(#[source] stage::admin::AdminError),
    /// `[stage.traces]`.
    #[error("traces cannot be exported")]
    Traces(#[source] traces::TracesError),
    /// A metric.
    #[error("the metrics cannot be set up")]
    Metrics(#[source] stage::metrics::MetricsError),
    /// `[loader] templates` names one that does not exist, or that cannot be read.
    #[error("[loader] templates")]
    Templates(#[source] shelf::Error),
    /// Two templates of `[loader] templates` write the same table.
    #[error(
        "[loader] templates: {one} and {other} both write the table {table}: load one of them, or copy it with tables of its own \
         (omni template new --from … --beside)"
    )]
    SharedTable {
        /// Which table.
        table: String,
        /// Whose it is.
        one: String,
        /// Who would write it too.
        other: String,
    },
    /// `[import.<name>]` cannot work.
    #[error("[import.{name}]: {message}")]
    Import {
        /// Which.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The topics are not as they must be, or the client is of no more use.
    #[error("lane {lane}: kafka")]
    Kafka {
        /// Which lane.
        lane: String,
        /// What happened.
        #[source]
        source: kafka::Error,
    },
    /// Somebody deleted a topic and made it anew: its offsets mean other records now.
    #[error("topic {topic} was made anew while it was read")]
    Replaced {
        /// Which topic.
        topic: String,
    },
    /// A table is not as it must be, or the server refuses what it should take.
    #[error("lane {lane}: clickhouse")]
    Warehouse {
        /// Which lane.
        lane: String,
        /// What happened.
        #[source]
        source: warehouse::Error,
    },
    /// A part of the loader panicked.
    #[error("a part of the loader ended unexpectedly")]
    Part(#[source] tokio::task::JoinError),
}

/// A loader with its admin port open that does not load yet.
#[derive(Debug)]
pub struct Loader {
    config: Config,
    admin: stage::admin::Admin,
}

/// Opens the admin port and loads until a stop is requested; open batches are finished first.
///
/// # Errors
/// [`Error`].
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    open(config).await?.load(shutdown).await
}

/// Opens the admin port. Port 0 takes a free one; [`Loader::admin_address`] tells which.
///
/// # Errors
/// [`Error::Admin`].
pub async fn open(config: Config) -> Result<Loader, Error> {
    let admin = stage::admin::bind(config.loader.admin_listen)
        .await
        .map_err(Error::Admin)?;
    Ok(Loader { config, admin })
}

impl Loader {
    /// Where metrics and readiness are told.
    pub fn admin_address(&self) -> std::net::SocketAddr {
        self.admin.address()
    }

    /// Loads until a stop is requested.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn load(self, shutdown: Shutdown) -> Result<(), Error> {
        let Loader { config, admin } = self;
        let registry = Metrics::new(STAGE).map_err(Error::Metrics)?;
        let metrics = metrics::Loaded::new(&registry).map_err(Error::Metrics)?;
        let traces = Traces::start(&config.stage, PROGRAM.name, &metrics.spans).map_err(Error::Traces)?;
        let readiness = Readiness::new(&[readiness::KAFKA, readiness::CLICKHOUSE]);
        // A lane that fails ends the others too.
        let (ended, ending) = Shutdown::pair();
        let mut parts: JoinSet<Result<(), Error>> = JoinSet::new();
        parts.spawn({
            let (readiness, ending) = (readiness.clone(), ending.clone());
            async move {
                admin
                    .serve(registry, readiness, ending)
                    .await
                    .map_err(Error::Admin)
            }
        });
        let loading = start::load(config, metrics, traces.tracer(), readiness, ending.clone());
        parts.spawn(loading);
        let outcome = tokio::select! {
            () = shutdown.requested() => Ok(()),
            Some(first) = parts.join_next() => told(first),
        };
        drop(ended);
        let mut outcome = outcome;
        while let Some(part) = parts.join_next().await {
            outcome = outcome.and(told(part));
        }
        traces.finish().await;
        outcome
    }
}

fn told(ended: Result<Result<(), Error>, tokio::task::JoinError>) -> Result<(), Error> {
    ended.unwrap_or_else(|panicked| Err(Error::Part(panicked)))
}
