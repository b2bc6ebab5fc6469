//! An API that is away while events come, and comes back: every event ends complete, and no limit is passed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kafka::{Restore, Topic, admin};
use serde_json::{Value, json};
use simulator::{Faults, Limits, Plan, Simulator, Trouble, Webhooks};
use stage::{Shutdown, Trigger};
use url::Url;

const COMPANY: u64 = 7_654_321;
/// Changes while the API is away (a minute), and after it is back.
const CHANGES: [u32; 2] = [2_400, 100];
const RATE: u32 = 40;
/// All rows are complete within this time after the API is back.
const COMPLETE_MAX: Duration = Duration::from_mins(3);
const LOOK_PAUSE: Duration = Duration::from_millis(250);

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

/// What collector and enricher read.
fn omni_toml(kafka: &kafka::Config, api_url: &str, state: &std::path::Path) -> String {
    format!(
        "[kafka]\nbootstrap = '{}'\ntopic_prefix = '{}'\ngroup_prefix = '{}'\npartitions = {}\n\
         [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nspool_dir = '{}'\n\
         [enricher]\nadmin_listen = '127.0.0.1:0'\nstate_dir = '{}'\nlookup_ms_max = 200\napi_pause_ms = 500\n\
         [pipedrive]\nplan = 'lite'\n\
         [source.crm]\nuser = 'u'\npassword = 'p'\napi_url = '{api_url}'\napi_token = 'simulated'\n",
        kafka.bootstrap,
        kafka.topic_prefix,
        kafka.group_prefix,
        kafka.partitions,
        state.with_file_name("spool").display(),
        state.display(),
    )
}

/// Events by their id: the newest revision, and what that lacks.
type Events = BTreeMap<String, (u64, BTreeSet<String>)>;

/// Of each event its newest revision, and what that lacks.
fn newest(kafka: &kafka::Config) -> Events {
    let mut events = Events::new();
    for partition in 0..kafka.partitions {
        let each = |record: kafka::Record| {
            let Some(uuid) = record.header("event-uuid").map(str::to_owned) else {
                return Ok(());
            };
            if record.header("kind") != Some("webhook") {
                return Ok(());
            }
            let value: Value = serde_json::from_slice(record.value()).unwrap();
            let meta = &value["request"]["meta"];
            let revision = meta["revision"].as_u64().unwrap();
            let words = meta["missing"].as_array().into_iter().flatten();
            let missing = words.map(|word| word.as_str().unwrap().to_owned()).collect();
            let known = events.entry(uuid).or_default();
            assert!(revision == 0 || revision > known.0, "revision {revision} twice");
            *known = (revision, missing);
            Ok(())
        };
        Restore::new(kafka)
            .read(Topic::Enriched, partition, None, each)
            .unwrap();
    }
    events
}

/// An account whose API is away, a collector it posts to, and an enricher that would ask it.
struct World {
    kafka: kafka::Config,
    url: String,
    client: reqwest::Client,
    trigger: Trigger,
    parts: Vec<tokio::task::JoinHandle<Result<(), String>>>,
    _state: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let kafka = corner();
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("omni.toml");
        // The account's address is needed before the collector's, and the other way round: the port is taken twice.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap();
        drop(free);
        let url = format!("http://{port}");
        std::fs::write(&file, omni_toml(&kafka, &url, &state.path().join("states"))).unwrap();
        let collector = omni_collector::open(omni_collector::Config::load(Some(&file)).unwrap());
        let collector = collector.await.unwrap();
        let target = format!("http://{}/webhooks/pipedrive/crm", collector.address());
        let simulator = Simulator::bind(account(port, &target)).await.unwrap();
        let enricher = omni_enricher::open(omni_enricher::Config::load(Some(&file)).unwrap());
        let enricher = enricher.await.unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let (of_account, of_enricher) = (shutdown.clone(), shutdown.clone());
        let parts = vec![
            tokio::spawn(async move { collector.serve(shutdown).await.map_err(|error| error.to_string()) }),
            tokio::spawn(async move {
                simulator
                    .serve(of_account)
                    .await
                    .map_err(|error| error.to_string())
            }),
            tokio::spawn(async move {
                enricher
                    .work(of_enricher)
                    .await
                    .map_err(|error| error.to_string())
            }),
        ];
        Self {
            kafka,
            url,
            client: reqwest::Client::new(),
            trigger,
            parts,
            _state: state,
        }
    }

    async fn change(&self, changes: u32) {
        let request = self.client.post(format!("{}/simulator/changes", self.url));
        let request = request.json(&json!({"changes": changes, "rate": RATE}));
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    async fn api_comes_back(&self) {
        let request = self.client.put(format!("{}/simulator/faults", self.url));
        let answer = request.json(&json!({})).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// What the account counted of our requests.
    async fn counted(&self) -> Value {
        let request = self.client.get(format!("{}/simulator/stats", self.url));
        let mut told: Value = request.send().await.unwrap().json().await.unwrap();
        told["api"].take()
    }

    async fn events_when(&self, enough: impl Fn(&Events) -> bool + Send + 'static) -> Events {
        let kafka = self.kafka.clone();
        let wait = move || {
            let deadline = Instant::now() + COMPLETE_MAX;
            loop {
                let events = newest(&kafka);
                if enough(&events) {
                    return events;
                }
                let lacking = events.values().filter(|(_, missing)| !missing.is_empty());
                let some: Vec<_> = lacking.clone().take(5).collect();
                let (count, all) = (lacking.count(), events.len());
                assert!(
                    Instant::now() < deadline,
                    "{count} of {all} lack something: {some:?}"
                );
                std::thread::park_timeout(LOOK_PAUSE);
            }
        };
        tokio::task::spawn_blocking(wait).await.unwrap()
    }

    async fn stop(self) {
        drop(self.trigger);
        for part in self.parts {
            part.await.unwrap().unwrap();
        }
    }
}

fn account(listen: SocketAddr, target: &str) -> simulator::Config {
    simulator::Config {
        companies: vec![COMPANY],
        rate: 0.0,
        webhooks: Webhooks::Mix,
        target: Some(Url::parse(target).unwrap()),
        user: "u".to_owned(),
        password: "p".to_owned(),
        listen,
        history_events: 0,
        contacts: 300,
        everything: true,
        limits: Limits::of(Plan::Lite, 1),
        faults: Faults {
            api: Trouble::Unreachable,
            ..Faults::default()
        },
        ..simulator::Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_the_api_every_event_is_complete_and_no_limit_was_passed() {
    let world = World::start().await;
    world.change(CHANGES[0]).await;
    let during = world.events_when(|events| events.len() >= 400).await;
    // Some events need nothing of others (a note, a product, a person without an organization).
    let lacking = during.values().filter(|(_, missing)| !missing.is_empty()).count();
    assert!(
        lacking * 4 > during.len() * 3,
        "{lacking} of {} lack something",
        during.len()
    );

    world.api_comes_back().await;
    world.change(CHANGES[1]).await;
    let all = (CHANGES[0] + CHANGES[1]) as usize;
    let is_whole =
        move |events: &Events| events.len() >= all && events.values().all(|(_, missing)| missing.is_empty());
    let complete = world.events_when(is_whole).await;
    assert!(complete.values().filter(|(revision, _)| *revision > 0).count() >= lacking);

    let api = world.counted().await;
    let refused = (&api["refused"]["burst"], &api["refused"]["daily"]);
    assert_eq!(refused, (&json!(0), &json!(0)), "{api}");
    let peak = api["peak_in_two_seconds"].as_u64().unwrap();
    assert!(
        peak <= Plan::Lite.burst_max() as u64,
        "{peak} requests in two seconds"
    );
    world.stop().await;
}
