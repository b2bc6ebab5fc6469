//! Sets the lanes up once Kafka and ClickHouse are as they must be, and waits for them to end.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kafka::{Assignor, Fetch, Topic, WorkerSettings};
use shelf::Shelf;
use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown};
use template::Template;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use traces::{Step, Tracer};
use warehouse::{Class, Warehouse};

use crate::archive::Archive;
use crate::claim::Claim;
use crate::closing::Bounds;
use crate::feed::Feed;
use crate::insert::Inserter;
use crate::lane::Lane;
use crate::metrics::Loaded;
use crate::plan::Log;
use crate::unclaimed::{NO_TEMPLATE, Unclaimed};
use crate::{Config, Error, STAGE, backlog, identity, import, ledger, rates, readiness, told};

const RETRY: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// Fetches in one window: a lane that gathers for long need not be woken by each record.
const FETCHES_PER_WINDOW: u32 = 5;
/// What a lane fetches ahead, in KiB: there are many lanes, and each works off what it has at once.
const AHEAD_KIB: u32 = 1024;

/// Loads until a stop is requested.
pub(crate) async fn load(
    config: Config,
    metrics: Loaded,
    tracer: Tracer,
    ready: Readiness,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let kafka = config.kafka.clone();
    let feeds = feeds(&config, &kafka)?;
    let warehouse = Warehouse::connect(&config.warehouse).map_err(|source| refused("(start)", source))?;
    let imports = import::feeds(&config, &warehouse, &metrics)?;
    let Some(logs) = logs(&kafka, &feeds, &shutdown).await? else {
        return Ok(());
    };
    if !tables_are_there(&warehouse, &feeds, &ready, &shutdown).await? {
        return Ok(());
    }
    if !server_keeps_promises(&warehouse, &ready, &shutdown).await? {
        return Ok(());
    }
    let topics = feeds
        .iter()
        .map(|(_, feed)| feed.topic())
        .zip(logs.iter().map(|log| log.topic_id.clone()));
    let topics: Vec<(Topic, String)> = topics.collect();
    // A lane that fails ends the others, which finish their batch first.
    let (ended, ending) = Shutdown::pair();
    let mut parts: JoinSet<Result<(), Error>> = JoinSet::new();
    let (mut healths, mut groups) = (Vec::new(), Vec::new());
    for ((name, feed), log) in feeds.into_iter().zip(logs) {
        let inserter = Inserter {
            warehouse: warehouse.clone(),
            runtime: Handle::current(),
            shutdown: ending.clone(),
            readiness: ready.clone(),
            metrics: metrics.clone(),
        };
        let lane = lane(&config, name, feed, log, inserter, &tracer, ending.clone());
        healths.push(lane.settings.health.clone());
        groups.push((lane.settings.group.clone(), lane.feed.topic()));
        parts.spawn_blocking(move || lane.run());
    }
    tracing::info!(lanes = groups.len(), templates = ?config.loader.templates, "loading");
    parts.spawn(identity::watch(kafka.clone(), topics, ending.clone()));
    if config.rates.is_set() {
        parts.spawn(rates::keep(
            config.clone(),
            warehouse.clone(),
            metrics.clone(),
            ending.clone(),
        ));
    }
    for feed in imports {
        parts.spawn(import::keep(feed, ending.clone()));
    }
    parts.spawn(ledger::watch(
        config,
        warehouse.clone(),
        metrics.clone(),
        ending.clone(),
    ));
    parts.spawn(readiness::watch(healths, warehouse, ready, ending.clone()));
    let behind = metrics.lags.keep(backlog::look(&kafka, groups), ending);
    parts.spawn(async move {
        behind.await;
        Ok(())
    });
    let mut outcome = tokio::select! {
        () = shutdown.requested() => Ok(()),
        Some(first) = parts.join_next() => told(first),
    };
    drop(ended);
    while let Some(part) = parts.join_next().await {
        outcome = outcome.and(told(part));
    }
    outcome
}

/// Named work: a lane for each template, one for what no template takes, one for each archived topic.
fn feeds(config: &Config, kafka: &kafka::Config) -> Result<Vec<(String, Feed)>, Error> {
    let templates = fed(config)?;
    let mut feeds = Vec::new();
    for template in &templates {
        let claim =
            Claim::new(Arc::clone(template), kafka).map_err(|source| refused(template.key(), source))?;
        feeds.push((template.key().replace('/', "-"), Feed::Claim(claim)));
    }
    feeds.push((
        NO_TEMPLATE.to_owned(),
        Feed::Unclaimed(Unclaimed::new(&templates, kafka)),
    ));
    for topic in Archive::TOPICS {
        let name = format!("archive-{}", topic.short());
        let archive = Archive::new(topic).map_err(|source| refused(&name, source))?;
        feeds.extend(archive.map(|archive| (name, Feed::Archive(archive))));
    }
    Ok(feeds)
}

/// What one consumer group of the loader fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fills {
    /// Its name without prefix.
    pub group: String,
    pub topic: Topic,
    /// The tables that it inserts into; views feed others.
    pub tables: Vec<String>,
}

/// Every group of the loader, with what it fills.
///
/// # Errors
/// As [`templates`].
pub fn fills(config: &Config) -> Result<Vec<Fills>, Error> {
    let feeds = feeds(config, &config.kafka)?.into_iter();
    let fills = feeds.map(|(name, feed)| Fills {
        group: group(&name),
        topic: feed.topic(),
        tables: feed
            .tables()
            .iter()
            .map(|table| table.name().to_owned())
            .collect(),
    });
    Ok(fills.collect())
}

/// The templates of `[loader] templates` and those they require: whose tables there are.
///
/// # Errors
/// [`Error::Templates`] names one that is not known or cannot be read, [`Error::SharedTable`] two that write the same table.
pub fn templates(config: &Config) -> Result<Vec<Arc<Template>>, Error> {
    let shelf = Shelf::open(&config.templates).map_err(Error::Templates)?;
    let templates = shelf
        .with_required(&config.loader.templates)
        .map_err(Error::Templates)?;
    refuse_shared(&templates)?;
    Ok(templates)
}

/// What one of them made the other would find there, with other columns, and both would fill it.
fn refuse_shared(templates: &[Arc<Template>]) -> Result<(), Error> {
    let mut owners = BTreeMap::new();
    for template in templates {
        for table in template.tables() {
            if let Some(other) = owners.insert(table, template.key()) {
                return Err(Error::SharedTable {
                    table: table.to_owned(),
                    one: other.to_owned(),
                    other: template.key().to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Those of them that are filled from events, rather than by `omni import` alone.
///
/// # Errors
/// As [`templates`].
pub fn fed(config: &Config) -> Result<Vec<Arc<Template>>, Error> {
    let mut templates = templates(config)?;
    templates.retain(|template| template.is_fed());
    Ok(templates)
}

/// A lane's consumer group, without prefix.
fn group(lane: &str) -> String {
    format!("{STAGE}-{lane}")
}

fn lane(
    config: &Config,
    name: String,
    feed: Feed,
    log: Log,
    inserter: Inserter,
    tracer: &Tracer,
    shutdown: Shutdown,
) -> Lane {
    let settings = &config.loader;
    let (rows_max, shortest, longest) = match feed {
        Feed::Claim(_) => (settings.rows_max, settings.window(), settings.window_max()),
        // What they keep is looked up later, not watched live.
        Feed::Unclaimed(_) | Feed::Archive(_) => (
            settings.archive_rows_max,
            settings.archive_window(),
            settings.archive_window(),
        ),
    };
    let mut worker = WorkerSettings::new(&group(&name), &config.stage.instance, &[feed.topic()]);
    worker.outputs = vec![Topic::Rejected, Topic::Filtered, Topic::Loaded];
    // Eager: a partition's plan belongs to one member of one generation.
    worker.assignor = Assignor::Range;
    worker.fetch = Fetch {
        ahead_kib: AHEAD_KIB,
        ..fetch(&feed, shortest)
    };
    // An archive is no part of an event's way.
    let is_traced = !matches!(feed, Feed::Archive(_));
    let step = is_traced.then(|| Step::new(tracer, "load", &config.kafka, &worker.group));
    Lane {
        step,
        name,
        feed,
        log,
        kafka: config.kafka.clone(),
        settings: worker,
        rows_max,
        bounds: Bounds { shortest, longest },
        insert_deadline: Duration::from_millis(config.warehouse.insert_deadline_ms),
        inserter,
        shutdown,
        #[cfg(debug_assertions)]
        sabotage: settings.sabotage,
    }
}

/// Who is watched live has each transaction as soon as it is committed; the others are not woken by each.
fn fetch(feed: &Feed, window: Duration) -> Fetch {
    if feed.is_watched() {
        Fetch::of(&[feed.topic()], window / FETCHES_PER_WINDOW)
    } else {
        Fetch::within(window / FETCHES_PER_WINDOW)
    }
}

/// What names each lane's records; `None` when a stop was requested first. A broker that just started may not know yet
/// who coordinates what: asked again.
async fn logs(
    kafka: &kafka::Config,
    feeds: &[(String, Feed)],
    shutdown: &Shutdown,
) -> Result<Option<Vec<Log>>, Error> {
    let topics: Vec<Topic> = feeds.iter().map(|(_, feed)| feed.topic()).collect();
    let mut backoff = Backoff::new(RETRY);
    loop {
        let (kafka, topics, stop) = (kafka.clone(), topics.clone(), shutdown.clone());
        let asked = tokio::task::spawn_blocking(move || ask_logs(&kafka, &topics, &stop));
        match asked.await.map_err(Error::Part)? {
            Err(error) if error.class() == kafka::Class::Retry => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "topics cannot be named yet"
                );
                if !backoff.pause(shutdown).await {
                    return Ok(None);
                }
            }
            answered => {
                let lane = || "(start)".to_owned();
                return answered.map_err(|source| Error::Kafka { lane: lane(), source });
            }
        }
    }
}

fn ask_logs(
    kafka: &kafka::Config,
    topics: &[Topic],
    shutdown: &Shutdown,
) -> Result<Option<Vec<Log>>, kafka::Error> {
    if !kafka::admin::until_ready(kafka, || shutdown.is_requested())? {
        return Ok(None);
    }
    let cluster = kafka::admin::cluster_id(kafka)?;
    let log = |topic: &Topic| {
        let topic_id = kafka::admin::topic_identity(kafka, *topic)?.to_string();
        Ok(Log {
            cluster: cluster.clone(),
            topic_id,
        })
    };
    topics.iter().map(log).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Waits for ClickHouse, then holds every table against what will be written; `false` when a stop was requested first.
async fn tables_are_there(
    warehouse: &Warehouse,
    feeds: &[(String, Feed)],
    ready: &Readiness,
    shutdown: &Shutdown,
) -> Result<bool, Error> {
    let mut backoff = Backoff::new(RETRY);
    for (name, feed) in feeds {
        for table in feed.tables() {
            while let Err(error) = warehouse.check(table).await {
                if error.class() != Class::Retry {
                    return Err(refused(name, error));
                }
                ready.not_ready(readiness::CLICKHOUSE, error.to_string());
                if !backoff.pause(shutdown).await {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Tries on a scratch table what exactly-once rests on; `false` when a stop was requested first.
async fn server_keeps_promises(
    warehouse: &Warehouse,
    ready: &Readiness,
    shutdown: &Shutdown,
) -> Result<bool, Error> {
    let mut backoff = Backoff::new(RETRY);
    while let Err(error) = warehouse.probe(&uuid::Uuid::new_v4().to_string()).await {
        if error.class() != Class::Retry {
            return Err(refused("(start)", error));
        }
        ready.not_ready(readiness::CLICKHOUSE, error.to_string());
        if !backoff.pause(shutdown).await {
            return Ok(false);
        }
    }
    Ok(true)
}

fn refused(lane: &str, source: warehouse::Error) -> Error {
    Error::Warehouse {
        lane: lane.to_owned(),
        source,
    }
}
