//! From how the partitions stand to what must be settled before anything new is read.
use std::collections::{BTreeMap, VecDeque};

use crate::plan::text::{self, Told};
use crate::plan::{Log, Plan, Range};

/// How a partition of ours stands at the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) partition: i32,
    /// The next offset to read and the text beside it; `None` when the group never committed here.
    pub(crate) committed: Option<(i64, String)>,
}

/// One thing to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The insert of this plan again.
    Repeat(Plan),
    /// The table is asked what it has of these.
    Ask(Vec<Doubt>),
}

/// A partition of which the table may have rows beyond the committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) partition: i32,
    /// The committed offset.
    pub(crate) from: i64,
    /// Until when an insert of these rows may still begin, in milliseconds by the server's clock; 0: none is under way.
    pub(crate) until: i64,
    /// What the insert is named by; empty when no plan tells.
    pub(crate) ranges: Vec<Range>,
}

/// A plan that must not be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unrepeatable {
    pub(crate) ranges: Vec<Range>,
    /// The server has answered its insert: none is under way.
    pub(crate) is_over: bool,
}

/// What is to be settled. A plan whose first deadline lies before `first_deadline_min` is not repeated either, since the
/// server may have forgotten its token.
pub(crate) fn of(
    standings: &[Standing],
    log: &Log,
    first_deadline_min: i64,
    unrepeatable: Option<&Unrepeatable>,
) -> VecDeque<Way> {
    let mut doubts = Vec::new();
    let mut planned: BTreeMap<Vec<Range>, BTreeMap<i32, Told>> = BTreeMap::new();
    for standing in standings {
        match found(standing, log) {
            Found::Nothing => {}
            Found::Doubt(doubt) => doubts.push(doubt),
            Found::Plan(told) => {
                let together = planned.entry(told.ranges.clone()).or_default();
                together.insert(standing.partition, told);
            }
        }
    }
    let mut ways = VecDeque::new();
    for (ranges, told) in planned {
        let unrepeatable = unrepeatable.filter(|plan| plan.ranges == ranges);
        match whole(&ranges, &told) {
            Some(plan) if unrepeatable.is_none() && plan.first_deadline >= first_deadline_min => {
                ways.push_back(Way::Repeat(plan));
            }
            _ => {
                let is_over = unrepeatable.is_some_and(|plan| plan.is_over);
                doubts.extend(told.into_values().map(|told| doubt(&told, is_over)));
            }
        }
    }
    if !doubts.is_empty() {
        ways.push_back(Way::Ask(doubts));
    }
    ways
}

enum Found {
    Nothing,
    Plan(Told),
    Doubt(Doubt),
}

fn found(standing: &Standing, log: &Log) -> Found {
    let Some((offset, beside)) = &standing.committed else {
        return Found::Nothing;
    };
    if beside.is_empty() {
        return Found::Nothing;
    }
    let asked = |until, ranges| {
        Found::Doubt(Doubt {
            partition: standing.partition,
            from: *offset,
            until,
            ranges,
        })
    };
    match text::read(beside, log, standing.partition) {
        Some(told) if told.share.range.first == *offset => Found::Plan(told),
        // Somebody moved the offset and left the text.
        Some(told) => asked(told.deadline, told.ranges),
        // Not ours to read, or of a later version: whatever was under way is over by its deadline, which we do not know.
        None => asked(text::read_ask(beside, log).unwrap_or(i64::MAX), Vec::new()),
    }
}

fn doubt(told: &Told, is_over: bool) -> Doubt {
    Doubt {
        partition: told.share.range.partition,
        from: told.share.range.first,
        until: if is_over { 0 } else { told.deadline },
        ranges: told.ranges.clone(),
    }
}

/// The plan, when each of its partitions tells of it, and all tell the same.
fn whole(ranges: &[Range], told: &BTreeMap<i32, Told>) -> Option<Plan> {
    let first = told.values().next()?;
    let same = |told: &&Told| {
        told.deadline == first.deadline
            && told.first_deadline == first.first_deadline
            && told.schema == first.schema
    };
    let is_whole = told.len() == ranges.len() && told.values().all(|told| same(&told));
    is_whole.then(|| Plan {
        shares: told
            .iter()
            .map(|(partition, told)| (*partition, told.share.clone()))
            .collect(),
        schema: first.schema.clone(),
        first_deadline: first.first_deadline,
        deadline: first.deadline,
    })
}
