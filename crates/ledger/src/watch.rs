//! The ledger as a running stage looks at it: back to where the last look saw everything settled, and again at what was
//! wrong before.
//!
//! What was once missing stays in view until it is found or a day old; a double stays for a day, since a merge folds the rows
//! and not the fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::minute;
use crate::{Counted, Double, Error, Event, Hole, Ledger, Missing, Question, Sent};

/// How far before the last look, or what was in flight then, the next one begins: clocks differ, and bodies take time.
const LOOK_BACK_MICRO: i64 = 5 * 60_000_000;
/// How far back the first look goes: nobody looked while the stage was down.
const FIRST_LOOK_BACK_MICRO: i64 = 3_600 * 1_000_000;
/// How long what was wrong stays in view.
const REMEMBERED_MICRO: i64 = 24 * 3_600 * 1_000_000;
/// Missing events and doubles that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Minutes that one look asks about again.
const MINUTES_ASKED_MAX: usize = 20;

/// What is wrong, by source; a source without fault is listed with zeros once it was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Accepted, and nowhere for more than a minute.
    pub missing: u64,
    /// Rows too many.
    pub doubled: u64,
    /// Accepted by a collector's own count, and in no archive.
    pub unarchived: u64,
}

/// Looks again and again.
#[derive(Debug)]
pub struct Watch {
    ledger: Ledger,
    /// Everything that arrived before was at its end when looked at, or is among what is remembered.
    settled_micro: Option<i64>,
    missing: BTreeMap<Event, Missing>,
    /// With the time they were found.
    doubled: BTreeMap<(String, Event, u8), (i64, Double)>,
    holes: Vec<Hole>,
    sources: BTreeMap<String, Found>,
    /// What the last look counted, whole minutes of it.
    counted: Vec<Counted>,
}

impl Watch {
    /// `looked_micro`: until when somebody has looked already, if that is known.
    pub fn new(ledger: Ledger, looked_micro: Option<i64>) -> Self {
        Self {
            ledger,
            settled_micro: looked_micro,
            missing: BTreeMap::new(),
            doubled: BTreeMap::new(),
            holes: Vec::new(),
            sources: BTreeMap::new(),
            counted: Vec::new(),
        }
    }

    /// What the last look counted, by company, source and minute: each minute in it is whole.
    pub fn counted(&self) -> &[Counted] {
        &self.counted
    }

    /// One look; what was found by source.
    ///
    /// # Errors
    /// [`Error`]: what was found before is kept.
    pub async fn look(&mut self, now_micro: i64) -> Result<&BTreeMap<String, Found>, Error> {
        let since_micro = match self.settled_micro {
            Some(settled) => (settled - LOOK_BACK_MICRO).max(now_micro - REMEMBERED_MICRO),
            None => now_micro - FIRST_LOOK_BACK_MICRO,
        };
        let question = Question {
            since_micro: minute(since_micro) * 1_000_000,
            until_micro: i64::MAX,
            now_micro,
            source: None,
        };
        let found_again = self.ask_again(&question).await?;
        self.count_again(&question).await?;
        let report = self.ledger.look(&question).await?;
        let is_live = |missing: &Missing| missing.sent == Sent::Live;
        let is_gap = |missing: &Missing| now_micro - missing.received_at_micro >= crate::report::YOUNG_MICRO;
        for missing in report.missing.into_iter().filter(is_live).filter(is_gap) {
            self.missing.insert(event(&missing), missing);
        }
        for double in report.doubled {
            let event = Event {
                company_id: double.company_id,
                uuid: double.event_uuid,
            };
            let key = (double.template.clone(), event, double.revision);
            self.doubled.entry(key).or_insert((now_micro, double));
        }
        self.holes.extend(report.holes);
        self.counted = report.counted;
        self.counted.extend(found_again);
        self.forget(now_micro);
        self.settled_micro = Some(report.oldest_in_flight_micro.unwrap_or(now_micro).min(now_micro));
        self.sum(report.rows.iter().map(|row| row.source.clone()));
        Ok(&self.sources)
    }

    /// What was missing may have been replayed: its minute is counted anew.
    async fn ask_again(&mut self, question: &Question) -> Result<Vec<Counted>, Error> {
        let old: Vec<Event> = self.missing.keys().copied().collect();
        let mut minutes = BTreeSet::new();
        for known in self.ledger.known(&old, question.now_micro).await? {
            if known.end.is_none() {
                continue;
            }
            if let Some(found) = self.missing.remove(&known.event)
                && found.received_at_micro < question.since_micro
            {
                minutes.insert(minute(found.received_at_micro));
            }
        }
        let mut counted = Vec::new();
        for start in minutes.into_iter().take(MINUTES_ASKED_MAX) {
            let of_minute = Question {
                since_micro: start * 1_000_000,
                until_micro: (start + 60) * 1_000_000,
                ..question.clone()
            };
            counted.extend(self.ledger.count(&of_minute).await?);
        }
        // In the period of this look it is found again, if it is still missing.
        self.missing
            .retain(|_, missing| missing.received_at_micro < question.since_micro);
        Ok(counted)
    }

    /// What was in no archive may have waited in a collector's spool.
    async fn count_again(&mut self, question: &Question) -> Result<(), Error> {
        let since = question.since_micro.div_euclid(1_000_000);
        let mut minutes: Vec<i64> = self.holes.iter().map(|hole| hole.minute).collect();
        minutes.sort_unstable();
        minutes.dedup();
        minutes.retain(|minute| *minute < since);
        for minute in minutes.into_iter().take(MINUTES_ASKED_MAX) {
            let found = self.ledger.holes_of(minute).await?;
            self.holes.retain(|hole| hole.minute != minute);
            self.holes.extend(found);
        }
        // In the period of this look it is found again, if it is still there.
        self.holes.retain(|hole| hole.minute < since);
        Ok(())
    }

    fn forget(&mut self, now_micro: i64) {
        let since = now_micro - REMEMBERED_MICRO;
        self.missing
            .retain(|_, missing| missing.received_at_micro >= since);
        self.doubled.retain(|_, (found_at, _)| *found_at >= since);
        self.holes.retain(|hole| hole.minute * 1_000_000 >= since);
        while self.missing.len() > REMEMBERED_MAX {
            self.missing.pop_first();
        }
        while self.doubled.len() > REMEMBERED_MAX {
            self.doubled.pop_first();
        }
    }

    fn sum(&mut self, seen: impl Iterator<Item = String>) {
        for source in seen {
            self.sources.entry(source).or_default();
        }
        for found in self.sources.values_mut() {
            *found = Found::default();
        }
        for missing in self.missing.values() {
            self.sources.entry(missing.source.clone()).or_default().missing += 1;
        }
        for (_, double) in self.doubled.values() {
            self.sources.entry(double.source.clone()).or_default().doubled += double.rows - 1;
        }
        for hole in &self.holes {
            self.sources.entry(hole.source.clone()).or_default().unarchived += hole.events;
        }
    }
}

fn event(missing: &Missing) -> Event {
    Event {
        company_id: missing.company_id,
        uuid: missing.event_uuid,
    }
}
