//! A server: rows, a view that is fed after its table, a memory of tokens that ends, and a clock.
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds an insert may take.
pub(super) const DEADLINE: i64 = 10;
/// How long it remembers a token, at least.
pub(super) const MEMORY: i64 = 4 * DEADLINE;

/// An insert as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sent {
    pub(super) token: String,
    pub(super) deadline: i64,
    pub(super) rows: Vec<(i32, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Late,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Server {
    pub(super) clock: i64,
    /// How often each row is there.
    pub(super) rows: BTreeMap<(i32, i64), u32>,
    pub(super) view: BTreeSet<(i32, i64)>,
    /// When a token was used, in the table and in the view.
    tokens: BTreeMap<(String, bool), i64>,
    /// Under way, or stuck in a writer that is stopped.
    pub(super) under_way: BTreeSet<Sent>,
    /// Rows it refuses.
    pub(super) poison: BTreeSet<(i32, i64)>,
    /// Switched off to see the model fail.
    pub(super) checks_deadlines: bool,
    pub(super) remembers: bool,
}

impl Server {
    pub(super) fn new(poison: BTreeSet<(i32, i64)>) -> Self {
        Self {
            clock: 1_000,
            rows: BTreeMap::new(),
            view: BTreeSet::new(),
            tokens: BTreeMap::new(),
            under_way: BTreeSet::new(),
            poison,
            checks_deadlines: true,
            remembers: true,
        }
    }

    /// `whole`: else the server dies between table and view.
    pub(super) fn insert(&mut self, sent: &Sent, whole: bool) -> Answer {
        if self.checks_deadlines && self.clock >= sent.deadline {
            return Answer::Late;
        }
        if sent.rows.iter().any(|row| self.poison.contains(row)) {
            return Answer::Refused;
        }
        let (clock, remembers) = (self.clock, self.remembers);
        self.tokens.retain(|_, used| clock <= *used + MEMORY);
        let mut is_new = |in_view| {
            let known = self.tokens.insert((sent.token.clone(), in_view), clock);
            known.is_none() || !remembers
        };
        if is_new(false) {
            for row in &sent.rows {
                *self.rows.entry(*row).or_default() += 1;
            }
        }
        if whole && is_new(true) {
            self.view.extend(&sent.rows);
        }
        Answer::Done
    }

    /// The rows of a partition from an offset on; the view is fed with them.
    pub(super) fn ask(&mut self, partition: i32, from: i64) -> BTreeSet<i64> {
        let there: BTreeSet<i64> = self
            .rows
            .keys()
            .filter(|(p, offset)| *p == partition && *offset >= from)
            .map(|(_, offset)| *offset)
            .collect();
        self.view.extend(there.iter().map(|offset| (partition, *offset)));
        there
    }
}
