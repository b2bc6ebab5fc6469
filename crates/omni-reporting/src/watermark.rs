//! How far the data reach: the newest event and load of each company, and the newest heartbeat.
//!
//! Fed by the loader's notices as they come, and by asking the tables when the server starts or has heard nothing for a
//! while. Marks only move forward. The companies known here are those a viewer may choose from.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stage::clock;
use tokio::sync::watch;

use crate::api::Fresh;

/// Companies whose marks are kept.
pub const COMPANIES_MAX: usize = 10_000;

/// Marks of one company, microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    pub event_at: Option<i64>,
    pub loaded_at: Option<i64>,
}

#[derive(Debug, Default)]
struct Known {
    companies: BTreeMap<u64, Marks>,
    heartbeat_at: Option<i64>,
}

/// All marks, and a way to hear that one moved.
#[derive(Debug)]
pub struct Watermarks {
    known: Mutex<Known>,
    moved: watch::Sender<u64>,
}

impl Default for Watermarks {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            moved: watch::channel(0).0,
        }
    }
}

impl Watermarks {
    /// Moves the marks of these companies.
    pub fn advance(&self, companies: impl IntoIterator<Item = u64>, marks: Marks) {
        {
            let mut known = self.lock();
            for company in companies {
                if company == 0
                    || (known.companies.len() >= COMPANIES_MAX && !known.companies.contains_key(&company))
                {
                    continue;
                }
                let own = known.companies.entry(company).or_default();
                own.event_at = own.event_at.max(marks.event_at);
                own.loaded_at = own.loaded_at.max(marks.loaded_at);
            }
        }
        self.tell();
    }

    /// A heartbeat came through the whole pipe.
    pub fn beat(&self, at: Option<i64>) {
        let moved = {
            let mut known = self.lock();
            let before = known.heartbeat_at;
            known.heartbeat_at = before.max(at);
            known.heartbeat_at != before
        };
        if moved {
            self.tell();
        }
    }

    /// All companies that have rows, by id.
    pub fn companies(&self) -> Vec<u64> {
        self.lock().companies.keys().copied().collect()
    }

    /// What a viewer of this company is told.
    pub fn fresh(&self, company: u64) -> Fresh {
        let known = self.lock();
        let marks = known.companies.get(&company).copied().unwrap_or_default();
        Fresh {
            last_event_at: marks.event_at.map(clock::rfc3339_micro),
            last_loaded_at: marks.loaded_at.map(clock::rfc3339_micro),
            heartbeat_at: known.heartbeat_at.map(clock::rfc3339_micro),
            server_time: clock::rfc3339_micro(clock::now_micro()),
        }
    }

    /// Wakes its owner whenever a mark moved.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    fn tell(&self) {
        self.moved.send_modify(|generation| *generation += 1);
    }

    /// A panic elsewhere leaves marks that are still whole.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_only_move_forward_and_are_each_companys_own() {
        let watermarks = Watermarks::default();
        let marks = |event_at| Marks {
            event_at: Some(event_at),
            loaded_at: None,
        };
        watermarks.advance([1], marks(2_000_000));
        watermarks.advance([1, 2], marks(1_000_000));
        assert_eq!(
            watermarks.fresh(1).last_event_at.as_deref(),
            Some("1970-01-01T00:00:02.000000Z")
        );
        assert_eq!(
            watermarks.fresh(2).last_event_at.as_deref(),
            Some("1970-01-01T00:00:01.000000Z")
        );
        assert_eq!(watermarks.fresh(3).last_event_at, None);
        assert_eq!(watermarks.companies(), [1, 2]);
    }

    #[test]
    fn an_old_heartbeat_wakes_nobody() {
        let watermarks = Watermarks::default();
        watermarks.beat(Some(5));
        let mut moved = watermarks.subscribe();
        moved.mark_unchanged();
        watermarks.beat(Some(4));
        assert!(!moved.has_changed().unwrap_or(true));
    }
}
