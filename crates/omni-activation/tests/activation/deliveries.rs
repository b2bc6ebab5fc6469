//! Delivery on real Kafka, to stand-ins that work, fail, or are not there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use event::Kind;
use kafka::{Outgoing, Topic};
use omni_activation::{Config, DestinationKind, Order, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::receiver::{Received, Receiver, nobody, silent};
use crate::support::{Running, all, behind, corner, destination, headers, outgoing, send, until};

const EVENTS: u32 = 120;
const ENTITIES: u32 = 8;

fn flat(entity: u32, number: u32) -> Vec<u8> {
    json!({"event_name": "pipedrive_deal_updated", "event_id": entity, "event_timestamp": number})
        .to_string()
        .into_bytes()
}

/// Events of several entities of two companies, numbered in order.
fn events(numbers: std::ops::Range<u32>) -> Vec<Outgoing> {
    numbers
        .map(|number| {
            let entity = number % ENTITIES;
            let company = (entity % 2 + 1).to_string();
            let headers = headers(Uuid::from_u128(u128::from(number) + 1), Kind::Webhook);
            outgoing(
                Topic::Flat,
                &company,
                &format!("deal:{entity}"),
                &headers,
                &flat(entity, number),
            )
        })
        .collect()
}

/// The numbers taken, by entity, in the order they were.
fn taken(receiver: &Receiver) -> BTreeMap<u64, Vec<u64>> {
    let mut taken: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for received in receiver.taken() {
        let event = received.json();
        taken
            .entry(event["event_id"].as_u64().unwrap())
            .or_default()
            .push(event["event_timestamp"].as_u64().unwrap());
    }
    taken
}

/// Every number once, and each entity's in order.
fn assert_complete(receiver: &Receiver, numbers: std::ops::Range<u32>) {
    let taken = taken(receiver);
    let mut found: Vec<u64> = taken.values().flatten().copied().collect();
    found.sort_unstable();
    assert_eq!(found, numbers.map(u64::from).collect::<Vec<_>>());
    for (entity, numbers) in taken {
        assert!(numbers.is_sorted(), "entity {entity} out of order: {numbers:?}");
    }
}

async fn outcomes(config: &Config, name: &str) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for record in all(config, Topic::Deliveries).await {
        let delivery: Value = serde_json::from_slice(record.value()).unwrap();
        if delivery["destination"] == name {
            *outcomes
                .entry(delivery["outcome"].as_str().unwrap().to_owned())
                .or_insert(0) += 1;
        }
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_silent_destination_hold_back_nobody_and_catch_up_later() {
    let mut config = corner(&[Role::Delivery]).await;
    // The first attempt at each entity fails: what comes after it must wait for it.
    let stumbling = |before: &[Received], _: &http::HeaderMap, body: &axum::body::Bytes| {
        let entity = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["event_id"].clone();
        let first = !before
            .iter()
            .any(|received| entity(&received.body) == entity(body));
        if first {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    };
    let (fine, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), stumbling).await;
    let (dead, mute) = (nobody().await, silent().await);
    for (name, at) in [("fine", at), ("dead", dead), ("mute", mute)] {
        config
            .destination
            .insert(name.to_owned(), destination(format!("http://{at}/")));
    }
    send(&config, events(0..EVENTS)).await;
    let stage = Running::start(&config).await;
    until("the fine one has all", async || {
        fine.taken().len() == EVENTS as usize
    })
    .await;
    assert_complete(&fine, 0..EVENTS);
    until("its offsets are committed", async || {
        behind(&config, "delivery-fine").await == Some(0)
    })
    .await;
    let told = outcomes(&config, "fine").await;
    assert_eq!(
        (told["delivered"], told["retry"]),
        (EVENTS as usize, ENTITIES as usize)
    );
    until("the dead one was tried", async || {
        outcomes(&config, "dead").await.contains_key("retry")
    })
    .await;
    assert!(!outcomes(&config, "dead").await.contains_key("delivered"));
    assert!(behind(&config, "delivery-dead").await.is_none_or(|lag| lag > 0));

    let (risen, _) = Receiver::listen(dead, |_, _, _| StatusCode::OK).await;
    until("the dead one has risen and has all", async || {
        risen.taken().len() >= EVENTS as usize
    })
    .await;
    assert_complete(&risen, 0..EVENTS);
    until("its offsets are committed", async || {
        behind(&config, "delivery-dead").await == Some(0)
    })
    .await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_does_not_come_again_after_a_restart() {
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), |_, _, _| StatusCode::OK).await;
    config
        .destination
        .insert("fine".to_owned(), destination(format!("http://{at}/")));
    send(&config, events(0..40)).await;
    let stage = Running::start(&config).await;
    until("the first have come", async || receiver.taken().len() == 40).await;
    stage.stop().await;
    assert_eq!(
        behind(&config, "delivery-fine").await,
        Some(0),
        "a stop commits what is settled"
    );
    send(&config, events(40..60)).await;
    let stage = Running::start(&config).await;
    until("the rest has come", async || receiver.taken().len() >= 60).await;
    assert_complete(&receiver, 0..60);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_is_given_up_and_the_next_goes_on() {
    let mut config = corner(&[Role::Delivery]).await;
    let picky = |_: &[Received], _: &http::HeaderMap, body: &axum::body::Bytes| {
        let number = serde_json::from_slice::<Value>(body).unwrap()["event_timestamp"]
            .as_u64()
            .unwrap();
        match number {
            3 => StatusCode::UNPROCESSABLE_ENTITY,
            5 => StatusCode::BAD_GATEWAY,
            _ => StatusCode::NO_CONTENT,
        }
    };
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), picky).await;
    let mut settings = destination(format!("http://{at}/"));
    settings.attempts_max = 3;
    config.destination.insert("picky".to_owned(), settings);
    send(&config, events(0..20)).await;
    let stage = Running::start(&config).await;
    // That others are taken meanwhile shows whose fault it is.
    let mut sent = 20;
    until("both are given up", async || {
        send(&config, events(sent..sent + 1)).await;
        sent += 1;
        outcomes(&config, "picky").await.get("gave_up") == Some(&2)
    })
    .await;
    until("all are settled", async || {
        behind(&config, "delivery-picky").await == Some(0)
    })
    .await;
    assert_eq!(receiver.taken().len() as u32, sent - 2);
    let tried = |number: u128| {
        let id = Uuid::from_u128(number + 1).to_string();
        receiver
            .received()
            .iter()
            .filter(|received| received.id() == id)
            .count()
    };
    assert_eq!(tried(3), 1);
    assert!(tried(5) >= 3, "{}", tried(5));
    let told = outcomes(&config, "picky").await;
    let delivered = sent as usize - 2;
    assert_eq!(
        (told["delivered"], told["gave_up"], told["retry"]),
        (delivered, 2, tried(5) - 1)
    );
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misconfigured_destination_loses_nothing() {
    let mut config = corner(&[Role::Delivery]).await;
    let opened = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let open = std::sync::Arc::clone(&opened);
    let guarded = move |_: &[Received], _: &http::HeaderMap, _: &axum::body::Bytes| {
        if open.load(std::sync::atomic::Ordering::SeqCst) {
            StatusCode::OK
        } else {
            StatusCode::UNAUTHORIZED
        }
    };
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), guarded).await;
    let mut settings = destination(format!("http://{at}/"));
    settings.attempts_max = 1;
    config.destination.insert("guarded".to_owned(), settings);
    let mut private = destination(format!("http://{at}/"));
    private.allow_private_addresses = false;
    config.destination.insert("private".to_owned(), private);
    send(&config, events(0..10)).await;
    let stage = Running::start(&config).await;
    until("it is told", async || {
        let metrics = stage.metrics().await;
        ["guarded", "private"].iter().all(|name| {
            metrics.contains(&format!(
                "omni_activation_misconfigured{{destination=\"{name}\"}} 1"
            ))
        })
    })
    .await;
    opened.store(true, std::sync::atomic::Ordering::SeqCst);
    until("all have come", async || receiver.taken().len() == 10).await;
    assert_complete(&receiver, 0..10);
    until("it is mended", async || {
        stage
            .metrics()
            .await
            .contains("omni_activation_misconfigured{destination=\"guarded\"} 0")
    })
    .await;
    assert!(
        !outcomes(&config, "private").await.contains_key("delivered"),
        "a private address is never called"
    );
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_first_sendings_of_webhooks_and_flat_events_are_delivered() {
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), |_, _, _| StatusCode::OK).await;
    config
        .destination
        .insert("fine".to_owned(), destination(format!("http://{at}/")));
    let one = |number: u32, kind: Kind| {
        let headers = headers(Uuid::from_u128(u128::from(number) + 1), kind);
        outgoing(Topic::Flat, "1", "deal:1", &headers, &flat(1, number))
    };
    let mut replayed = headers(Uuid::from_u128(4), Kind::Webhook);
    replayed.replay = Some("r1".to_owned());
    let completed = br#"{"event_id":1,"event_timestamp":9,"event_revision":1}"#;
    let records = vec![
        one(0, Kind::Webhook),
        one(1, Kind::Heartbeat),
        one(2, Kind::Backfill),
        outgoing(Topic::Flat, "1", "deal:1", &replayed, &flat(1, 3)),
        outgoing(
            Topic::Flat,
            "1",
            "deal:1",
            &headers(Uuid::from_u128(5), Kind::Webhook),
            completed,
        ),
        one(5, Kind::Flat),
    ];
    send(&config, records).await;
    let stage = Running::start(&config).await;
    until("all are passed", async || {
        behind(&config, "delivery-fine").await == Some(0)
    })
    .await;
    let ids: Vec<String> = receiver.taken().iter().map(Received::id).collect();
    assert_eq!(
        ids,
        [Uuid::from_u128(1).to_string(), Uuid::from_u128(6).to_string()]
    );
    let metrics = stage.metrics().await;
    for reason in ["heartbeat", "backfill", "replay", "revision"] {
        let line = format!("omni_activation_passed_over_total{{destination=\"fine\",reason=\"{reason}\"}} 1");
        assert!(metrics.contains(&line), "{reason}");
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_asked_for_proof() {
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), |_, _, _| StatusCode::OK).await;
    let mut settings = destination(format!("http://{at}/?"));
    settings.kind = DestinationKind::GtmServer;
    config.destination.insert("gtm".to_owned(), settings);
    send(&config, events(0..1)).await;
    let stage = Running::start(&config).await;
    // It answers 200 with an empty body: nothing says that a client claimed the event.
    until("it is told", async || {
        outcomes(&config, "gtm").await.contains_key("misconfigured")
    })
    .await;
    assert!(!outcomes(&config, "gtm").await.contains_key("delivered"));
    drop(receiver);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_is_ready_when_the_topics_are_there_and_not_before() {
    let mut config = corner(&[Role::Flattener, Role::Delivery]).await;
    let made = config.kafka.clone();
    config.kafka.topic_prefix = format!("later-{}", config.kafka.topic_prefix);
    let stage = Running::start(&config).await;
    let ready = async || {
        let asked = reqwest::get(format!("http://{}/readyz", stage.admin))
            .await
            .unwrap();
        asked.status() == StatusCode::OK
    };
    assert!(!ready().await);
    let later = config.kafka.clone();
    tokio::task::spawn_blocking(move || kafka::admin::create_topics(&later).unwrap())
        .await
        .unwrap();
    until("it is ready", ready).await;
    stage.stop().await;

    config.kafka = kafka::Config {
        partitions: 5,
        ..made
    };
    let stage = Running::start(&config).await;
    let failed = stage.ended().await.unwrap_err();
    assert!(
        matches!(failed, omni_activation::Error::Kafka { .. }),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_gets_so_many_requests_a_second_and_no_more() {
    const A_SECOND: u32 = 20;
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), |_, _, _| StatusCode::NO_CONTENT).await;
    let mut settings = destination(format!("http://{at}/"));
    settings.requests_per_second_max = A_SECOND;
    settings.order = Order::None;
    config.destination.insert("slow".to_owned(), settings);
    send(&config, events(0..3 * A_SECOND)).await;
    let begun = Instant::now();
    let stage = Running::start(&config).await;
    until("all are settled", async || {
        behind(&config, "delivery-slow").await == Some(0)
    })
    .await;
    // The first second's may all come at once.
    assert!(
        begun.elapsed() >= Duration::from_millis(1_900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(receiver.taken().len() as u32, 3 * A_SECOND);
    stage.stop().await;
}

/// Away for longer than its events have attempts: they wait, and it is asked seldom.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_away_for_long_loses_nothing_and_is_asked_seldom() {
    const AWAY: usize = 60;
    let mut config = corner(&[Role::Delivery]).await;
    let away = |before: &[Received], _: &http::HeaderMap, _: &axum::body::Bytes| {
        if before.len() < AWAY {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::NO_CONTENT
        }
    };
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), away).await;
    let mut settings = destination(format!("http://{at}/"));
    settings.attempts_max = 2;
    settings.breaker_failures = 5;
    settings.retry_ms_max = 100;
    config.destination.insert("away".to_owned(), settings);
    send(&config, events(0..EVENTS)).await;
    let stage = Running::start(&config).await;
    until("it is known not to work", async || {
        stage
            .metrics()
            .await
            .contains("omni_activation_breaker_open{destination=\"away\"} 1")
    })
    .await;
    until("all are settled", async || {
        behind(&config, "delivery-away").await == Some(0)
    })
    .await;
    assert_complete(&receiver, 0..EVENTS);
    assert_eq!(receiver.received().len(), AWAY + EVENTS as usize);
    assert!(!outcomes(&config, "away").await.contains_key("gave_up"));
    assert!(
        stage
            .metrics()
            .await
            .contains("omni_activation_breaker_open{destination=\"away\"} 0")
    );
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_destinations_rules_leave_out_is_counted_and_not_sent() {
    let mut config = corner(&[Role::Delivery]).await;
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), |_, _, _| StatusCode::NO_CONTENT).await;
    let mut settings = destination(format!("http://{at}/"));
    settings.filter = Some("event_id < 4".parse().unwrap());
    settings.consent = Some("event_timestamp > 9".parse().unwrap());
    settings.map = Some(serde_json::from_value(json!({"fields": {"at": "event_timestamp"}})).unwrap());
    config.destination.insert("choosy".to_owned(), settings);
    send(&config, events(0..24)).await;
    let stage = Running::start(&config).await;
    until("all are settled", async || {
        behind(&config, "delivery-choosy").await == Some(0)
    })
    .await;
    let mut taken: Vec<String> = receiver
        .taken()
        .iter()
        .map(|received| received.json().to_string())
        .collect();
    taken.sort_unstable();
    // Of 24, twelve are of entities below 4, and two of those came later than 9.
    let expected = [10, 11, 16, 17, 18, 19].map(|at| json!({"at": at}).to_string());
    assert_eq!(taken, expected);
    let metrics = stage.metrics().await;
    for (reason, count) in [("filter", 12), ("consent", 6)] {
        let line = format!(
            "omni_activation_passed_over_total{{destination=\"choosy\",reason=\"{reason}\"}} {count}"
        );
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    stage.stop().await;
}
