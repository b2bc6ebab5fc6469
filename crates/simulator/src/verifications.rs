//! Counts what was asked of the e-mail verifier, and what it cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde::Serialize;

use crate::limits::Limits;
use crate::meter::Window;

const SECOND: Duration = Duration::from_secs(1);
/// Verifications still running that are remembered, so that asking again costs nothing.
const RUNNING_MAX: usize = 10_000;

/// All verifications since the start, or since they were last forgotten.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Verifications {
    pub requests: u64,
    /// What the account was charged: one for an answer, one for a verification that is still running.
    pub credits: u64,
    /// The most requests in any second.
    pub peak_in_one_second: usize,
    /// Answers by status.
    pub answers: BTreeMap<u16, u64>,
    #[serde(skip)]
    arrivals: Window,
    #[serde(skip)]
    running: BTreeSet<String>,
}

/// Whether the limits let a verification through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Allowed,
    Throttled,
    UsedUp,
}

impl Verifications {
    pub(crate) fn arrived(&mut self, now: Instant, limits: &Limits) -> Admission {
        self.requests += 1;
        let before = self.arrivals.count(now, SECOND);
        self.arrivals.add(now);
        self.peak_in_one_second = self.peak_in_one_second.max(before + 1);
        if limits.verifier_second_max.is_some_and(|most| before >= most) {
            Admission::Throttled
        } else if limits.verifier_credits.is_some_and(|paid| self.credits >= paid) {
            Admission::UsedUp
        } else {
            Admission::Allowed
        }
    }

    /// Charges for the answer, and once for a verification that is asked for again while it runs.
    pub(crate) fn answered(&mut self, email: &str, status: StatusCode) {
        *self.answers.entry(status.as_u16()).or_default() += 1;
        let was_running = self.running.contains(email);
        match status {
            StatusCode::ACCEPTED if !was_running => {
                self.credits += 1;
                if self.running.len() < RUNNING_MAX {
                    self.running.insert(email.to_owned());
                }
            }
            StatusCode::OK if was_running => {
                self.running.remove(email);
            }
            StatusCode::OK => self.credits += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verification_that_takes_its_time_is_paid_once() {
        let mut counted = Verifications::default();
        for status in [
            StatusCode::ACCEPTED,
            StatusCode::ACCEPTED,
            StatusCode::OK,
            StatusCode::TOO_MANY_REQUESTS,
        ] {
            counted.answered("a@firm.example", status);
        }
        assert_eq!(counted.credits, 1);
        counted.answered("a@firm.example", StatusCode::OK);
        assert_eq!(counted.credits, 2);
    }
}
