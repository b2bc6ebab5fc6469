//! Topics, a database, and a loader between them.
use std::fmt::Debug;
use std::future::Future;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kafka::admin::{Look, TailFrom, tail};
use kafka::{Outgoing, Producer, ProducerSettings, Record, Topic};
use local::testing::ClickHouseAddress;
use omni_loader::Config;
use serde::de::DeserializeOwned;
use stage::{Shutdown, Trigger};
use template::Registry;
use tokio::task::JoinHandle;
use warehouse::Warehouse;
use warehouse::migrate::{SHARED_SCOPE, Scope, apply, shared};

/// Longest wait for what must happen.
/// A row that is refused is found in some twenty rounds of ten statements each, beside every other test.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) warehouse: Warehouse,
    producer: Producer,
}

/// A loader at work.
pub(crate) struct Loading {
    trigger: Trigger,
    ended: JoinHandle<Result<(), omni_loader::Error>>,
}

impl World {
    /// On the tests' ClickHouse, with these templates.
    pub(crate) async fn new(templates: &[&str]) -> Self {
        Self::with(local::testing::clickhouse(), templates).await
    }

    pub(crate) async fn with(server: &ClickHouseAddress, templates: &[&str]) -> Self {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let name = &name[..12];
        let mut config = Config::default();
        local::testing::kafka().clone_into(&mut config.kafka.bootstrap);
        config.kafka.topic_prefix = format!("l{name}.");
        config.kafka.group_prefix = format!("l{name}-");
        config.kafka.partitions = 2;
        config.warehouse.url = server.url.clone();
        config.warehouse.user = server.user.clone();
        config.warehouse.password = Some(server.password.clone().into());
        config.warehouse.database = format!("l{name}");
        config.warehouse.insert_deadline_ms = 30_000;
        config.loader.admin_listen = "127.0.0.1:0".parse().unwrap();
        config.loader.templates = templates.iter().map(|key| (*key).to_owned()).collect();
        config.loader.archive_window_ms = 200;
        let warehouse = Warehouse::connect(&config.warehouse).unwrap();
        migrate(&warehouse, templates).await;
        let kafka = config.kafka.clone();
        let producer = tokio::task::spawn_blocking(move || {
            kafka::admin::create_topics(&kafka).unwrap();
            Producer::new(&kafka, ProducerSettings::default()).unwrap()
        });
        let producer = producer.await.unwrap();
        Self {
            config,
            warehouse,
            producer,
        }
    }

    /// Keeps the server from merging: a merge would hide a double.
    pub(crate) async fn without_merges(self) -> Self {
        let sql = "ALTER TABLE deal_events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1, \
                   max_bytes_to_merge_at_min_space_in_pool = 1";
        self.warehouse.execute(sql).await.unwrap();
        self
    }

    pub(crate) fn load(&self) -> Loading {
        let (trigger, shutdown) = Shutdown::pair();
        let config = self.config.clone();
        Loading {
            trigger,
            ended: tokio::spawn(async move {
                let ended = omni_loader::run(config, shutdown).await;
                if let Err(error) = &ended {
                    eprintln!("loader: {error:?}");
                }
                ended
            }),
        }
    }

    /// Sends records and waits until Kafka has them all.
    pub(crate) async fn send(&self, records: impl IntoIterator<Item = Outgoing>) {
        for record in records {
            self.producer.send(record).await.unwrap();
        }
    }

    /// Rows of a SELECT once they are as expected; what they were instead when patience ends.
    pub(crate) async fn expect<T>(&self, sql: &str, expected: &[T])
    where
        T: DeserializeOwned + PartialEq + Debug,
    {
        let last = Mutex::new(String::new());
        let found = eventually(|| async {
            match self.warehouse.select::<T>(sql, &[]).await {
                Ok(rows) if rows == expected => true,
                other => {
                    *last.lock().unwrap() = format!("{other:?}");
                    false
                }
            }
        });
        let found = found.await;
        let last = last.lock().unwrap();
        assert!(found, "{sql}\nexpected {expected:?}\nfound    {last}");
    }

    /// How many rows there are now.
    pub(crate) async fn rows(&self, table: &str) -> u64 {
        let sql = format!("SELECT count() FROM {table}");
        self.warehouse.select::<(u64,)>(&sql, &[]).await.unwrap()[0].0
    }

    pub(crate) async fn count(&self, table: &str, count: u64) {
        self.expect(&format!("SELECT count() FROM {table}"), &[(count,)])
            .await;
    }

    /// The committed records of a topic, in order of partition and offset.
    pub(crate) async fn records(&self, topic: Topic) -> Vec<Record> {
        let kafka = self.config.kafka.clone();
        let read = move || {
            let mut records = Vec::new();
            let keep = |record| {
                records.push(record);
                Look::On
            };
            tail(&kafka, topic, &TailFrom::Beginning, keep, || Look::Away).unwrap();
            records.sort_by_key(|record| (record.partition, record.offset));
            records
        };
        tokio::task::spawn_blocking(read).await.unwrap()
    }
}

impl Loading {
    /// Ends it as a signal would.
    pub(crate) async fn stop(self) {
        self.trigger.request();
        self.ended.await.unwrap().unwrap();
    }
}

/// Polls until it holds; `false` when patience ends.
pub(crate) async fn eventually<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

async fn migrate(warehouse: &Warehouse, templates: &[&str]) {
    let shared = shared().unwrap();
    let registry = Registry::builtin().unwrap();
    let mut scopes = vec![Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    let templates = registry.with_required(templates).unwrap();
    scopes.extend(templates.iter().map(|template| Scope {
        name: template.key(),
        migrations: template.migrations(),
    }));
    apply(warehouse, &scopes).await.unwrap();
}
