//! What an account did while its webhook was banned is found and sent by the enricher itself, once, and nobody has to ask for it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use event::reconcile::{Known, Row, Window};
use event::{EntityId, Object, Ver, moment};
use kafka::{Restore, Topic};
use pipedrive::{Account, COMPARED, Client, Credentials, Priority};
use serde_json::Value;
use simulator::{Limits, Plan, Webhooks};
use stage::{clock, outbound::Addresses};

use crate::account::{COMPANY, World, only};

/// Looks come every two seconds here, passes every second, and a change is missed after one.
const MANAGED: &str = "[enricher.silence]\nquiet_seconds = 2\ngrace_seconds = 1\n\
                       [source.crm.webhooks]\nurl = 'TARGET'\ncheck_seconds = 2\n";
const SOON: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(250);
const LIST_MAX: Duration = Duration::from_mins(1);

fn account() -> simulator::Config {
    simulator::Config {
        webhooks: Webhooks::V2,
        contacts: 120,
        everything: true,
        limits: Limits::of(Plan::Ultimate, 10),
        ..simulator::Config::default()
    }
}

/// The newest version that went on, of each entity by its key; each event and revision once.
fn told(kafka: &kafka::Config) -> HashMap<String, Known> {
    let (mut newest, mut seen) = (
        HashMap::<String, (Ver, bool)>::new(),
        std::collections::HashSet::new(),
    );
    let mut each = |record: &kafka::Record| {
        if record.header("kind") == Some("heartbeat") {
            return;
        }
        let value: Value = serde_json::from_slice(record.value()).unwrap();
        let meta = &value["request"]["meta"];
        let uuid = record.header("event-uuid").unwrap().to_owned();
        assert!(seen.insert((uuid, meta["revision"].as_u64())), "twice: {meta}");
        let ver = Ver::parse(meta["ver"].as_str().unwrap()).unwrap();
        let is_gone = matches!(meta["action"].as_str(), Some("deleted" | "merged"));
        let known = newest.entry(record.key_text()).or_insert((ver, is_gone));
        if ver >= known.0 {
            *known = (ver, is_gone);
        }
    };
    for partition in 0..kafka.partitions {
        let read = |record: kafka::Record| {
            each(&record);
            Ok(())
        };
        Restore::new(kafka)
            .read(Topic::Enriched, partition, None, read)
            .unwrap();
    }
    let known = |(key, (ver, is_gone))| (key, Known::of(ver, is_gone));
    newest.into_iter().map(known).collect()
}

/// Records that the enricher sent by itself.
fn sent(kafka: &kafka::Config) -> usize {
    let mut sent = 0;
    for partition in 0..kafka.partitions {
        let read = |record: kafka::Record| {
            sent += usize::from(record.header("origin") == Some("reconcile"));
            Ok(())
        };
        Restore::new(kafka)
            .read(Topic::Raw, partition, None, read)
            .unwrap();
    }
    sent
}

/// What the account has and nobody was told, of what changed since then.
async fn untold(world: &World, since_micro: i64) -> Vec<String> {
    let account = Account {
        api_url: world.url.parse().unwrap(),
        credentials: Credentials::ApiToken("simulated".into()),
        addresses: Addresses::allowing_private(true),
    };
    let limits = pipedrive::Config {
        budget_share: 1.0,
        ..pipedrive::Config::default()
    };
    let client = Client::new(&account, limits).unwrap();
    let window = Window {
        since_micro: Some(since_micro),
        until_micro: clock::now_micro() - 2 * moment::SECOND,
    };
    let known = told(&world.kafka);
    let mut untold = Vec::new();
    for (word, lists) in &COMPARED {
        let object = Object::from(*word);
        for list in *lists {
            let rows = client
                .list(list, Priority::Repair, LIST_MAX)
                .await
                .result
                .unwrap();
            for state in &rows.items {
                let id = state.get("id").and_then(EntityId::from_value).unwrap();
                let key = event::identity::message_key(COMPANY, &object, &id);
                let row = Row {
                    company_id: COMPANY,
                    object: &object,
                    state,
                    is_gone: list.tells_of_gone(),
                };
                let difference = row.against(known.get(&key).copied(), window).unwrap();
                untold.extend(difference.map(|difference| format!("{key} {:?}", difference.finding)));
            }
        }
    }
    untold
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_in_a_ban_is_found_and_sent_once_by_itself() {
    let mut world = World::start_with(account(), "reconcile_seconds = 1\n", MANAGED).await;
    world.enricher("a").await;
    world.enricher("b").await;
    let list = "/simulator/webhooks";
    let first = world
        .until("a subscription", SOON, list, |told| only(told, None))
        .await;
    let begun_micro = clock::now_micro();
    world.change(50, 0).await;
    world.post(&format!("/simulator/webhooks/{first}/ban")).await;
    world.change(400, 40).await;
    let stats = world.get("/simulator/stats").await;
    assert!(stats["untold"].as_u64().unwrap() > 300, "{stats}");
    // The ban ends with a new subscription, and life goes on.
    world
        .until("one that is not banned", SOON, list, |told| {
            only(told, Some(&first))
        })
        .await;
    world.change(20, 0).await;
    let deadline = Instant::now() + SOON;
    loop {
        let untold = untold(&world, begun_micro).await;
        if untold.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "still untold: {untold:?}");
        tokio::time::sleep(PAUSE).await;
    }
    // Further passes find nothing.
    let sent_before = sent(&world.kafka);
    assert!(sent_before > 50, "{sent_before} sent");
    let passes = |told: &Value| told["api"]["calls"]["v2/activities"]["requests"].as_u64();
    let before = passes(&world.get("/simulator/stats").await).unwrap_or(0);
    let three = |told: &Value| passes(told).filter(|passes| *passes >= before + 3);
    world.until("three passes", SOON, "/simulator/stats", three).await;
    assert_eq!(sent(&world.kafka), sent_before);
    world.stop().await;
}
