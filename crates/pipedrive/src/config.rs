//! The `[pipedrive]` table: limits that hold for every source. Addresses and tokens belong to a source.

use serde::{Deserialize, Serialize};

use crate::{Access, Error, Plan};

/// How hard the API may be used. The defaults suit the smallest plan with one seat.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The company's plan: `lite`, `growth`, `premium` or `ultimate`. It says what a day and a burst may take.
    pub plan: Plan,
    /// Paid seats of the company: a day has 30,000 tokens a seat, times 1, 2, 5 or 7 by plan.
    pub seats: u32,
    /// Tokens a day that were bought on top. What Pipedrive's headers say wins over all three.
    pub topup_tokens: u64,
    /// Part of the day and of a burst that this process takes at most, when others spend beside it.
    pub budget_share: f64,
    /// Part of the day, and of a burst, that is not touched to catch up with history.
    pub backfill_reserve_share: f64,
    /// The same for repairs.
    pub repair_reserve_share: f64,
    /// Requests in any two seconds, where not the plan's (API token 20, 40, 100, 120; OAuth four times as many).
    pub burst_requests_max: Option<usize>,
    /// Failures in a row (no connection, 5xx, silence) after which the API is left alone for a while.
    pub breaker_failures_max: u32,
    /// First pause of that kind, in milliseconds; it doubles while the API stays silent.
    pub breaker_pause_ms: u64,
    /// Longest pause of that kind, in milliseconds.
    pub breaker_pause_ms_max: u64,
    /// Requests under way at once.
    pub in_flight_max: usize,
    /// Time to open a connection, in milliseconds; the deadline of the call holds beside it.
    pub connect_timeout_ms: u64,
    /// Greatest answer that is read, in bytes, after decompression.
    pub answer_bytes_max: usize,
    /// Pages of a list that are followed.
    pub pages_max: usize,
    /// Rows asked for on a page (Pipedrive gives 500 at most).
    pub page_rows: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            plan: Plan::Lite,
            seats: 1,
            topup_tokens: 0,
            budget_share: 1.0,
            backfill_reserve_share: 0.4,
            repair_reserve_share: 0.1,
            burst_requests_max: None,
            breaker_failures_max: 10,
            breaker_pause_ms: 1_000,
            breaker_pause_ms_max: 30_000,
            in_flight_max: 16,
            connect_timeout_ms: 2_000,
            answer_bytes_max: 4 << 20,
            pages_max: 20,
            page_rows: 500,
        }
    }
}

impl Config {
    /// Refuses parts of a whole that are none.
    pub fn check(&self) -> Result<(), Error> {
        let shares = [
            ("budget_share", self.budget_share),
            ("backfill_reserve_share", self.backfill_reserve_share),
            ("repair_reserve_share", self.repair_reserve_share),
        ];
        match shares.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((key, _)) => Err(Error::Share { key }),
            None => Ok(()),
        }
    }

    /// Requests in any two seconds that this process sends at most.
    pub(crate) fn burst_requests(&self, access: Access) -> usize {
        let allowed = self
            .burst_requests_max
            .unwrap_or_else(|| self.plan.burst_requests(access));
        part(allowed as u64, self.budget_share).max(1) as usize
    }

    /// Tokens the company has a day, as far as this table knows.
    pub(crate) fn day_tokens(&self) -> u64 {
        self.plan.day_tokens(self.seats).saturating_add(self.topup_tokens)
    }
}

/// A share of a whole, rounded down. Whatever is no share (the table is checked before) counts as none.
pub(crate) fn part(whole: u64, share: f64) -> u64 {
    (whole as f64 * share.clamp(0.0, 1.0)) as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        Config::default().check().unwrap();
        for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let config = Config {
                budget_share: share,
                ..Config::default()
            };
            let told = config.check().unwrap_err().to_string();
            assert!(told.contains("budget_share"), "{told}");
        }
    }

    #[test]
    fn an_explicit_burst_wins_over_the_plans_and_a_share_is_taken_of_it() {
        let config = Config {
            plan: Plan::Growth,
            ..Config::default()
        };
        assert_eq!(config.burst_requests(Access::ApiToken), 40);
        assert_eq!(config.burst_requests(Access::OAuth), 160);
        let config = Config {
            burst_requests_max: Some(50),
            budget_share: 0.5,
            ..config
        };
        assert_eq!(config.burst_requests(Access::OAuth), 25);
        let none = Config {
            budget_share: 0.0,
            ..config
        };
        assert_eq!(none.burst_requests(Access::OAuth), 1);
    }
}
