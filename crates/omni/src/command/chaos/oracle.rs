//! Counts by ids: was every acknowledged event loaded, rejected or filtered, and nothing loaded twice?
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use template::column::ColumnType;
use template::{Column, Value};
use uuid::Uuid;
use warehouse::{Block, Insert, Table, Warehouse};

/// Acknowledged ids are put beside the tables, so that the server can compare.
const TABLE: &str = "acknowledged";
const IDS_AT_ONCE: usize = 50_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks in a row that find the same.
const RESTS_WITH_DOUBLES: u32 = 15;
/// Ids that a verdict names.
const NAMED_MAX: usize = 5;

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) acknowledged: u64,
    pub(super) loaded: u64,
    pub(super) rejected: u64,
    pub(super) filtered: u64,
    /// Acknowledged, and neither loaded nor rejected nor filtered.
    pub(super) lost: u64,
    /// Of those, some.
    pub(super) lost_ids: Vec<String>,
    /// Rows beyond the first of an event's revision.
    pub(super) doubled: u64,
    pub(super) doubled_ids: Vec<String>,
    /// Acknowledged, and neither archived nor rejected.
    pub(super) not_archived: u64,
    /// Deals whose latest state, or whose facts, differ from a recount.
    pub(super) deals_wrong: u64,
    pub(super) facts_wrong: u64,
    /// Contacts whose newest figure differs from a recount, and how many have one.
    pub(super) contacts_wrong: u64,
    pub(super) contacts_counted: u64,
    /// `omni ledger` finds nothing missing, doubled or out of the collectors' count; asked at the end.
    pub(super) ledger_balances: bool,
}

impl Verdict {
    /// Nothing is wrong by ids, and the ledger says so too.
    pub(super) fn is_good(&self) -> bool {
        self.counts_are_good() && self.ledger_balances
    }

    /// By ids; the ledger is not asked.
    pub(super) fn counts_are_good(&self) -> bool {
        let wrong = [
            self.lost,
            self.doubled,
            self.not_archived,
            self.deals_wrong,
            self.facts_wrong,
            self.contacts_wrong,
        ];
        self.acknowledged > 0 && wrong.iter().all(|count| *count == 0)
    }
}

/// Asks the server.
#[derive(Debug)]
pub(super) struct Oracle {
    warehouse: Warehouse,
}

impl Oracle {
    pub(super) async fn new(warehouse: Warehouse, acknowledged: &BTreeSet<Uuid>) -> Result<Self> {
        warehouse
            .execute(&format!(
                "CREATE TABLE IF NOT EXISTS {TABLE} (event_uuid UUID, insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3), \
                 CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline) ENGINE = ReplacingMergeTree ORDER BY event_uuid"
            ))
            .await?;
        let table = Table::new(
            TABLE,
            vec![Column::plain("event_uuid", ColumnType::parse("UUID")?)],
        )?;
        let ids: Vec<&Uuid> = acknowledged.iter().collect();
        for some in ids.chunks(IDS_AT_ONCE) {
            let mut block = Block::new(table.columns());
            for id in some {
                block.push(table.columns(), &[Value::Uuid(**id)])?;
            }
            let token = Uuid::new_v4().to_string();
            let deadline = warehouse.insert_deadline().await?;
            warehouse
                .insert(&Insert {
                    table: &table,
                    block: &block,
                    token: &token,
                    deadline,
                })
                .await?;
        }
        Ok(Self { warehouse })
    }

    /// Waits until nothing is missing and the counts rest, or for so long; then judges.
    pub(super) async fn judge(&self, within: Duration) -> Result<Verdict> {
        let until = Instant::now() + within;
        let mut before = Verdict::default();
        let mut rested = 0;
        loop {
            let verdict = self.look().await?;
            rested = if verdict == before { rested + 1 } else { 0 };
            // What is there twice stays there twice; what is missing beside it may still come.
            let is_settled = match verdict.doubled {
                0 => rested > 0 && verdict.counts_are_good(),
                _ => rested >= RESTS_WITH_DOUBLES,
            };
            if is_settled || Instant::now() > until {
                return Ok(verdict);
            }
            before = verdict;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<Verdict> {
        let ended = "SELECT event_uuid FROM deal_events UNION DISTINCT SELECT event_uuid FROM rejected_events \
                     UNION DISTINCT SELECT event_uuid FROM filtered_events WHERE rule != 'duplicate'";
        let kept = "SELECT event_uuid FROM raw_events UNION DISTINCT SELECT event_uuid FROM rejected_events";
        let lost = format!("SELECT DISTINCT event_uuid FROM {TABLE} WHERE event_uuid NOT IN ({ended})");
        let doubled = "SELECT event_company_id, event_uuid, event_revision, count() - 1 AS more FROM deal_events \
                       GROUP BY ALL HAVING more > 0";
        Ok(Verdict {
            acknowledged: self
                .count(&format!("SELECT uniqExact(event_uuid) FROM {TABLE}"))
                .await?,
            loaded: self
                .count("SELECT uniqExact(event_company_id, event_uuid) FROM deal_events")
                .await?,
            rejected: self
                .count("SELECT uniqExact(event_uuid) FROM rejected_events")
                .await?,
            filtered: self
                .count("SELECT uniqExact(event_uuid) FROM filtered_events WHERE rule != 'duplicate'")
                .await?,
            lost: self.count(&format!("SELECT count() FROM ({lost})")).await?,
            lost_ids: self.ids(&lost).await?,
            doubled: self.count(&format!("SELECT sum(more) FROM ({doubled})")).await?,
            doubled_ids: self.ids(doubled).await?,
            not_archived: self
                .count(&format!(
                    "SELECT uniqExact(event_uuid) FROM {TABLE} WHERE event_uuid NOT IN ({kept})"
                ))
                .await?,
            deals_wrong: self.count(DEALS_WRONG).await?,
            facts_wrong: self.count(FACTS_WRONG).await?,
            contacts_wrong: self.count(&contacts("newest != recount")).await?,
            contacts_counted: self.count(&contacts("newest IS NOT NULL")).await?,
            ledger_balances: false,
        })
    }

    async fn count(&self, sql: &str) -> Result<u64> {
        let found: Vec<(u64,)> = self.warehouse.select(sql, &[]).await?;
        Ok(found.first().map_or(0, |(count,)| *count))
    }

    async fn ids(&self, sql: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT toString(event_uuid) FROM ({sql}) LIMIT {NAMED_MAX}");
        let found: Vec<(String,)> = self.warehouse.select(&sql, &[]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }
}

/// The state of the greatest version is the latest.
const DEALS_WRONG: &str = "SELECT count() FROM (\
    SELECT event_company_id, deal_id, argMax(tuple(event_ver, deal_status, deal_value, deal_stage_id), event_ver) AS counted \
    FROM deal_events GROUP BY event_company_id, deal_id) AS recount \
    FULL JOIN (SELECT event_company_id, deal_id, tuple(event_ver, deal_status, deal_value, deal_stage_id) AS kept \
    FROM deals FINAL) AS latest USING (event_company_id, deal_id) WHERE counted != kept";

const FACTS_WRONG: &str = "SELECT count() FROM (\
    SELECT event_company_id, deal_id, tuple(min(event_time), max(event_time), max(deal_status = 'won')) AS counted \
    FROM deal_events GROUP BY event_company_id, deal_id) AS recount \
    FULL JOIN (SELECT event_company_id, deal_id, tuple(min(first_event_time), max(last_event_time), max(ever_won)) AS kept \
    FROM deal_facts GROUP BY event_company_id, deal_id) AS facts USING (event_company_id, deal_id) WHERE counted != kept";

/// The figure of the event worked last, against the deals that the log knows of.
fn contacts(condition: &str) -> String {
    format!(
        "SELECT count() FROM (SELECT event_company_id, contact_id, \
         argMax(metrics_total_deals, kafka_offset) AS newest, uniqExact(deal_id) AS recount FROM deal_events \
         WHERE contact_id != 0 GROUP BY event_company_id, contact_id) WHERE {condition}"
    )
}
