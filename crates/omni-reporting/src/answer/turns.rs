//! Whose turn it is to ask the database again.
//!
//! Every answer is charged with the time it took. Questions that are asked again because rows landed wait until the debt is
//! paid at the configured rate; a viewer's first answer never waits. Of those that wait, the one whose deadline comes first
//! is let through: a question may wait in proportion to what it costs, and not as long when somebody has it on the screen.
//! So cheap panels follow at once and dear ones slow down by themselves, but each deadline comes, so none starves.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

/// So much may be owed before anybody waits.
const ALLOWANCE: Duration = Duration::from_millis(500);
/// Nobody waits longer for the debt to be paid.
const DEBT_MAX: Duration = Duration::from_secs(5);
/// How many times its own cost a question may wait that somebody sees, and one that nobody is known to see.
const PATIENCE_SEEN: u32 = 2;
const PATIENCE_UNSEEN: u32 = 40;
/// No deadline is further away.
const PATIENCE_MAX: Duration = Duration::from_secs(3);
/// Only one question that costs as much is asked again at a time: the others would wait behind two.
const DEAR: Duration = Duration::from_millis(150);
/// Questions that are asked again at the same time, beside one for each whole second of the share.
const BESIDE: usize = 1;

/// The debt of the whole server, and who waits.
#[derive(Debug)]
pub(super) struct Turns {
    /// Seconds of database time a second.
    share: f64,
    running_max: usize,
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
    /// By deadline; the number keeps equal ones apart, the first come first.
    waiting: BTreeMap<(Instant, u64), Waiting>,
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    is_dear: bool,
    go: Arc<Notify>,
}

/// What a question is likely to cost, and whether somebody has its answer on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub cost: Duration,
    pub is_seen: bool,
}

/// Held while the question is asked.
#[derive(Debug)]
pub struct Turn<'t> {
    turns: &'t Turns,
    is_dear: bool,
}

/// A place in the line, given up when dropped.
struct Place<'t> {
    turns: &'t Turns,
    key: (Instant, u64),
    is_dear: bool,
    go: Arc<Notify>,
    is_gone: bool,
}

impl Turns {
    /// `share` = 1 lets repeated questions keep one connection busy without pause.
    pub(super) fn new(share: f64) -> Self {
        let share = share.clamp(0.01, 64.0);
        Self {
            share,
            running_max: share.ceil() as usize + BESIDE,
            line: Mutex::new(Line {
                paid_at: Instant::now(),
                running: 0,
                dear: 0,
                waiting: BTreeMap::new(),
                last: 0,
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
        let patience = if wish.is_seen {
            PATIENCE_SEEN
        } else {
            PATIENCE_UNSEEN
        };
        let deadline = Instant::now() + wish.cost.saturating_mul(patience).min(PATIENCE_MAX);
        let (is_dear, go) = (wish.cost >= DEAR, Arc::new(Notify::new()));
        let mut line = self.lock();
        line.last += 1;
        let key = (deadline, line.last);
        let waiting = Waiting {
            is_dear,
            go: Arc::clone(&go),
        };
        line.waiting.insert(key, waiting);
        drop(line);
        Place {
            turns: self,
            key,
            is_dear,
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
            if line.running >= self.running_max {
                return None;
            }
            if free_at > now {
                return Some(free_at);
            }
            let is_one_dear = line.dear > 0;
            let next = line
                .waiting
                .iter()
                .find(|(_, waiting)| !(waiting.is_dear && is_one_dear));
            let key = *next?.0;
            let waiting = line.waiting.remove(&key)?;
            line.running += 1;
            line.dear += usize::from(waiting.is_dear);
            waiting.go.notify_one();
        }
    }

    fn over(&self, is_dear: bool) {
        let mut line = self.lock();
        line.running = line.running.saturating_sub(1);
        line.dear = line.dear.saturating_sub(usize::from(is_dear));
        drop(line);
        self.over.send_modify(|turns| *turns += 1);
    }

    /// A panic elsewhere leaves a line that is still one.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.over(self.is_dear);
    }
}

impl<'t> Place<'t> {
    fn leave(&mut self) -> Turn<'t> {
        self.is_gone = true;
        Turn {
            turns: self.turns,
            is_dear: self.is_dear,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_gone {
            return;
        }
        let waits_still = self.turns.lock().waiting.remove(&self.key).is_some();
        // Let through, and gone before it knew.
        if !waits_still {
            self.turns.over(self.is_dear);
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
