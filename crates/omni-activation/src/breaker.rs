//! A circuit breaker for one destination: one that does not work is asked by one probe at a time, at pauses that grow,
//! until it works again.
//!
//! Closed, everything passes. After so many failures in a row it is open: nothing passes until the pause is over. Then one
//! attempt goes ahead (half-open); if it works all follow, if not the next pause is twice as long. A destination that says
//! when it wants to be asked again (`Retry-After`) is left alone until then, whatever happened before.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Failures in a row.
    pub(crate) failures_max: u32,
    pub(crate) pause: Duration,
    pub(crate) pause_max: Duration,
}

/// What an attempt says of the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It took the event, or refused this one alone.
    Works,
    /// It wants to be left alone so long.
    Busy(Duration),
    Fails,
}

/// What it became by an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    Open,
    Closed,
}

/// Leave for one attempt. Dropped without a word it counts as a failure of nobody: the next one probes.
#[derive(Debug)]
pub(crate) struct Pass<'b> {
    breaker: &'b Breaker,
    is_probe: bool,
    is_told: bool,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    limits: Limits,
    state: Mutex<State>,
    worked: AtomicU64,
    /// Woken when it may pass again.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    failures: u32,
    /// While open: until when, and how long the pause was.
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    until: Instant,
    pause: Duration,
    /// The probe is under way.
    is_probed: bool,
}

impl Open {
    fn from(now: Instant, pause: Duration) -> Self {
        Self {
            until: now + pause,
            pause,
            is_probed: false,
        }
    }
}

enum Gate {
    Passes {
        is_probe: bool,
    },
    Until(Instant),
    /// Until the probe has told.
    Probed,
}

impl Breaker {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::new(State {
                failures: 0,
                open: None,
            }),
            worked: AtomicU64::new(0),
            changed: Notify::new(),
        }
    }

    /// How often the destination worked so far.
    pub(crate) fn worked(&self) -> u64 {
        self.worked.load(Ordering::Relaxed)
    }

    /// Resolves when an attempt may be made.
    pub(crate) async fn pass(&self) -> Pass<'_> {
        loop {
            let changed = self.changed.notified();
            match self.gate(Instant::now()) {
                Gate::Passes { is_probe } => {
                    return Pass {
                        breaker: self,
                        is_probe,
                        is_told: false,
                    };
                }
                Gate::Until(until) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = changed => {}
                    }
                }
                Gate::Probed => changed.await,
            }
        }
    }

    fn gate(&self, now: Instant) -> Gate {
        let mut state = self.lock();
        match &mut state.open {
            None => Gate::Passes { is_probe: false },
            Some(open) if now < open.until => Gate::Until(open.until),
            Some(open) if open.is_probed => Gate::Probed,
            Some(open) => {
                open.is_probed = true;
                Gate::Passes { is_probe: true }
            }
        }
    }

    fn told(&self, is_probe: bool, health: Health) -> Option<Turned> {
        let now = Instant::now();
        if health == Health::Works {
            self.worked.fetch_add(1, Ordering::Relaxed);
        }
        let mut state = self.lock();
        let was_open = state.open.is_some();
        match (health, state.open) {
            (Health::Works, Some(_)) if is_probe => {
                state.failures = 0;
                state.open = None;
            }
            (Health::Works, _) => state.failures = 0,
            (Health::Busy(after), open) => {
                let until = now + after.min(self.limits.pause_max);
                state.open = Some(Open {
                    until: open.map_or(until, |open| open.until.max(until)),
                    pause: open.map_or(self.limits.pause, |open| open.pause),
                    // Begun before it opened, it says nothing of the probe, which may be under way.
                    is_probed: !is_probe && open.is_some_and(|open| open.is_probed),
                });
            }
            (Health::Fails, Some(open)) if is_probe => {
                let pause = open.pause.saturating_mul(2).min(self.limits.pause_max);
                let next = Open::from(now, pause);
                state.open = Some(Open {
                    until: open.until.max(next.until),
                    ..next
                });
            }
            // Begun before it opened.
            (Health::Fails, Some(_)) => {}
            (Health::Fails, None) => {
                state.failures += 1;
                if state.failures >= self.limits.failures_max {
                    state.open = Some(Open::from(now, self.limits.pause));
                }
            }
        }
        let is_open = state.open.is_some();
        drop(state);
        self.changed.notify_waiters();
        match (was_open, is_open) {
            (false, true) => Some(Turned::Open),
            (true, false) => Some(Turned::Closed),
            _ => None,
        }
    }

    /// A panic elsewhere leaves a state that is still one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Tells how the attempt went; what the breaker became by it, if it became anything else.
    pub(crate) fn tell(mut self, health: Health) -> Option<Turned> {
        self.is_told = true;
        self.breaker.told(self.is_probe, health)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_told || !self.is_probe {
            return;
        }
        if let Some(open) = &mut self.breaker.lock().open {
            open.is_probed = false;
        }
        self.breaker.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use tokio::time::{advance, timeout};

    const LIMITS: Limits = Limits {
        failures_max: 3,
        pause: Duration::from_secs(1),
        pause_max: Duration::from_secs(5),
    };

    async fn passes(breaker: &Breaker) -> Option<Pass<'_>> {
        timeout(Duration::from_millis(1), breaker.pass()).await.ok()
    }

    async fn failed(times: u32) -> Breaker {
        let breaker = Breaker::new(LIMITS);
        for _ in 0..times {
            breaker.pass().await.tell(Health::Fails);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_others_do_not() {
        let breaker = failed(2).await;
        assert_eq!(breaker.pass().await.tell(Health::Works), None);
        assert_eq!(breaker.pass().await.tell(Health::Fails), None);
        assert_eq!(breaker.pass().await.tell(Health::Fails), None);
        assert_eq!(breaker.pass().await.tell(Health::Fails), Some(Turned::Open));
        assert!(passes(&breaker).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_goes_ahead_and_decides_for_all() {
        let breaker = failed(3).await;
        advance(Duration::from_secs(1)).await;
        let probe = passes(&breaker).await.unwrap();
        assert!(passes(&breaker).await.is_none(), "one at a time");
        assert_eq!(probe.tell(Health::Fails), None);
        // Twice as long now.
        advance(Duration::from_millis(1_900)).await;
        assert!(passes(&breaker).await.is_none());
        advance(Duration::from_millis(200)).await;
        let probe = passes(&breaker).await.unwrap();
        assert_eq!(probe.tell(Health::Works), Some(Turned::Closed));
        assert!(passes(&breaker).await.is_some() && passes(&breaker).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_do_not_grow_without_end() {
        let breaker = failed(3).await;
        for _ in 0..10 {
            breaker.pass().await.tell(Health::Fails);
        }
        let begun = Instant::now();
        breaker.pass().await.tell(Health::Works);
        assert!(begun.elapsed() <= LIMITS.pause_max + Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_let_go_leaves_the_next_one_to_probe() {
        let breaker = failed(3).await;
        advance(Duration::from_secs(1)).await;
        drop(passes(&breaker).await.unwrap());
        assert!(passes(&breaker).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_destination_is_left_alone_as_long_as_it_says() {
        let breaker = Breaker::new(LIMITS);
        let told = breaker.pass().await.tell(Health::Busy(Duration::from_secs(3)));
        assert_eq!(told, Some(Turned::Open));
        advance(Duration::from_millis(2_900)).await;
        assert!(passes(&breaker).await.is_none());
        advance(Duration::from_millis(200)).await;
        assert_eq!(
            passes(&breaker).await.unwrap().tell(Health::Works),
            Some(Turned::Closed)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_when_it_opened_decides_nothing() {
        let breaker = Breaker::new(LIMITS);
        let late: Vec<Pass<'_>> = vec![breaker.pass().await, breaker.pass().await];
        for _ in 0..3 {
            breaker.pass().await.tell(Health::Fails);
        }
        for (pass, health) in late.into_iter().zip([Health::Works, Health::Fails]) {
            assert_eq!(pass.tell(health), None);
        }
        assert!(passes(&breaker).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_asked_late_to_wait_lets_no_second_probe_go() {
        let breaker = Breaker::new(LIMITS);
        let late = breaker.pass().await;
        for _ in 0..3 {
            breaker.pass().await.tell(Health::Fails);
        }
        advance(Duration::from_secs(1)).await;
        let probe = passes(&breaker).await.unwrap();
        assert_eq!(late.tell(Health::Busy(Duration::from_secs(4))), None);
        advance(Duration::from_millis(4_100)).await;
        assert!(passes(&breaker).await.is_none(), "the probe has not told yet");
        assert_eq!(probe.tell(Health::Works), Some(Turned::Closed));
        assert!(passes(&breaker).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_it_asked_for_holds_whatever_the_probe_tells() {
        for told in [Health::Fails, Health::Busy(Duration::ZERO)] {
            let breaker = Breaker::new(LIMITS);
            let late = breaker.pass().await;
            for _ in 0..3 {
                breaker.pass().await.tell(Health::Fails);
            }
            advance(Duration::from_secs(1)).await;
            let probe = passes(&breaker).await.unwrap();
            late.tell(Health::Busy(Duration::from_secs(4)));
            probe.tell(told);
            advance(Duration::from_millis(3_900)).await;
            assert!(passes(&breaker).await.is_none(), "{told:?}");
            advance(Duration::from_millis(200)).await;
            assert!(passes(&breaker).await.is_some(), "{told:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_go_when_it_closes() {
        let breaker = Arc::new(failed(3).await);
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let breaker = Arc::clone(&breaker);
                tokio::spawn(async move { breaker.pass().await.tell(Health::Works) })
            })
            .collect();
        for waiting in waiting {
            timeout(Duration::from_secs(2), waiting).await.unwrap().unwrap();
        }
    }
}
