//! Adds to each event what the account knows, and keeps the last state of every entity.
//!
//! Line of no return: the Kafka transaction that holds the enriched events, the entities' new states, what
//! was filtered or rejected, and the offsets. Before it all changes are in memory; after it they go to the
//! store on disk, which can be lost (proof: `tests/enricher/restart.rs`). No event ever stops this stage:
//! what cannot be used is rejected, what is not known is listed in `event_missing`. The way of an event:
//! read → prefetch → doubles → join → emit.

mod api;
mod backlog;
mod budget;
mod campaign;
mod checkpoint;
mod complete;
mod config;
mod custom;
mod email;
mod emit;
mod facts;
mod fields;
mod filter;
mod hop;
mod join;
mod keeper;
mod key;
mod labels;
mod listening;
mod lookups;
mod metrics;
mod prefetch;
mod prime;
mod read;
mod readiness;
mod reconciler;
mod references;
mod restore;
mod states;
mod store;
mod validate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kafka::{HopSettings, Producer, ProducerSettings, Topic};
use stage::{Metrics, Readiness, Shutdown};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use traces::{HopSpans, Step, Tracer, Traces};
use uuid::Uuid;

pub use config::{Config, Settings, Source, TABLES};
pub use metrics::DECLARED as METRICS;

use api::Api;
use keeper::Keeper;
use listening::Listening;
use metrics::{Enriched, Kept, Reconciled};
use reconciler::Reconciler;
use states::States;
use store::Store;

/// What `--help` says.
pub const PROGRAM: stage::Program = stage::Program {
    name: "omni-enricher",
    about: "Adds contact, organization, names, marketing and figures to each event.",
    tables: TABLES,
};

/// Why the enricher cannot start or go on.
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
    /// A source's API.
    #[error("the source {source_name} cannot be asked")]
    Api {
        /// Its name.
        source_name: String,
        /// Why.
        #[source]
        source: pipedrive::Error,
    },
    /// What the configuration says of a source.
    #[error("the configuration cannot be used")]
    Config(#[source] stage::ConfigError),
    /// Kafka, or the loop on it: a restart goes on where this one stood.
    #[error("kafka cannot be worked with")]
    Kafka(#[source] kafka::Error),
    /// The provider that validates addresses.
    #[error("addresses cannot be validated (`[enricher.email]`)")]
    Email(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The state store.
    #[error("the state store in {folder} cannot be opened (`[enricher] state_dir`)")]
    Store {
        /// Its folder.
        folder: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A part of the enricher panicked.
    #[error("a part of the enricher ended unexpectedly")]
    Part(#[source] JoinError),
}

/// An enricher with its admin port open that does not work yet.
#[derive(Debug)]
pub struct Enricher {
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

/// Opens the admin port. Port 0 takes a free one; [`Enricher::admin_address`] tells which.
///
/// # Errors
/// [`Error::Admin`].
pub async fn open(config: Config) -> Result<Enricher, Error> {
    let admin = stage::admin::bind(config.enricher.admin_listen)
        .await
        .map_err(Error::Admin)?;
    Ok(Enricher { config, admin })
}

impl Enricher {
    /// Where metrics and readiness are told.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    /// Works until a stop is requested; the open batch is finished first.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn work(self, shutdown: Shutdown) -> Result<(), Error> {
        let Self { config, admin } = self;
        let registry = Metrics::new("enricher").map_err(Error::Metrics)?;
        let metrics = Enriched::new(&registry).map_err(Error::Metrics)?;
        let kept = Kept::new(&registry).map_err(Error::Metrics)?;
        let reconciled = Reconciled::new(&registry).map_err(Error::Metrics)?;
        let email =
            email::open(&config.enricher.email, &registry).map_err(|error| Error::Email(error.into()))?;
        let traces = Traces::start(&config.stage, PROGRAM.name, &metrics.spans).map_err(Error::Traces)?;
        let readiness = Readiness::new(&[readiness::KAFKA, readiness::STORE]);
        let (over, beside) = Shutdown::pair();
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
        let (validator, asking) = email.unzip();
        if let Some(asking) = asking {
            let beside = beside.clone();
            parts.spawn(async move {
                asking.run(beside).await;
                Ok(())
            });
        }
        let work = Work {
            config,
            validator,
            metrics,
            kept,
            reconciled,
            readiness,
            tracer: traces.tracer(),
            shutdown,
        };
        let worked = work.run(&mut parts, &beside).await;
        drop(over);
        let mut outcome = worked;
        while let Some(ended) = parts.join_next().await {
            outcome = outcome.and(ended.unwrap_or_else(|panicked| Err(Error::Part(panicked))));
        }
        traces.finish().await;
        outcome
    }
}

/// Told, by source, when a subscription was made anew.
type Repaired<'a> = BTreeMap<&'a String, Arc<Notify>>;

struct Work {
    config: Config,
    validator: Option<email::Validator>,
    metrics: Enriched,
    kept: Kept,
    reconciled: Reconciled,
    readiness: Readiness,
    tracer: Tracer,
    shutdown: Shutdown,
}

impl Work {
    async fn run(self, parts: &mut JoinSet<Result<(), Error>>, beside: &Shutdown) -> Result<(), Error> {
        let apis = self.apis(parts, beside)?;
        let (listening, told) = Listening::new();
        let repaired: BTreeMap<_, _> = self
            .config
            .source
            .keys()
            .map(|name| (name, Arc::default()))
            .collect();
        for keeper in self.keepers(&apis, &told, &repaired)? {
            let beside = beside.clone();
            parts.spawn(async move {
                keeper.run(beside).await;
                Ok(())
            });
        }
        let store = self.open_store().await?;
        for reconciler in self.reconcilers(&apis, &told, &repaired, &store)? {
            let beside = beside.clone();
            parts.spawn(async move {
                reconciler.run(beside).await;
                Ok(())
            });
        }
        self.readiness.ready(readiness::STORE);
        let topics = readiness::topics(&self.config.kafka, &self.readiness, &self.shutdown);
        let Some(topic) = topics.await? else { return Ok(()) };
        let settings = self.hop_settings();
        let (health, readiness) = (settings.worker.health.clone(), self.readiness.clone());
        let watch = readiness::watch(
            self.config.kafka.clone(),
            health,
            store.clone(),
            readiness,
            self.metrics.clone(),
            beside.clone(),
        );
        parts.spawn(async move {
            watch.await;
            Ok(())
        });
        let look = backlog::look(&self.config.kafka, vec![(emit::STAGE.to_owned(), Topic::Raw)]);
        let lags = self.metrics.lags.clone().keep(look, beside.clone());
        parts.spawn(async move {
            lags.await;
            Ok(())
        });
        let runtime = Handle::current();
        let worked =
            tokio::task::spawn_blocking(move || self.hop(settings, store, apis, listening, topic, runtime));
        tokio::select! {
            worked = worked => worked.map_err(Error::Part)?,
            // A part that ends before its time has failed.
            Some(ended) = parts.join_next() => ended.unwrap_or_else(|panicked| Err(Error::Part(panicked))),
        }
    }

    /// The loop itself; blocks.
    fn hop(
        self,
        settings: HopSettings,
        store: Store,
        apis: BTreeMap<String, Arc<Api>>,
        listening: Listening,
        topic: Uuid,
        runtime: Handle,
    ) -> Result<(), Error> {
        let step = Step::new(&self.tracer, "enrich", &self.config.kafka, emit::STAGE);
        let enricher = Arc::new(self.config.enricher);
        let hop = hop::Enricher {
            filter: filter::Filter::default(),
            states: States::new(store, Arc::clone(&enricher)),
            validation: validate::Validation::new(runtime.clone(), self.validator),
            budgets: budget::Budgets::new(apis.clone()),
            listening,
            primer: prime::Primer::new(
                runtime.clone(),
                apis.clone(),
                Duration::from_secs(enricher.names_seconds_max),
            ),
            lookups: lookups::Lookups::new(runtime, apis, &enricher),
            completions: complete::Completions::new(
                enricher.pending_max,
                Duration::from_millis(enricher.api_pause_ms),
            ),
            settings: enricher,
            metrics: self.metrics,
            readiness: self.readiness,
            topic,
            entities: BTreeMap::new(),
            raw: BTreeMap::new(),
            done: hop::Done::default(),
            spans: HopSpans::new(step),
            broken: None,
        };
        let shutdown = self.shutdown;
        kafka::hop::run(&self.config.kafka, settings, hop, || shutdown.is_requested()).map_err(Error::Kafka)
    }

    fn hop_settings(&self) -> HopSettings {
        let Settings {
            batch_records_max,
            window_ms,
            ..
        } = self.config.enricher;
        let mut settings = HopSettings::new(emit::STAGE, &self.config.stage.instance, &[Topic::Raw]);
        settings.worker.outputs = vec![Topic::Enriched, Topic::Entities, Topic::Filtered, Topic::Rejected];
        HopSettings {
            records_max: batch_records_max,
            window: Duration::from_millis(window_ms),
            ..settings
        }
    }

    async fn open_store(&self) -> Result<Store, Error> {
        let (folder, cache_bytes) = (
            self.config.enricher.state_dir.clone(),
            self.config.enricher.store_cache_bytes,
        );
        let shown = folder.display().to_string();
        let opened = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            Store::open(&folder, cache_bytes).map_err(Box::<dyn std::error::Error + Send + Sync>::from)
        });
        let opened = opened.await.map_err(Error::Part)?;
        opened.map_err(|source| Error::Store {
            folder: shown,
            source,
        })
    }

    /// Who keeps each source telling.
    fn keepers(
        &self,
        apis: &BTreeMap<String, Arc<Api>>,
        told: &tokio::sync::watch::Receiver<listening::Told>,
        repaired: &Repaired<'_>,
    ) -> Result<Vec<Keeper>, Error> {
        let mut keepers = Vec::new();
        for (name, source) in &self.config.source {
            let wanted = if source.manage_webhooks {
                source.subscriptions(name).map_err(Error::Config)?
            } else {
                Vec::new()
            };
            keepers.push(Keeper {
                source: name.clone(),
                api: apis.get(name).cloned(),
                wanted,
                check_every: Duration::from_secs(source.webhooks.check_seconds),
                patience: self.config.enricher.silence,
                partitions: self.config.kafka.partitions,
                told: told.clone(),
                repaired: repaired.get(name).cloned().unwrap_or_default(),
                metrics: self.kept.clone(),
            });
        }
        Ok(keepers)
    }

    /// Who holds each source's account against what was told.
    fn reconcilers(
        &self,
        apis: &BTreeMap<String, Arc<Api>>,
        told: &tokio::sync::watch::Receiver<listening::Told>,
        repaired: &Repaired<'_>,
        store: &Store,
    ) -> Result<Vec<Reconciler>, Error> {
        let mut reconcilers = Vec::new();
        let silence = self.config.enricher.silence;
        let sources = self.config.source.iter();
        let mut sources = sources
            .filter(|(_, source)| source.reconcile_seconds > 0)
            .peekable();
        if sources.peek().is_none() {
            return Ok(reconcilers);
        }
        let producer = Producer::new(&self.config.kafka, ProducerSettings::default());
        let producer = Arc::new(producer.map_err(Error::Kafka)?);
        for (name, source) in sources {
            let Some(api) = apis.get(name) else { continue };
            reconcilers.push(Reconciler {
                source: name.clone(),
                api: Arc::clone(api),
                store: store.clone(),
                producer: Arc::clone(&producer),
                every: Duration::from_secs(source.reconcile_seconds),
                grace: Duration::from_secs(u64::from(silence.grace_seconds)),
                partitions: self.config.kafka.partitions,
                told: told.clone(),
                repaired: repaired.get(name).cloned().unwrap_or_default(),
                metrics: self.reconciled.clone(),
            });
        }
        Ok(reconcilers)
    }

    /// The API of each source that has one, watched.
    fn apis(
        &self,
        parts: &mut JoinSet<Result<(), Error>>,
        beside: &Shutdown,
    ) -> Result<BTreeMap<String, Arc<Api>>, Error> {
        let mut apis = BTreeMap::new();
        for (name, source) in &self.config.source {
            let Some(account) = source.account(name).map_err(Error::Config)? else {
                continue;
            };
            let client =
                pipedrive::Client::new(&account, self.config.pipedrive.clone()).map_err(|source| {
                    Error::Api {
                        source_name: name.clone(),
                        source,
                    }
                })?;
            let api = Api::new(name, client, self.metrics.clone());
            let pause = Duration::from_millis(self.config.enricher.api_pause_ms);
            let watch = Arc::clone(&api).watch(pause, beside.clone());
            parts.spawn(async move {
                watch.await;
                Ok(())
            });
            apis.insert(name.clone(), api);
        }
        Ok(apis)
    }
}
