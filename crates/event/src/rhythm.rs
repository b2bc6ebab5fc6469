//! When events are due: how many came in each hour of the week before, and what it means that none comes now.
//!
//! An hour is held against the same hour of the last four weeks, so a night, a Sunday, and an account that is asleep every
//! August are quiet, not silent. Of those weeks the second smallest count is believed (of two the smaller, of one the half):
//! one week of holidays, or one in which a receiver was away, makes nobody be woken. Before a week is known nothing is due.
//! Hours are UTC: in the two weeks after a change of the clocks a working day may seem to begin an hour early or late.

use serde::{Deserialize, Serialize};

const HOUR_MICRO: i64 = 3_600_000_000;
/// Hours of a week.
const WEEK_HOURS: i64 = 168;
/// Weeks that are kept: the present one and four before it.
const WEEKS: i64 = 5;
const HOURS_KEPT: usize = (WEEK_HOURS * WEEKS) as usize;

/// What silence is strange.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strange {
    /// So many events were due. 20 missing are no chance: a stream of single events is silent for so long once in a hundred
    /// million times.
    pub due_min: f64,
    /// A shorter silence is none, however many events are due: a mail merge is followed by coffee. Ten minutes.
    pub micro_min: i64,
}

/// Counts of events by hour, of five weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    /// By hour since 1970, in a ring.
    counts: Vec<u32>,
    /// The first hour that was watched.
    since_hour: i64,
    /// The newest hour that was counted in.
    newest_hour: i64,
}

/// How long nothing came, and how much should have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// From the last event to the moment asked about.
    pub micro: i64,
    /// Events that were due in that time.
    pub due: f64,
}

/// As it is kept: the counts from the oldest hour on, without the empty ones at the beginning.
#[derive(Deserialize, Serialize)]
struct Kept {
    since_hour: i64,
    newest_hour: i64,
    counts: Vec<u32>,
}

impl Default for Strange {
    fn default() -> Self {
        Self {
            due_min: 20.0,
            micro_min: 10 * 60 * 1_000_000,
        }
    }
}

impl Silence {
    /// Whether somebody should look.
    pub fn is_strange(&self, strange: &Strange) -> bool {
        self.micro >= strange.micro_min && self.due >= strange.due_min
    }
}

impl Rhythm {
    /// Nothing is known; watched from now on (microseconds since 1970).
    pub fn since(now_micro: i64) -> Self {
        let hour = hour(now_micro);
        Self {
            counts: vec![0; HOURS_KEPT],
            since_hour: hour,
            newest_hour: hour,
        }
    }

    /// Events came. What is older than five weeks is passed over.
    pub fn count(&mut self, at_micro: i64, events: u32) {
        let at = hour(at_micro);
        self.advance(at);
        self.since_hour = self
            .since_hour
            .min(at)
            .max(self.newest_hour - HOURS_KEPT as i64 + 1);
        if at >= self.since_hour
            && let Some(count) = self.counts.get_mut(slot(at))
        {
            *count = count.saturating_add(events);
        }
    }

    /// What it means that nothing came from the last event until now.
    pub fn silence(&self, last_micro: i64, now_micro: i64) -> Silence {
        Silence {
            micro: now_micro.saturating_sub(last_micro).max(0),
            due: self.due(last_micro, now_micro),
        }
    }

    /// Events due between two moments; at most a week before the later one is looked at.
    pub fn due(&self, from_micro: i64, until_micro: i64) -> f64 {
        let from_micro = from_micro.max(until_micro.saturating_sub(WEEK_HOURS * HOUR_MICRO));
        let mut due = 0.0;
        for at in hour(from_micro)..=hour(until_micro) {
            let begin = (at * HOUR_MICRO).max(from_micro);
            let end = ((at + 1) * HOUR_MICRO).min(until_micro);
            due += self.usual(at) * ((end - begin).max(0) as f64 / HOUR_MICRO as f64);
        }
        due
    }

    /// Events usual in an hour, by the same hour of the weeks before.
    fn usual(&self, at: i64) -> f64 {
        let mut weeks: Vec<u32> = (1..WEEKS)
            .map(|weeks| at - weeks * WEEK_HOURS)
            // The hour in which watching began is not whole.
            .filter(|before| *before > self.since_hour && *before > self.newest_hour - HOURS_KEPT as i64)
            .map(|before| {
                if before > self.newest_hour {
                    0
                } else {
                    self.at(before)
                }
            })
            .collect();
        weeks.sort_unstable();
        match weeks.as_slice() {
            [] => 0.0,
            [one] => f64::from(*one) / 2.0,
            [smaller, _] => f64::from(*smaller),
            [_, second, ..] => f64::from(*second),
        }
    }

    fn at(&self, hour: i64) -> u32 {
        self.counts.get(slot(hour)).copied().unwrap_or(0)
    }

    /// Empties the hours that begin anew.
    fn advance(&mut self, to: i64) {
        let fresh = (to - self.newest_hour).clamp(0, HOURS_KEPT as i64);
        for at in (to - fresh + 1)..=to {
            if let Some(count) = self.counts.get_mut(slot(at)) {
                *count = 0;
            }
        }
        self.newest_hour = self.newest_hour.max(to);
    }

    /// As JSON, some kilobytes.
    pub fn to_json(&self) -> Vec<u8> {
        let oldest = (self.newest_hour - HOURS_KEPT as i64 + 1).max(self.since_hour);
        let kept = Kept {
            since_hour: self.since_hour,
            newest_hour: self.newest_hour,
            counts: (oldest..=self.newest_hour).map(|at| self.at(at)).collect(),
        };
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    /// What was kept; nothing when it is not that.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(json).ok()?;
        let hours = i64::try_from(kept.counts.len()).ok()?;
        if hours > HOURS_KEPT as i64 || kept.since_hour > kept.newest_hour {
            return None;
        }
        let mut rhythm = Self {
            counts: vec![0; HOURS_KEPT],
            since_hour: kept.since_hour,
            newest_hour: kept.newest_hour,
        };
        for (at, count) in ((kept.newest_hour - hours + 1)..).zip(kept.counts) {
            if let Some(place) = rhythm.counts.get_mut(slot(at)) {
                *place = count;
            }
        }
        Some(rhythm)
    }
}

fn hour(micro: i64) -> i64 {
    micro.div_euclid(HOUR_MICRO)
}

fn slot(hour: i64) -> usize {
    hour.rem_euclid(HOURS_KEPT as i64) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// A Monday, 2026-08-31T00:00:00Z.
    const MONDAY: i64 = 1_788_134_400_000_000;
    const DAY: i64 = 24;

    fn at(hours: i64) -> i64 {
        MONDAY + hours * HOUR_MICRO
    }

    /// Weeks of an office: so many events an hour, Monday to Friday, 8 to 18.
    fn office(weeks: i64, an_hour: u32) -> Rhythm {
        let mut rhythm = Rhythm::since(at(-1));
        for week in 0..weeks {
            for day in 0..5 {
                for hour in 8..18 {
                    rhythm.count(at(week * WEEK_HOURS + day * DAY + hour), an_hour);
                }
            }
        }
        rhythm
    }

    #[test]
    fn silence_in_working_hours_is_strange_and_a_sunday_is_not() {
        let rhythm = office(3, 60);
        let week = 3 * WEEK_HOURS;
        let silence = |from: i64, until: i64| rhythm.silence(at(week) + from, at(week) + until);
        let minute = HOUR_MICRO / 60;
        // Monday, from 10:00.
        let ten = 10 * HOUR_MICRO;
        assert!(
            !silence(ten, ten + 15 * minute).is_strange(&Strange::default()),
            "15 are due"
        );
        assert!(silence(ten, ten + 25 * minute).is_strange(&Strange::default()));
        // From Friday 17:59 to Monday 8:00.
        let friday = (4 * DAY + 18) * HOUR_MICRO - minute;
        let monday = (7 * DAY + 8) * HOUR_MICRO;
        assert!(
            !silence(friday, monday).is_strange(&Strange::default()),
            "{:?}",
            silence(friday, monday)
        );
        assert!(silence(friday, monday + 25 * minute).is_strange(&Strange::default()));
    }

    #[test]
    fn nothing_is_due_before_a_week_is_known_and_less_after_one() {
        let none = Rhythm::since(at(0));
        assert!(none.due(at(10), at(12)).abs() < 1e-9);
        let mut first = office(1, 60);
        first.count(at(WEEK_HOURS + 8), 60);
        assert!((first.due(at(WEEK_HOURS + 10), at(WEEK_HOURS + 11)) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn one_week_of_holidays_wakes_nobody_and_stops_nobody() {
        let mut rhythm = Rhythm::since(at(-1));
        for week in [0, 1, 3] {
            rhythm.count(at(week * WEEK_HOURS + 10), 100);
        }
        let tenth = 4 * WEEK_HOURS + 10;
        assert!((rhythm.due(at(tenth), at(tenth + 1)) - 100.0).abs() < 1e-9);
        let mut twice = Rhythm::since(at(-1));
        for week in [0, 1] {
            twice.count(at(week * WEEK_HOURS + 10), 100);
        }
        twice.count(at(4 * WEEK_HOURS), 1);
        assert!(twice.due(at(tenth), at(tenth + 1)).abs() < 1e-9);
    }

    #[test]
    fn a_burst_is_followed_by_a_short_silence() {
        let rhythm = office(3, 6_000);
        let ten = at(3 * WEEK_HOURS + 10);
        assert!(
            !rhythm
                .silence(ten, ten + Strange::default().micro_min - 1)
                .is_strange(&Strange::default())
        );
        assert!(
            rhythm
                .silence(ten, ten + Strange::default().micro_min)
                .is_strange(&Strange::default())
        );
    }

    #[test]
    fn foreign_text_is_no_rhythm() {
        for text in ["", "[]", r#"{"since_hour":2,"newest_hour":1,"counts":[]}"#] {
            assert_eq!(Rhythm::from_json(text.as_bytes()), None);
        }
    }

    proptest! {
        /// What is kept says the same as what was counted, whenever it was counted.
        #[test]
        fn what_is_kept_is_the_same(events in prop::collection::vec((0_i64..2_000, 1_u32..50), 0..200)) {
            let mut rhythm = Rhythm::since(at(0));
            for (hours, count) in events {
                rhythm.count(at(hours), count);
            }
            let again = Rhythm::from_json(&rhythm.to_json()).unwrap();
            prop_assert_eq!(&again, &rhythm);
        }

        /// Never more than the second greatest of the weeks before, and never less than nothing.
        #[test]
        fn what_is_due_has_been_there(counts in prop::collection::vec(0_u32..1_000, 1..5)) {
            let mut rhythm = Rhythm::since(at(-1));
            for (week, count) in (0_i64..).zip(&counts) {
                rhythm.count(at(week * WEEK_HOURS), *count);
            }
            let now = i64::try_from(counts.len()).unwrap() * WEEK_HOURS;
            let due = rhythm.due(at(now), at(now + 1));
            let most = f64::from(*counts.iter().max().unwrap());
            prop_assert!((0.0..=most).contains(&due));
        }
    }
}
