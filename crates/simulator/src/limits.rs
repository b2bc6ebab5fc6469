//! How much may be asked of the API and of the verifier: Pipedrive's plans, or numbers of one's own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a plan gives each seat a day, times the plan's multiplier.
const SEAT_TOKENS: u64 = 30_000;

/// What the company pays for: more tokens a day, more requests at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Plan {
    Lite,
    Growth,
    Premium,
    Ultimate,
}

impl Plan {
    fn multiplier(self) -> u64 {
        match self {
            Self::Lite => 1,
            Self::Growth => 2,
            Self::Premium => 5,
            Self::Ultimate => 7,
        }
    }

    /// Requests of one API token in a rolling two seconds.
    pub fn burst_max(self) -> usize {
        match self {
            Self::Lite => 20,
            Self::Growth => 40,
            Self::Premium => 100,
            Self::Ultimate => 120,
        }
    }

    /// Tokens a day, for the whole company.
    pub fn tokens_daily(self, seats: u64) -> u64 {
        SEAT_TOKENS
            .saturating_mul(self.multiplier())
            .saturating_mul(seats)
    }
}

/// The limits in force. `PATCH /simulator/limits` changes those that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// API tokens of a day, for each company; the day ends at midnight UTC.
    pub tokens_daily: u64,
    /// API requests of one token in a rolling two seconds.
    pub burst_max: usize,
    /// Searches in a rolling two seconds.
    pub search_max: usize,
    /// Whether the undocumented headers of the daily budget are there.
    pub daily_headers: bool,
    /// Answers of 429 within a minute, beyond which the edge shuts the client out; never where absent.
    pub ban_after: Option<usize>,
    /// How long the edge shuts out, in seconds.
    pub ban_seconds: u64,
    /// Verifications that are paid for; any number where absent.
    pub verifier_credits: Option<u64>,
    /// Verifications in a rolling second; any number where absent.
    pub verifier_second_max: Option<usize>,
}

impl Limits {
    /// Pipedrive's limits for a plan and a number of seats; the edge and the verifier allow everything.
    pub fn of(plan: Plan, seats: u64) -> Self {
        Self {
            tokens_daily: plan.tokens_daily(seats),
            burst_max: plan.burst_max(),
            search_max: 10,
            daily_headers: true,
            ban_after: None,
            ban_seconds: 60,
            verifier_credits: None,
            verifier_second_max: None,
        }
    }

    pub(crate) fn ban(&self) -> Duration {
        Duration::from_secs(self.ban_seconds)
    }
}

impl Default for Limits {
    /// Those of the largest plan with twenty seats.
    fn default() -> Self {
        Self::of(Plan::Ultimate, 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_gives_tokens_by_seat_and_multiplier() {
        assert_eq!(Plan::Lite.tokens_daily(5), 150_000);
        assert_eq!(Limits::default().tokens_daily, 4_200_000);
        assert_eq!(Limits::of(Plan::Growth, 1).burst_max, 40);
    }
}
