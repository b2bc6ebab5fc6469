//! A running collector, a sender, and a look into its topics.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kafka::admin::{Look, TailFrom};
use kafka::{Record, Topic};
use omni_collector::token::TokenHash;
use omni_collector::{Config, Error, Source};
use stage::{Secret, Shutdown, Trigger};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

pub(crate) const PATH: &str = "/webhooks/pipedrive/crm";
pub(crate) const USER: &str = "omni";
pub(crate) const PASSWORD: &str = "s3cret";
/// `omni:s3cret`
pub(crate) const BASIC: &str = "Basic b21uaTpzM2NyZXQ=";
pub(crate) const BOUND_PATH: &str = "/webhooks/pipedrive/bound";
pub(crate) const BOUND_COMPANY: u64 = 4_711_001;
pub(crate) const FLAT_PATH: &str = "/events/flat";
/// Let in for `crm`, the second while the first is being changed.
pub(crate) const TOKENS: [&str; 2] = ["omni_flat_new", "omni_flat_old"];
pub(crate) const BOUND_TOKEN: &str = "omni_flat_bound";
const HEARTBEATS_TAKEN: &str = "omni_collector_heartbeats_total{result=\"taken\"}";
const DEADLINE: Duration = Duration::from_secs(30);

/// A collector that serves, and stops when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) kafka: kafka::Config,
    trigger: Option<Trigger>,
    served: JoinHandle<Result<(), Error>>,
    /// Where its spool is, unless the test brought one.
    _folder: TempDir,
}

/// Two sources: `crm` for any company, `bound` for one.
pub(crate) fn config(bootstrap: &str) -> Config {
    let source = |companies: &[u64], tokens: &[&str]| Source {
        user: USER.to_owned(),
        password: PASSWORD.into(),
        password_previous: Secret::default(),
        companies: companies.to_vec(),
        flat_token_sha256: tokens
            .iter()
            .map(|token| TokenHash::of(token.as_bytes()))
            .collect(),
        api_url: serde::de::IgnoredAny,
        oauth: serde::de::IgnoredAny,
        allow_private_addresses: serde::de::IgnoredAny,
        api_token: serde::de::IgnoredAny,
        manage_webhooks: serde::de::IgnoredAny,
        reconcile_seconds: serde::de::IgnoredAny,
        webhooks: serde::de::IgnoredAny,
    };
    let mut config = Config {
        source: BTreeMap::from([
            ("crm".to_owned(), source(&[], &TOKENS)),
            ("bound".to_owned(), source(&[BOUND_COMPANY], &[BOUND_TOKEN])),
        ]),
        ..Config::default()
    };
    bootstrap.clone_into(&mut config.kafka.bootstrap);
    config.kafka.topic_prefix = format!("test-{}.", uuid::Uuid::new_v4().simple());
    config.collector.listen.set_port(0);
    config.collector.admin_listen.set_port(0);
    config.collector.heartbeat_ms = 3_600_000;
    // A folder of its own at the start, unless the test names one.
    config.collector.spool_dir = PathBuf::new();
    config
}

/// As [`config`], on the tests' Kafka with the topics made.
pub(crate) async fn config_on_kafka() -> Config {
    let config = config(&blocking(|| local::testing::kafka().to_owned()).await);
    let topics = config.kafka.clone();
    blocking(move || kafka::admin::create_topics(&topics))
        .await
        .unwrap();
    config
}

pub(crate) async fn start(mut config: Config) -> Running {
    let kafka = config.kafka.clone();
    let folder = tempfile::tempdir().unwrap();
    if config.collector.spool_dir.as_os_str().is_empty() {
        config.collector.spool_dir = folder.path().join("spool");
    }
    let collector = omni_collector::open(config).await.unwrap();
    let (address, admin) = (collector.address(), collector.admin_address());
    let (trigger, shutdown) = Shutdown::pair();
    let served = tokio::spawn(collector.serve(shutdown));
    Running {
        address,
        admin,
        kafka,
        trigger: Some(trigger),
        served,
        _folder: folder,
    }
}

/// A collector that nothing can be stored through: no broker is there, and nothing may be spooled.
pub(crate) async fn start_without_kafka(change: impl FnOnce(&mut Config)) -> Running {
    let mut config = config("127.0.0.1:1");
    config.collector.spool_bytes_max = 0;
    change(&mut config);
    start(config).await
}

/// A collector that sends events to Kafka and spools none: these tests look at what is on the topics. It is ready
/// before it has seen them, and on a busy machine Kafka takes longer than a collector in use waits for it.
pub(crate) async fn start_on_kafka(change: impl FnOnce(&mut Config)) -> Running {
    let mut config = config_on_kafka().await;
    let wait_ms_max = u64::try_from(DEADLINE.as_millis()).unwrap();
    config.collector.ack_ms_max = wait_ms_max;
    config.collector.spool_after_ms = wait_ms_max;
    change(&mut config);
    let running = start(config).await;
    until("Kafka has taken a heartbeat", async || {
        let (_, metrics) = running.admin("/metrics").await;
        let mut lines = metrics.lines();
        lines.any(|line| {
            line.strip_prefix(HEARTBEATS_TAKEN)
                .is_some_and(|count| count != " 0")
        })
    })
    .await;
    running
}

impl Running {
    pub(crate) async fn until_ready(&self) {
        until("the collector is ready", async || {
            self.admin("/readyz").await.0 == 200
        })
        .await;
    }

    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.admin))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What a metric without labels says.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        metric_in(&self.admin("/metrics").await.1, name)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A POST as Pipedrive makes it.
    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        let request = reqwest::Client::new()
            .post(self.url(path))
            .header("authorization", BASIC);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// Sends these bytes, says that no more come, and reads all that is answered.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        read(&mut stream).await
    }

    pub(crate) fn request_stop(&mut self) {
        self.trigger.take().unwrap().request();
    }

    pub(crate) async fn stopped(self) -> Result<(), Error> {
        drop(self.trigger);
        tokio::time::timeout(DEADLINE, self.served)
            .await
            .expect("stops in time")
            .unwrap()
    }

    /// How it ended by itself.
    pub(crate) async fn ended(self) -> Result<(), Error> {
        tokio::time::timeout(DEADLINE, self.served)
            .await
            .expect("ends in time")
            .unwrap()
    }

    /// Everything that is on a topic now, up to its end and not only what comes at once.
    pub(crate) async fn records(&self, topic: Topic) -> Vec<Record> {
        let config = self.kafka.clone();
        blocking(move || {
            let begun = Instant::now();
            let described = described(&config, begun + DEADLINE);
            let partitions: Vec<_> = described
                .iter()
                .filter(|about| about.topic == topic)
                .flat_map(|about| &about.partitions)
                .collect();
            let expected: i64 = partitions.iter().map(|it| it.high - it.low).sum();
            let expected = expected as usize;
            // What comes meanwhile, a heartbeat for one, must not count for what was there.
            let was_there = |record: &Record| {
                let of = partitions.iter().find(|it| it.partition == record.partition);
                of.is_some_and(|it| record.offset < it.high)
            };
            let mut records = Vec::new();
            if expected == 0 {
                return records;
            }
            let take = |record| {
                if was_there(&record) {
                    records.push(record);
                }
                if records.len() < expected {
                    Look::On
                } else {
                    Look::Away
                }
            };
            let idle = || {
                if begun.elapsed() < DEADLINE {
                    Look::On
                } else {
                    Look::Away
                }
            };
            kafka::admin::tail(&config, topic, &TailFrom::Beginning, take, idle).unwrap();
            assert!(
                records.len() >= expected,
                "{} of {expected} records in time",
                records.len()
            );
            records
        })
        .await
    }

    /// The records of webhooks on `omni.raw`, without heartbeats.
    pub(crate) async fn raw_webhooks(&self) -> Vec<Record> {
        self.raw_of("webhook").await
    }

    /// The records of a kind on `omni.raw`.
    pub(crate) async fn raw_of(&self, kind: &str) -> Vec<Record> {
        let mut records = self.records(Topic::Raw).await;
        records.retain(|record| record.header("kind") == Some(kind));
        records
    }

    /// A POST of flat events as a tag makes it.
    pub(crate) fn flat(&self, token: &str) -> reqwest::RequestBuilder {
        let request = reqwest::Client::new().post(self.url(FLAT_PATH));
        request
            .bearer_auth(token)
            .header("content-type", "application/json")
    }

    /// The status and the answer to flat events of `crm`.
    pub(crate) async fn post_flat(&self, body: impl Into<reqwest::Body>) -> (u16, serde_json::Value) {
        let answer = self.flat(TOKENS[0]).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    }
}

/// What a metric without labels says in a text of Prometheus.
pub(crate) fn metric_in(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.and_then(|line| line.rsplit(' ').next())
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in:\n{text}"))
}

/// A partition of a topic just made may have no leader yet.
fn described(config: &kafka::Config, deadline: Instant) -> Vec<kafka::admin::Described> {
    loop {
        match kafka::admin::describe(config) {
            Ok(described) => return described,
            Err(error) if error.class() == kafka::Class::Retry && Instant::now() < deadline => {}
            Err(error) => panic!("cannot describe the topics: {error:?}"),
        }
    }
}

/// The head of a POST that proves itself; the body's headers are the caller's.
pub(crate) fn head(more: &str) -> String {
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: omni\r\nauthorization: {BASIC}\r\ncontent-type: application/json\r\n{more}\r\n"
    )
}

/// All that is answered until the other side closes.
pub(crate) async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(DEADLINE, read)
        .await
        .expect("an answer in time")
        .unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// Waits for a state, and says which when it does not come.
pub(crate) async fn until(what: &str, state: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !state().await {
        assert!(begun.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// An event's fixture: its bytes as they are in the file.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../event/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// All JSON files of a folder; none when it is not there.
pub(crate) fn json_files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|file| {
            (
                file.path().display().to_string(),
                std::fs::read(file.path()).unwrap(),
            )
        })
        .collect()
}

/// Whether a trace is the event's own, which nobody tells: its id is the event's, and its flag is not set.
pub(crate) fn is_untraced(traceparent: &str, event: uuid::Uuid) -> bool {
    let parts: Vec<&str> = traceparent.split('-').collect();
    matches!(parts.as_slice(), ["00", trace, span, "00"] if *trace == event.simple().to_string() && span.len() == 16)
}
