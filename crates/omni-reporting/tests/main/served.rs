//! The server as a browser meets it, on a database and topics of its own.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kafka::{Outgoing, Placement, Producer, ProducerSettings, Topic};
use omni_reporting::{Config, Server};
use serde_json::{Value, json};
use stage::{Shutdown, Trigger};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::fixture::Database;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Where rows of deals land, as the loader tells of them.
pub(crate) const DEAL_TABLES: &[&str] = &["deal_events", "deals", "deal_facts"];

pub(crate) struct Served {
    pub(crate) database: Arc<Database>,
    kafka: kafka::Config,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    producer: Producer,
    trigger: Option<Trigger>,
    serving: JoinHandle<Result<(), omni_reporting::Error>>,
}

impl Served {
    pub(crate) async fn start(database: Database) -> Self {
        Self::start_with(database, |_| {}).await
    }

    pub(crate) async fn start_with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let kafka = kafka::Config {
            bootstrap: local::testing::kafka().to_owned(),
            topic_prefix: format!("t{}.", Uuid::new_v4().simple()),
            ..kafka::Config::default()
        };
        let created = kafka.clone();
        tokio::task::spawn_blocking(move || kafka::admin::create_topics(&created).unwrap())
            .await
            .unwrap();
        Self::on(Arc::new(database), kafka, change).await
    }

    /// Another server of the same deployment.
    pub(crate) async fn replica(&self) -> Self {
        Self::on(Arc::clone(&self.database), self.kafka.clone(), |_| {}).await
    }

    async fn on(database: Arc<Database>, kafka: kafka::Config, change: impl FnOnce(&mut Config)) -> Self {
        let address = local::testing::clickhouse();
        let mut config = Config {
            warehouse: database.config.clone(),
            kafka: kafka.clone(),
            ..Config::default()
        };
        config.reporting.listen = ([127, 0, 0, 1], 0).into();
        config.reporting.admin_listen = ([127, 0, 0, 1], 0).into();
        config
            .reporting
            .warehouse_user
            .clone_from(&address.dashboard_user);
        config.reporting.warehouse_password = address.dashboard_password.clone().into();
        change(&mut config);
        let (trigger, shutdown) = Shutdown::pair();
        let bound = Server::bind(&config, shutdown).await.unwrap();
        let (address, admin) = (bound.address(), bound.admin_address());
        let serving = tokio::spawn(bound.serve());
        let producer = Producer::new(&kafka, ProducerSettings::default()).unwrap();
        let served = Self {
            database,
            kafka,
            address,
            admin,
            producer,
            trigger: Some(trigger),
            serving,
        };
        served
            .until("ready", async || {
                served.text_of(served.admin, "/readyz").await.0 == 200
            })
            .await;
        served
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        self.text_of(self.address, path).await
    }

    async fn text_of(&self, address: SocketAddr, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The value of a metric, 0 when it was never moved.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.text_of(self.admin, "/metrics").await;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Polls until it holds.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < deadline, "never came to be: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As the loader does after an insert.
    pub(crate) async fn notice(&self, tables: &[&str], companies: &[u64]) {
        let now = stage::clock::rfc3339_micro(stage::clock::now_micro());
        self.tell(json!({
            "template": "pipedrive-deals/2.0", "tables": tables, "rows": 1, "batch": Uuid::new_v4(),
            "companies": companies, "event_time_max": now, "received_at_max": now, "loaded_at": now,
        }))
        .await;
    }

    /// As the loader does when a batch held nothing but a collector's heartbeat.
    pub(crate) async fn heartbeat(&self, at: &str) {
        self.tell(json!({
            "template": "pipedrive-deals/2.0", "tables": ["deal_events", "deals", "deal_facts"], "rows": 0,
            "companies": [], "heartbeat_at": at, "loaded_at": at,
        }))
        .await;
    }

    async fn tell(&self, notice: Value) {
        let heard = r#"omni_reporting_notices_total{outcome="understood"}"#;
        let before = self.metric(heard).await;
        let record = Outgoing {
            topic: Topic::Loaded,
            placement: Placement::Partition(0),
            key: Vec::new(),
            payload: Some(notice.to_string().into_bytes()),
            headers: kafka::RecordHeaders::new(),
        };
        self.producer.send(record).await.unwrap();
        self.until("the notice was heard", async || self.metric(heard).await > before)
            .await;
    }

    /// A deal won now by company 1001, loaded and told of.
    pub(crate) async fn win(&self, deal: u64, value: u64, source: &str) {
        self.load(deal, value, source).await;
        self.notice(DEAL_TABLES, &[1001]).await;
    }

    /// The same, without telling anybody.
    pub(crate) async fn load(&self, deal: u64, value: u64, source: &str) {
        self.event(deal, "won", value, source).await;
    }

    /// An open deal of company 1001, loaded and told of.
    pub(crate) async fn append_open_deal(&self, deal: u64) {
        self.event(deal, "open", 1, "google").await;
        self.notice(DEAL_TABLES, &[1001]).await;
    }

    async fn event(&self, deal: u64, status: &str, value: u64, source: &str) {
        let micro = stage::clock::now_micro();
        let at = stage::clock::rfc3339_micro(micro);
        let mut event = json!({
            "event_uuid": Uuid::new_v4(), "event_ver": ((micro as u64) << 12).to_string(), "event_revision": 0,
            "event_action": "updated", "event_object": "deal", "event_id": deal, "event_company_id": 1001,
            "event_timestamp_micro": micro, "event_received_at": at, "deal_id": deal, "deal_title": format!("Deal {deal}"),
            "deal_value": value, "deal_currency": "EUR", "deal_status": status, "deal_stage_id": 11, "deal_pipeline_id": 1,
            "deal_add_time": at, "marketing_source": source,
        });
        if status == "won" {
            event["deal_won_time"] = at.into();
        }
        let Value::Object(event) = event else {
            unreachable!()
        };
        self.database.insert(&[event]).await;
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.trigger.take().unwrap().request();
        tokio::time::timeout(PATIENCE, self.serving)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}
