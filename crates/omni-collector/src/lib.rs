//! Takes Pipedrive's webhooks and keeps them, byte for byte, on `omni.raw`.
//!
//! Line of no return: the broker's acknowledgement, or, when Kafka does not answer in time, the synced write to
//! the spool. Before it every answer is an error and Pipedrive tries again; after it the event is ours (proof:
//! `tests/collector/kept.rs`, `an_accepted_body_is_kept_byte_for_byte`, and `tests/collector/spool.rs`).
//! A body we cannot use gets 2xx and `omni.rejected`, never 4xx: ten failures stop all deliveries for half an
//! hour, and what happens meanwhile is never told. The way of a request: route → authenticate → receive →
//! prevalidate → accept (lane: Kafka or spool) → respond; beside it, the drain of the spool and the heartbeat.
//! Flat events (`POST /events/flat`) go the same way, judged by `flat_intake`; who sends those is told what is wrong.

mod accept;
mod authenticate;
mod config;
mod connection;
mod count;
mod drain;
mod flat_intake;
mod heartbeat;
mod lane;
mod lanes;
mod metrics;
mod prevalidate;
mod readiness;
mod receive;
mod respond;
mod route;
mod spool;
pub mod token;
mod topics;
mod trace;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stage::tls::{Protocols, TlsError};
use stage::{Metrics, Readiness, Shutdown, Tls};
use template::Contract;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use traces::Traces;

pub use config::{Config, Settings, Source, TABLES};
pub use metrics::DECLARED as METRICS;
pub use spool::FolderError;

use accept::Acceptor;
use authenticate::Sources;
use count::Count;
use lane::Ways;
use lanes::Lanes;
use metrics::Collected;
use receive::{Memory, Receiving};
use spool::Spool;

/// What `--help` says.
pub const PROGRAM: stage::Program = stage::Program {
    name: "omni-collector",
    about: "Takes webhooks over HTTP and answers 2xx once Kafka has them.",
    tables: TABLES,
};

/// How long the last heartbeat and what is still in flight may take at the end.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// Why the collector cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address for webhooks is taken or not ours.
    #[error("cannot listen on {listen} for webhooks (`[collector] listen`)")]
    Listen {
        /// What was asked for.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// `[collector] tls_certificate_file`.
    #[error("webhooks cannot be taken over TLS")]
    Tls(#[source] TlsError),
    /// `[collector]` says what cannot work.
    #[error("the settings cannot be used")]
    Settings(#[source] stage::ConfigError),
    /// The admin port.
    #[error("the admin port failed")]
    Admin(#[source] stage::admin::AdminError),
    /// `[stage.traces]`.
    #[error("traces cannot be exported")]
    Traces(#[source] traces::TracesError),
    /// A metric.
    #[error("the metrics cannot be set up")]
    Metrics(#[source] stage::metrics::MetricsError),
    /// The contract of flat events that is built in.
    #[error("the contract of flat events cannot be read")]
    Contract(#[source] template::LoadError),
    /// Kafka's client is of no more use, or the topics are not as they must be; a restart or a person helps.
    #[error("kafka can take no more events")]
    Kafka(#[source] kafka::Error),
    /// The spool.
    #[error("the spool cannot be opened")]
    Spool(#[source] FolderError),
    /// The system gives no more threads.
    #[error("cannot start a thread to check the topics")]
    Thread(#[source] std::io::Error),
    /// The check of the topics ended without a result.
    #[error("the check of the topics ended without a result")]
    Unanswered,
    /// A part of the collector panicked.
    #[error("a part of the collector ended unexpectedly")]
    Part(#[source] tokio::task::JoinError),
}

/// A collector with its ports open that does not serve yet.
#[derive(Debug)]
pub struct Collector {
    config: Config,
    listener: TcpListener,
    admin: stage::admin::Admin,
    address: SocketAddr,
}

/// Opens the ports and serves until a stop is requested; open requests are answered first.
///
/// # Errors
/// [`Error`].
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    open(config).await?.serve(shutdown).await
}

/// Opens the ports. Port 0 takes a free one; [`Collector::address`] tells which.
///
/// # Errors
/// [`Error::Listen`], [`Error::Admin`].
pub async fn open(config: Config) -> Result<Collector, Error> {
    let listen = config.collector.listen;
    let failed = |source| Error::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let admin = stage::admin::bind(config.collector.admin_listen)
        .await
        .map_err(Error::Admin)?;
    Ok(Collector {
        config,
        listener,
        admin,
        address,
    })
}

impl Collector {
    /// Where webhooks are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics and readiness are told.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    /// Serves until a stop is requested.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn serve(self, shutdown: Shutdown) -> Result<(), Error> {
        let Collector {
            config,
            listener,
            admin,
            address,
        } = self;
        let registry = Metrics::new("collector").map_err(Error::Metrics)?;
        let metrics = metrics::Collected::new(&registry).map_err(Error::Metrics)?;
        let tls = tls(&config.collector, &metrics)?;
        let readiness = Readiness::new(&[readiness::KAFKA_OR_SPOOL]);
        let settings = &config.collector;
        let count = Arc::new(Count::new(&config.stage.instance, config.source.keys().cloned()));
        let (tell_broken, broken) = mpsc::channel(1);
        let lanes = Arc::new(lanes(&config, &metrics, tell_broken).await?);
        let traces = Traces::start(&config.stage, PROGRAM.name, &metrics.spans).map_err(Error::Traces)?;
        let acceptor = Acceptor::new(
            Arc::clone(&lanes),
            Arc::clone(&count),
            metrics.clone(),
            traces.tracer(),
            broken,
        );
        #[cfg(debug_assertions)]
        let acceptor = acceptor.wronged(accept::Sabotage {
            drop_one_in: settings.drop_one_in,
            ack_early: settings.ack_early,
        });
        let acceptor = Arc::new(acceptor);
        let collector = Arc::new(route::Collecting {
            sources: Sources::new(&config.source),
            contract: Contract::flat().map_err(Error::Contract)?,
            receiving: Receiving::new(settings, Memory::new(settings.memory_bytes_max)),
            acceptor: Arc::clone(&acceptor),
            metrics: metrics.clone(),
        });
        tracing::info!(listen = %address, sources = config.source.len(), tls = tls.is_some(), "taking webhooks");

        // These outlive the requests that are open when a stop is requested.
        let (drained, beside) = Shutdown::pair();
        let mut parts: JoinSet<Result<(), Error>> = JoinSet::new();
        parts.spawn({
            let (readiness, beside) = (readiness.clone(), beside.clone());
            async move {
                admin
                    .serve(registry, readiness, beside)
                    .await
                    .map_err(Error::Admin)
            }
        });
        parts.spawn(readiness::watch(
            Arc::clone(&acceptor),
            metrics.clone(),
            readiness,
            beside.clone(),
        ));
        parts.spawn(topics::run(
            config.kafka.clone(),
            Arc::clone(&acceptor),
            beside.clone(),
        ));
        parts.spawn(drain::run(lanes, beside.clone()));
        if let Some(tls) = tls.clone() {
            let beside = beside.clone();
            parts.spawn(async move {
                tls.watch(beside).await;
                Ok(())
            });
        }
        parts.spawn(heartbeat::run(
            Arc::clone(&acceptor),
            count,
            config.heartbeat(),
            beside,
        ));
        let requests = connection::serve(
            listener,
            route::router(collector),
            settings.connections(),
            tls,
            metrics,
            shutdown,
        );
        let failed = tokio::select! {
            () = requests => None,
            Some(ended) = parts.join_next() => Some(ended),
        };
        drop(drained);
        let finished = finish(failed, parts, &acceptor).await;
        traces.finish().await;
        finished
    }
}

/// What webhooks are taken with, when not in the clear.
fn tls(settings: &Settings, metrics: &Collected) -> Result<Option<Tls>, Error> {
    let files = settings.tls_files().map_err(Error::Settings)?;
    let open = |files| Tls::open(files, Protocols::Http1, metrics.certificate.clone()).map_err(Error::Tls);
    files.map(open).transpose()
}

/// Opens the ways that events go, with what an earlier process left in the spool.
async fn lanes(
    config: &Config,
    metrics: &Collected,
    broken: mpsc::Sender<kafka::Error>,
) -> Result<Lanes, Error> {
    let settings = config.collector.clone();
    let (kafka, written) = (config.kafka.clone(), metrics.written.clone());
    let open = move || {
        let mut found = Vec::new();
        let each: &mut dyn FnMut(_, &kafka::Outgoing) =
            &mut |entry, record| found.push((record.partition(&kafka), entry));
        let opened = Spool::open(&settings.spool_dir, settings.spool(), written, each)?;
        Ok((opened, found))
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(Error::Part)?;
    let ((spool, recovered), found) = opened.map_err(Error::Spool)?;
    metrics.spool_corrupt.inc_by(recovered.damaged);
    if recovered.records > 0 {
        tracing::info!(
            spool.records = recovered.records,
            "the spool holds records of an earlier start"
        );
    }
    let settings = &config.collector;
    let producer = kafka::Producer::new(&config.kafka, settings.producer()).map_err(Error::Kafka)?;
    let waits = settings.waits(config.kafka.partitions);
    let ways = Ways::new(producer, spool, waits, metrics.clone(), broken);
    Ok(Lanes::new(&config.kafka, ways, found))
}

/// Lets the parts end, waits for what is in flight, and tells the first failure.
async fn finish(
    failed: Option<Result<Result<(), Error>, tokio::task::JoinError>>,
    mut parts: JoinSet<Result<(), Error>>,
    acceptor: &Arc<Acceptor>,
) -> Result<(), Error> {
    let mut outcome = failed.map_or(Ok(()), told);
    while let Some(ended) = parts.join_next().await {
        outcome = outcome.and(told(ended));
    }
    let acceptor = Arc::clone(acceptor);
    let flushed = tokio::task::spawn_blocking(move || acceptor.close(FLUSH_MAX)).await;
    if let Ok(Err(error)) = flushed {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "ended with records not acknowledged: what was accepted of them is in the spool"
        );
    }
    outcome
}

fn told(ended: Result<Result<(), Error>, tokio::task::JoinError>) -> Result<(), Error> {
    ended.unwrap_or_else(|panicked| Err(Error::Part(panicked)))
}
