//! One partition's share of a batch: how many rows each table gets, records to write, and what the notice tells.
use std::collections::{BTreeMap, BTreeSet};

use event::outcome::Outcome;
use kafka::{Outgoing, Record};
use traces::Span;

use xxhash_rust::xxh3::Xxh3;

use crate::plan::{Range, Share, Verdict, Verdicts};

/// More companies than this in one batch are told as "any".
pub(crate) const COMPANIES_MAX: usize = 1_000;

/// Consecutive records of one partition, judged.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) range: Range,
    pub(crate) verdicts: Verdicts,
    /// Over what names the records that go in.
    hash: Hash,
    /// The table has rows beyond this part that no plan tells of.
    pub(crate) is_followed_by_doubt: bool,
    /// For each table of the lane, in its order.
    pub(crate) rows: Vec<usize>,
    /// What the values of its rows take, about.
    pub(crate) bytes: usize,
    /// Rejected and filtered records.
    pub(crate) out: Vec<Outgoing>,
    pub(crate) tally: Tally,
    pub(crate) told: Told,
    /// Of the events that are traced; told when the batch is final.
    pub(crate) spans: Vec<Span>,
}

/// How the records ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) outcomes: BTreeMap<(&'static str, &'static str), u64>,
    /// When each loaded event was received, for its age.
    pub(crate) received_at_micro: Vec<i64>,
    /// What was counted last, until somebody asked.
    pub(crate) last: Option<(&'static str, &'static str)>,
}

/// What the notice tells of the rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) companies: BTreeSet<u64>,
    pub(crate) event_time_max: Option<i64>,
    pub(crate) received_at_min: Option<i64>,
    pub(crate) received_at_max: Option<i64>,
    pub(crate) heartbeat_at: Option<i64>,
    pub(crate) rejected: u64,
    /// Rows that a crash left in the table before anybody told of them.
    pub(crate) there: u64,
}

impl Part {
    /// Begins with this record.
    pub(crate) fn begin(record: &Record, tables: usize) -> Self {
        Self {
            range: Range {
                partition: record.partition,
                first: record.offset,
                last: record.offset,
            },
            verdicts: Verdicts::default(),
            hash: Hash(Xxh3::new()),
            is_followed_by_doubt: false,
            rows: vec![0; tables],
            bytes: 0,
            out: Vec::new(),
            tally: Tally::default(),
            told: Told::default(),
            spans: Vec::new(),
        }
    }

    /// Counts the record's verdict; the range ends with it.
    pub(crate) fn decide(&mut self, record: &Record, verdict: Verdict) {
        self.range.last = record.offset;
        self.verdicts.push(record.offset - self.range.first, verdict);
        if verdict == Verdict::In {
            self.hash.add(record);
        }
    }

    /// What the plan says of it; `None` when nothing of it goes in.
    pub(crate) fn share(&self) -> Option<Share> {
        (self.verdicts.rows() > 0).then(|| Share {
            range: self.range,
            verdicts: self.verdicts.clone(),
            hash: self.hash.0.digest(),
            is_followed_by_doubt: self.is_followed_by_doubt,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows.iter().sum()
    }

    /// Whether anybody should hear of it.
    pub(crate) fn is_worth_telling(&self) -> bool {
        self.rows() > 0 || self.told.there > 0 || self.told.rejected > 0 || self.told.heartbeat_at.is_some()
    }
}

/// A hash over records, in order.
struct Hash(Xxh3);

impl Hash {
    fn add(&mut self, record: &Record) {
        self.0.update(&record.offset.to_le_bytes());
        self.0.update(&record.key);
        for (name, value) in &record.headers {
            if name == event::header::EVENT_UUID {
                self.0.update(value);
            }
        }
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0.digest())
    }
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: Outcome, reason: &'static str) {
        *self.outcomes.entry((outcome.as_str(), reason)).or_default() += 1;
        self.last = Some((outcome.as_str(), reason));
    }
}

impl Told {
    /// A row of this company, received then.
    pub(crate) fn row(&mut self, company_id: Option<u64>, received_at: i64) {
        if let Some(company) = company_id
            && self.companies.len() <= COMPANIES_MAX
        {
            self.companies.insert(company);
        }
        self.received_at_min = Some(
            self.received_at_min
                .map_or(received_at, |least| least.min(received_at)),
        );
        self.received_at_max = self.received_at_max.max(Some(received_at));
    }
}
