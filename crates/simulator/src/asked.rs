//! Counts what was asked of the API: by call, by answer, and how much of it at once.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::http::StatusCode;
use serde::Serialize;

use crate::meter::{BURST_WINDOW, Verdict, Window};

/// What one call was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    pub requests: u64,
    /// Tokens spent on it; a refused request costs none.
    pub tokens: u64,
}

/// Requests that the limits refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Refused {
    pub burst: u64,
    pub search: u64,
    pub daily: u64,
    pub banned: u64,
}

/// All that was asked since the start, or since it was last forgotten.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Tally {
    pub requests: u64,
    pub tokens: u64,
    /// The most requests of all companies in any two seconds, refused ones among them.
    pub peak_in_two_seconds: usize,
    pub refused: Refused,
    /// Answers by status.
    pub answers: BTreeMap<u16, u64>,
    /// Requests whose connection ended without a whole answer.
    pub unanswered: u64,
    pub calls: BTreeMap<&'static str, Call>,
    #[serde(skip)]
    arrivals: Window,
}

impl Tally {
    /// A request came in.
    pub(crate) fn arrived(&mut self, call: &'static str, now: Instant) {
        self.requests += 1;
        self.calls.entry(call).or_default().requests += 1;
        self.arrivals.add(now);
        let at_once = self.arrivals.count(now, BURST_WINDOW);
        self.peak_in_two_seconds = self.peak_in_two_seconds.max(at_once);
    }

    /// The limits said what becomes of it.
    pub(crate) fn judged(&mut self, call: &'static str, verdict: Verdict, tokens: u64) {
        match verdict {
            Verdict::Allowed => {
                self.tokens += tokens;
                self.calls.entry(call).or_default().tokens += tokens;
            }
            Verdict::Burst => self.refused.burst += 1,
            Verdict::Search => self.refused.search += 1,
            Verdict::Daily => self.refused.daily += 1,
            Verdict::Banned => self.refused.banned += 1,
        }
    }

    /// Its connection ended without a whole answer.
    pub(crate) fn went_unanswered(&mut self) {
        self.unanswered += 1;
    }

    /// It was answered.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        *self.answers.entry(status.as_u16()).or_default() += 1;
    }
}
