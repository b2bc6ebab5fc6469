//! An API that is away while events come, and comes back: every event ends complete, and no limit is passed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka::{Restore, Topic, admin};
use serde_json::{Value, json};
use simulator::{Faults, Limits, Plan, Simulator, Trouble, Webhooks};
use stage::Shutdown;
use url::Url;

const COMPANY: u64 = 7_654_321;
/// Changes while the API is away, and after it is back.
const CHANGES: [u32; 2] = [600, 100];
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
         [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\n\
         [enricher]\nadmin_listen = '127.0.0.1:0'\nstate_dir = '{}'\nlookup_ms_max = 200\napi_pause_ms = 500\n\
         [pipedrive]\nplan = 'lite'\n\
         [source.crm]\nuser = 'u'\npassword = 'p'\napi_url = '{api_url}'\napi_token = 'simulated'\n",
        kafka.bootstrap,
        kafka.topic_prefix,
        kafka.group_prefix,
        kafka.partitions,
        state.display(),
    )
}

/// Of each event its newest revision, and what that lacks.
fn newest(kafka: &kafka::Config) -> BTreeMap<String, (u64, BTreeSet<String>)> {
    let mut events: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
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

async fn command(client: &reqwest::Client, url: &str, changes: u32) {
    let request = client.post(format!("{url}/simulator/changes"));
    let answer = request
        .json(&json!({"changes": changes, "rate": RATE}))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_the_api_every_event_is_complete_and_no_limit_was_passed() {
    let kafka = corner();
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("omni.toml");
    let (trigger, shutdown) = Shutdown::pair();
    // The account's address is needed before the collector's, and the other way round: the port is taken twice.
    let away = Faults {
        api: Trouble::Unreachable,
        ..Faults::default()
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let api_url = format!("http://{port}");
    std::fs::write(&file, omni_toml(&kafka, &api_url, &state.path().join("states"))).unwrap();
    let collector = omni_collector::open(omni_collector::Config::load(Some(&file)).unwrap())
        .await
        .unwrap();
    let target = format!("http://{}/webhooks/pipedrive/crm", collector.address());
    let account = simulator::Config {
        companies: vec![COMPANY],
        rate: 0.0,
        webhooks: Webhooks::Mix,
        target: Some(Url::parse(&target).unwrap()),
        user: "u".to_owned(),
        password: "p".to_owned(),
        listen: port,
        history_events: 0,
        contacts: 300,
        everything: true,
        limits: Limits::of(Plan::Lite, 1),
        faults: away,
        ..simulator::Config::default()
    };
    let simulator = Simulator::bind(account).await.unwrap();
    let enricher = omni_enricher::open(omni_enricher::Config::load(Some(&file)).unwrap())
        .await
        .unwrap();
    let parts = [
        tokio::spawn(collector_of(collector, shutdown.clone())),
        tokio::spawn({
            let shutdown = shutdown.clone();
            async move { simulator.serve(shutdown).await.map_err(|error| error.to_string()) }
        }),
        tokio::spawn(async move { enricher.work(shutdown).await.map_err(|error| error.to_string()) }),
    ];

    let client = reqwest::Client::new();
    command(&client, &api_url, CHANGES[0]).await;
    let during = tokio::task::spawn_blocking({
        let kafka = kafka.clone();
        move || until(|| Some(newest(&kafka)).filter(|events| events.len() >= 400))
    });
    let during = during.await.unwrap();
    // Some events need nothing of others (a note, a product, a person without an organization).
    let lacking = during.values().filter(|(_, missing)| !missing.is_empty()).count();
    assert!(
        lacking * 4 > during.len() * 3,
        "{lacking} of {} lack something",
        during.len()
    );
    let request = client.put(format!("{api_url}/simulator/faults")).json(&json!({}));
    assert!(request.send().await.unwrap().status().is_success());
    command(&client, &api_url, CHANGES[1]).await;

    let sent = client
        .get(format!("{api_url}/simulator/stats"))
        .send()
        .await
        .unwrap();
    let sent: Value = sent.json().await.unwrap();
    let complete = tokio::task::spawn_blocking({
        let kafka = kafka.clone();
        move || {
            let wanted = (CHANGES[0] + CHANGES[1]) as usize;
            let mut left = Vec::new();
            let deadline = Instant::now() + COMPLETE_MAX;
            while Instant::now() < deadline {
                let events = newest(&kafka);
                left = events
                    .iter()
                    .filter(|(_, (_, missing))| !missing.is_empty())
                    .map(|(uuid, (revision, missing))| (uuid.clone(), *revision, missing.clone()))
                    .collect();
                if left.is_empty() && events.len() >= wanted {
                    return events;
                }
                std::thread::park_timeout(LOOK_PAUSE);
            }
            panic!(
                "not complete: {} events, such as {:?}",
                left.len(),
                &left[..left.len().min(5)]
            );
        }
    });
    let complete = complete.await.unwrap();
    assert!(complete.values().filter(|(revision, _)| *revision > 0).count() >= lacking);

    let stats = client
        .get(format!("{api_url}/simulator/stats"))
        .send()
        .await
        .unwrap();
    let stats: Value = stats.json().await.unwrap();
    let refused = &stats["api"]["refused"];
    assert_eq!(
        (&refused["burst"], &refused["daily"]),
        (&json!(0), &json!(0)),
        "{stats}"
    );
    let peak = stats["api"]["peak_in_two_seconds"].as_u64().unwrap();
    assert!(
        peak <= Plan::Lite.burst_max() as u64,
        "{peak} requests in two seconds"
    );
    assert!(sent["api"]["tokens"].as_u64() <= stats["api"]["tokens"].as_u64());
    drop(trigger);
    for part in parts {
        part.await.unwrap().unwrap();
    }
}

async fn collector_of(collector: omni_collector::Collector, shutdown: Shutdown) -> Result<(), String> {
    collector.serve(shutdown).await.map_err(|error| error.to_string())
}

fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + COMPLETE_MAX;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {COMPLETE_MAX:?}");
        std::thread::park_timeout(LOOK_PAUSE);
    }
}
