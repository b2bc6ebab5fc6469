//! How often each table changed, for each company.
//!
//! Rows do not say which filter they left, so a change of a table is a change for every filter; only other companies are
//! left alone, since no row moves between companies. Numbers only grow.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Pairs of table and company that are counted one by one; beyond it all are counted as one.
const PAIRS_MAX: usize = 20_000;
/// Stands for rows that belong to any company.
const ANY: u64 = 0;

/// When rows of a table were loaded and received last, microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    pub loaded_at: Option<i64>,
    pub received_at: Option<i64>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    changes: u64,
    times: Times,
}

#[derive(Debug, Default)]
struct Counts {
    /// Changes of everything.
    all: u64,
    pairs: HashMap<(String, u64), Count>,
}

/// Versions of all tables, and a way to hear of changes.
#[derive(Debug)]
pub struct Versions {
    counts: Mutex<Counts>,
    changed: watch::Sender<u64>,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            changed: watch::channel(0).0,
        }
    }
}

impl Versions {
    /// These tables changed, for these companies (none named: for any).
    pub fn raise(&self, tables: &[String], companies: &[u64], times: Times) {
        let companies = if companies.is_empty() { &[ANY] } else { companies };
        {
            let mut counts = self.lock();
            if counts.pairs.len() > PAIRS_MAX {
                // Everything counts as changed once, and counting begins anew above all earlier sums.
                let sum: u64 = counts.pairs.values().map(|count| count.changes).sum();
                counts.all += sum + 1;
                counts.pairs.clear();
            }
            for table in tables {
                for company in companies {
                    let count = counts.pairs.entry((table.clone(), *company)).or_default();
                    count.changes += 1;
                    count.times = times;
                }
            }
        }
        self.tell();
    }

    /// Everything may have changed.
    pub fn raise_all(&self) {
        self.lock().all += 1;
        self.tell();
    }

    /// A number that differs whenever one of the tables changed for the company, and when its rows came last.
    pub fn of<'t>(&self, tables: impl IntoIterator<Item = &'t str>, company: u64) -> (u64, Times) {
        let counts = self.lock();
        let mut version = counts.all;
        let mut newest = Times::default();
        for table in tables {
            for company in [ANY, company] {
                if let Some(count) = counts.pairs.get(&(table.to_owned(), company)) {
                    version += count.changes;
                    newest = newest.max(count.times);
                }
            }
        }
        (version, newest)
    }

    /// Wakes its owner at every change of anything.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn tell(&self) {
        self.changed.send_modify(|generation| *generation += 1);
    }

    /// A panic elsewhere leaves numbers that are still whole.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Times {
    fn max(self, other: Self) -> Self {
        Self {
            loaded_at: self.loaded_at.max(other.loaded_at),
            received_at: self.received_at.max(other.received_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tables: &[&str]) -> Vec<String> {
        tables.iter().map(|table| (*table).to_owned()).collect()
    }

    #[test]
    fn a_change_moves_its_table_and_company_and_no_other() {
        let versions = Versions::default();
        let of = |table: &str, company| versions.of([table], company).0;
        let before = (of("deals", 1), of("deals", 2), of("entities", 1));
        versions.raise(&names(&["deals"]), &[1], Times::default());
        assert_ne!(of("deals", 1), before.0);
        assert_eq!(of("deals", 2), before.1);
        assert_eq!(of("entities", 1), before.2);
    }

    #[test]
    fn rows_of_no_named_company_move_all_companies() {
        let versions = Versions::default();
        let of = |company| versions.of(["load_batches"], company).0;
        let before = (of(1), of(2));
        versions.raise(&names(&["load_batches"]), &[], Times::default());
        assert!(of(1) > before.0 && of(2) > before.1);
    }

    #[test]
    fn too_many_companies_to_count_are_counted_as_one() {
        let versions = Versions::default();
        let many: Vec<u64> = (1..=PAIRS_MAX as u64 + 1).collect();
        versions.raise(&names(&["deals"]), &many, Times::default());
        let before = versions.of(["deals"], 7).0;
        versions.raise(&names(&["deals"]), &[1], Times::default());
        assert!(versions.of(["deals"], 7).0 > before);
        assert!(versions.lock().pairs.len() <= PAIRS_MAX);
    }

    #[test]
    fn the_newest_times_of_the_tables_are_told() {
        let versions = Versions::default();
        let times = |loaded_at, received_at| Times {
            loaded_at: Some(loaded_at),
            received_at,
        };
        versions.raise(&names(&["deals"]), &[1], times(5, Some(3)));
        versions.raise(&names(&["entities"]), &[1], times(4, None));
        assert_eq!(versions.of(["deals", "entities"], 1).1, times(5, Some(3)));
    }
}
