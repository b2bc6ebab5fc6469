//! A corner of the broker, events to put there, and the program to work them.
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use event::{Change, Headers, Kind, identity};
use kafka::{Config, Outgoing, Placement, Producer, ProducerSettings, Record, Restore, Topic, admin};
use serde_json::{Value, json};

pub(crate) const DEADLINE: Duration = Duration::from_mins(2);
pub(crate) const START: i64 = 1_770_114_030_000_000;

/// Topics of its own, of this many partitions.
pub(crate) fn corner(partitions: i32) -> Config {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let config = Config {
        bootstrap: local::testing::kafka().to_owned(),
        topic_prefix: format!("t{unique}."),
        group_prefix: format!("t{unique}-"),
        partitions,
        ..Config::default()
    };
    admin::create_topics(&config).unwrap();
    config
}

/// The process of one instance; killed when dropped.
pub(crate) struct Program(Child);

impl Program {
    pub(crate) fn start(config: &Config, state: &Path, instance: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_omni-enricher"));
        command
            .current_dir(state)
            .env("OMNI_STAGE__INSTANCE", instance)
            .env("OMNI_KAFKA__BOOTSTRAP", &config.bootstrap)
            .env("OMNI_KAFKA__TOPIC_PREFIX", &config.topic_prefix)
            .env("OMNI_KAFKA__GROUP_PREFIX", &config.group_prefix)
            .env("OMNI_KAFKA__PARTITIONS", config.partitions.to_string())
            .env("OMNI_ENRICHER__ADMIN_LISTEN", "127.0.0.1:0")
            .env("OMNI_ENRICHER__STATE_DIR", state.join("states"))
            .env("OMNI_ENRICHER__BATCH_RECORDS_MAX", "100")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// At once and without a word.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// As an operator stops it.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A deal's webhook; `at` milliseconds after the start.
pub(crate) fn deal(company: u64, id: u64, at: i64, person: u64, value: u64) -> Outgoing {
    let data = json!({"id": id, "value": value, "currency": "EUR", "status": "open", "person_id": person});
    webhook(company, "deal", id, at, data)
}

pub(crate) fn webhook(company: u64, object: &str, id: u64, at: i64, data: Value) -> Outgoing {
    let time = event::moment::to_rfc3339(START + at * 1_000);
    let meta = json!({
        "version": "2.0", "action": "change", "entity": object, "entity_id": id.to_string(),
        "company_id": company.to_string(), "timestamp": time,
    });
    let body = serde_json::to_vec(&json!({"data": data, "previous": null, "meta": meta})).unwrap();
    let change = Change::from_webhook(&body).unwrap();
    let headers = Headers::new(change.uuid, Kind::Webhook, "crm", START + at * 1_000);
    raw(
        identity::partition_text(Some(company), "crm"),
        change.message_key(),
        &headers,
        body,
    )
}

/// A record of `omni.raw` as the collector writes it.
pub(crate) fn raw(partition: String, key: String, headers: &Headers, body: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(partition),
        key: key.into_bytes(),
        payload: Some(body),
        headers: headers.to_pairs().into(),
    }
}

/// Sends records in order, and waits until the broker has them.
pub(crate) struct Sender {
    producer: Producer,
    runtime: tokio::runtime::Runtime,
}

impl Sender {
    pub(crate) fn new(config: &Config) -> Self {
        let settings = ProducerSettings {
            wait_max: DEADLINE,
            ..ProducerSettings::default()
        };
        let producer = Producer::new(config, settings).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self { producer, runtime }
    }

    pub(crate) fn send(&self, records: Vec<Outgoing>) {
        self.runtime.block_on(async {
            let sends: Vec<_> = records
                .into_iter()
                .map(|record| self.producer.send(record))
                .collect();
            for sent in futures::future::join_all(sends).await {
                sent.unwrap();
            }
        });
    }
}

/// As [`Sender::send`], for who sends once.
pub(crate) fn send(config: &Config, records: Vec<Outgoing>) {
    Sender::new(config).send(records);
}

/// All committed records of a topic.
pub(crate) fn all(config: &Config, topic: Topic) -> Vec<Record> {
    let mut records = Vec::new();
    for partition in 0..config.partitions {
        Restore::new(config)
            .read(topic, partition, None, |record| {
                records.push(record);
                Ok(())
            })
            .unwrap();
    }
    records
}

/// How often each event is on the topics that end this stage's part.
pub(crate) fn ends(config: &Config, topics: &[Topic]) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::new();
    for record in topics.iter().flat_map(|topic| all(config, *topic)) {
        *ends
            .entry(record.header("event-uuid").unwrap().to_owned())
            .or_default() += 1;
    }
    ends
}

/// The figures that a contact's newest record has.
pub(crate) fn figures(config: &Config, company: u64, person: u64) -> Option<(u64, String)> {
    let key = format!("{company}:person:{person}");
    let record = all(config, Topic::Entities)
        .into_iter()
        .rfind(|record| record.key_text() == key)?;
    let value: Value = serde_json::from_slice(record.value()).unwrap();
    let metrics = &value["metrics"];
    Some((
        metrics["total_deals"].as_u64()?,
        metrics["average_deal_value"].to_string(),
    ))
}

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Waits until this many records are committed on the topics.
pub(crate) fn await_records(config: &Config, topics: &[Topic], count: usize) {
    until("records arrive", || {
        let there: usize = ends(config, topics).values().sum();
        (there >= count).then_some(())
    });
}
