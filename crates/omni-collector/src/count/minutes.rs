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
        let minute = received_at_micro - received_at_micro.rem_euclid(MINUTE_MICRO);
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

    /// What was not told yet, and the current minute of every source; with the version it is of.
    pub(super) fn changed(&mut self, now_micro: i64) -> (Vec<MinuteCount>, u64) {
        let current = now_micro - now_micro.rem_euclid(MINUTE_MICRO);
        let of_minute = self.cells.entry(current).or_default();
        for source in &self.sources {
            of_minute.entry(source.clone()).or_default();
        }
        self.bound();
        let told = self.told;
        let list = self.cells.iter().flat_map(|(minute, cells)| {
            let wanted = move |cell: &Cell| cell.changed > told || *minute == current;
            cells
                .iter()
                .filter(move |(_, cell)| wanted(cell))
                .map(|(source, cell)| MinuteCount {
                    source: source.clone(),
                    minute_micro: *minute,
                    accepted: cell.accepted,
                    rejected: cell.rejected,
                })
        });
        (list.collect(), self.version)
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

fn has_any(cells: &BTreeMap<String, Cell>) -> bool {
    cells.values().any(|cell| cell.accepted > 0)
}
