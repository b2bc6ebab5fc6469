//! An account of any size in the tables of a running Omni: what a board of a company with a long history reads.
//!
//! Rows are made by ClickHouse itself, from their numbers, and go through the views as every insert does. They do not come
//! through the pipeline: ten million webhooks would take hours, and what is measured are the panels.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use warehouse::Warehouse;

use super::target::ClickHouse;

/// Deals of one insert.
const DEALS_AT_ONCE: u64 = 10_000;
const DEALS: &str = include_str!("account/deals.sql");
/// What stands beside the deals, and is made once, by table. Contacts are counted from the deals.
const BESIDE: [(&str, &str); 8] = [
    ("lead_events", include_str!("account/leads.sql")),
    ("activity_events", include_str!("account/activities.sql")),
    ("entities", include_str!("account/words.sql")),
    ("entities", include_str!("account/contacts.sql")),
    ("ledger_minutes", include_str!("account/health.sql")),
    ("rejected_events", include_str!("account/rejected.sql")),
    ("load_batches", include_str!("account/batches.sql")),
    ("fx_daily", include_str!("account/rates.sql")),
];

/// How large an account is.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Account {
    /// Deals of the company
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    pub(super) deals: u64,
    /// Events of each deal
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(3..=1_000))]
    pub(super) events_per_deal: u64,
}

impl Account {
    /// Fills the tables for a company that has nothing yet; one that is filled stays as it is.
    pub(super) async fn fill(self, warehouse: &Warehouse, company: u64) -> Result<()> {
        let there = count(warehouse, company).await?;
        if there > 0 {
            let told = self.deals * self.events_per_deal;
            ensure!(
                there >= told,
                "company {company} has {there} events of deals, not {told}: use a fresh state directory"
            );
            eprintln!("company {company} has {there} events of deals");
            return Ok(());
        }
        let now_micro = stage::clock::now_micro();
        let begun = Instant::now();
        for first in (0..self.deals).step_by(DEALS_AT_ONCE as usize) {
            let deals = DEALS_AT_ONCE.min(self.deals - first);
            warehouse
                .execute(&self.statement(DEALS, company, now_micro, first, deals))
                .await
                .context("filling the events of deals")?;
            eprintln!(
                "{} of {} events of deals, {:.0} a second",
                (first + deals) * self.events_per_deal,
                self.deals * self.events_per_deal,
                ((first + deals) * self.events_per_deal) as f64 / begun.elapsed().as_secs_f64()
            );
        }
        for (table, statement) in BESIDE {
            if !has_table(warehouse, table).await? {
                eprintln!("no table {table}: its template is not among [loader] templates");
                continue;
            }
            eprintln!("{table}");
            let statement = self.statement(statement, company, now_micro, 0, self.deals);
            warehouse
                .execute(&statement)
                .await
                .with_context(|| format!("filling {table}"))?;
        }
        Ok(())
    }

    fn statement(self, text: &str, company: u64, now_micro: i64, first: u64, deals: u64) -> String {
        [
            ("${company}", company),
            ("${now}", now_micro.unsigned_abs()),
            ("${first}", first),
            ("${deals}", deals),
            ("${each}", self.events_per_deal),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, &value.to_string())
        })
    }
}

/// The warehouse of a running Omni, by the user who may fill it.
pub(super) fn warehouse(at: &ClickHouse) -> Result<Warehouse> {
    Ok(Warehouse::connect(&warehouse::Config {
        url: at.url.clone(),
        user: at.user.clone(),
        password: Some(at.password.clone().into()),
        database: at.database.clone(),
        ..warehouse::Config::default()
    })?)
}

async fn count(warehouse: &Warehouse, company: u64) -> Result<u64> {
    let sql = format!("SELECT count() FROM deal_events WHERE event_company_id = {company}");
    number(warehouse, &sql).await
}

async fn has_table(warehouse: &Warehouse, table: &str) -> Result<bool> {
    let sql =
        format!("SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = '{table}'");
    Ok(number(warehouse, &sql).await? > 0)
}

async fn number(warehouse: &Warehouse, sql: &str) -> Result<u64> {
    let rows: Vec<(u64,)> = warehouse.select(sql, &[]).await?;
    Ok(rows.first().map_or(0, |row| row.0))
}
