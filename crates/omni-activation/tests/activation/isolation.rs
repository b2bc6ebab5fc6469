//! One process, healthy destinations beside broken ones: the healthy ones and the flattener do not feel it, and the memory is
//! bounded.
//!
//! The same events in runs without the broken ones and with them, in turn. What is compared is how long an event takes from its
//! receipt to each healthy destination and to `omni.flat`, how far the flattener is behind, and the process's greatest memory. A
//! run with them is held against the worse of those before and after it: what differs between these two is the machine's doing.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use event::{Headers, Kind};
use kafka::{Outgoing, Producer, ProducerSettings, Topic};
use omni_activation::{Config, Role};
use serde_json::Value;
use stage::clock;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::misbehaving::{Count, dropping, late, verbose};
use crate::process::Process;
use crate::receiver::nobody;
use crate::support::{all, behind, corner, headers, outgoing, until};

/// On a busy machine a run may be disturbed by others; one that is not proves the point.
const ROUNDS: usize = 3;
/// Events before those that are measured: connections, the first fetches.
const WARMING: u32 = 100;
const EVENTS: u32 = 1_200;
/// So many at once, so often: 80 a second.
const TOGETHER: u32 = 4;
const EVERY: Duration = Duration::from_millis(50);
/// How often it is looked how far the flattener is behind, and how often in all: until the last event was sent.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOKS: u32 = 30;
const DEALS: u32 = 400;
const HEALTHY: [&str; 2] = ["BRISK", "SOUND"];

const LATE: Duration = Duration::from_secs(20);
const VERBOSE_BYTES: usize = 200 * 1024 * 1024;

/// What broken ones may make worse: by half, and by a little where it is next to nothing.
const WORSE_MAX: f64 = 1.5;
const FLOOR_MS: f64 = 50.0;
const FLOOR_RECORDS: f64 = 10.0;
const FLOOR_BYTES: u64 = 64 * 1024 * 1024;
/// Of a long body what is read, and what lies in buffers of both sides when nobody reads on.
const WRITTEN_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// When each event came to one destination, in microseconds since 1970.
type Arrivals = Arc<Mutex<HashMap<Uuid, i64>>>;

async fn healthy() -> (Arrivals, SocketAddr) {
    let note = async |State(arrivals): State<Arrivals>, headers: HeaderMap| {
        let id = headers["webhook-id"].to_str().unwrap().parse().unwrap();
        arrivals
            .lock()
            .unwrap()
            .entry(id)
            .or_insert_with(clock::now_micro);
    };
    let arrivals = Arrivals::default();
    let router = Router::new()
        .route("/", post(note))
        .with_state(Arc::clone(&arrivals));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (arrivals, address)
}

/// The broken ones.
struct Broken {
    late: (Count, SocketAddr),
    verbose: (Count, SocketAddr),
    dropping: (Count, SocketAddr),
    dead: SocketAddr,
}

impl Broken {
    async fn new() -> Self {
        Self {
            late: late(LATE),
            verbose: verbose(VERBOSE_BYTES),
            dropping: dropping().await,
            dead: nobody().await,
        }
    }

    fn named(&self) -> [(&'static str, SocketAddr); 4] {
        [
            ("LATE", self.late.1),
            ("VERBOSE", self.verbose.1),
            ("DROPPING", self.dropping.1),
            ("DEAD", self.dead),
        ]
    }

    /// They were as broken as they should be.
    async fn assert_broken(&self, config: &Config) {
        let (late, verbose, dropped) = (&self.late.0, &self.verbose.0, &self.dropping.0);
        assert!(
            late.requests() >= 32,
            "all it may have at once: {}",
            late.requests()
        );
        assert!(verbose.requests() >= u64::from(EVENTS), "{}", verbose.requests());
        let each = verbose.bytes() / verbose.requests();
        assert!(each <= WRITTEN_BYTES_MAX, "{each} bytes of a body were written");
        assert!(dropped.requests() > 10, "{}", dropped.requests());
        let told = all(config, Topic::Deliveries).await;
        let told = told
            .iter()
            .map(|record| serde_json::from_slice::<Value>(record.value()).unwrap());
        let of_dead = told.filter(|told| told["destination"] == "dead");
        let reasons: Vec<String> = of_dead.map(|told| told["reason"].to_string()).collect();
        assert!(reasons.len() > 10 && reasons.iter().all(|reason| reason == "\"unreachable\""));
    }
}

/// What was measured in one run.
struct Figures {
    delivered_ms: f64,
    flat_ms: f64,
    behind_records: f64,
    memory_bytes: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "delivered p99 {:.0} ms, flat p99 {:.0} ms, flattener {:.1} records behind, memory {} MiB",
            self.delivered_ms,
            self.flat_ms,
            self.behind_records,
            self.memory_bytes >> 20
        )
    }
}

impl Figures {
    /// What in this run is worse than it may be beside those without broken ones.
    fn worse_than(&self, alone: [&Self; 2]) -> Vec<&'static str> {
        let is_worse = |figure: fn(&Self) -> f64, floor| {
            let worst = alone.into_iter().map(figure).fold(0.0, f64::max);
            figure(self) > worst * WORSE_MAX + floor
        };
        let memory_bytes = alone.into_iter().map(|figures| figures.memory_bytes).max();
        let worse = [
            ("delivered", is_worse(|figures| figures.delivered_ms, FLOOR_MS)),
            ("flat", is_worse(|figures| figures.flat_ms, FLOOR_MS)),
            (
                "behind",
                is_worse(|figures| figures.behind_records, FLOOR_RECORDS),
            ),
            (
                "memory",
                Some(self.memory_bytes) > memory_bytes.map(|bytes| bytes + FLOOR_BYTES),
            ),
        ];
        worse
            .into_iter()
            .filter(|(_, is_worse)| *is_worse)
            .map(|(name, _)| name)
            .collect()
    }
}

fn event(number: u32, enriched: &[u8]) -> Outgoing {
    let deal = number % DEALS;
    let headers = headers(Uuid::from_u128(u128::from(number) + 1), Kind::Webhook);
    let company = (deal % 4 + 1).to_string();
    outgoing(
        Topic::Enriched,
        &company,
        &format!("deal:{deal}"),
        &headers,
        enriched,
    )
}

/// Sends these, so many at once, so often.
async fn stream(producer: &Arc<Producer>, numbers: std::ops::Range<u32>) {
    let enriched = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../schemas/examples/enriched/deal-updated-v2.json"),
    )
    .unwrap();
    let mut beat = tokio::time::interval(EVERY);
    let mut sent = JoinSet::new();
    for number in numbers {
        if number % TOGETHER == 0 {
            beat.tick().await;
        }
        let (producer, record) = (Arc::clone(producer), event(number, &enriched));
        sent.spawn(async move { producer.send(record).await.unwrap() });
    }
    sent.join_all().await;
}

/// How far the flattener is behind, on average.
async fn watch(config: Config) -> f64 {
    let mut beat = tokio::time::interval(LOOK_EVERY);
    let mut records = 0;
    for _ in 0..LOOKS {
        beat.tick().await;
        records += behind(&config, "flattener").await.unwrap_or_default();
    }
    records as f64 / f64::from(LOOKS)
}

fn p99(mut ages_ms: Vec<f64>) -> f64 {
    ages_ms.sort_by(f64::total_cmp);
    ages_ms[(ages_ms.len() * 99).div_ceil(100) - 1]
}

fn is_measured(id: Uuid) -> bool {
    id.as_u128() > u128::from(WARMING)
}

/// From an event's receipt to a moment, in microseconds since 1970.
type Received = HashMap<Uuid, i64>;

async fn flat_ms(config: &Config) -> (Received, f64) {
    let (mut received, mut ages) = (Received::new(), Vec::new());
    for record in all(config, Topic::Flat).await {
        let headers = Headers::from_pairs(&record.headers).unwrap();
        received.insert(headers.event_uuid, headers.received_at_micro);
        if is_measured(headers.event_uuid) {
            ages.push(record.timestamp_ms as f64 - headers.received_at_micro as f64 / 1_000.0);
        }
    }
    (received, p99(ages))
}

async fn run(broken: Option<&Broken>) -> Figures {
    let config = corner(&[Role::Flattener, Role::Delivery]).await;
    let healthy = [healthy().await, healthy().await];
    let named = HEALTHY
        .into_iter()
        .zip(healthy.iter().map(|(_, address)| *address));
    let named = named.chain(broken.into_iter().flat_map(Broken::named));
    let settings: Vec<(String, String)> = named
        .flat_map(|(name, address)| {
            [
                ("URL", format!("http://{address}/")),
                ("ALLOW_PRIVATE_ADDRESSES", "true".to_owned()),
                ("TIMEOUT_MS", "30000".to_owned()),
            ]
            .map(|(key, value)| (format!("OMNI_DESTINATION__{name}__{key}"), value))
        })
        .collect();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let process = Process::start(&config, &settings);
    let producer = Arc::new(Producer::new(&config.kafka, ProducerSettings::default()).unwrap());
    let have = |events: u32| {
        healthy
            .iter()
            .all(|(arrivals, _)| arrivals.lock().unwrap().len() as u32 == events)
    };
    stream(&producer, 0..WARMING).await;
    until("they are warm", async || have(WARMING)).await;
    let watched = tokio::spawn(watch(config.clone()));
    stream(&producer, WARMING..WARMING + EVENTS).await;
    until("all have come to the healthy ones", async || {
        have(WARMING + EVENTS)
    })
    .await;
    let behind_records = watched.await.unwrap();
    let memory_bytes = process.memory_bytes_max();
    if let Some(broken) = broken {
        broken.assert_broken(&config).await;
    }
    drop(process);
    let (received, flat_ms) = flat_ms(&config).await;
    let mut ages = Vec::new();
    for (arrivals, _) in &healthy {
        let arrivals = arrivals.lock().unwrap();
        let measured = arrivals.iter().filter(|(id, _)| is_measured(**id));
        ages.extend(measured.map(|(id, at)| (at - received[id]) as f64 / 1_000.0));
    }
    Figures {
        delivered_ms: p99(ages),
        flat_ms,
        behind_records,
        memory_bytes,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_destinations_disturb_neither_healthy_ones_nor_the_flattener_nor_the_memory() {
    let mut worse = Vec::new();
    let mut before = run(None).await;
    eprintln!("alone: {before}");
    for _ in 0..ROUNDS {
        let beside = run(Some(&Broken::new().await)).await;
        eprintln!("beside broken ones: {beside}");
        let after = run(None).await;
        eprintln!("alone: {after}");
        worse = beside.worse_than([&before, &after]);
        if worse.is_empty() {
            return;
        }
        before = after;
    }
    panic!("worse in each of {ROUNDS} rounds, in the last one: {worse:?}");
}
