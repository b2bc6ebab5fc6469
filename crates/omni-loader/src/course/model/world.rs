//! All of it together, and what can happen to it.
use std::collections::{BTreeSet, VecDeque};

use super::broker::Broker;
use super::server::{DEADLINE, Server};
use super::worker::{Luck, Worker};
use crate::course::Action;
use crate::plan::Log;

/// A record: whether each schema that may be in force takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) passes: [bool; 2],
}

pub(super) fn log() -> Log {
    Log {
        cluster: "c".into(),
        topic_id: "t".into(),
    }
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Event {
    Step(usize, Luck),
    /// A worker dies and starts anew; what it sent may still be under way.
    Crash(usize),
    /// The group deals its partitions out anew; bit `p` says who gets partition `p`.
    Rebalance(u8),
    /// Time passes.
    Wait(i64),
    /// The oldest insert under way arrives.
    Arrive,
    /// Another schema is in force.
    Schema,
    /// The broker forgets where the group stood with a partition.
    Forget(usize),
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) records: Vec<Vec<Record>>,
    pub(super) broker: Broker,
    pub(super) server: Server,
    pub(super) workers: Vec<Worker>,
    records_max: usize,
    schema: usize,
    /// Partitions whose offset was forgotten: what was rejected since may be rejected again, rows are still there once.
    forgotten: BTreeSet<i32>,
    /// The newest events and what the workers were about to do, for who reads of a fault.
    history: VecDeque<String>,
}

const HISTORY_MAX: usize = 60;

impl World {
    pub(super) fn new(records: Vec<Vec<Record>>, poison: BTreeSet<(i32, i64)>, records_max: usize) -> Self {
        Self {
            broker: Broker::new(records.len()),
            server: Server::new(poison),
            workers: (0..2).map(|index| Worker::new(index, records_max)).collect(),
            records,
            records_max,
            schema: 0,
            forgotten: BTreeSet::new(),
            history: VecDeque::new(),
        }
    }

    fn note(&mut self, event: Event) {
        let action = match event {
            Event::Step(worker, _) => match self.workers[worker].course.next() {
                // A worker with nothing to do is no news.
                Action::Gather { .. } if self.workers[worker].is_through(&self.records) => return,
                action => format!("{action:?}"),
            },
            _ => String::new(),
        };
        if self.history.len() < HISTORY_MAX {
            let committed = &self.broker.committed;
            self.history.push_back(format!(
                "{event:?} {action}\n    {committed:?} {:?}",
                self.server.rows
            ));
        }
    }

    /// What happened.
    pub(super) fn told(&mut self) -> String {
        self.history.make_contiguous().join("\n")
    }

    pub(super) fn happen(&mut self, event: Event) {
        self.note(event);
        match event {
            Event::Step(worker, luck) => {
                let worker = &mut self.workers[worker];
                worker.step(
                    &mut self.broker,
                    &mut self.server,
                    &self.records,
                    self.schema,
                    luck,
                );
            }
            Event::Crash(worker) => self.workers[worker] = Worker::new(worker, self.records_max),
            Event::Rebalance(bits) => {
                for (partition, owner) in self.broker.owners.iter_mut().enumerate() {
                    *owner = usize::from(bits >> partition & 1);
                }
                self.broker.generation += 1;
            }
            Event::Wait(milliseconds) => self.server.clock += milliseconds,
            Event::Arrive => {
                if let Some(sent) = self.server.under_way.pop_first() {
                    self.server.insert(&sent, true);
                }
            }
            Event::Schema => self.schema = 1 - self.schema,
            Event::Forget(partition) => {
                // Only when nothing is under way that a plan told of: a broker that forgets plans and a writer that is
                // stopped at once are two faults of different parts.
                if self.server.under_way.is_empty() && self.is_idle() {
                    self.broker.committed[partition] = None;
                    self.forgotten.insert(partition as i32);
                    self.broker.generation += 1;
                }
            }
        }
    }

    fn is_idle(&self) -> bool {
        let planless =
            |committed: &Option<(i64, String)>| committed.as_ref().is_none_or(|(_, text)| text.is_empty());
        self.broker.committed.iter().all(planless)
            && self
                .workers
                .iter()
                .all(|worker| worker.course.planned().is_none())
    }

    /// Lets it end well: nothing more goes wrong.
    pub(super) fn end(&mut self) {
        self.broker.generation += 1;
        for round in 0..2_000 {
            self.happen(Event::Step(round % 2, Luck::Good));
            self.server.clock += 1;
            if round % 7 == 0 {
                self.happen(Event::Arrive);
            }
        }
        self.server.clock += 10 * DEADLINE;
        while !self.server.under_way.is_empty() {
            self.happen(Event::Arrive);
        }
    }

    /// What is wrong at any time.
    pub(super) fn doubled(&self) -> Option<(i32, i64)> {
        self.server
            .rows
            .iter()
            .find(|(_, times)| **times > 1)
            .map(|(row, _)| *row)
    }

    /// What is wrong once it has ended.
    pub(super) fn fault(&self) -> Option<String> {
        if let Some(row) = self.doubled() {
            return Some(format!("{row:?} is there twice"));
        }
        for (partition, records) in self.records.iter().enumerate() {
            for (offset, record) in records.iter().enumerate() {
                let place = (partition as i32, offset as i64);
                let rows = self.server.rows.get(&place).copied().unwrap_or(0);
                let rejected = self.broker.rejected.get(&place).copied().unwrap_or(0);
                let passes = |schema: usize| record.passes[schema] && !self.server.poison.contains(&place);
                let may_be_row = passes(0) || passes(1);
                let must_be_row = passes(0) && passes(1);
                let ended = if self.forgotten.contains(&place.0) {
                    rows <= 1 && rows + rejected >= 1
                } else {
                    rows + rejected == 1
                };
                if !ended || (rows == 1 && !may_be_row) || (rejected > 0 && must_be_row) {
                    return Some(format!("{place:?}: {rows} rows, {rejected} times rejected"));
                }
            }
        }
        let base: BTreeSet<(i32, i64)> = self.server.rows.keys().copied().collect();
        (base != self.server.view).then(|| "the view differs from its table".to_owned())
    }
}
