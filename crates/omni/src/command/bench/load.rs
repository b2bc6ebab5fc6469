//! The open-loop load: each body is due at its own time, and latency counts from then.
//!
//! A late answer never slows the sending (no coordinated omission). At most [`IN_FLIGHT_MAX`] posts are out
//! at once; beyond that the run is saturated and says so, instead of eating memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use event::Change;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::bodies::Accounts;
use super::target::{Source, Target};

/// Posts that may be unanswered at once.
const IN_FLIGHT_MAX: usize = 4_096;
/// Bodies made before the run, about 2.4 KB each.
const PREPARED_MAX: u64 = 100_000;
const POST_TIMEOUT: Duration = Duration::from_secs(30);
const ATTEMPTS_MAX: u32 = 3;

/// One event sent: when it was due, and when it was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) due: Instant,
    pub(super) acknowledged: Option<Instant>,
    /// False while warming up: counted for loss, left out of the latencies.
    pub(super) measured: bool,
}

/// What the load knows of its events, shared with the watcher of rows.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) events: HashMap<Uuid, Sent>,
    pub(super) refused: u64,
    /// The farthest that sending was behind its own clock.
    pub(super) lag_max: Duration,
}

/// Rate, length and accounts of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) rate: u64,
    pub(super) warm_up: Duration,
    pub(super) measured: Duration,
    pub(super) accounts: Accounts,
}

/// An event's identity and its webhook's bytes.
pub(super) type Post = (Uuid, Vec<u8>);

impl Plan {
    /// Posts of the whole run.
    fn total(self) -> u64 {
        self.rate * (self.warm_up + self.measured).as_secs()
    }
}

/// A client that posts to one source of a running collector.
#[derive(Debug, Clone)]
pub(super) struct Poster {
    client: reqwest::Client,
    url: String,
    source: Source,
}

impl Poster {
    pub(super) fn new(target: &Target) -> Result<Self> {
        Self::to(&target.collector_url, target.source()?.clone())
    }

    /// To any collector.
    pub(super) fn to(collector_url: &str, source: Source) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(POST_TIMEOUT)
            .tcp_nodelay(true)
            .build()?;
        let url = format!("{}{}", collector_url.trim_end_matches('/'), source.path);
        Ok(Self { client, url, source })
    }

    /// Posts one body; the answer's status decides. A connection that was closed just as it was picked is
    /// no answer: the same body goes out again, at most [`ATTEMPTS_MAX`] times in all, as Pipedrive does.
    pub(super) async fn post(&self, bytes: Vec<u8>) -> Result<()> {
        let mut attempt = 1;
        let status = loop {
            match self.post_once(bytes.clone()).await {
                Err(error) if attempt < ATTEMPTS_MAX && !error.is_timeout() => attempt += 1,
                answered => break answered?,
            }
        };
        anyhow::ensure!(status.is_success(), "the collector answered {status}");
        Ok(())
    }

    async fn post_once(&self, bytes: Vec<u8>) -> reqwest::Result<reqwest::StatusCode> {
        let request = self.client.post(&self.url);
        let request = request.basic_auth(&self.source.user, Some(&self.source.password));
        let request = request.header("content-type", "application/json").body(bytes);
        Ok(request.send().await?.status())
    }

    /// Posts all, a few at a time: for what must be known before the load.
    pub(super) async fn post_all(&self, all: Vec<Vec<u8>>) -> Result<()> {
        for chunk in all.chunks(32) {
            let posts = chunk.iter().map(|body| self.post(body.clone()));
            for answer in futures::future::join_all(posts).await {
                answer.context("posting an entity that the load needs")?;
            }
        }
        Ok(())
    }
}

/// Sends the whole load, `prepared` first, and returns once each post was answered or failed.
pub(super) async fn send(
    poster: &Poster,
    plan: Plan,
    prepared: Vec<Post>,
    ledger: &Arc<Mutex<Ledger>>,
) -> Result<()> {
    let slots = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let mut prepared = prepared.into_iter();
    let start = Instant::now() + Duration::from_millis(50);
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..plan.total() {
        let offset = Duration::from_nanos(number * 1_000_000_000 / plan.rate);
        let due = start + offset;
        tokio::time::sleep_until(due.into()).await;
        let (uuid, body) = match prepared.next() {
            Some(prepared) => prepared,
            None => post(number, plan.accounts, stage::clock::now_micro())?,
        };
        note_sent(
            ledger,
            uuid,
            Sent {
                due,
                acknowledged: None,
                measured: offset >= plan.warm_up,
            },
        );
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let (poster, ledger) = (poster.clone(), Arc::clone(ledger));
        posts.spawn(async move {
            let answer = poster.post(body).await;
            note_answer(&ledger, uuid, answer.is_ok());
            drop(slot);
        });
        while posts.try_join_next().is_some() {}
    }
    while posts.join_next().await.is_some() {}
    Ok(())
}

/// The first bodies of a run, made before it: what the generator spends while the clock runs, the pipeline lacks.
pub(super) fn prepare(plan: Plan) -> Result<Vec<Post>> {
    let now = stage::clock::now_micro();
    let due_micro = |number: u64| now + (number * 1_000_000 / plan.rate) as i64;
    (0..plan.total().min(PREPARED_MAX))
        .map(|number| post(number, plan.accounts, due_micro(number)))
        .collect()
}

fn post(number: u64, accounts: Accounts, time_micro: i64) -> Result<Post> {
    let body = accounts.deal(number, time_micro);
    let change = Change::from_webhook(&body).context("a body of the load is no webhook")?;
    Ok((change.uuid, body))
}

fn note_sent(ledger: &Mutex<Ledger>, uuid: Uuid, sent: Sent) {
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    ledger.lag_max = ledger.lag_max.max(sent.due.elapsed());
    ledger.events.insert(uuid, sent);
}

fn note_answer(ledger: &Mutex<Ledger>, uuid: Uuid, accepted: bool) {
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    if !accepted {
        ledger.refused += 1;
        return;
    }
    if let Some(sent) = ledger.events.get_mut(&uuid) {
        sent.acknowledged = Some(Instant::now());
    }
}
