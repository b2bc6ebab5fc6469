//! A secret is changed while events come: the receiver refuses none, whenever it changes its own.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use event::Kind;
use kafka::Topic;
use omni_activation::destination::http;
use omni_activation::{Config, DestinationSettings, Role};
use stage::Secret;
use uuid::Uuid;

use crate::receiver::{Received, Receiver};
use crate::support::{Running, behind, corner, destination, headers, outgoing, send, until};
use crate::verifier::Verifier;

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const EVENTS: u128 = 40;

fn now_seconds() -> i64 {
    stage::clock::now_micro() / 1_000_000
}

fn is_of(received: &Received, secret: &str) -> bool {
    Verifier::new(secret).accepts(&received.headers, &received.body, now_seconds())
}

/// A receiver that accepts what is signed with the secret it holds.
async fn receiver() -> (Receiver, String, Arc<Mutex<Verifier>>) {
    let held = Arc::new(Mutex::new(Verifier::new(OLD)));
    let checked = Arc::clone(&held);
    let check = move |_: &[Received], headers: &_, body: &axum::body::Bytes| {
        if checked.lock().unwrap().accepts(headers, body, now_seconds()) {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::UNAUTHORIZED
        }
    };
    let (receiver, at) = Receiver::listen(([127, 0, 0, 1], 0).into(), check).await;
    (receiver, format!("http://{at}/"), held)
}

fn settings(url: &str, events_max: usize, secret: &str, previous: &str) -> DestinationSettings {
    DestinationSettings {
        secret: Secret::from(secret),
        http: Some(http::Settings {
            secret_previous: Secret::from(previous),
            events_max,
        }),
        ..destination(url.to_owned())
    }
}

/// Sends so many events, each of another deal.
async fn deals(config: &Config, numbers: std::ops::Range<u128>) {
    let records = numbers.map(|number| {
        let headers = headers(Uuid::from_u128(number + 1), Kind::Webhook);
        let flat = format!("{{\"event_id\":{number}}}");
        outgoing(
            Topic::Flat,
            "1",
            &format!("deal:{number}"),
            &headers,
            flat.as_bytes(),
        )
    });
    send(config, records.collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_changes_and_no_receiver_refuses_an_event() {
    let mut config = corner(&[Role::Delivery]).await;
    let (single, single_url, single_holds) = receiver().await;
    let (batched, batched_url, batched_holds) = receiver().await;
    let receivers = [&single, &batched];
    let all_settled = async |config: &Config| {
        until("all are settled", async || {
            behind(config, "delivery-single").await == Some(0)
                && behind(config, "delivery-batched").await == Some(0)
        })
        .await;
    };
    let hold_new = || {
        for held in [&single_holds, &batched_holds] {
            *held.lock().unwrap() = Verifier::new(NEW);
        }
    };
    // Where each phase ended in what each receiver got.
    let mut ends = vec![[0, 0]];
    let phases = [(OLD, ""), (NEW, OLD), (NEW, "")];
    for (phase, (secret, previous)) in phases.into_iter().enumerate() {
        for (name, url, events_max) in [("single", &single_url, 1), ("batched", &batched_url, 7)] {
            config
                .destination
                .insert(name.to_owned(), settings(url, events_max, secret, previous));
        }
        let first = phase as u128 * 2 * EVENTS;
        let stage = Running::start(&config).await;
        deals(&config, first..first + EVENTS).await;
        if phase == 1 {
            // In the middle of it, with events under way.
            hold_new();
        }
        deals(&config, first + EVENTS..first + 2 * EVENTS).await;
        all_settled(&config).await;
        stage.stop().await;
        ends.push(receivers.map(|receiver| receiver.received().len()));
    }
    for (number, receiver) in receivers.into_iter().enumerate() {
        let received = receiver.received();
        assert!(
            received.iter().all(|received| received.status.is_success()),
            "none is refused"
        );
        let phase = |phase: usize| &received[ends[phase][number]..ends[phase + 1][number]];
        assert!(
            phase(0)
                .iter()
                .all(|received| is_of(received, OLD) && !is_of(received, NEW))
        );
        assert!(
            phase(1)
                .iter()
                .all(|received| is_of(received, OLD) && is_of(received, NEW))
        );
        assert!(
            phase(2)
                .iter()
                .all(|received| is_of(received, NEW) && !is_of(received, OLD))
        );
        assert!((0..3).all(|number| !phase(number).is_empty()));
    }
    assert_eq!(single.received().len() as u128, 6 * EVENTS);
    let events = batched
        .received()
        .iter()
        .map(|received| received.json().as_array().unwrap().len())
        .sum::<usize>();
    assert_eq!(events as u128, 6 * EVENTS);
}
