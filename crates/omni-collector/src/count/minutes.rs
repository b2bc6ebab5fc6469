//! Accepted POSTs by source and minute of their arrival.

use std::collections::BTreeMap;

const MINUTE_MICRO: i64 = 60_000_000;
/// So many minutes are kept while no heartbeat can be delivered; then the oldest are forgotten, and said.
const MINUTES_MAX: usize = 1_440;

/// The count of one source and minute, since this boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MinuteCount {
    pub(crate) source: String,
    /// Start of the minute, microseconds since 1970.
    pub(crate) minute_micro: i64,
    /// All answered 2xx, quarantined ones included.
    pub(crate) accepted: u64,
    /// Those of them that were quarantined.
    pub(crate) rejected: u64,
}

/// Minutes that are to be told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) minutes: Vec<MinuteCount>,
    pub(super) version: u64,
    /// There is more to tell than is told.
    pub(super) holds_back: bool,
}

#[derive(Debug)]
pub(super) struct Minutes {
    /// Every configured source: a silent one must be told apart from a missing one.
    sources: Vec<String>,
    /// By start of the minute, then source.
    cells: BTreeMap<i64, BTreeMap<String, Cell>>,
    /// Grows with each change.
    version: u64,
    told: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    accepted: u64,
    rejected: u64,
    changed: u64,
}

impl Minutes {
    pub(super) fn new(sources: impl Iterator<Item = String>) -> Minutes {
        Minutes {
            sources: sources.collect(),
            cells: BTreeMap::new(),
            version: 0,
            told: 0,
        }
    }

    pub(super) fn add(&mut self, source: &str, received_at_micro: i64, rejected: u64) {
        self.version += 1;
        let minute = minute_of(received_at_micro);
        let of_minute = self.cells.entry(minute).or_default();
        let cell = match of_minute.get_mut(source) {
            Some(cell) => cell,
            None => of_minute.entry(source.to_owned()).or_default(),
        };
        cell.accepted += 1;
        cell.rejected += rejected;
        cell.changed = self.version;
        self.bound();
    }

    /// What was not told yet, and the current minute of every source; with the version it is of. Minutes from `held_from`
    /// (microseconds since 1970) on are held back: of the current one is told then that it is there.
    pub(super) fn changed(&mut self, now_micro: i64, held_from: Option<i64>) -> Told {
        let current = minute_of(now_micro);
        let held_from = held_from.map_or(i64::MAX, minute_of);
        let of_minute = self.cells.entry(current).or_default();
        for source in &self.sources {
            of_minute.entry(source.clone()).or_default();
        }
        self.bound();
        let mut told = Told {
            minutes: Vec::new(),
            version: self.version,
            holds_back: false,
        };
        for (minute, cells) in &self.cells {
            let is_held = *minute >= held_from;
            for (source, cell) in cells {
                let is_news = cell.changed > self.told;
                if is_held && is_news {
                    // It is told again once nothing is held, and so is what changed after it.
                    told.version = told.version.min(cell.changed - 1);
                    told.holds_back = true;
                }
                if *minute == current || (is_news && !is_held) {
                    told.minutes.push(MinuteCount {
                        source: source.clone(),
                        minute_micro: *minute,
                        accepted: if is_held { 0 } else { cell.accepted },
                        rejected: if is_held { 0 } else { cell.rejected },
                    });
                }
            }
        }
        told
    }

    /// Forgets the old minutes that were told as they are. The last few are kept: a slow acknowledgement may
    /// still add to them, and what was told grows, it never starts again.
    pub(super) fn told(&mut self, version: u64) {
        const KEPT: i64 = 10;
        self.told = self.told.max(version);
        let told = self.told;
        let newest = self.cells.last_key_value().map_or(0, |(minute, _)| *minute);
        self.cells.retain(|minute, cells| {
            *minute > newest - KEPT * MINUTE_MICRO || cells.values().any(|cell| cell.changed > told)
        });
    }

    fn bound(&mut self) {
        if self.cells.len() > MINUTES_MAX && self.cells.pop_first().is_some_and(|(_, cells)| has_any(&cells))
        {
            tracing::error!(
                minutes = MINUTES_MAX,
                "no heartbeat was delivered for too long: the oldest count is forgotten"
            );
        }
    }
}

/// The start of its minute.
fn minute_of(at_micro: i64) -> i64 {
    at_micro - at_micro.rem_euclid(MINUTE_MICRO)
}

fn has_any(cells: &BTreeMap<String, Cell>) -> bool {
    cells.values().any(|cell| cell.accepted > 0)
}
