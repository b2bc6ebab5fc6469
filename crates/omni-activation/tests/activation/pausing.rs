//! Destinations that a person pauses, and where new ones begin.

use axum::http::StatusCode;
use event::Kind;
use kafka::{Outgoing, Topic};
use omni_activation::{Config, Pauses, Role, Start};
use serde_json::json;
use uuid::Uuid;

use crate::receiver::Receiver;
use crate::support::{Running, corner, destination, headers, outgoing, send, until};

fn events(numbers: std::ops::Range<u128>) -> Vec<Outgoing> {
    let event = |number: u128| {
        let flat = json!({"event_id": 1, "event_timestamp": number as u64}).to_string();
        let headers = headers(Uuid::from_u128(number + 1), Kind::Webhook);
        outgoing(Topic::Flat, "7", "deal:1", &headers, flat.as_bytes())
    };
    numbers.map(event).collect()
}

fn numbers(receiver: &Receiver) -> Vec<u64> {
    let taken = receiver.taken();
    let number = |event: serde_json::Value| event["event_timestamp"].as_u64().unwrap();
    taken.iter().map(|received| number(received.json())).collect()
}

async fn receiver() -> (Receiver, String) {
    let at = ([127, 0, 0, 1], 0).into();
    let (receiver, address) = Receiver::listen(at, |_, _, _| StatusCode::OK).await;
    (receiver, format!("http://{address}/"))
}

/// Pauses or resumes; the answer whether that was new.
async fn tell(config: &Config, change: impl FnOnce(&Pauses) -> bool + Send + 'static) -> bool {
    let kafka = config.kafka.clone();
    tokio::task::spawn_blocking(move || change(&Pauses::open(&kafka).unwrap()))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_destination_gets_nothing_until_it_is_resumed_and_then_all() {
    let mut config = corner(&[Role::Delivery]).await;
    let ((tags, tags_at), (ads, ads_at)) = (receiver().await, receiver().await);
    config.destination.insert("tags".to_owned(), destination(tags_at));
    config.destination.insert("ads".to_owned(), destination(ads_at));

    assert!(tell(&config, |pauses| pauses.pause("tags", 7).unwrap()).await);
    assert!(!tell(&config, |pauses| pauses.pause("tags", 8).unwrap()).await);
    let running = Running::start(&config).await;
    send(&config, events(0..10)).await;
    until("the other gets its events", async || numbers(&ads).len() == 10).await;
    let paused = "omni_activation_paused{destination=\"tags\"} 1";
    assert!(running.metrics().await.contains(paused));
    running.stop().await;

    // Another start knows it as well.
    let running = Running::start(&config).await;
    send(&config, events(10..20)).await;
    until("the other gets its events", async || numbers(&ads).len() == 20).await;
    assert_eq!(numbers(&tags), [0_u64; 0]);

    assert!(tell(&config, |pauses| pauses.resume("tags").unwrap()).await);
    assert!(!tell(&config, |pauses| pauses.resume("tags").unwrap()).await);
    until("it gets what it missed", async || numbers(&tags).len() == 20).await;
    assert_eq!(numbers(&tags), (0..20).collect::<Vec<_>>());

    assert!(tell(&config, |pauses| pauses.pause("tags", 9).unwrap()).await);
    until("it is known", async || running.metrics().await.contains(paused)).await;
    send(&config, events(20..25)).await;
    until("the other gets its events", async || numbers(&ads).len() == 25).await;
    assert_eq!(numbers(&tags).len(), 20);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_destination_begins_where_it_is_told_and_goes_on_from_there() {
    let mut config = corner(&[Role::Delivery]).await;
    send(&config, events(0..5)).await;
    let ((all, all_at), (late, late_at)) = (receiver().await, receiver().await);
    config.destination.insert("all".to_owned(), destination(all_at));
    let mut from_end = destination(late_at);
    from_end.start = Start::End;
    config.destination.insert("late".to_owned(), from_end);

    let running = Running::start(&config).await;
    until("what was there before", async || numbers(&all).len() == 5).await;
    send(&config, events(5..8)).await;
    until("what comes now", async || {
        numbers(&late).len() == 3 && numbers(&all).len() == 8
    })
    .await;
    running.stop().await;
    send(&config, events(8..10)).await;
    let running = Running::start(&config).await;
    until("what came meanwhile", async || numbers(&late).len() == 5).await;
    assert_eq!(numbers(&late), (5..10).collect::<Vec<_>>());
    running.stop().await;
}
