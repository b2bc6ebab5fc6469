//! Whose turn it is to ask the database again.
//!
//! Every answer is charged with the time it took. Questions that are asked again because rows landed wait until the debt is
//! paid at the configured rate; a viewer's first answer never waits. What somebody has on the screen gets four fifths of the
//! time as long as both kinds wait, and among its own kind each may wait in proportion to what it costs. So what is looked
//! at follows at once, cheap panels before dear ones, and none starves.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::OnScreen;
use crate::until::until;

/// So much may be owed before anybody waits.
const ALLOWANCE: Duration = Duration::from_millis(500);
/// Nobody waits longer for the debt to be paid.
const DEBT_MAX: Duration = Duration::from_secs(5);
/// Of five parts of the time, those of questions that somebody sees.
const SEEN_PARTS: u32 = 4;
/// How many times its own cost a question may wait before one that came later goes first.
const PATIENCE: u32 = 10;
/// No deadline is further away.
const PATIENCE_MAX: Duration = Duration::from_secs(3);
/// Only one question that costs as much is asked again at a time: the others would wait behind two.
const DEAR: Duration = Duration::from_millis(400);

/// The debt of the whole server, and who waits.
#[derive(Debug)]
pub(super) struct Turns {
    /// Seconds of database time a second.
    share: f64,
    /// Questions that are asked again at the same time, beside a dear one. More would only take each other's cores.
    together_max: usize,
    line: Mutex<Line>,
    /// Counts the turns that are over: whoever waits looks again for how long.
    over: watch::Sender<u64>,
}

#[derive(Debug)]
struct Line {
    paid_at: Instant,
    running: usize,
    /// Of them, those that are dear.
    dear: usize,
    /// By the order in which they came.
    waiting: BTreeMap<u64, Waiting>,
    last: u64,
    used: Used,
}

/// Time that turns took, each kind's divided by its parts: whose is less goes next.
#[derive(Debug, Default)]
struct Used {
    seen: Duration,
    unseen: Duration,
}

#[derive(Debug)]
struct Waiting {
    deadline: Instant,
    is_dear: bool,
    seen_by: OnScreen,
    go: Arc<Notify>,
}

/// What a question is likely to cost, and how many have its answer on the screen, now and while it waits.
#[derive(Debug, Clone)]
pub struct Wish {
    pub cost: Duration,
    pub seen_by: OnScreen,
}

/// Held while the question is asked.
#[derive(Debug)]
pub struct Turn<'t> {
    turns: &'t Turns,
    begun: Instant,
    is_dear: bool,
    seen_by: OnScreen,
}

/// A place in the line, given up when dropped.
struct Place<'t> {
    turns: &'t Turns,
    number: u64,
    is_dear: bool,
    seen_by: OnScreen,
    go: Arc<Notify>,
    is_gone: bool,
}

impl Turns {
    /// `share` = 1 lets repeated questions keep one connection busy without pause.
    pub(super) fn new(share: f64) -> Self {
        let share = share.clamp(0.01, 64.0);
        Self {
            share,
            together_max: share.ceil() as usize,
            line: Mutex::new(Line {
                paid_at: Instant::now(),
                running: 0,
                dear: 0,
                waiting: BTreeMap::new(),
                last: 0,
                used: Used::default(),
            }),
            over: watch::Sender::new(0),
        }
    }

    /// Adds the time an answer took.
    pub(super) fn charge(&self, took: Duration) {
        let now = Instant::now();
        let mut line = self.lock();
        let most = now + DEBT_MAX + ALLOWANCE;
        line.paid_at = (line.paid_at.max(now) + took.div_f64(self.share)).min(most);
    }

    /// Resolves when the question may be asked again.
    pub(super) async fn wait(&self, wish: Wish) -> Turn<'_> {
        let mut place = self.stand(wish);
        let (go, mut over) = (Arc::clone(&place.go), self.over.subscribe());
        loop {
            let free_at = self.let_through();
            tokio::select! {
                () = go.notified() => return place.leave(),
                () = until(free_at) => {}
                _ = over.changed() => {}
            }
        }
    }

    fn stand(&self, wish: Wish) -> Place<'_> {
        let (is_dear, go) = (wish.cost >= DEAR, Arc::new(Notify::new()));
        let waiting = Waiting {
            deadline: Instant::now() + wish.cost.saturating_mul(PATIENCE).min(PATIENCE_MAX),
            is_dear,
            seen_by: wish.seen_by.clone(),
            go: Arc::clone(&go),
        };
        let mut line = self.lock();
        line.last += 1;
        let number = line.last;
        line.waiting.insert(number, waiting);
        drop(line);
        Place {
            turns: self,
            number,
            is_dear,
            seen_by: wish.seen_by,
            go,
            is_gone: false,
        }
    }

    /// Lets go whoever may; gives when the debt is paid, if that is what the others wait for.
    fn let_through(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut line = self.lock();
        loop {
            let free_at = line.paid_at.checked_sub(ALLOWANCE).unwrap_or(now);
            if line.running >= self.together_max + line.dear {
                return None;
            }
            if free_at > now {
                return Some(free_at);
            }
            let number = line.next()?;
            let waiting = line.waiting.remove(&number)?;
            line.running += 1;
            line.dear += usize::from(waiting.is_dear);
            waiting.go.notify_one();
        }
    }

    fn over(&self, is_dear: bool, used: Option<(bool, Duration)>) {
        let mut line = self.lock();
        line.running = line.running.saturating_sub(1);
        line.dear = line.dear.saturating_sub(usize::from(is_dear));
        match used {
            Some((true, took)) => line.used.seen += took / SEEN_PARTS,
            Some((false, took)) => line.used.unseen += took,
            None => {}
        }
        drop(line);
        self.over.send_modify(|turns| *turns += 1);
    }

    /// A panic elsewhere leaves a line that is still one.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The number of who goes next.
    fn next(&mut self) -> Option<u64> {
        let (seen, unseen) = (self.first(true), self.first(false));
        let used = &mut self.used;
        match (seen, unseen) {
            (Some(seen), Some(_)) if used.seen <= used.unseen => Some(seen),
            (Some(seen), None) => {
                // Who does not wait saves nothing up.
                used.unseen = used.unseen.max(used.seen);
                Some(seen)
            }
            (None, Some(unseen)) => {
                used.seen = used.seen.max(used.unseen);
                Some(unseen)
            }
            (_, unseen) => unseen,
        }
    }

    /// Of those that somebody sees, or of the others, the one whose deadline comes first.
    fn first(&self, is_seen: bool) -> Option<u64> {
        let is_one_dear = self.dear > 0;
        let waiting = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.seen_by.is_any() == is_seen && !(waiting.is_dear && is_one_dear));
        let first = waiting.min_by_key(|(number, waiting)| (waiting.deadline, **number));
        first.map(|(number, _)| *number)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let used = (self.seen_by.is_any(), self.begun.elapsed());
        self.turns.over(self.is_dear, Some(used));
    }
}

impl<'t> Place<'t> {
    fn leave(&mut self) -> Turn<'t> {
        self.is_gone = true;
        Turn {
            turns: self.turns,
            begun: Instant::now(),
            is_dear: self.is_dear,
            seen_by: self.seen_by.clone(),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_gone {
            return;
        }
        let waits_still = self.turns.lock().waiting.remove(&self.number).is_some();
        // Let through, and gone before it knew.
        if !waits_still {
            self.turns.over(self.is_dear, None);
        }
    }
}

#[cfg(test)]
mod tests;
