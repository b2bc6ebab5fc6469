//! A corner of the broker and a stage in it.

use std::time::{Duration, Instant};

use event::{Headers, Kind};
use kafka::{Outgoing, Placement, Producer, ProducerSettings, Record, Restore, Topic, admin};
use omni_activation::{Config, DestinationSettings, Role};
use stage::{Shutdown, Trigger};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Settings with names nobody else uses, topics made.
pub(crate) async fn corner(roles: &[Role]) -> Config {
    let unique = Uuid::new_v4().simple().to_string();
    let mut config = Config::default();
    config.activation.admin_listen = ([127, 0, 0, 1], 0).into();
    config.activation.roles = roles.to_vec();
    let kafka = tokio::task::spawn_blocking(move || {
        let kafka = kafka::Config {
            bootstrap: local::testing::kafka().to_owned(),
            topic_prefix: format!("t{}.", &unique[..10]),
            group_prefix: format!("t{}-", &unique[..10]),
            partitions: 2,
            ..kafka::Config::default()
        };
        admin::create_topics(&kafka).unwrap();
        kafka
    });
    config.kafka = kafka.await.unwrap();
    config
}

/// Settings of a destination on this machine.
pub(crate) fn destination(url: String) -> DestinationSettings {
    DestinationSettings {
        url,
        allow_private_addresses: true,
        retry_ms: 50,
        retry_ms_max: 500,
        timeout_ms: 2_000,
        ..DestinationSettings::default()
    }
}

/// A running stage.
pub(crate) struct Running {
    trigger: Trigger,
    pub(crate) admin: std::net::SocketAddr,
    work: JoinHandle<Result<(), omni_activation::Error>>,
}

impl Running {
    pub(crate) async fn start(config: &Config) -> Self {
        let (trigger, shutdown) = Shutdown::pair();
        let stage = omni_activation::open(config.clone()).await.unwrap();
        let admin = stage.admin_address();
        Self {
            trigger,
            admin,
            work: tokio::spawn(stage.work(shutdown)),
        }
    }

    pub(crate) async fn stop(self) {
        self.trigger.request();
        self.work.await.unwrap().unwrap();
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(self) -> Result<(), omni_activation::Error> {
        let ended = self.work.await.unwrap();
        self.trigger.request();
        ended
    }

    pub(crate) async fn metrics(&self) -> String {
        reqwest::get(format!("http://{}/metrics", self.admin))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

/// Asks again and again until it holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds().await {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn headers(uuid: Uuid, kind: Kind) -> Headers {
    Headers::new(uuid, kind, "crm", stage::clock::now_micro())
}

pub(crate) fn outgoing(
    topic: Topic,
    company: &str,
    entity: &str,
    headers: &Headers,
    value: &[u8],
) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::By(company.to_owned()),
        key: format!("{company}:{entity}").into_bytes(),
        payload: Some(value.to_vec()),
        headers: headers.to_pairs().into(),
    }
}

/// Sends in this order.
pub(crate) async fn send(config: &Config, records: Vec<Outgoing>) {
    let producer = Producer::new(&config.kafka, ProducerSettings::default()).unwrap();
    for record in records {
        producer.send(record).await.unwrap();
    }
}

/// Everything committed on a topic.
pub(crate) async fn all(config: &Config, topic: Topic) -> Vec<Record> {
    let kafka = config.kafka.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut records = Vec::new();
        for (topic, partition) in admin::partitions(&kafka, &[topic]).unwrap() {
            let keep = |record| {
                records.push(record);
                Ok(())
            };
            Restore::new(&kafka).read(topic, partition, None, keep).unwrap();
        }
        records
    });
    read.await.unwrap()
}

/// How far a group is behind, over all partitions it committed.
pub(crate) async fn behind(config: &Config, group: &str) -> Option<i64> {
    let (kafka, group) = (
        config.kafka.clone(),
        format!("{}{group}", config.kafka.group_prefix),
    );
    let lags = tokio::task::spawn_blocking(move || admin::group_lags(&kafka).unwrap())
        .await
        .unwrap();
    let of_group: Vec<i64> = lags
        .iter()
        .filter(|lag| lag.group == group)
        .map(kafka::admin::Lag::records)
        .collect();
    (!of_group.is_empty()).then(|| of_group.iter().sum())
}
