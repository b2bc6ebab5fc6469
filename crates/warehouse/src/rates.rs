//! Exchange rates in `fx_daily`: what is new or was corrected is written, what is there already is not.
use std::collections::BTreeMap;

use rates::Rate;
use rust_decimal::Decimal;

use crate::{Error, Param, Warehouse};

/// Rows of one insert.
const ROWS_MAX: usize = 20_000;

impl Warehouse {
    /// Brings the table to these rates; gives the number of rows that were new or other than before. A rate that is no longer
    /// among them stays. Without a plan: the same rates twice are the same rows.
    pub async fn store_rates(&self, rates: &[Rate]) -> Result<usize, Error> {
        let mut changed = Vec::new();
        for of_currency in rates.chunk_by(|one, next| one.currency == next.currency) {
            let Some(first) = of_currency.first() else {
                continue;
            };
            let known = self.known_rates(&first.currency).await?;
            let is_new = |rate: &&Rate| known.get(&rate.date.to_string()) != Some(&rate.per_eur.normalize());
            changed.extend(of_currency.iter().filter(is_new));
        }
        for rows in changed.chunks(ROWS_MAX) {
            let lines: Vec<String> = rows.iter().map(|rate| line(rate)).collect();
            let statement = "INSERT INTO fx_daily (currency, rate_date, per_eur) FORMAT TSV\n";
            self.execute(&format!("{statement}{}\n", lines.join("\n")))
                .await?;
        }
        Ok(changed.len())
    }

    async fn known_rates(&self, currency: &str) -> Result<BTreeMap<String, Decimal>, Error> {
        let sql = "SELECT toString(rate_date), toString(per_eur) FROM fx_daily FINAL WHERE currency = {currency:String}";
        let rows: Vec<(String, String)> = self.select(sql, &[("currency", Param::from(currency))]).await?;
        let rate = |(day, rate): (String, String)| Some((day, rate.parse::<Decimal>().ok()?.normalize()));
        Ok(rows.into_iter().filter_map(rate).collect())
    }
}

/// Codes, days and numbers: nothing in them has to be escaped.
fn line(rate: &Rate) -> String {
    format!("{}\t{}\t{}", rate.currency, rate.date, rate.per_eur)
}
