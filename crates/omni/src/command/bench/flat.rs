//! Flat events as the pipeline makes them, and a paced load of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kafka::{Class, Health, Outgoing, Placement, PlainConsumer, Record, Topic};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::bodies::Accounts;
use super::corner::Corner;
use super::enricher::{record, records};
use super::own::Servers;

pub(super) const COMPANIES: u64 = 16;
/// Longest wait for the pipeline to make them.
const MADE_MAX: Duration = Duration::from_mins(2);
const POLL_WAIT: Duration = Duration::from_millis(200);
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// No two numbers below 2^64 give the same identity, and neighbours lie far apart.
const SPREAD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;

/// What enricher and flattener made of deals whose people and stages are known.
#[derive(Debug)]
pub(super) struct Flat {
    records: Vec<Record>,
}

impl Flat {
    /// Lets enricher and flattener make so many.
    pub(super) async fn make(servers: &Servers, partitions: i32, count: u64) -> Result<Self> {
        let stand = servers.stand(partitions, "").await?;
        let corner = &stand.corner;
        let made = collect(corner, count)?;
        let stages = (corner.stage("enricher")?, corner.stage("activation")?);
        corner.send(webhooks(count)?).await?;
        let made = tokio::time::timeout(MADE_MAX, made).await;
        let records = made.context("the pipeline did not make the flat events in time")???;
        drop(stages);
        stand.clear().await?;
        Ok(Self { records })
    }

    /// All keys that any of them has.
    pub(super) fn keys(&self) -> Result<BTreeSet<String>> {
        let mut keys = BTreeSet::new();
        for record in &self.records {
            let event: Map<String, Value> = serde_json::from_slice(record.value())?;
            keys.extend(event.into_iter().map(|(key, _)| key));
        }
        Ok(keys)
    }

    /// The `number`th event of a load: an identity of its own, all else as the pipeline made it.
    fn event(&self, number: u64) -> Option<Outgoing> {
        let record = self.records.get(number as usize % self.records.len().max(1))?;
        let uuid = Uuid::from_u128(u128::from(number + 1).wrapping_mul(SPREAD)).to_string();
        let body = std::str::from_utf8(record.value()).ok()?;
        let body = body.replace(record.header(event::header::EVENT_UUID)?, &uuid);
        let mut headers = record.headers.clone();
        headers.set(event::header::EVENT_UUID, uuid.as_bytes());
        Some(Outgoing {
            topic: Topic::Flat,
            placement: Placement::Partition(record.partition),
            key: record.key.clone(),
            payload: Some(body.into_bytes()),
            headers,
        })
    }

    /// Puts the events of these numbers on omni.flat, in groups as the flattener does: it writes a transaction for each of the
    /// enricher's. Returns when the broker has all of them.
    pub(super) async fn send(&self, corner: &Corner, numbers: std::ops::Range<u64>, rate: u64) -> Result<()> {
        let (start, first) = (Instant::now(), numbers.start);
        let (taken, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let count = numbers.end - first;
        let group_nanos = omni_enricher::Settings::default().window_ms * 1_000_000;
        for number in numbers {
            let alone = (number - first) * 1_000_000_000 / rate;
            let due = start + Duration::from_nanos(alone.next_multiple_of(group_nanos));
            if due > Instant::now() {
                tokio::time::sleep_until(due.into()).await;
            }
            let event = self.event(number).context("there is no flat event")?;
            let (taken, refused) = (Arc::clone(&taken), Arc::clone(&refused));
            hand_over(corner, &event, move |is_taken| {
                let counted = if is_taken { &taken } else { &refused };
                counted.fetch_add(1, Ordering::Relaxed);
            })
            .await?;
        }
        let deadline = Instant::now() + SETTLE_MAX;
        while taken.load(Ordering::Relaxed) < count {
            let refused = refused.load(Ordering::Relaxed);
            ensure!(
                refused == 0 && Instant::now() < deadline,
                "the broker did not take all events ({refused} refused)"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

async fn hand_over(
    corner: &Corner,
    event: &Outgoing,
    told: impl Fn(bool) + Clone + Send + Sync + 'static,
) -> Result<()> {
    loop {
        let told = told.clone();
        let done = Box::new(move |report: Result<_, kafka::Error>| told(report.is_ok()));
        match corner.producer.hand_over(event, done) {
            Ok(()) => return Ok(()),
            Err(error) if error.class() == Class::Retry => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Webhooks of all that deals speak of, then of so many deals.
pub(super) fn webhooks(deals: u64) -> Result<Vec<Outgoing>> {
    let (accounts, now) = (Accounts::small(COMPANIES), stage::clock::now_micro());
    let known = accounts.known_entities(now).into_iter();
    let deals = (0..deals).map(|number| accounts.deal(number, now + number as i64));
    records(known.chain(deals).map(record))
}

/// Reads from now on, until there are so many of deals.
fn collect(corner: &Corner, count: u64) -> Result<tokio::task::JoinHandle<Result<Vec<Record>>>> {
    let mut consumer =
        PlainConsumer::from_end(&corner.kafka, &[Topic::Flat], Health::new()).context("reading omni.flat")?;
    Ok(tokio::task::spawn_blocking(move || {
        let mut records: Vec<Record> = Vec::new();
        let deadline = Instant::now() + MADE_MAX;
        while (records.len() as u64) < count && Instant::now() < deadline {
            let more = consumer.poll(count as usize, POLL_WAIT)?;
            let deals = more
                .into_iter()
                .filter(|record| record.header("object") == Some("deal"));
            records.extend(deals);
        }
        ensure!(
            records.len() as u64 >= count,
            "only {} flat events came",
            records.len()
        );
        Ok(records)
    }))
}
