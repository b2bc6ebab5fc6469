//! Watches the warehouse for the rows of the run: a row counts when a `SELECT` returned it, and from when its insert had been
//! acknowledged.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::bodies::COMPANY_FIRST;
use super::notices::Landed;
use super::target::ClickHouse;

/// Between two looks. They are for being sure: when a row came, its insert's acknowledgement tells.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How far back a look reads, so that a row loaded a little earlier but visible later is not missed.
const LOOK_BACK_SECONDS: u32 = 6;

/// The table that is watched.
pub(super) const TABLE: &str = "deal_events";
/// Notices that are kept for the next looks.
const LANDED_MAX: usize = 1_000;

/// What the looks have shown so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// When the insert was acknowledged of each event whose row was seen.
    pub(super) first: HashMap<Uuid, Instant>,
    /// Events that one look returned more than once: a merge may fold them later, they stay counted.
    pub(super) doubled: HashSet<Uuid>,
}

/// Shared between the watcher and the run.
pub(super) type Seen = Arc<Mutex<Rows>>;

/// A plain HTTP client to ClickHouse, apart from the product's own code: the bench must not share its bugs.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    client: reqwest::Client,
    clickhouse: ClickHouse,
    companies: u64,
}

impl Watcher {
    pub(super) fn new(clickhouse: &ClickHouse, companies: u64) -> Result<Self> {
        let client = reqwest::Client::builder()
            .tcp_nodelay(true)
            .no_gzip()
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            client,
            clickhouse: clickhouse.clone(),
            companies,
        })
    }

    /// Looks now and then, until cancelled, noting each row the first time it is there, and when its insert was acknowledged.
    pub(super) async fn watch(&self, seen: &Seen, mut landed: mpsc::Receiver<Landed>) -> Result<()> {
        let mut recently: VecDeque<Landed> = VecDeque::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let text = self.ask(&recent()).await?;
            let now = Now::take();
            while let Ok(notice) = landed.try_recv() {
                recently.push_back(notice);
            }
            recently.drain(..recently.len().saturating_sub(LANDED_MAX));
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let mut in_this_look = HashSet::new();
            for row in text.lines().filter_map(Row::read) {
                let is_of = |landed: &&Landed| landed.holds(row.partition, row.offset);
                seen.first
                    .entry(row.uuid)
                    .or_insert_with(|| now.acknowledged(recently.iter().rev().find(is_of)));
                if !in_this_look.insert(row.uuid) {
                    seen.doubled.insert(row.uuid);
                }
            }
        }
    }

    /// Rows of the run that stand more than once, without `FINAL`.
    pub(super) async fn doubled(&self, since_micro: i64) -> Result<u64> {
        self.number(&format!(
            "SELECT count() - uniqExact(event_company_id, event_uuid, event_revision) FROM deal_events \
             WHERE {} AND event_received_at >= fromUnixTimestamp64Micro({since_micro})",
            self.ours()
        ))
        .await
    }

    /// Different events of the run that have a row.
    pub(super) async fn rows(&self, since_micro: i64) -> Result<u64> {
        self.number(&format!(
            "SELECT uniqExact(event_uuid) FROM deal_events WHERE {} \
             AND event_received_at >= fromUnixTimestamp64Micro({since_micro}) SETTINGS max_threads = 1",
            self.ours()
        ))
        .await
    }

    /// Rows in the table, whatever they are.
    pub(super) async fn stored(&self) -> Result<u64> {
        self.number("SELECT count() FROM deal_events").await
    }

    /// Merges under way.
    pub(super) async fn merges(&self) -> Result<u64> {
        self.number("SELECT count() FROM system.merges WHERE database = currentDatabase()")
            .await
    }

    /// Entities of the run's companies that the warehouse knows.
    pub(super) async fn known_entities(&self) -> Result<u64> {
        self.number(&format!(
            "SELECT uniqExact(event_company_id, entity_object, entity_id) FROM entities WHERE {}",
            self.ours()
        ))
        .await
    }

    async fn number(&self, sql: &str) -> Result<u64> {
        let answer = self.ask(sql).await?;
        answer
            .trim()
            .parse()
            .with_context(|| format!("ClickHouse's answer is no number: {sql}"))
    }

    fn ours(&self) -> String {
        format!(
            "event_company_id BETWEEN {COMPANY_FIRST} AND {}",
            COMPANY_FIRST + self.companies - 1
        )
    }

    async fn ask(&self, sql: &str) -> Result<String> {
        let at = &self.clickhouse;
        let answer = self
            .client
            .post(&at.url)
            .query(&[("database", at.database.as_str())])
            .header("x-clickhouse-user", &at.user)
            .header("x-clickhouse-key", &at.password)
            .body(sql.to_owned())
            .send()
            .await
            .context("asking ClickHouse")?;
        let status = answer.status();
        let text = answer.text().await.context("reading ClickHouse's answer")?;
        anyhow::ensure!(
            status.is_success(),
            "ClickHouse refused: {}",
            text.chars().take(300).collect::<String>()
        );
        Ok(text)
    }
}

/// A line of a look.
struct Row {
    uuid: Uuid,
    partition: u64,
    offset: u64,
}

impl Row {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        Some(Self {
            uuid: fields.next()?.parse().ok()?,
            partition: fields.next()?.parse().ok()?,
            offset: fields.next()?.parse().ok()?,
        })
    }
}

/// The end of a look, by both clocks.
struct Now {
    instant: Instant,
    micro: i64,
}

impl Now {
    fn take() -> Self {
        Self {
            instant: Instant::now(),
            micro: stage::clock::now_micro(),
        }
    }

    /// When a row of this look was acknowledged; without its notice it counts from now.
    fn acknowledged(&self, landed: Option<&Landed>) -> Instant {
        let ago = landed.and_then(Landed::at_micro).map_or(0, |at| self.micro - at);
        let ago = Duration::from_micros(u64::try_from(ago).unwrap_or(0));
        self.instant.checked_sub(ago).unwrap_or(self.instant)
    }
}

/// Rows of others are harmless: the run's own ids are looked up among them.
fn recent() -> String {
    format!(
        "SELECT event_uuid, kafka_partition, kafka_offset FROM {TABLE} WHERE loaded_at > now64(3) - {LOOK_BACK_SECONDS} \
         SETTINGS max_threads = 1 FORMAT TSV"
    )
}
