//! How far the data reach: the newest event and load of each company, and the newest heartbeat.
//!
//! Fed by the loader's notices as they come, and by asking the tables when the server starts or has heard nothing for a
//! while. Marks only move forward. The companies known here are those a viewer may choose from.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event::rhythm::{Rhythm, Strange};
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
    arrivals: BTreeMap<u64, Arrivals>,
    heartbeat_at: Option<i64>,
}

/// When the webhooks of a company arrive.
#[derive(Debug, Clone)]
pub struct Arrivals {
    pub last_micro: i64,
    pub rhythm: Rhythm,
}

impl Arrivals {
    /// Webhooks that were due from the last event until then, where that is strange.
    fn due(&self, event_at: Option<i64>, now_micro: i64) -> Option<u32> {
        let last_micro = event_at.map_or(self.last_micro, |event_at| event_at.max(self.last_micro));
        let silence = self.rhythm.silence(last_micro, now_micro);
        silence
            .is_strange(&Strange::default())
            .then_some(silence.due.round() as u32)
    }
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

    /// Takes what the archive says of arrivals.
    pub fn listen(&self, arrivals: BTreeMap<u64, Arrivals>) {
        self.lock().arrivals = arrivals;
        self.tell();
    }

    /// All companies that have rows, by id.
    pub fn companies(&self) -> Vec<u64> {
        self.lock().companies.keys().copied().collect()
    }

    /// What a viewer of this company is told.
    pub fn fresh(&self, company: u64) -> Fresh {
        let known = self.lock();
        let marks = known.companies.get(&company).copied().unwrap_or_default();
        let arrivals = known.arrivals.get(&company);
        let due = |arrivals: &Arrivals| arrivals.due(marks.event_at, known.heartbeat_at?);
        Fresh {
            last_event_at: marks.event_at.map(clock::rfc3339_micro),
            last_loaded_at: marks.loaded_at.map(clock::rfc3339_micro),
            heartbeat_at: known.heartbeat_at.map(clock::rfc3339_micro),
            events_due: arrivals.and_then(due),
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
    fn a_company_is_silent_when_its_webhooks_are_due_and_the_heartbeat_is_young() {
        const HOUR: i64 = 3_600_000_000;
        let watermarks = Watermarks::default();
        let start = 1_788_134_400_000_000;
        let mut rhythm = Rhythm::since(start - HOUR);
        for hour in 0..3 * 168 {
            rhythm.count(start + hour * HOUR, 60);
        }
        let last_micro = start + 3 * 168 * HOUR;
        watermarks.listen(BTreeMap::from([(1, Arrivals { last_micro, rhythm })]));
        assert_eq!(watermarks.fresh(1).events_due, None, "there was no heartbeat");
        watermarks.beat(Some(last_micro + HOUR / 6));
        assert_eq!(watermarks.fresh(1).events_due, None, "ten are no alarm");
        watermarks.beat(Some(last_micro + HOUR / 2));
        assert_eq!(watermarks.fresh(1).events_due, Some(30));
        assert_eq!(watermarks.fresh(2).events_due, None);
        let marks = Marks {
            event_at: Some(last_micro + HOUR / 2),
            loaded_at: None,
        };
        watermarks.advance([1], marks);
        assert_eq!(watermarks.fresh(1).events_due, None, "one came");
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
