//! A governor, the limiter it must please, and the time between them: no test sleeps.
//!
//! Requests wait, are sent, arrive, and are answered, each at its millisecond. What the governor must never
//! do is checked where it happens.

use std::time::{Duration, UNIX_EPOCH};

use pipedrive::{Access, Charge, Config, Governor, Lane, Moment, Outcome, Priority, Snapshot, Ticket, Told};
use tokio::time::Instant;

use super::limiter::{Limiter, Verdict};

pub(crate) const RECHECK_MS: u64 = 15 * 60_000;

/// What becomes of a request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The limiter decides.
    Judged,
    /// 429, though the limiter has nothing against it.
    Burst,
    /// 429 with no tokens left, though there are some.
    Daily,
    /// The edge's page.
    Banned { retry_after: Option<u64> },
    /// 5xx; it was counted.
    Broken,
    /// It never arrived.
    Lost,
    /// Nobody waited for the answer; it was counted.
    Abandoned,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) charge: Charge,
    pub(crate) deadline_ms: u64,
    /// Time to Pipedrive, and time back.
    pub(crate) there_ms: u64,
    pub(crate) back_ms: u64,
    pub(crate) fate: Fate,
}

struct Waiting {
    ask: Ask,
    until: u64,
    next_try: u64,
}

struct Flying {
    ticket: Ticket,
    ask: Ask,
    sent: u64,
    /// How many were sent before.
    order: usize,
    /// The governor's day at that time.
    day: u64,
    arrives: u64,
    answered: u64,
    recheck: bool,
    verdict: Option<Verdict>,
}

/// A request that came when the day had nothing for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overrun {
    pub(crate) sent: u64,
    /// The governor knew, and asked whether it still is so.
    pub(crate) recheck: bool,
    /// When the governor had first heard this day what is left.
    pub(crate) heard: Option<u64>,
    /// When an answer had said that nothing is left this day.
    pub(crate) spent_out: Option<u64>,
}

pub(crate) struct World {
    pub(crate) limiter: Limiter,
    pub(crate) governor: Governor,
    pub(crate) config: Config,
    /// Whether answers have the headers of the day.
    pub(crate) headers: bool,
    pub(crate) overruns: Vec<Overrun>,
    pub(crate) granted: usize,
    pub(crate) refused: usize,
    start: (Instant, u64),
    now: u64,
    /// The governor's clock on the wall, less Pipedrive's.
    skew: i64,
    waiting: Vec<Waiting>,
    flying: Vec<Flying>,
    held_until: u64,
    last_sent: u64,
    heard: Option<(u64, u64)>,
    /// Day, time, and order of the request that was answered.
    spent_out: Option<(u64, u64, usize)>,
}

impl World {
    pub(crate) fn new(limiter: Limiter, config: Config, headers: bool, start_ms: u64) -> Self {
        let start = (Instant::now(), start_ms);
        let moment = Moment {
            instant: start.0,
            wall: UNIX_EPOCH + Duration::from_millis(start_ms),
        };
        Self {
            limiter,
            governor: Governor::new(&config, Access::ApiToken, moment),
            config,
            headers,
            overruns: Vec::new(),
            granted: 0,
            refused: 0,
            start,
            now: start_ms,
            skew: 0,
            waiting: Vec::new(),
            flying: Vec::new(),
            held_until: 0,
            last_sent: start_ms,
            heard: None,
            spent_out: None,
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment {
            instant: self.start.0 + Duration::from_millis(self.now - self.start.1),
            wall: UNIX_EPOCH + Duration::from_millis(self.now.saturating_add_signed(self.skew)),
        }
    }

    pub(crate) fn step_wall(&mut self, by_ms: i64) {
        self.skew += by_ms;
        // Pauses are kept in times on the wall over a restart, so they move with it.
        self.held_until = 0;
    }

    pub(crate) fn others_spend(&mut self, tokens: u64) {
        self.limiter.spend(self.now, tokens);
    }

    pub(crate) fn ask(&mut self, ask: Ask) {
        let until = self.now + ask.deadline_ms;
        let ahead = self
            .waiting
            .iter()
            .filter(|other| other.ask.charge.priority == ask.charge.priority);
        let foreseen = self.governor.foresee(self.moment(), ask.charge, ahead.count());
        if foreseen.is_some_and(|refusal| self.after(refusal.retry_after) >= until) {
            self.refused += 1;
            return;
        }
        self.waiting.push(Waiting {
            ask,
            until,
            next_try: self.now,
        });
        self.pass(0);
    }

    /// Lets time pass; what falls into it happens in its order.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(at) = self.next_event().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.arrive();
            self.answer();
            self.try_all();
        }
        self.now = end;
    }

    /// The process ends, what it sent arrives at the latest now, and another goes on after a while.
    pub(crate) fn restart(&mut self, gap_ms: u64) {
        for flying in &mut self.flying {
            flying.arrives = flying.arrives.min(self.now);
        }
        self.arrive();
        let kept = serde_json::to_string(&self.governor.snapshot(self.moment())).unwrap();
        self.flying.clear();
        self.waiting.clear();
        self.now += gap_ms;
        self.governor = Governor::new(&self.config, Access::ApiToken, self.moment());
        let snapshot: Snapshot = serde_json::from_str(&kept).unwrap();
        self.governor.restore(self.moment(), &snapshot);
        self.last_sent = self.now;
    }

    /// Requests that were sent though an answer had said that the day is spent.
    pub(crate) fn after_spent_out(&self) -> impl Iterator<Item = &Overrun> {
        self.overruns
            .iter()
            .filter(|overrun| !overrun.recheck && overrun.spent_out.is_some_and(|at| overrun.sent > at))
    }

    fn after(&self, wait: Duration) -> u64 {
        // A timer never fires early.
        self.now + wait.as_nanos().div_ceil(1_000_000) as u64
    }

    fn next_event(&self) -> Option<u64> {
        let tries = self.waiting.iter().map(|waiting| waiting.next_try);
        let arrivals = self.flying.iter().filter(|flying| flying.verdict.is_none());
        let arrivals = arrivals.map(|flying| flying.arrives);
        let answers = self.flying.iter().map(|flying| flying.answered);
        tries.chain(arrivals).chain(answers).min()
    }

    fn arrive(&mut self) {
        let day = self.governor.snapshot(self.moment()).day;
        let mut due: Vec<&mut Flying> = self
            .flying
            .iter_mut()
            .filter(|flying| flying.verdict.is_none() && flying.arrives <= self.now)
            .collect();
        due.sort_by_key(|flying| flying.arrives);
        for flying in due {
            let search = flying.ask.charge.lane == Lane::Search;
            let tokens = u64::from(flying.ask.charge.tokens);
            if matches!(flying.ask.fate, Fate::Lost | Fate::Banned { .. }) {
                let left = self.limiter.left(flying.arrives);
                flying.verdict = Some(Verdict {
                    over_burst: false,
                    over_day: false,
                    left,
                });
                continue;
            }
            let verdict = self.limiter.arrive(flying.arrives, tokens, search);
            if verdict.over_day {
                self.overruns.push(Overrun {
                    sent: flying.sent,
                    recheck: flying.recheck,
                    heard: self.heard.filter(|(heard, _)| *heard == day).map(|(_, at)| at),
                    spent_out: self
                        .spent_out
                        .filter(|(heard, ..)| *heard == day)
                        .map(|(_, at, _)| at),
                });
            }
            flying.verdict = Some(verdict);
        }
    }

    fn answer(&mut self) {
        let mut index = 0;
        while index < self.flying.len() {
            if self.flying[index].answered > self.now {
                index += 1;
                continue;
            }
            let flying = self.flying.remove(index);
            let (outcome, told) = self.reply(&flying);
            let moment = self.moment();
            let day = self.governor.snapshot(moment).day;
            // What was sent yesterday tells nothing about today.
            if told.day_tokens_left.is_some() && flying.day == day {
                if self.heard.is_none_or(|(heard, _)| heard != day) {
                    self.heard = Some((day, self.now));
                }
                if told.day_tokens_left == Some(0) {
                    self.spent_out = Some((day, self.now, flying.order));
                } else if self.spent_out.is_some_and(|(_, _, order)| order < flying.order) {
                    self.spent_out = None;
                }
            }
            if let Some(hold) = self.governor.settle(moment, flying.ticket, outcome, told) {
                self.held_until = self
                    .held_until
                    .max(self.now + hold.retry_after.as_millis() as u64);
            }
        }
    }

    fn reply(&self, flying: &Flying) -> (Outcome, Told) {
        let verdict = flying.verdict.expect("arrived before it was answered");
        let mut told = Told::default();
        if self.headers {
            told.day_tokens_limit = Some(self.limiter.day_tokens);
            told.day_tokens_left = Some(verdict.left);
        }
        let two_seconds = Outcome::Burst {
            retry_after: Duration::from_secs(2),
        };
        let outcome = match flying.ask.fate {
            Fate::Judged if verdict.over_burst => two_seconds,
            Fate::Judged if verdict.over_day && self.headers => {
                told.day_tokens_left = Some(0);
                Outcome::Daily {
                    retry_after: Duration::from_millis(RECHECK_MS),
                }
            }
            Fate::Judged if verdict.over_day => two_seconds,
            Fate::Judged => Outcome::Answered,
            Fate::Burst => two_seconds,
            Fate::Daily => {
                told.day_tokens_left = Some(0);
                Outcome::Daily {
                    retry_after: Duration::from_millis(RECHECK_MS),
                }
            }
            Fate::Banned { retry_after } => {
                told = Told::default();
                Outcome::Banned {
                    retry_after: retry_after.map(Duration::from_millis),
                }
            }
            Fate::Broken | Fate::Lost => {
                told = Told::default();
                Outcome::Failed { retry_after: None }
            }
            Fate::Abandoned => {
                told = Told::default();
                Outcome::Abandoned
            }
        };
        (outcome, told)
    }

    fn try_all(&mut self) {
        let mut index = 0;
        while index < self.waiting.len() {
            if self.waiting[index].next_try > self.now {
                index += 1;
                continue;
            }
            if self.now >= self.waiting[index].until {
                self.waiting.remove(index);
                self.refused += 1;
                continue;
            }
            match self.take(self.waiting[index].ask.charge, self.waiting[index].until) {
                Ok((ticket, recheck)) => {
                    let ask = self.waiting.remove(index).ask;
                    let arrives = self.now + ask.there_ms;
                    self.flying.push(Flying {
                        ticket,
                        ask,
                        sent: self.now,
                        order: self.granted,
                        day: self.governor.snapshot(self.moment()).day,
                        arrives,
                        answered: arrives + ask.back_ms,
                        recheck,
                        verdict: None,
                    });
                    self.arrive();
                }
                Err(next_try) if next_try >= self.waiting[index].until => {
                    self.waiting.remove(index);
                    self.refused += 1;
                }
                Err(next_try) => {
                    self.waiting[index].next_try = next_try.max(self.now + 1);
                    index += 1;
                }
            }
        }
    }

    /// Takes leave, and holds the governor to its word about it.
    fn take(&mut self, charge: Charge, until: u64) -> Result<(Ticket, bool), u64> {
        let moment = self.moment();
        let foreseen = self.governor.foresee(moment, charge, 0);
        let before = self.governor.snapshot(moment);
        let standing = self.governor.standing(moment);
        match self.governor.take(moment, charge) {
            Err(refusal) => {
                assert!(foreseen.is_some(), "what is refused was foreseen");
                assert_eq!(self.governor.snapshot(moment), before, "a refusal takes nothing");
                refuse_is_fair(refusal.retry_after);
                Err(self.after(refusal.retry_after))
            }
            Ok(ticket) => {
                assert_eq!(foreseen, None, "what is granted was foreseen");
                assert!(self.now < until, "granted after its deadline");
                assert!(
                    self.now >= self.held_until.saturating_sub(1),
                    "sent during a pause"
                );
                let tokens = u64::from(charge.tokens);
                let left = standing.day_tokens_left;
                let recheck = left < tokens;
                if recheck {
                    assert_eq!(charge.priority, Priority::Live);
                    assert!(self.now - self.last_sent >= RECHECK_MS, "rechecked too soon");
                } else {
                    let reserve = match charge.priority {
                        Priority::Live => 0.0,
                        Priority::Repair => self.config.repair_reserve_share,
                        Priority::Backfill => self.config.backfill_reserve_share,
                    };
                    let kept = (standing.day_tokens_limit as f64 * reserve) as u64;
                    assert!(
                        left - tokens >= kept,
                        "{:?} went below its reserve",
                        charge.priority
                    );
                }
                let after = self.governor.standing(moment);
                assert_eq!(after.day_tokens_spent, standing.day_tokens_spent + tokens);
                let share = self.config.budget_share;
                if share < 1.0 {
                    let limit = standing.day_tokens_limit.max(left) as f64;
                    assert!(
                        after.day_tokens_spent as f64 <= limit * share,
                        "more than our share"
                    );
                }
                self.last_sent = self.now;
                self.granted += 1;
                Ok((ticket, recheck))
            }
        }
    }
}

fn refuse_is_fair(wait: Duration) {
    assert!(wait > Duration::ZERO, "a refusal says when to come back");
    let day = Duration::from_hours(24);
    assert!(wait <= day, "nothing holds longer than a day: {wait:?}");
}
