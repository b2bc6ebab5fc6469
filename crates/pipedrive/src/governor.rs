//! When the next request may be sent: the one place that knows all of Pipedrive's limits.
//!
//! Promises: as Pipedrive counts, never more requests in any two seconds than the plan allows, and never
//! more tokens in a day than are left (proof: tests/governor, against a model of its limiter); what is
//! refused takes no place and no tokens; a block by the edge is waited out, longer each time.
//! Pure: the caller brings the time and does the waiting. One governor serves one token of one company.

mod breaker;
mod day;
mod hold;
mod moment;
mod snapshot;
mod standing;
mod window;

use std::time::Duration;

pub use breaker::Circuit;
pub use hold::{Refusal, Why};
pub use moment::Moment;
pub use snapshot::{HoldAt, Snapshot};
pub use standing::Standing;

use breaker::Breaker;
use day::Day;
use hold::Holds;
use window::Window;

use crate::config::{Config, part};
use crate::plan::SEARCH_REQUESTS_MAX;
use crate::{Access, Priority};

/// What a request costs, and whom it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    pub tokens: u32,
    pub priority: Priority,
    pub lane: Lane,
}

/// Which burst limits a request counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The plan's.
    General,
    /// The plan's, and the one of all search endpoints.
    Search,
}

/// A request that may be sent now and has been paid for. Give it back to [`Governor::settle`].
#[must_use]
#[derive(Debug)]
pub struct Ticket {
    /// Grows with each ticket: who was sent after whom.
    number: u64,
    tokens: u64,
    lane: Lane,
    /// The day it was paid from.
    day: u64,
    /// Tokens of all tickets that had been answered when this one was sent.
    settled_before: u64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer that says nothing against the next request, whatever it says about this one.
    Answered,
    /// Too many requests in two seconds.
    Burst { retry_after: Duration },
    /// No tokens left today.
    Daily { retry_after: Duration },
    /// The edge blocks us; it may have said for how long.
    Banned { retry_after: Option<Duration> },
    /// No connection, no answer in time, or a 5xx, which may have said when to come back.
    Failed { retry_after: Option<Duration> },
    /// Nobody waited for the answer.
    Abandoned,
}

/// What the headers of an answer told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// `x-daily-ratelimit-token-limit`
    pub day_tokens_limit: Option<u64>,
    /// `x-daily-ratelimit-token-remaining`
    pub day_tokens_left: Option<u64>,
    /// `x-ratelimit-remaining`
    pub burst_requests_left: Option<u64>,
    /// `x-ratelimit-reset`
    pub burst_reset: Option<Duration>,
}

/// Keeps the limits of one token.
#[derive(Debug)]
pub struct Governor {
    general: Window,
    search: Window,
    day: Day,
    holds: Holds,
    breaker: Breaker,
    config: Config,
    /// Number of the next ticket.
    next: u64,
}

impl Governor {
    /// Nothing sent, nothing spent.
    pub fn new(config: &Config, access: Access, now: Moment) -> Self {
        let search = part(SEARCH_REQUESTS_MAX as u64, config.budget_share).max(1) as usize;
        Self {
            general: Window::new(config.burst_requests(access)),
            search: Window::new(search),
            day: Day::new(config, now),
            holds: Holds::default(),
            breaker: Breaker::new(config),
            config: config.clone(),
            next: 1,
        }
    }

    /// What keeps a request back, with `ahead` others before it in the queue. Changes nothing.
    pub fn foresee(&self, now: Moment, charge: Charge, ahead: usize) -> Option<Refusal> {
        let mut day = self.day.clone();
        day.roll(now);
        self.obstacle(now, charge, ahead)
            .into_iter()
            .chain(day.allow(now, charge).err())
            .max_by_key(|refusal| refusal.retry_after)
    }

    /// Pays for a request that is sent now, or says why and how long it has to wait.
    pub fn take(&mut self, now: Moment, charge: Charge) -> Result<Ticket, Refusal> {
        self.day.roll(now);
        if let Some(refusal) = self.obstacle(now, charge, 0) {
            return Err(refusal);
        }
        self.day.allow(now, charge)?;
        let number = self.next;
        self.next += 1;
        self.general.enter();
        if charge.lane == Lane::Search {
            self.search.enter();
        }
        self.breaker.sent(number);
        let tokens = u64::from(charge.tokens);
        let settled_before = self.day.pay(now, tokens);
        Ok(Ticket {
            number,
            tokens,
            lane: charge.lane,
            day: self.day.number(),
            settled_before,
        })
    }

    /// Learns from an answer. Gives the hold that it led to, if it led to one.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    pub fn settle(&mut self, now: Moment, ticket: Ticket, outcome: Outcome, told: Told) -> Option<Refusal> {
        self.day.roll(now);
        self.general.leave(now.instant);
        if ticket.lane == Lane::Search {
            self.search.leave(now.instant);
        }
        self.day.settle(&ticket, told);
        self.breaker.heard(now, ticket.number, outcome);
        let ahead = self.next;
        let refusal = match outcome {
            Outcome::Answered => {
                self.holds.answered(ticket.number);
                None
            }
            Outcome::Burst { retry_after } => Some(self.holds.burst(now, ticket.number, ahead, retry_after)),
            // One that was sent yesterday says nothing about today.
            Outcome::Daily { .. } if ticket.day != self.day.number() => None,
            Outcome::Daily { retry_after } => {
                self.day.spent_out();
                let wait = retry_after.min(now.until_midnight());
                Some(self.holds.daily(now, wait))
            }
            Outcome::Banned { retry_after } => {
                let refusal = self.holds.banned(now, ticket.number, ahead, retry_after);
                // After a block one request goes first, and the others when it was answered.
                self.breaker.trip(now.instant + refusal.retry_after, ahead);
                Some(refusal)
            }
            Outcome::Failed {
                retry_after: Some(wait),
            } => Some(self.holds.failed(now, wait)),
            Outcome::Failed { retry_after: None } | Outcome::Abandoned => None,
        };
        // Whoever shares the token with others cannot know the window by its own requests.
        if self.config.budget_share < 1.0 && told.burst_requests_left == Some(0) {
            self.holds.crowded(now, told.burst_reset);
        }
        refusal
    }

    /// Where all stands, for metrics and alarms.
    pub fn standing(&self, now: Moment) -> Standing {
        let mut day = self.day.clone();
        day.roll(now);
        Standing {
            day_tokens_limit: day.limit(),
            day_tokens_spent: day.spent(),
            day_tokens_left: day.left(),
            hold: self.holds.in_force(now.instant),
            bans: self.holds.bans(),
            circuit: self.breaker.circuit(now.instant),
        }
    }

    /// What has to outlive this process.
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        let mut snapshot = self.day.snapshot(now);
        snapshot.taken_at_ms = now.wall_ms();
        snapshot.burst_requests = self.general.occupied(now.instant);
        snapshot.search_requests = self.search.occupied(now.instant);
        snapshot.hold = self.holds.in_force(now.instant).map(|hold| HoldAt {
            until_ms: now.wall_ms_after(hold.retry_after),
            why: hold.why,
        });
        snapshot.bans = self.holds.bans();
        snapshot
    }

    /// Goes on where another process stopped. What it sent after the snapshot is not known.
    pub fn restore(&mut self, now: Moment, snapshot: &Snapshot) {
        let taken = now.instant_of(snapshot.taken_at_ms.min(now.wall_ms()));
        self.general.occupy(snapshot.burst_requests, taken);
        self.search.occupy(snapshot.search_requests, taken);
        self.day.restore(now, snapshot);
        self.holds.restore(now, snapshot);
        if let Some(hold) = self
            .holds
            .in_force(now.instant)
            .filter(|hold| hold.why == Why::Banned)
        {
            self.breaker.trip(now.instant + hold.retry_after, self.next);
        }
    }

    /// All but the day.
    fn obstacle(&self, now: Moment, charge: Charge, ahead: usize) -> Option<Refusal> {
        let share = 1.0 - charge.priority.reserve(&self.config);
        let burst = |window: &Window, why| {
            let wait = window.wait(now.instant, share, ahead)?;
            Some(Refusal::new(why, wait))
        };
        let search = match charge.lane {
            Lane::General => None,
            Lane::Search => burst(&self.search, Why::Search),
        };
        // Of two that end together the last is told: a block comes before its breaker.
        [
            search,
            burst(&self.general, Why::Burst),
            self.breaker.refuse(now.instant),
            self.holds.in_force(now.instant),
        ]
        .into_iter()
        .flatten()
        .max_by_key(|refusal| refusal.retry_after)
    }
}
