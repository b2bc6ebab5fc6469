//! The company's tokens of the day: ours by the price list, the rest as Pipedrive's headers say.
//!
//! `left` is never more than Pipedrive would say now, as far as our own spending goes: an answer's number
//! is lowered by every request that may have been counted after it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Charge, Moment, Refusal, Snapshot, Ticket, Told, Why};
use crate::config::part;
use crate::{Config, Priority};

/// A spent day is asked about again this often: tokens can be bought, and "midnight" has no stated zone.
const RECHECK: Duration = Duration::from_mins(15);
/// Pipedrive's number that rises to within this part of the limit: the day has begun anew.
const NEW_DAY_SHARE: f64 = 0.9;

#[derive(Debug, Clone)]
pub(super) struct Day {
    number: u64,
    config: Config,
    limit_told: Option<u64>,
    spent: u64,
    left: u64,
    /// The newest ticket whose answer told what was left, and what it told.
    heard: Option<(u64, u64)>,
    /// Tokens sent and answered since this process began.
    sent_total: u64,
    settled_total: u64,
    last_sent: Instant,
}

impl Day {
    pub(super) fn new(config: &Config, now: Moment) -> Self {
        Self {
            number: now.day(),
            config: config.clone(),
            limit_told: None,
            spent: 0,
            left: config.day_tokens(),
            heard: None,
            sent_total: 0,
            settled_total: 0,
            last_sent: now.instant,
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit_told.unwrap_or_else(|| self.config.day_tokens())
    }

    /// Begins the next day at midnight UTC. A clock that steps back over midnight begins no second one.
    pub(super) fn roll(&mut self, now: Moment) {
        let today = now.day();
        if today > self.number {
            // What is under way may be counted on either side of midnight.
            let under_way = self.sent_total - self.settled_total;
            self.number = today;
            self.spent = under_way;
            self.left = self.limit().saturating_sub(under_way);
            self.heard = None;
        } else if today + 1 < self.number {
            // The clock had been days ahead; what was spent stays spent.
            self.number = today;
        }
    }

    /// Whether the day has these tokens for this priority.
    pub(super) fn allow(&self, now: Moment, charge: Charge) -> Result<(), Refusal> {
        let tokens = u64::from(charge.tokens);
        let limit = self.limit().max(self.left);
        let refuse = |why, wait: Duration| Err(Refusal::new(why, wait.min(now.until_midnight())));
        let share = self.config.budget_share;
        if share < 1.0 && self.spent + tokens > part(limit, share) {
            return refuse(Why::Reserve, now.until_midnight());
        }
        let reserve = part(limit, charge.priority.reserve(&self.config));
        if self.left >= reserve.saturating_add(tokens) {
            return Ok(());
        }
        if charge.priority != Priority::Live {
            let why = if self.left < tokens {
                Why::Daily
            } else {
                Why::Reserve
            };
            return refuse(why, now.until_midnight());
        }
        let recheck_at = self.last_sent + RECHECK;
        if recheck_at <= now.instant {
            return Ok(());
        }
        refuse(Why::Daily, recheck_at - now.instant)
    }

    /// Gives the tokens of all tickets that were answered before.
    pub(super) fn pay(&mut self, now: Moment, tokens: u64) -> u64 {
        self.spent += tokens;
        self.left = self.left.saturating_sub(tokens);
        self.sent_total += tokens;
        self.last_sent = now.instant;
        self.settled_total
    }

    pub(super) fn settle(&mut self, ticket: &Ticket, told: Told) {
        self.settled_total += ticket.tokens;
        if ticket.day != self.number {
            return;
        }
        if let Some(limit) = told.day_tokens_limit {
            self.limit_told = Some(limit);
            if self.heard.is_none() {
                self.left = limit.saturating_sub(self.spent);
            }
        }
        let newer = self.heard.is_none_or(|(number, _)| number < ticket.number);
        if let Some(left) = told.day_tokens_left.filter(|_| newer) {
            self.hear(ticket, left);
        }
    }

    fn hear(&mut self, ticket: &Ticket, left: u64) {
        // Everything not answered when this one was sent may have been counted after it.
        let after = self.sent_total - ticket.settled_before - ticket.tokens;
        let rose = self.heard.is_some_and(|(_, before)| before < left);
        if rose && left >= part(self.limit(), NEW_DAY_SHARE) {
            self.spent = self.spent.min(after + ticket.tokens);
        }
        self.left = left.saturating_sub(after);
        self.heard = Some((ticket.number, left));
    }

    /// Pipedrive refused for want of tokens.
    pub(super) fn spent_out(&mut self) {
        self.left = 0;
    }

    pub(super) fn snapshot(&self, now: Moment) -> Snapshot {
        let mut day = self.clone();
        day.roll(now);
        Snapshot {
            day: day.number,
            tokens_spent: day.spent,
            tokens_left: day.heard.map(|_| day.left),
            tokens_limit: day.limit_told,
            ..Snapshot::default()
        }
    }

    pub(super) fn restore(&mut self, now: Moment, snapshot: &Snapshot) {
        self.roll(now);
        self.limit_told = snapshot.tokens_limit;
        if snapshot.day < self.number {
            self.left = self.limit();
            return;
        }
        // The clock stepped back over midnight meanwhile: that day has begun and begins no second time.
        if snapshot.day == self.number + 1 {
            self.number = snapshot.day;
        }
        self.spent = snapshot.tokens_spent;
        let by_price = self.limit().saturating_sub(self.spent);
        self.left = snapshot.tokens_left.unwrap_or(by_price);
        self.heard = snapshot.tokens_left.map(|left| (0, left));
    }
}
