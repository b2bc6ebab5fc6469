//! A simulated account, a collector that it posts to, and enrichers that ask it: real Kafka between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kafka::admin;
use serde_json::{Value, json};
use simulator::Simulator;
use stage::{Shutdown, Trigger};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use url::Url;

pub(crate) const COMPANY: u64 = 7_654_321;
const LOOK_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct World {
    pub(crate) kafka: kafka::Config,
    /// Where the account answers.
    pub(crate) url: String,
    /// Where the collector takes webhooks.
    pub(crate) target: String,
    client: reqwest::Client,
    settings: String,
    /// More of `[source.crm]`.
    source: String,
    parts: Vec<(Trigger, JoinHandle<Result<(), String>>)>,
    folder: TempDir,
}

impl World {
    /// With a subscription that is there from the start, and one enricher.
    pub(crate) async fn told(account: simulator::Config, more: &str) -> Self {
        let mut world = Self::start(account, true, more).await;
        world.enricher("a").await;
        world
    }

    /// The account and the collector; `more` of the enricher's settings may say `TARGET`.
    pub(crate) async fn start(account: simulator::Config, is_subscribed: bool, more: &str) -> Self {
        Self::open(account, is_subscribed, "", more).await
    }

    /// The same, with no subscription and more of `[source.crm]`.
    pub(crate) async fn start_with(account: simulator::Config, source: &str, more: &str) -> Self {
        Self::open(account, false, source, more).await
    }

    async fn open(account: simulator::Config, is_subscribed: bool, source: &str, more: &str) -> Self {
        let kafka = corner();
        let folder = tempfile::tempdir().unwrap();
        // The account's address is needed before the collector's, and the other way round: the port is taken twice.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap();
        drop(free);
        let mut world = Self {
            url: format!("http://{port}"),
            target: String::new(),
            client: reqwest::Client::new(),
            settings: String::new(),
            source: source.to_owned(),
            parts: Vec::new(),
            kafka,
            folder,
        };
        let file = world.write("collector.toml", &world.common("spool"));
        let collector = omni_collector::open(omni_collector::Config::load(Some(&file)).unwrap());
        let collector = collector.await.unwrap();
        world.target = format!("http://{}/webhooks/pipedrive/crm", collector.address());
        world.settings = more.replace("TARGET", &world.target);
        world.part(async |shutdown| collector.serve(shutdown).await.map_err(|error| error.to_string()));
        let target = is_subscribed.then_some(world.target.as_str());
        let simulator = Simulator::bind(of_test(account, port, target)).await.unwrap();
        world.part(async |shutdown| simulator.serve(shutdown).await.map_err(|error| error.to_string()));
        world
    }

    /// Another enricher, with a store of its own.
    pub(crate) async fn enricher(&mut self, instance: &str) {
        let states = self.folder.path().join(format!("states-{instance}"));
        let text = format!(
            "[stage]\ninstance = '{instance}'\n{}[enricher]\nadmin_listen = '127.0.0.1:0'\nstate_dir = '{}'\n\
             lookup_ms_max = 200\napi_pause_ms = 500\n[pipedrive]\nplan = 'lite'\n{}",
            self.common(instance),
            states.display(),
            self.settings,
        );
        let file = self.write(&format!("{instance}.toml"), &text);
        let enricher = omni_enricher::open(omni_enricher::Config::load(Some(&file)).unwrap());
        let enricher = enricher.await.unwrap();
        self.part(async |shutdown| enricher.work(shutdown).await.map_err(|error| error.to_string()));
    }

    fn common(&self, spool: &str) -> String {
        format!(
            "[kafka]\nbootstrap = '{}'\ntopic_prefix = '{}'\ngroup_prefix = '{}'\npartitions = {}\n\
             [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nspool_dir = '{}'\nheartbeat_ms = 500\n\
             [source.crm]\nuser = 'u'\npassword = 'p'\napi_url = '{}'\napi_token = 'simulated'\nmanage_webhooks = {}\n{}",
            self.kafka.bootstrap,
            self.kafka.topic_prefix,
            self.kafka.group_prefix,
            self.kafka.partitions,
            self.folder.path().join(spool).display(),
            self.url,
            self.settings.contains("[source.crm.webhooks]"),
            self.source,
        )
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path: &Path = self.folder.path();
        std::fs::write(path.join(name), text).unwrap();
        path.join(name)
    }

    fn part<F: Future<Output = Result<(), String>> + Send + 'static>(
        &mut self,
        run: impl FnOnce(Shutdown) -> F + Send + 'static,
    ) {
        let (trigger, shutdown) = Shutdown::pair();
        self.parts.push((trigger, tokio::spawn(run(shutdown))));
    }

    /// So many changes, `rate` of them a second.
    pub(crate) async fn change(&self, changes: u32, rate: u32) {
        let wanted = json!({"changes": changes, "rate": rate});
        self.send(self.client.post(self.at("/simulator/changes")).json(&wanted))
            .await;
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) {
        self.send(self.client.put(self.at(path)).json(body)).await;
    }

    pub(crate) async fn post(&self, path: &str) {
        self.send(self.client.post(self.at(path))).await;
    }

    pub(crate) async fn delete(&self, path: &str) {
        self.send(self.client.delete(self.at(path))).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = self.client.get(self.at(path)).header("x-api-token", "simulated");
        request.send().await.unwrap().json().await.unwrap()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) {
        let answer = request.header("x-api-token", "simulated").send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Waits until the account says so.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        within: Duration,
        path: &str,
        holds: impl Fn(&Value) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + within;
        loop {
            let told = self.get(path).await;
            if let Some(found) = holds(&told) {
                return found;
            }
            assert!(Instant::now() < deadline, "{what}: not within {within:?}: {told}");
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    pub(crate) async fn stop(self) {
        for (trigger, part) in self.parts.into_iter().rev() {
            drop(trigger);
            part.await.unwrap().unwrap();
        }
    }
}

/// The one webhook that `/simulator/webhooks` tells of, other than this one.
pub(crate) fn only(told: &Value, other_than: Option<&Value>) -> Option<Value> {
    match told.as_array()?.as_slice() {
        [webhook] if Some(&webhook["id"]) != other_than => Some(webhook["id"].clone()),
        _ => None,
    }
}

fn corner() -> kafka::Config {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let config = kafka::Config {
        bootstrap: local::testing::kafka().to_owned(),
        topic_prefix: format!("t{unique}."),
        group_prefix: format!("t{unique}-"),
        partitions: 2,
        ..kafka::Config::default()
    };
    admin::create_topics(&config).unwrap();
    config
}

fn of_test(account: simulator::Config, listen: SocketAddr, target: Option<&str>) -> simulator::Config {
    simulator::Config {
        companies: vec![COMPANY],
        rate: 0.0,
        target: target.map(|target| Url::parse(target).unwrap()),
        user: "u".to_owned(),
        password: "p".to_owned(),
        listen,
        history_events: 0,
        ..account
    }
}
