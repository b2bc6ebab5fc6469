//! Watches the warehouse for the rows of the run: a row counts when a `SELECT` returned it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::bodies::COMPANY_FIRST;
use super::target::ClickHouse;

/// Longest pause between two looks, when nothing says that rows have landed.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_millis(500);
/// How far back a look reads, so that a row loaded a little earlier but visible later is not missed.
const LOOK_BACK_SECONDS: u32 = 3;

/// What the looks have shown so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The moment each event's row was first seen.
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

    /// Looks each time something has `landed`, until cancelled, noting each row the first time it is there.
    pub(super) async fn watch(&self, seen: &Seen, mut landed: mpsc::Receiver<()>) -> Result<()> {
        loop {
            let clock = tokio::time::sleep(LOOK_AT_LEAST_EVERY);
            tokio::select! {
                Some(()) = landed.recv() => {}
                () = clock => {}
            }
            let text = self.ask(&recent()).await?;
            let now = Instant::now();
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let mut in_this_look = HashSet::new();
            for uuid in text.lines().filter_map(|line| line.parse().ok()) {
                seen.first.entry(uuid).or_insert(now);
                if !in_this_look.insert(uuid) {
                    seen.doubled.insert(uuid);
                }
            }
        }
    }

    /// Rows of the run that stand more than once, without `FINAL`.
    pub(super) async fn doubled(&self, since_micro: i64) -> Result<u64> {
        let sql = format!(
            "SELECT count() - uniqExact(event_company_id, event_uuid, event_revision) FROM deal_events \
             WHERE {} AND event_received_at >= fromUnixTimestamp64Micro({since_micro})",
            self.ours()
        );
        self.ask(&sql)
            .await?
            .trim()
            .parse()
            .context("the count of doubled rows is no number")
    }

    /// Different events of the run that have a row.
    pub(super) async fn rows(&self, since_micro: i64) -> Result<u64> {
        let sql = format!(
            "SELECT uniqExact(event_uuid) FROM deal_events WHERE {} \
             AND event_received_at >= fromUnixTimestamp64Micro({since_micro}) SETTINGS max_threads = 1",
            self.ours()
        );
        self.ask(&sql)
            .await?
            .trim()
            .parse()
            .context("the count of rows is no number")
    }

    /// Entities of the run's companies that the warehouse knows.
    pub(super) async fn known_entities(&self) -> Result<u64> {
        let sql = format!(
            "SELECT uniqExact(event_company_id, entity_object, entity_id) FROM entities WHERE {}",
            self.ours()
        );
        self.ask(&sql)
            .await?
            .trim()
            .parse()
            .context("the count of entities is no number")
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

/// Rows of others are harmless: the run's own ids are looked up among them.
fn recent() -> String {
    format!(
        "SELECT event_uuid FROM deal_events WHERE loaded_at > now64(3) - {LOOK_BACK_SECONDS} \
         SETTINGS max_threads = 1 FORMAT TSV"
    )
}
