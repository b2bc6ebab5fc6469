//! What a call cost, told to whoever keeps the metrics.

use std::time::Duration;

use crate::Error;
use crate::governor::Told;

/// The result of a call, and what it took to get it (also when it failed).
#[derive(Debug)]
pub struct Call<T> {
    pub result: Result<T, Error>,
    pub facts: Facts,
}

/// Measured by the client; nothing here names a person or holds a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The endpoint's name, from a closed set: fit for a metric's label.
    pub endpoint: &'static str,
    /// Requests that were sent.
    pub requests: u32,
    /// Tokens of the daily budget that these requests cost by Pipedrive's price list.
    pub tokens: u32,
    /// Time spent waiting for our own limits (requests under way, burst window).
    pub waited: Duration,
    /// The whole call.
    pub took: Duration,
    /// `x-daily-ratelimit-token-remaining` of the last answer, where Pipedrive sent it.
    pub daily_tokens_left: Option<u64>,
    /// `x-ratelimit-remaining` of the last answer, where Pipedrive sent it.
    pub burst_requests_left: Option<u64>,
}

impl Facts {
    /// Of a call that was not made yet.
    pub fn of(endpoint: &'static str) -> Self {
        Self {
            endpoint,
            ..Self::default()
        }
    }

    /// Adds what another call took; the time of the whole is the caller's to measure.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.tokens += other.tokens;
        self.waited += other.waited;
        self.daily_tokens_left = other.daily_tokens_left.or(self.daily_tokens_left);
        self.burst_requests_left = other.burst_requests_left.or(self.burst_requests_left);
    }

    pub(crate) fn note(&mut self, told: Told) {
        self.daily_tokens_left = told.day_tokens_left.or(self.daily_tokens_left);
        self.burst_requests_left = told.burst_requests_left.or(self.burst_requests_left);
    }
}
