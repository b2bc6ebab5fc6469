//! Several events in a request, on real Kafka: fewer requests, the same order, and who spoils a request spoils it for nobody
//! else.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use event::Kind;
use kafka::{Outgoing, Topic};
use omni_activation::destination::http;
use omni_activation::{Config, DestinationSettings, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::process::Process;
use crate::receiver::{Received, Receiver};
use crate::support::{Running, all, behind, corner, destination, headers, outgoing, send, until};

const TOGETHER_MAX: usize = 50;
const ENTITIES: u32 = 100;

fn uuid(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// Numbered events of many deals of two companies, in order.
fn events(numbers: std::ops::Range<u32>) -> Vec<Outgoing> {
    let event = |number: u32| {
        let entity = number % ENTITIES;
        let flat = json!({"event_id": entity, "event_timestamp": number}).to_string();
        outgoing(
            Topic::Flat,
            &(entity % 2 + 1).to_string(),
            &format!("deal:{entity}"),
            &headers(uuid(number), Kind::Webhook),
            flat.as_bytes(),
        )
    };
    numbers.map(event).collect()
}

fn together(url: String) -> DestinationSettings {
    DestinationSettings {
        in_flight_max: 4,
        batch_wait_ms: 50,
        http: Some(http::Settings {
            events_max: TOGETHER_MAX,
            ..http::Settings::default()
        }),
        ..destination(url)
    }
}

async fn receiver(
    answer: impl Fn(&[Received], &HeaderMap, &Bytes) -> StatusCode + Send + Sync + 'static,
) -> (Receiver, String) {
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), answer).await;
    (receiver, format!("http://{at}/"))
}

/// The numbers of a request, of its events in their order.
fn numbers(body: &[u8]) -> Vec<u64> {
    let events: Vec<Value> = serde_json::from_slice(body).unwrap();
    events
        .iter()
        .map(|event| event["event_timestamp"].as_u64().unwrap())
        .collect()
}

/// Of those that were taken each number once, the first time it came, by entity.
fn taken(receiver: &Receiver) -> BTreeMap<u64, Vec<u64>> {
    let mut taken: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for number in receiver
        .taken()
        .iter()
        .flat_map(|received| numbers(&received.body))
    {
        let of_entity = taken.entry(number % u64::from(ENTITIES)).or_default();
        if !of_entity.contains(&number) {
            of_entity.push(number);
        }
    }
    taken
}

fn assert_in_order(receiver: &Receiver) {
    for (entity, numbers) in taken(receiver) {
        assert!(numbers.is_sorted(), "deal {entity} out of order: {numbers:?}");
    }
}

async fn all_settled(config: &Config) {
    until("all are settled", async || {
        behind(config, "delivery-together").await == Some(0)
    })
    .await;
}

/// What is told of each event in the end, and how often each outcome was told.
async fn outcomes(config: &Config) -> BTreeMap<String, Vec<u32>> {
    let mut outcomes: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for record in all(config, Topic::Deliveries).await {
        let delivery: Value = serde_json::from_slice(record.value()).unwrap();
        let id: Uuid = delivery["event_uuid"].as_str().unwrap().parse().unwrap();
        let outcome =
            [&delivery["outcome"], &delivery["reason"]].map(|word| word.as_str().unwrap_or_default());
        let told = outcomes.entry(outcome.join(" ").trim().to_owned()).or_default();
        told.push(id.as_u128() as u32 - 1);
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_together_and_each_entitys_in_order() {
    const EVENTS: u32 = 600;
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, url) = receiver(|_, _, _| StatusCode::OK).await;
    config.destination.insert("together".to_owned(), together(url));
    send(&config, events(0..EVENTS)).await;
    let stage = Running::start(&config).await;
    all_settled(&config).await;
    let requests = receiver.received();
    let mut found: Vec<u64> = requests
        .iter()
        .flat_map(|received| numbers(&received.body))
        .collect();
    let most = requests
        .iter()
        .map(|received| numbers(&received.body).len())
        .max();
    eprintln!(
        "{} events in {} requests, at most {most:?} in one",
        found.len(),
        requests.len()
    );
    assert!(
        requests.len() * 5 < EVENTS as usize,
        "{} requests",
        requests.len()
    );
    assert!(most <= Some(TOGETHER_MAX), "{most:?}");
    assert_in_order(&receiver);
    found.sort_unstable();
    assert_eq!(found, (0..u64::from(EVENTS)).collect::<Vec<_>>());
    assert_eq!(outcomes(&config).await["delivered"].len(), EVENTS as usize);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_spoils_its_request_is_found_and_given_up_alone() {
    const EVENTS: u32 = 300;
    const BAD: [u32; 3] = [17, 18, 217];
    let mut config = corner(&[Role::Delivery]).await;
    let picky = |_: &[Received], _: &HeaderMap, body: &Bytes| {
        let is_bad = |number| BAD.map(u64::from).contains(number);
        if numbers(body).iter().any(is_bad) {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        }
    };
    let (receiver, url) = receiver(picky).await;
    config.destination.insert("together".to_owned(), together(url));
    send(&config, events(0..EVENTS)).await;
    let stage = Running::start(&config).await;
    all_settled(&config).await;
    let mut told = outcomes(&config).await;
    let mut given_up = told.remove("gave_up refused").unwrap();
    given_up.sort_unstable();
    assert_eq!(given_up, BAD);
    let mut delivered = told.remove("delivered").unwrap();
    delivered.sort_unstable();
    assert_eq!(
        delivered,
        (0..EVENTS)
            .filter(|number| !BAD.contains(number))
            .collect::<Vec<_>>()
    );
    assert!(told.is_empty(), "none is tried twice: {told:?}");
    assert_in_order(&receiver);
    let refused = receiver.received().len() - receiver.taken().len();
    eprintln!(
        "{refused} requests refused for {} events in {} requests",
        BAD.len(),
        receiver.received().len()
    );
    // Each is found by halving fifty.
    assert!(refused <= BAD.len() * 7, "{refused}");
    stage.stop().await;
}

/// It says of a whole request that it failed, not that it is not wanted: then it may be any of them.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_breaks_its_receiver_goes_alone_in_the_end() {
    const EVENTS: u32 = 60;
    const BAD: u32 = 23;
    let mut config = corner(&[Role::Delivery]).await;
    let breaking = |_: &[Received], _: &HeaderMap, body: &Bytes| {
        if numbers(body).contains(&u64::from(BAD)) {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    };
    let (receiver, url) = receiver(breaking).await;
    let settings = DestinationSettings {
        attempts_max: 4,
        ..together(url)
    };
    config.destination.insert("together".to_owned(), settings);
    send(&config, events(0..EVENTS)).await;
    let stage = Running::start(&config).await;
    all_settled(&config).await;
    let told = outcomes(&config).await;
    assert_eq!(told["gave_up server_error"], [BAD]);
    assert_eq!(told["delivered"].len() as u32, EVENTS - 1);
    let alone = receiver.received();
    let alone = alone
        .iter()
        .filter(|received| numbers(&received.body) == [u64::from(BAD)]);
    assert!(alone.count() >= 1);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_loses_no_event_of_a_batch() {
    const EVENTS: u32 = 2_000;
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, url) = receiver(|_, _, _| StatusCode::OK).await;
    config
        .destination
        .insert("together".to_owned(), together(url.clone()));
    send(&config, events(0..EVENTS)).await;
    let came = || {
        receiver
            .taken()
            .iter()
            .map(|received| numbers(&received.body).len())
            .sum::<usize>()
    };

    let stage = Running::start(&config).await;
    until("some have come", async || came() > 200).await;
    stage.stop().await;
    let (together_max, stopped) = (TOGETHER_MAX.to_string(), came());
    let settings = [
        ("OMNI_ACTIVATION__ROLES", "delivery"),
        ("OMNI_DESTINATION__TOGETHER__URL", url.as_str()),
        ("OMNI_DESTINATION__TOGETHER__ALLOW_PRIVATE_ADDRESSES", "true"),
        ("OMNI_DESTINATION__TOGETHER__IN_FLIGHT_MAX", "4"),
        ("OMNI_DESTINATION__TOGETHER__HTTP__EVENTS_MAX", &together_max),
    ];
    let mut process = Process::start(&config, &settings);
    until("more have come", async || came() > stopped + 200).await;
    process.kill();
    let killed = came();
    assert!(killed < EVENTS as usize, "it was killed in the middle");
    let process = Process::start(&config, &settings);
    all_settled(&config).await;
    drop(process);

    let taken = taken(&receiver);
    assert_eq!(taken.values().map(Vec::len).sum::<usize>(), EVENTS as usize);
    assert_in_order(&receiver);
    let again = came() - EVENTS as usize;
    eprintln!("stopped after {stopped}, killed after {killed}: {again} of {EVENTS} came again");
    // What came before the stop was committed by it; four requests may have been under way at the kill.
    assert!(again <= killed - stopped + 4 * TOGETHER_MAX, "{again}");
}
