//! The collector's own count of what it accepted, which the heartbeat tells and the ledger holds against the
//! warehouse.
//!
//! Every POST that is about to be sent to Kafka gets the next number of this boot. A number either was
//! answered 2xx, and is counted under its source and minute, or it is *unanswered*: no 2xx was sent, the
//! record may be there or not. So every number up to the last is accounted for, and a hole in the archive that
//! is not among the unanswered is a loss.

mod minutes;
mod ranges;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::AcceptSeq;

pub(crate) use minutes::MinuteCount;
use minutes::Minutes;
use ranges::Ranges;

/// Counts since this boot.
#[derive(Debug)]
pub(crate) struct Count {
    instance: String,
    boot: String,
    last: AtomicU64,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    minutes: Minutes,
    unanswered: Ranges,
}

/// A number given to one POST; unanswered unless it is told otherwise.
#[derive(Debug)]
pub(crate) struct Ticket {
    count: Arc<Count>,
    number: u64,
    answered: bool,
}

/// What a heartbeat tells.
#[derive(Debug)]
pub(crate) struct Statement {
    /// The last number given.
    pub(crate) last: u64,
    /// Minutes that have changed since the last statement that was delivered, and the current one.
    pub(crate) minutes: Vec<MinuteCount>,
    /// Ranges of unanswered numbers, first and last, of the whole boot.
    pub(crate) unanswered: Vec<(u64, u64)>,
    /// For [`Count::delivered`].
    pub(crate) version: u64,
    /// There is more to tell than this.
    pub(crate) holds_back: bool,
}

impl Count {
    pub(crate) fn new(instance: &str, sources: impl Iterator<Item = String>) -> Count {
        let books = Books {
            minutes: Minutes::new(sources),
            unanswered: Ranges::default(),
        };
        Count {
            instance: instance.to_owned(),
            boot: stage::clock::now_micro().to_string(),
            last: AtomicU64::new(0),
            books: Mutex::new(books),
        }
    }

    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    pub(crate) fn boot(&self) -> &str {
        &self.boot
    }

    /// The next number, from 1.
    pub(crate) fn give(self: &Arc<Self>) -> Ticket {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        Ticket {
            count: Arc::clone(self),
            number,
            answered: false,
        }
    }

    /// What there is to tell. Minutes from `held_from` (microseconds since 1970) on are held back: their events are not all
    /// where they can be counted.
    pub(crate) fn statement(&self, now_micro: i64, held_from: Option<i64>) -> Statement {
        let last = self.last.load(Ordering::Relaxed);
        let mut books = self.books();
        let told = books.minutes.changed(now_micro, held_from);
        Statement {
            last,
            minutes: told.minutes,
            unanswered: books.unanswered.list(),
            version: told.version,
            holds_back: told.holds_back,
        }
    }

    /// A statement reached every partition: what it told need not be told again unless it changes.
    pub(crate) fn delivered(&self, version: u64) {
        self.books().minutes.told(version);
    }

    /// A panic elsewhere while holding the lock leaves books that are still whole.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    pub(crate) fn accept_seq(&self) -> AcceptSeq {
        AcceptSeq {
            instance: self.count.instance.clone(),
            boot: self.count.boot.clone(),
            number: self.number,
        }
    }

    #[cfg(debug_assertions)]
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Kafka has it and 2xx is sent.
    pub(crate) fn accepted(mut self, source: &str, received_at_micro: i64) {
        self.answered = true;
        self.count.books().minutes.add(source, received_at_micro, 0);
    }

    /// As [`Ticket::accepted`], for one that was quarantined.
    pub(crate) fn quarantined(mut self, source: &str, received_at_micro: i64) {
        self.answered = true;
        self.count.books().minutes.add(source, received_at_micro, 1);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.count.books().unanswered.add(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn count() -> Arc<Count> {
        Arc::new(Count::new("0", ["crm".to_owned()].into_iter()))
    }

    fn told(statement: &Statement) -> Vec<(i64, u64, u64)> {
        statement
            .minutes
            .iter()
            .map(|m| (m.minute_micro, m.accepted, m.rejected))
            .collect()
    }

    #[test]
    fn every_number_is_accepted_quarantined_or_unanswered() {
        let count = count();
        count.give().accepted("crm", 5 * MINUTE + 1);
        count.give().quarantined("crm", 5 * MINUTE + 2);
        drop(count.give());
        drop(count.give());
        count.give().accepted("crm", 6 * MINUTE);
        drop(count.give());
        let statement = count.statement(6 * MINUTE, None);
        assert_eq!(statement.last, 6);
        assert_eq!(told(&statement), [(5 * MINUTE, 2, 1), (6 * MINUTE, 1, 0)]);
        assert_eq!(statement.unanswered, [(3, 4), (6, 6)]);
    }

    #[test]
    fn a_minute_is_told_until_it_was_delivered_as_it_is() {
        let count = count();
        count.give().accepted("crm", 5 * MINUTE);
        let first = count.statement(7 * MINUTE, None);
        // One more of that minute while the first statement is under way.
        count.give().accepted("crm", 5 * MINUTE);
        count.delivered(first.version);
        let second = count.statement(7 * MINUTE, None);
        assert_eq!(told(&second), [(5 * MINUTE, 2, 0), (7 * MINUTE, 0, 0)]);
        count.delivered(second.version);
        assert_eq!(told(&count.statement(7 * MINUTE, None)), [(7 * MINUTE, 0, 0)]);
    }

    #[test]
    fn a_silent_source_says_zero() {
        assert_eq!(told(&count().statement(MINUTE + 5, None)), [(MINUTE, 0, 0)]);
    }

    #[test]
    fn minutes_whose_events_still_wait_are_held_back_and_told_whole_afterwards() {
        let count = count();
        count.give().accepted("crm", 5 * MINUTE);
        count.give().accepted("crm", 6 * MINUTE);
        count.give().accepted("crm", 7 * MINUTE);
        // The oldest that waits came in the sixth minute.
        let some = count.statement(7 * MINUTE, Some(6 * MINUTE + 5));
        assert_eq!(told(&some), [(5 * MINUTE, 1, 0), (7 * MINUTE, 0, 0)]);
        assert!(some.holds_back);
        count.delivered(some.version);
        let all = count.statement(7 * MINUTE, None);
        assert_eq!(told(&all), [(6 * MINUTE, 1, 0), (7 * MINUTE, 1, 0)]);
        assert!(!all.holds_back);
    }
}
