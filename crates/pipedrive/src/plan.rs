//! What a plan allows, by Pipedrive's page on rate limiting (`core-api-concepts-rate-limiting`).

use serde::{Deserialize, Serialize};

/// Tokens of a day for one seat of the smallest plan.
const TOKENS_PER_SEAT: u64 = 30_000;
/// Requests to search endpoints in any two seconds, on every plan.
pub(crate) const SEARCH_REQUESTS_MAX: usize = 10;
/// An OAuth access token may do this many times what an API token may.
const OAUTH_FACTOR: usize = 4;

/// The company's plan with Pipedrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    #[default]
    Lite,
    Growth,
    Premium,
    Ultimate,
}

/// What opens the API: the burst limit depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    ApiToken,
    OAuth,
}

impl Plan {
    /// Requests that one token may send in any two seconds.
    pub fn burst_requests(self, access: Access) -> usize {
        let with_token = match self {
            Self::Lite => 20,
            Self::Growth => 40,
            Self::Premium => 100,
            Self::Ultimate => 120,
        };
        match access {
            Access::ApiToken => with_token,
            Access::OAuth => with_token * OAUTH_FACTOR,
        }
    }

    /// Tokens of a day for the whole company, bought ones left out.
    pub fn day_tokens(self, seats: u32) -> u64 {
        let multiplier = match self {
            Self::Lite => 1,
            Self::Growth => 2,
            Self::Premium => 5,
            Self::Ultimate => 7,
        };
        TOKENS_PER_SEAT * multiplier * u64::from(seats.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_allows_what_pipedrive_documents() {
        let plans = [Plan::Lite, Plan::Growth, Plan::Premium, Plan::Ultimate];
        let burst = |access| plans.map(|plan| plan.burst_requests(access));
        assert_eq!(burst(Access::ApiToken), [20, 40, 100, 120]);
        assert_eq!(burst(Access::OAuth), [80, 160, 400, 480]);
        let day = plans.map(|plan| plan.day_tokens(5));
        assert_eq!(day, [150_000, 300_000, 750_000, 1_050_000]);
        assert_eq!(Plan::Lite.day_tokens(0), 30_000);
    }
}
