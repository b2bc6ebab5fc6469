//! Pipedrive's own limiter, as its documentation tells: what the governor is held against.
//!
//! Shares no code with the governor. Time is milliseconds since 1970, as Pipedrive's clock has it.

use std::collections::BTreeMap;

const WINDOW_MS: u64 = 2_000;
const DAY_MS: u64 = 86_400_000;

/// What a company's account allows.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    pub(crate) burst_max: usize,
    pub(crate) search_max: usize,
    pub(crate) day_tokens: u64,
    arrivals: Vec<(u64, bool)>,
    spent: BTreeMap<u64, u64>,
    /// Most arrivals ever seen in one window.
    pub(crate) burst_most: usize,
    pub(crate) search_most: usize,
}

/// How it takes one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) over_burst: bool,
    pub(crate) over_day: bool,
    pub(crate) left: u64,
}

impl Limiter {
    pub(crate) fn new(burst_max: usize, search_max: usize, day_tokens: u64) -> Self {
        Self {
            burst_max,
            search_max,
            day_tokens,
            arrivals: Vec::new(),
            spent: BTreeMap::new(),
            burst_most: 0,
            search_most: 0,
        }
    }

    /// Counts a request, also one that it refuses for its burst.
    pub(crate) fn arrive(&mut self, at: u64, tokens: u64, search: bool) -> Verdict {
        self.arrivals.push((at, search));
        self.arrivals.retain(|(arrived, _)| at - arrived < WINDOW_MS);
        let searches = self.arrivals.iter().filter(|(_, search)| *search).count();
        self.burst_most = self.burst_most.max(self.arrivals.len());
        self.search_most = self.search_most.max(searches);
        let over_burst = self.arrivals.len() > self.burst_max || searches > self.search_max;
        let over_day = tokens > self.left(at);
        if !over_burst && !over_day {
            self.spend(at, tokens);
        }
        Verdict {
            over_burst,
            over_day,
            left: self.left(at),
        }
    }

    /// Somebody else in the company spends.
    pub(crate) fn spend(&mut self, at: u64, tokens: u64) {
        *self.spent.entry(at / DAY_MS).or_default() += tokens;
    }

    pub(crate) fn left(&self, at: u64) -> u64 {
        let spent = self.spent.get(&(at / DAY_MS)).copied().unwrap_or_default();
        self.day_tokens.saturating_sub(spent)
    }
}
