//! An API that is away while events come, and comes back: every event ends complete, and no limit is passed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka::{Restore, Topic};
use serde_json::{Value, json};
use simulator::{Faults, Limits, Plan, Trouble, Webhooks};

use crate::account::World;

/// Changes while the API is away (a minute), and after it is back.
const CHANGES: [u32; 2] = [2_400, 100];
const RATE: u32 = 40;
/// All rows are complete within this time after the API is back.
const COMPLETE_MAX: Duration = Duration::from_mins(3);
const LOOK_PAUSE: Duration = Duration::from_millis(250);

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

/// An account whose API is away.
fn away() -> simulator::Config {
    simulator::Config {
        webhooks: Webhooks::Mix,
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

async fn events_when(world: &World, enough: impl Fn(&Events) -> bool + Send + 'static) -> Events {
    let kafka = world.kafka.clone();
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

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_the_api_every_event_is_complete_and_no_limit_was_passed() {
    let world = World::told(away(), "").await;
    world.change(CHANGES[0], RATE).await;
    let during = events_when(&world, |events| events.len() >= 400).await;
    // Some events need nothing of others (a note, a product, a person without an organization).
    let lacking = during.values().filter(|(_, missing)| !missing.is_empty()).count();
    assert!(
        lacking * 4 > during.len() * 3,
        "{lacking} of {} lack something",
        during.len()
    );

    world.put("/simulator/faults", &json!({})).await;
    world.change(CHANGES[1], RATE).await;
    let all = (CHANGES[0] + CHANGES[1]) as usize;
    let is_whole =
        move |events: &Events| events.len() >= all && events.values().all(|(_, missing)| missing.is_empty());
    let complete = events_when(&world, is_whole).await;
    assert!(complete.values().filter(|(revision, _)| *revision > 0).count() >= lacking);

    let api = world.get("/simulator/stats").await["api"].clone();
    let refused = (&api["refused"]["burst"], &api["refused"]["daily"]);
    assert_eq!(refused, (&json!(0), &json!(0)), "{api}");
    let peak = api["peak_in_two_seconds"].as_u64().unwrap();
    assert!(
        peak <= Plan::Lite.burst_max() as u64,
        "{peak} requests in two seconds"
    );
    world.stop().await;
}
