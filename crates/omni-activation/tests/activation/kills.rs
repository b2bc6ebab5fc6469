//! The stage as a process, killed in mid-delivery: nothing is lost, and only what was under way comes again.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use event::Kind;
use kafka::{Outgoing, Producer, ProducerSettings, Topic};
use omni_activation::{Config, Role};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::process::Process;
use crate::support::{behind, corner, headers, outgoing, until};

const KILLS: u32 = 20;
/// On a busy machine a broker may take longer than [`TOLD_WITHIN`] to hear of an answer; a run where it did not proves the point.
const ROUNDS: usize = 3;
/// Answers of a life before it may be killed, at least.
const ANSWERS_MIN: usize = 60;
/// What was answered so shortly before a kill may not be told yet.
const TOLD_WITHIN: Duration = Duration::from_millis(100);
const ENTITIES: u128 = 48;

/// One request at the destination.
struct Call {
    id: Uuid,
    came: Instant,
    /// None: the caller was gone before.
    answered: Option<Instant>,
}

/// A destination that takes its time, each event another one.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Vec<Call>>>);

impl Slow {
    async fn listen(&self) -> String {
        let router = Router::new()
            .route("/", post(Self::take))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/")
    }

    async fn take(State(slow): State<Self>, headers: HeaderMap) {
        let id: Uuid = headers["webhook-id"].to_str().unwrap().parse().unwrap();
        let place = {
            let mut calls = slow.0.lock().unwrap();
            calls.push(Call {
                id,
                came: Instant::now(),
                answered: None,
            });
            calls.len() - 1
        };
        tokio::time::sleep(Duration::from_millis(5 + id.as_u128() as u64 % 60)).await;
        slow.0.lock().unwrap()[place].answered = Some(Instant::now());
    }

    fn answers(&self) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.answered.is_some())
            .count()
    }

    /// Calls since the last kill that were under way in this one, or answered shortly before it.
    fn under_way(&self, since: Instant, kill: Instant) -> usize {
        let calls = self.0.lock().unwrap();
        let of_life = calls.iter().filter(|call| call.came > since);
        of_life
            .filter(|call| {
                call.answered
                    .is_none_or(|answered| answered + TOLD_WITHIN >= kill)
            })
            .count()
    }

    /// How often each event was taken whole, and how often it came.
    fn events(&self) -> HashMap<Uuid, (usize, usize)> {
        let mut events: HashMap<Uuid, (usize, usize)> = HashMap::new();
        for call in self.0.lock().unwrap().iter() {
            let (answered, came) = events.entry(call.id).or_default();
            *answered += usize::from(call.answered.is_some());
            *came += 1;
        }
        events
    }
}

fn event(number: u128) -> Outgoing {
    let entity = number % ENTITIES;
    let flat =
        json!({"event_name": "pipedrive_deal_updated", "event_id": entity, "event_timestamp": number as u64});
    outgoing(
        Topic::Flat,
        &(entity % 4 + 1).to_string(),
        &format!("deal:{entity}"),
        &headers(Uuid::from_u128(number + 1), Kind::Webhook),
        flat.to_string().as_bytes(),
    )
}

/// Events one after the other until it is told to end; how many there were.
async fn stream(config: Config, end: CancellationToken) -> u128 {
    let producer = Producer::new(&config.kafka, ProducerSettings::default()).unwrap();
    let mut number = 0;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    while !end.is_cancelled() {
        beat.tick().await;
        for _ in 0..10 {
            producer.send(event(number)).await.unwrap();
            number += 1;
        }
    }
    number
}

fn kills() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
    let asked = std::env::var("OMNI_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// What a life with many ends came to.
struct Killed {
    /// Times that an event came which had come before.
    again: usize,
    /// Of all kills together: what was under way, or answered shortly before.
    allowed: usize,
}

/// Kills the stage in mid-delivery again and again. Whatever happened, every event must have been taken.
async fn killed() -> Killed {
    let config = corner(&[Role::Delivery]).await;
    let slow = Slow::default();
    let url = slow.listen().await;
    let settings = [
        ("OMNI_ACTIVATION__ROLES", "delivery"),
        ("OMNI_DESTINATION__SLOW__URL", &url),
        ("OMNI_DESTINATION__SLOW__ALLOW_PRIVATE_ADDRESSES", "true"),
        ("OMNI_DESTINATION__SLOW__RETRY_MS", "50"),
    ];
    let end = CancellationToken::new();
    let streamed = tokio::spawn(stream(config.clone(), end.clone()));
    let mut process = Process::start(&config, &settings);
    let (mut allowed, mut since) = (0, Instant::now());
    for kill in 0..kills() {
        let before = slow.answers();
        // Another instant of the stage's rhythm each time.
        let wanted = before + ANSWERS_MIN + kill as usize * 7 % 40;
        until("the stage delivers", async || slow.answers() >= wanted).await;
        let now = Instant::now();
        process.kill();
        allowed += slow.under_way(since, now);
        since = Instant::now();
        process = Process::start(&config, &settings);
    }
    end.cancel();
    let sent = streamed.await.unwrap();
    until("all is delivered and told", async || {
        slow.events().len() as u128 == sent && behind(&config, "delivery-slow").await == Some(0)
    })
    .await;
    drop(process);
    let events = slow.events();
    for (id, (answered, _)) in &events {
        assert!(*answered > 0, "{id} was never taken whole");
    }
    let again: usize = events.values().map(|(_, came)| came - 1).sum();
    eprintln!(
        "{sent} events, {} kills: {again} sent again, {allowed} were under way",
        kills()
    );
    Killed { again, allowed }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_stage_sends_again_what_was_under_way_and_nothing_else() {
    for _ in 0..ROUNDS {
        let Killed { again, allowed } = killed().await;
        assert!(again > 0, "nothing was under way: this proves nothing");
        if again <= allowed {
            return;
        }
    }
    panic!("more was sent again than was under way, {ROUNDS} times");
}
