//! What a lane does next. Pure: it is told what was heard and says what to do, so that every interleaving of crashes,
//! rebalances and late wake-ups can be tried against a model (`course/model.rs`).
//!
//! The order is plan → insert → commit (DESIGN 5). Line of no return: the server's answer to the insert. What a crash leaves
//! is a plan beside the group's offsets; who finds it settles it before anything new is read:
//! - all of its partitions are ours and it is young enough: the same insert again, under the same token;
//! - else the table is asked which records it has, once the old insert can no longer come, and only the rest goes in.
//!
//! Invariants: nothing is inserted that is not planned beside the committed offset of each of its partitions by a member
//! of the group's present generation; a plan is replaced only by the same plan with a later deadline, or once its insert is
//! known to be over.
#[cfg(test)]
mod model;
pub(crate) mod ways;

use std::collections::VecDeque;

use crate::plan::{Log, Plan};
use ways::Unrepeatable;
pub(crate) use ways::{Doubt, Standing, Way};

/// For how many deadlines the server's window of tokens must reach back at least (DESIGN 5).
const MEMORY_DEADLINES: i64 = 4;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Drop all that is in memory, go back to the committed offsets and tell how each partition stands.
    Look,
    /// The group never committed here, or the broker forgot: does the table know better?
    Recover(Vec<i32>),
    /// Read so many records, at most, and judge them.
    Gather { records_max: usize },
    /// Read the very records of this plan again and apply its verdicts.
    Reread(Plan),
    /// Make sure that the old inserts are over, then ask the table what it has.
    Settle(Vec<Doubt>),
    /// Commit the plan beside the old offsets, with a new deadline.
    Agree(Plan),
    /// Insert what was agreed, before the deadline.
    Insert(Plan),
    /// Commit rejects, notices and the new offsets in one transaction.
    Commit,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Partitions came or went: what is in memory may be somebody else's.
    Moved,
    /// How each partition stands, and the server's clock when any has a text beside it, else 0.
    Stands { standings: Vec<Standing>, now: i64 },
    /// Whether an offset was found in the table and committed.
    Recovered { any: bool },
    /// Nothing came in time.
    Nothing,
    /// Records that make an insert.
    Gathered(Plan),
    /// Records, and none of them has a row.
    GatheredNoRows,
    /// The records of the plan, as they were.
    Reread,
    /// They are not all there, or not the same, or can no longer be made into rows.
    Differs,
    /// What the table has is known.
    Settled,
    /// The plan stands beside the offsets, until this deadline.
    Agreed { deadline: i64 },
    /// The rows are in the table.
    Inserted,
    /// The deadline passed before an attempt was answered by success.
    Late { now: i64 },
    /// The server does not take these rows.
    Refused,
    /// Offsets, rejects and notices are out; whether the table must be asked again what it has beyond them.
    Committed { is_followed_by_doubt: bool },
    /// The broker did not take it, or it is unknown whether it did.
    Lost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// It must be asked how things stand.
    Unsure,
    /// Some partitions have no committed offset.
    Unplaced(Vec<i32>),
    /// What was found is settled way by way; none left: new records may be read.
    Sure,
    Agreeing(Plan),
    Inserting(Plan),
    /// With the plan whose rows are in; `None` when there were none.
    Committing(Option<Plan>),
}

/// How a lane goes on.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    log: Log,
    /// How long one insert may take, in milliseconds.
    deadline_ms: i64,
    records_max: usize,
    state: State,
    ways: VecDeque<Way>,
    /// Smaller than `records_max` while a row is sought that the server refuses.
    limit: usize,
    /// The plan that must not be repeated.
    unrepeatable: Option<Unrepeatable>,
    /// The one record that the server refuses.
    condemned: Option<(i32, i64)>,
}

impl Course {
    /// `deadline_ms`: how long one insert may take. The server must remember a token for [`MEMORY_DEADLINES`] of them.
    pub(crate) fn new(log: Log, records_max: usize, deadline_ms: i64) -> Self {
        Self {
            log,
            deadline_ms,
            records_max,
            state: State::Unsure,
            ways: VecDeque::new(),
            limit: records_max,
            unrepeatable: None,
            condemned: None,
        }
    }

    /// The next thing to do.
    pub(crate) fn next(&self) -> Action {
        match &self.state {
            State::Unsure => Action::Look,
            State::Unplaced(partitions) => Action::Recover(partitions.clone()),
            State::Sure => match self.ways.front() {
                None => Action::Gather {
                    records_max: self.limit,
                },
                Some(Way::Repeat(plan)) => Action::Reread(plan.clone()),
                Some(Way::Ask(doubts)) => Action::Settle(doubts.clone()),
            },
            State::Agreeing(plan) => Action::Agree(plan.clone()),
            State::Inserting(plan) => Action::Insert(plan.clone()),
            State::Committing(_) => Action::Commit,
        }
    }

    /// The record that the server refused when it came alone: it is to be rejected.
    pub(crate) fn condemned(&self) -> Option<(i32, i64)> {
        self.condemned
    }

    /// The plan that is under way.
    #[cfg(test)]
    pub(crate) fn planned(&self) -> Option<&Plan> {
        match &self.state {
            State::Agreeing(plan) | State::Inserting(plan) | State::Committing(Some(plan)) => Some(plan),
            State::Unsure | State::Unplaced(_) | State::Sure | State::Committing(None) => None,
        }
    }

    /// Takes what came of the last action.
    pub(crate) fn hear(&mut self, heard: Heard) {
        let state = std::mem::replace(&mut self.state, State::Unsure);
        self.state = match (state, heard) {
            (State::Unsure, Heard::Stands { standings, now }) => self.stand(&standings, now),
            (State::Unplaced(_), Heard::Recovered { any: false }) | (State::Sure, Heard::Nothing) => {
                State::Sure
            }
            (State::Sure, Heard::Settled) => self.settled(),
            (State::Sure, Heard::Reread) => self.reread(),
            (State::Sure, Heard::Differs) => self.differs(),
            (State::Sure, Heard::Gathered(plan)) => State::Agreeing(plan),
            (State::Sure, Heard::GatheredNoRows) => State::Committing(None),
            (State::Inserting(plan), Heard::Inserted) => State::Committing(Some(plan)),
            (State::Agreeing(plan), Heard::Agreed { deadline }) => self.agreed(plan.until(deadline)),
            (State::Inserting(plan), Heard::Late { now }) => self.late(plan, now),
            (State::Inserting(plan), Heard::Refused) => self.refused(&plan),
            (State::Committing(_), Heard::Committed { is_followed_by_doubt }) => {
                self.committed(is_followed_by_doubt)
            }
            // Anything else means that what we hold may not be so any more.
            _ => State::Unsure,
        };
    }

    fn stand(&mut self, standings: &[Standing], now: i64) -> State {
        let unrepeatable = self.unrepeatable.take();
        self.ways = ways::of(
            standings,
            &self.log,
            self.first_deadline_min(now),
            unrepeatable.as_ref(),
        );
        let unplaced = standings.iter().filter(|standing| standing.committed.is_none());
        let unplaced: Vec<i32> = unplaced.map(|standing| standing.partition).collect();
        if unplaced.is_empty() {
            State::Sure
        } else {
            State::Unplaced(unplaced)
        }
    }

    fn settled(&mut self) -> State {
        self.ways.pop_front();
        State::Sure
    }

    fn reread(&mut self) -> State {
        match self.ways.pop_front() {
            Some(Way::Repeat(plan)) => State::Agreeing(plan),
            _ => State::Unsure,
        }
    }

    fn differs(&mut self) -> State {
        if let Some(Way::Repeat(plan)) = self.ways.pop_front() {
            self.unrepeatable = Some(Unrepeatable {
                ranges: plan.ranges(),
                is_over: false,
            });
        }
        State::Unsure
    }

    /// Time may have passed before it was agreed on.
    fn agreed(&self, plan: Plan) -> State {
        if plan.first_deadline < self.first_deadline_min(plan.deadline - self.deadline_ms) {
            State::Unsure
        } else {
            State::Inserting(plan)
        }
    }

    fn late(&self, plan: Plan, now: i64) -> State {
        if plan.first_deadline < self.first_deadline_min(now) {
            State::Unsure
        } else {
            State::Agreeing(plan)
        }
    }

    /// A plan may have used its token a deadline before its first deadline, and an attempt that begins now uses it at its
    /// own deadline at the latest. The server must remember it all the while, else only the table can tell.
    fn first_deadline_min(&self, now: i64) -> i64 {
        now - (MEMORY_DEADLINES - 2) * self.deadline_ms
    }

    /// Half of it is tried, then half of that, until the row that is refused stands alone.
    fn refused(&mut self, plan: &Plan) -> State {
        self.unrepeatable = Some(Unrepeatable {
            ranges: plan.ranges(),
            is_over: true,
        });
        let rows = usize::try_from(plan.rows()).unwrap_or(usize::MAX);
        self.limit = (rows.min(self.limit) / 2).max(1);
        self.condemned = (rows == 1).then(|| plan.first_row()).flatten();
        State::Unsure
    }

    fn committed(&mut self, is_followed_by_doubt: bool) -> State {
        self.limit = self.limit.saturating_mul(2).min(self.records_max);
        self.condemned = None;
        if is_followed_by_doubt {
            State::Unsure
        } else {
            State::Sure
        }
    }
}
