//! A lane of the model: does what its course says, in a world that may stop it anywhere.
use std::collections::{BTreeMap, BTreeSet};

use super::broker::Broker;
use super::server::{Answer, DEADLINE, Sent, Server};
use super::world::{Record, log};
use crate::course::{Action, Course, Doubt, Heard, Standing};
use crate::plan::{Plan, Range, Share, Token, Verdict, Verdicts, text};

/// How an attempt ends, by the world's will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Luck {
    Good,
    /// It is done, and the answer is lost.
    Unanswered,
    /// An insert that only reaches the table before the server dies.
    Half,
    /// It stays under way.
    Stuck,
}

#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) index: usize,
    pub(super) course: Course,
    pub(super) generation: u64,
    positions: BTreeMap<i32, i64>,
    there: BTreeMap<i32, BTreeSet<i64>>,
    /// Where each partition of the batch ends, and what it rejects.
    next: BTreeMap<i32, i64>,
    rejects: Vec<(i32, i64)>,
}

impl Worker {
    pub(super) fn new(index: usize, records_max: usize) -> Self {
        Self {
            index,
            course: Course::new(log(), records_max, DEADLINE),
            generation: 0,
            positions: BTreeMap::new(),
            there: BTreeMap::new(),
            next: BTreeMap::new(),
            rejects: Vec::new(),
        }
    }

    /// Whether it has read all there is of what it holds.
    pub(super) fn is_through(&self, records: &[Vec<Record>]) -> bool {
        self.positions
            .iter()
            .all(|(partition, at)| *at >= records[*partition as usize].len() as i64)
    }

    /// Does one thing. `schema` is the one in force.
    pub(super) fn step(
        &mut self,
        broker: &mut Broker,
        server: &mut Server,
        records: &[Vec<Record>],
        schema: usize,
        luck: Luck,
    ) {
        let action = self.course.next();
        let polls = matches!(action, Action::Look | Action::Gather { .. } | Action::Reread(_));
        if polls && self.generation != broker.generation {
            self.generation = broker.generation;
            self.course.hear(Heard::Moved);
            return;
        }
        let heard = match action {
            Action::Look => Some(self.look(broker, server)),
            Action::Recover(partitions) => Some(self.recover(&partitions, broker, server)),
            Action::Gather { records_max } => Some(self.gather(records_max, records, schema)),
            Action::Reread(plan) => Some(self.reread(&plan, records, schema)),
            Action::Settle(doubts) => self.settle(&doubts, server),
            Action::Agree(plan) => Some(self.agree(plan, broker, server, luck)),
            Action::Insert(plan) => Self::insert(&plan, server, luck),
            Action::Commit => Some(self.commit(broker, server, luck)),
        };
        if let Some(heard) = heard {
            self.course.hear(heard);
        }
    }

    fn look(&mut self, broker: &Broker, server: &Server) -> Heard {
        self.positions.clear();
        self.there.clear();
        let standings = broker.held(self.index).into_iter().map(|partition| {
            let committed = broker.committed[partition as usize].clone();
            let at = committed.as_ref().map_or(0, |(offset, _)| *offset);
            self.positions.insert(partition, at);
            Standing { partition, committed }
        });
        Heard::Stands {
            standings: standings.collect(),
            now: server.clock,
        }
    }

    fn recover(&self, partitions: &[i32], broker: &mut Broker, server: &mut Server) -> Heard {
        let mut found = Vec::new();
        for partition in partitions {
            if let Some(first) = server.ask(*partition, 0).first() {
                let text = text::ask(&log(), server.clock + DEADLINE);
                found.push((*partition, *first, text));
            }
        }
        if found.is_empty() {
            return Heard::Recovered { any: false };
        }
        if broker.commit(self.generation, &found) {
            Heard::Recovered { any: true }
        } else {
            Heard::Lost
        }
    }

    fn judge(&mut self, partition: i32, record: Record, schema: usize, offset: i64) -> Verdict {
        if self
            .there
            .get(&partition)
            .is_some_and(|there| there.contains(&offset))
        {
            return Verdict::There;
        }
        if record.passes[schema] && self.course.condemned() != Some((partition, offset)) {
            return Verdict::In;
        }
        self.rejects.push((partition, offset));
        Verdict::Out
    }

    fn gather(&mut self, records_max: usize, records: &[Vec<Record>], schema: usize) -> Heard {
        self.next.clear();
        self.rejects.clear();
        let mut shares: BTreeMap<i32, Share> = BTreeMap::new();
        let mut left = records_max;
        for (partition, at) in self.positions.clone() {
            for offset in at..records[partition as usize].len() as i64 {
                if left == 0 {
                    break;
                }
                left -= 1;
                let record = records[partition as usize][offset as usize];
                let verdict = self.judge(partition, record, schema, offset);
                let share = shares
                    .entry(partition)
                    .or_insert_with(|| share(partition, offset));
                share.range.last = offset;
                share.verdicts.push(offset - share.range.first, verdict);
                if verdict == Verdict::In {
                    share.hash = share.hash * 31 + offset as u64 + 1;
                }
                self.next.insert(partition, offset + 1);
            }
        }
        for (partition, next) in &self.next {
            self.positions.insert(*partition, *next);
        }
        if shares.is_empty() {
            return Heard::Nothing;
        }
        for share in shares.values_mut() {
            share.is_followed_by_doubt = self.doubts_from(share.range.partition, share.range.last + 1);
        }
        shares.retain(|_, share| share.verdicts.rows() > 0);
        if shares.is_empty() {
            return Heard::GatheredNoRows;
        }
        Heard::Gathered(Plan {
            shares,
            schema: "s".into(),
            first_deadline: 0,
            deadline: 0,
        })
    }

    fn doubts_from(&self, partition: i32, offset: i64) -> bool {
        let there = self.there.get(&partition);
        there.is_some_and(|there| there.range(offset..).next().is_some())
    }

    fn reread(&mut self, plan: &Plan, records: &[Vec<Record>], schema: usize) -> Heard {
        self.next.clear();
        self.rejects.clear();
        for Range {
            partition,
            first,
            last,
        } in plan.ranges()
        {
            for offset in first..=last {
                let record = records[partition as usize][offset as usize];
                match plan.verdict(partition, offset) {
                    Some(Verdict::In) if !record.passes[schema] => return Heard::Differs,
                    // Accepted now or not: the plan left it out.
                    Some(Verdict::Out) => self.rejects.push((partition, offset)),
                    _ => {}
                }
            }
            self.next.insert(partition, last + 1);
            self.positions.insert(partition, last + 1);
        }
        Heard::Reread
    }

    /// `None`: it must wait.
    fn settle(&mut self, doubts: &[Doubt], server: &mut Server) -> Option<Heard> {
        let until = doubts.iter().map(|doubt| doubt.until).max().unwrap_or(0);
        if until > server.clock {
            return None;
        }
        for doubt in doubts {
            self.there
                .insert(doubt.partition, server.ask(doubt.partition, doubt.from));
        }
        Some(Heard::Settled)
    }

    fn agree(&self, plan: Plan, broker: &mut Broker, server: &Server, luck: Luck) -> Heard {
        let deadline = server.clock + DEADLINE;
        let plan = plan.until(deadline);
        let texts = text::write(&plan, &log());
        let next: Vec<(i32, i64, String)> = texts
            .into_iter()
            .map(|(partition, text)| (partition, plan.shares[&partition].range.first, text))
            .collect();
        if broker.commit(self.generation, &next) && luck == Luck::Good {
            Heard::Agreed { deadline }
        } else {
            Heard::Lost
        }
    }

    /// `None`: no answer, it is tried again.
    fn insert(plan: &Plan, server: &mut Server, luck: Luck) -> Option<Heard> {
        let rows = plan.shares.values().flat_map(|share| {
            let Range {
                partition,
                first,
                last,
            } = share.range;
            let goes_in = move |offset: &i64| share.verdicts.at(offset - first) == Some(Verdict::In);
            (first..=last)
                .filter(goes_in)
                .map(move |offset| (partition, offset))
        });
        let sent = Sent {
            token: Token::of(&log(), "t", plan.shares.values()).to_string(),
            deadline: plan.deadline,
            rows: rows.collect(),
        };
        if luck == Luck::Stuck {
            server.under_way.insert(sent);
            return None;
        }
        match (server.insert(&sent, luck != Luck::Half), luck) {
            (Answer::Late, _) => Some(Heard::Late { now: server.clock }),
            (Answer::Refused, _) => Some(Heard::Refused),
            (Answer::Done, Luck::Good) => Some(Heard::Inserted),
            (Answer::Done, _) => None,
        }
    }

    fn commit(&self, broker: &mut Broker, server: &Server, luck: Luck) -> Heard {
        let mut is_followed_by_doubt = false;
        let mut next = Vec::new();
        for (partition, offset) in &self.next {
            let planned = self.course.planned().and_then(|plan| plan.shares.get(partition));
            let doubt = match planned {
                Some(share) => share.is_followed_by_doubt,
                None => self.doubts_from(*partition, *offset),
            };
            is_followed_by_doubt |= doubt;
            let text = if doubt {
                text::ask(&log(), server.clock)
            } else {
                String::new()
            };
            next.push((*partition, *offset, text));
        }
        if !broker.commit(self.generation, &next) {
            return Heard::Lost;
        }
        for record in &self.rejects {
            *broker.rejected.entry(*record).or_default() += 1;
        }
        if luck == Luck::Good {
            Heard::Committed { is_followed_by_doubt }
        } else {
            Heard::Lost
        }
    }
}

fn share(partition: i32, first: i64) -> Share {
    Share {
        range: Range {
            partition,
            first,
            last: first,
        },
        verdicts: Verdicts::default(),
        hash: 0,
        is_followed_by_doubt: false,
    }
}
