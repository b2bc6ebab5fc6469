//! Brings events to where they act: makes them flat, and sends them to destinations.
//!
//! Two roles, each a consumer group of its own. **flattener**: `omni.enriched` → `omni.flat` in Kafka
//! transactions; what cannot be made flat goes to `omni.rejected`, and the rest of its batch goes on.
//! **delivery**: one group per destination, so that a slow or dead one holds back nobody; at least once, in
//! order per entity, each outcome on `omni.deliveries` before its offset is committed.
//! The way of a delivery: dispatch (which records, how many, in what order) → shape (what of them leaves) → delivery (the
//! only sender) → report.

mod acked;
mod answer;
mod backlog;
mod breaker;
mod config;
mod delivery;
pub mod destination;
mod dispatch;
mod flattener;
mod gates;
mod lane;
mod mark;
mod metrics;
mod naming;
mod pause;
mod person;
mod preview;
mod probe;
mod report;
mod shape;
mod value;

use std::sync::Arc;
use std::time::Duration;

use kafka::Topic;
use stage::{Metrics, Readiness, Shutdown};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};
use traces::{Tracer, Traces};

pub use config::{Config, DestinationKind, DestinationSettings, Order, Role, Settings, Start, TABLES};
pub use metrics::DECLARED as METRICS;
pub use naming::Named;
pub use pause::{Paused, Pauses};
pub use preview::{Preview, Previewed, Selection};
pub use probe::{Probe, ProbeError, Reached, Tested};
pub use shape::{Mapping, MoneyNames};
pub use value::ValueRule;

use metrics::Activated;

/// What `--help` says.
pub const PROGRAM: stage::Program = stage::Program {
    name: "omni-activation",
    about: "Makes enriched events flat and sends them to destinations.",
    tables: TABLES,
};

const KAFKA: &str = "kafka";
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Why the stage cannot start or go on.
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
    /// Kafka's client is of no more use, or the topics are not as they must be; a restart or a person helps.
    #[error("{part} can go on no more")]
    Kafka {
        /// Which part.
        part: String,
        /// Why.
        #[source]
        source: kafka::Error,
    },
    /// A destination's client cannot be made.
    #[error("no client for destination {name}")]
    Destination {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: stage::outbound::OutboundError,
    },
    /// A destination's settings are none.
    #[error("settings of destination {name} cannot be used")]
    Settings {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: destination::Refused,
    },
    /// A part panicked.
    #[error("a part of the stage ended unexpectedly")]
    Part(#[source] JoinError),
}

impl Error {
    pub(crate) fn kafka(part: &str, source: kafka::Error) -> Self {
        Self::Kafka {
            part: part.to_owned(),
            source,
        }
    }
}

/// A stage with its admin port open that does not work yet.
#[derive(Debug)]
pub struct Activation {
    config: Config,
    admin: stage::admin::Admin,
}

/// Opens the admin port and works until a stop is requested.
///
/// # Errors
/// [`Error`].
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    open(config).await?.work(shutdown).await
}

/// Opens the admin port. Port 0 takes a free one; [`Activation::admin_address`] tells which.
///
/// # Errors
/// [`Error::Admin`].
pub async fn open(config: Config) -> Result<Activation, Error> {
    let admin = stage::admin::bind(config.activation.admin_listen)
        .await
        .map_err(Error::Admin)?;
    Ok(Activation { config, admin })
}

impl Activation {
    /// Where metrics and readiness are told.
    pub fn admin_address(&self) -> std::net::SocketAddr {
        self.admin.address()
    }

    /// Works until a stop is requested, or a part fails: then all stop, and the first failure is told.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn work(self, shutdown: Shutdown) -> Result<(), Error> {
        let Activation { config, admin } = self;
        let registry = Metrics::new("activation").map_err(Error::Metrics)?;
        let metrics = Activated::new(&registry).map_err(Error::Metrics)?;
        let traces = Traces::start(&config.stage, PROGRAM.name, &metrics.spans).map_err(Error::Traces)?;
        let readiness = Readiness::new(&[KAFKA]);
        let (failed, stopping) = Shutdown::pair();
        let mut parts: JoinSet<Result<(), Error>> = JoinSet::new();
        parts.spawn(serve(admin, registry, readiness.clone(), stopping.clone()));
        let mut outcome = match until_ready(&config.kafka, &shutdown).await {
            Ok(true) => spawn_roles(
                &mut parts,
                &config,
                metrics,
                &traces.tracer(),
                readiness,
                &stopping,
            ),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if outcome.is_ok() {
            outcome = tokio::select! {
                () = shutdown.requested() => Ok(()),
                Some(ended) = parts.join_next() => told(ended),
            };
        }
        drop(failed);
        while let Some(ended) = parts.join_next().await {
            outcome = outcome.and(told(ended));
        }
        traces.finish().await;
        outcome
    }
}

/// Waits until the topics are as they must be; `false` when a stop was requested first.
async fn until_ready(config: &kafka::Config, shutdown: &Shutdown) -> Result<bool, Error> {
    let (config, shutdown) = (config.clone(), shutdown.clone());
    let waited =
        tokio::task::spawn_blocking(move || kafka::admin::until_ready(&config, || shutdown.is_requested()))
            .await;
    waited
        .map_err(Error::Part)?
        .map_err(|error| Error::kafka("the stage", error))
}

fn spawn_roles(
    parts: &mut JoinSet<Result<(), Error>>,
    config: &Config,
    metrics: Activated,
    tracer: &Tracer,
    readiness: Readiness,
    stopping: &Shutdown,
) -> Result<(), Error> {
    let health = kafka::Health::new();
    parts.spawn(watch(health.clone(), readiness, stopping.clone()));
    let lags = metrics.lags.clone();
    let lags = lags.keep(backlog::look(&config.kafka, groups(config)), stopping.clone());
    parts.spawn(async move {
        lags.await;
        Ok(())
    });
    if config.activation.roles.contains(&Role::Delivery) {
        spawn_deliveries(parts, config, metrics.clone(), tracer, health.clone(), stopping)?;
    }
    if config.activation.roles.contains(&Role::Flattener) {
        let flattener = flattener::Flattener::new(&config.kafka, metrics, tracer);
        let settings = flattener::settings(config, health);
        let (kafka, stopping) = (config.kafka.clone(), stopping.clone());
        parts.spawn_blocking(move || flattener::run(&kafka, settings, flattener, &stopping));
    }
    Ok(())
}

/// The consumer groups of the roles it has, without prefix, and what each reads.
fn groups(config: &Config) -> Vec<(String, Topic)> {
    let mut groups = Vec::new();
    let roles = &config.activation.roles;
    if roles.contains(&Role::Flattener) {
        groups.push((flattener::STAGE.to_owned(), Topic::Enriched));
    }
    if roles.contains(&Role::Delivery) {
        let enabled = config.destination.iter().filter(|(_, settings)| settings.enabled);
        groups.extend(enabled.map(|(name, _)| (dispatch::group(name), Topic::Flat)));
    }
    groups
}

/// One part for each destination, and one that looks whether somebody paused it.
fn spawn_deliveries(
    parts: &mut JoinSet<Result<(), Error>>,
    config: &Config,
    metrics: Activated,
    tracer: &Tracer,
    health: kafka::Health,
    stopping: &Shutdown,
) -> Result<(), Error> {
    let enabled = || config.destination.iter().filter(|(_, settings)| settings.enabled);
    let names = enabled().map(|(name, _)| name.clone()).collect();
    let (gate, look) = pause::gate(names, metrics.paused.clone());
    let shared = Arc::new(delivery::Shared::new(config, metrics, tracer, health, gate)?);
    for (name, settings) in enabled() {
        let delivery = delivery::Delivery::new(name, settings, Arc::clone(&shared))?;
        let dispatch = dispatch::Settings::new(config, name, settings);
        let stopping = stopping.clone();
        parts.spawn_blocking(move || dispatch::run(&dispatch, delivery, &Handle::current(), &stopping));
    }
    let (kafka, stopping) = (config.kafka.clone(), stopping.clone());
    parts.spawn_blocking(move || {
        look.run(&kafka, &Handle::current(), &stopping)
            .map_err(|error| Error::kafka("the look for pauses", error))
    });
    Ok(())
}

async fn serve(
    admin: stage::admin::Admin,
    registry: Metrics,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), Error> {
    admin
        .serve(registry, readiness, shutdown)
        .await
        .map_err(Error::Admin)
}

/// Tells readiness until a stop is requested.
async fn watch(health: kafka::Health, readiness: Readiness, shutdown: Shutdown) -> Result<(), Error> {
    while !shutdown.is_requested() {
        if health.is_up() {
            readiness.ready(KAFKA);
        } else {
            readiness.not_ready(KAFKA, "no broker answers");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.requested() => {}
        }
    }
    Ok(())
}

fn told(ended: Result<Result<(), Error>, JoinError>) -> Result<(), Error> {
    ended.unwrap_or_else(|panicked| Err(Error::Part(panicked)))
}
