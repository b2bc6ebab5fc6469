//! Whether this process can do its work now: a set of named checks, all of which must hold.
//!
//! The names are given once, at the start; each begins as not ready, so a check nobody ever reports keeps the
//! process out of service instead of letting it pass.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::clock;

/// Shared by the parts that know and the admin port that tells.
#[derive(Clone, Debug)]
pub struct Readiness {
    checks: Arc<Mutex<BTreeMap<&'static str, Check>>>,
}

/// The state of one named check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Whether it holds.
    pub ready: bool,
    /// Why not, in words; empty when it holds. Never a secret or an address of a person.
    pub reason: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// What `/readyz` answers.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether all checks hold.
    pub ready: bool,
    /// Each by its name.
    pub checks: BTreeMap<&'static str, Check>,
}

impl Readiness {
    /// The checks that must hold, e.g. `["kafka", "clickhouse"]`.
    #[must_use]
    pub fn new(names: &[&'static str]) -> Self {
        let since = clock::rfc3339_micro(clock::now_micro());
        let check = Check {
            ready: false,
            reason: "not checked yet".to_owned(),
            since,
        };
        let checks = names.iter().map(|name| (*name, check.clone())).collect();
        Readiness {
            checks: Arc::new(Mutex::new(checks)),
        }
    }

    /// This check holds.
    pub fn ready(&self, name: &'static str) {
        self.set(name, Ok(()));
    }

    /// This check does not hold, and why.
    pub fn not_ready(&self, name: &'static str, reason: impl Into<String>) {
        self.set(name, Err(reason.into()));
    }

    /// All checks as they are.
    pub fn report(&self) -> Report {
        let checks = self.lock().clone();
        Report {
            ready: checks.values().all(|check| check.ready),
            checks,
        }
    }

    fn set(&self, name: &'static str, state: Result<(), String>) {
        let mut checks = self.lock();
        let since = match checks.get(name) {
            Some(before) if before.ready == state.is_ok() => before.since.clone(),
            _ => clock::rfc3339_micro(clock::now_micro()),
        };
        let check = match state {
            Ok(()) => Check {
                ready: true,
                reason: String::new(),
                since,
            },
            Err(reason) => Check {
                ready: false,
                reason,
                since,
            },
        };
        checks.insert(name, check);
    }

    /// A panic elsewhere while holding the lock leaves a map that is still whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Check>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_not_ready_until_every_check_was_reported() {
        let readiness = Readiness::new(&["kafka", "clickhouse"]);
        readiness.ready("kafka");
        assert!(!readiness.report().ready);
        readiness.ready("clickhouse");
        assert!(readiness.report().ready);
    }

    #[test]
    fn keeps_the_time_of_the_last_change_not_of_the_last_report() {
        let readiness = Readiness::new(&["kafka"]);
        readiness.not_ready("kafka", "no broker answered");
        let before = readiness.report().checks.remove("kafka").map(|check| check.since);
        readiness.not_ready("kafka", "still no broker");
        let after = readiness.report().checks.remove("kafka");
        assert_eq!(before, after.as_ref().map(|check| check.since.clone()));
        assert_eq!(
            after.map(|check| check.reason),
            Some("still no broker".to_owned())
        );
    }
}
