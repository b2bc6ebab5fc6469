//! Where each record of a lane is: pure bookkeeping, no client and no disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kafka::Outgoing;
use tokio::sync::oneshot;

use super::{Next, Told};
use crate::spool::Entry;

#[cfg(test)]
mod tests;

/// Where else a record is that is on its way to Kafka.
#[derive(Debug)]
pub(super) enum Kept {
    /// Nowhere: its sender waits.
    InMemory(Arc<Outgoing>),
    /// On its way to the spool too.
    BeingWritten,
    /// In the spool.
    InSpool(Entry),
}

/// The records of a lane, by their number in it.
#[derive(Debug, Default)]
pub(super) struct State {
    last: u64,
    /// Whether anything may be sent: the topics were looked at.
    pub(super) is_open: bool,
    /// Who waits to be told.
    pub(super) waiting: BTreeMap<u64, oneshot::Sender<Told>>,
    /// Handed to the client, no report yet.
    pub(super) in_flight: BTreeMap<u64, Kept>,
    /// Handed to the spool, not safe yet.
    pub(super) writing: BTreeMap<u64, Arc<Outgoing>>,
    /// Those of them that Kafka has meanwhile.
    arrived_first: BTreeSet<u64>,
    /// In the spool and not handed to the client, in order.
    in_spool: VecDeque<(u64, Entry)>,
    /// Kafka did not acknowledge in time, and has acknowledged nothing of this lane since.
    pub(super) is_stalled: bool,
    /// Kafka refused a record of the spool.
    pub(super) is_refused: bool,
}

impl State {
    pub(super) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Whether a new record may go to the client: nothing but what is being written waits before it.
    pub(super) fn is_direct(&self) -> bool {
        self.is_open && self.in_spool.is_empty()
    }

    /// What is handed to the spool and to nobody else, in order: it goes before a record that goes directly.
    pub(super) fn only_being_written(&self) -> Vec<(u64, Arc<Outgoing>)> {
        let writing = self.writing.iter();
        let only = writing.filter(|(number, _)| {
            !self.in_flight.contains_key(number) && !self.arrived_first.contains(number)
        });
        only.map(|(number, record)| (*number, Arc::clone(record)))
            .collect()
    }

    pub(super) fn wait_in_spool(&mut self, number: u64, entry: Entry) {
        let at = self.in_spool.partition_point(|(other, _)| *other < number);
        self.in_spool.insert(at, (number, entry));
    }

    /// The record is on its way.
    pub(super) fn sent(&mut self, number: u64, kept: Kept) {
        if matches!(kept, Kept::InSpool(_)) {
            self.leave_out(number);
        }
        self.in_flight.insert(number, kept);
    }

    /// The entry of this number, if it is the first that waits.
    pub(super) fn first_in_spool(&self, number: u64) -> Option<Entry> {
        let (first, entry) = self.in_spool.front()?;
        (*first == number).then_some(*entry)
    }

    /// Takes the entry of this number out, if it is the first that waits.
    pub(super) fn leave_out(&mut self, number: u64) -> Option<Entry> {
        let entry = self.first_in_spool(number)?;
        self.in_spool.pop_front();
        Some(entry)
    }

    /// Records on their way whose senders still wait and that are nowhere else, in order.
    pub(super) fn only_in_memory(&self) -> Vec<(u64, Arc<Outgoing>)> {
        let is_waited_for = |number: &u64| self.waiting.get(number).is_some_and(|tell| !tell.is_closed());
        let in_flight = self.in_flight.iter();
        let only_in_memory = in_flight.filter_map(|(number, kept)| match kept {
            Kept::InMemory(record) if is_waited_for(number) => Some((*number, Arc::clone(record))),
            _ => None,
        });
        only_in_memory.collect()
    }

    /// The spool has it; the entry comes back when Kafka has it too.
    pub(super) fn written(&mut self, number: u64, entry: Entry) -> Option<Entry> {
        self.writing.remove(&number);
        self.tell(number, Told::Spooled);
        if self.arrived_first.remove(&number) {
            return Some(entry);
        }
        match self.in_flight.get_mut(&number) {
            Some(kept) => *kept = Kept::InSpool(entry),
            None => self.wait_in_spool(number, entry),
        }
        None
    }

    /// The spool could not take it.
    pub(super) fn not_written(&mut self, number: u64) {
        let record = self.writing.remove(&number);
        if self.arrived_first.remove(&number) {
            return;
        }
        match (self.in_flight.get_mut(&number), record) {
            // Kafka may still acknowledge it while its sender waits.
            (Some(kept), Some(record)) => *kept = Kept::InMemory(record),
            _ => self.tell(number, Told::NotKept),
        }
    }

    /// Kafka has it; the entry is needed no more.
    pub(super) fn delivered(&mut self, number: u64) -> Option<Entry> {
        self.is_stalled = false;
        self.tell(number, Told::Delivered);
        match self.in_flight.remove(&number)? {
            Kept::InMemory(_) => None,
            Kept::BeingWritten => {
                self.arrived_first.insert(number);
                None
            }
            Kept::InSpool(entry) => Some(entry),
        }
    }

    /// Kafka took it not; it comes back when it is nowhere else.
    pub(super) fn refused(&mut self, number: u64) -> Option<Arc<Outgoing>> {
        self.is_stalled = true;
        self.is_refused = true;
        match self.in_flight.remove(&number)? {
            Kept::InMemory(record) => Some(record),
            Kept::BeingWritten => None,
            Kept::InSpool(entry) => {
                self.wait_in_spool(number, entry);
                None
            }
        }
    }

    pub(super) fn tell(&mut self, number: u64, told: Told) {
        if let Some(tell) = self.waiting.remove(&number) {
            // Who asked may be gone.
            let _ = tell.send(told);
        }
    }

    /// What may be sent now: at most `most` records, and so that no more than `window` are on their way.
    pub(super) fn next(&self, most: usize, window: usize) -> Next {
        if !self.is_open || self.in_spool.is_empty() {
            return Next::Wait;
        }
        if self.is_refused {
            // What is still on its way is older than some of what is to be sent again, or as old.
            return if self.in_flight.is_empty() {
                Next::Pause
            } else {
                Next::Wait
            };
        }
        let room = window.saturating_sub(self.in_flight.len()).min(most);
        if room == 0 {
            return Next::Wait;
        }
        Next::Send(self.in_spool.iter().take(room).copied().collect())
    }

    /// Records in the spool that Kafka has not acknowledged, and the oldest one's time.
    pub(super) fn spooled(&self) -> (usize, Option<i64>) {
        let on_their_way = self.in_flight.values().filter_map(|kept| match kept {
            Kept::InSpool(entry) => Some(entry.at_micro),
            _ => None,
        });
        let (mut count, mut oldest) = (self.in_spool.len(), None);
        for at_micro in on_their_way {
            count += 1;
            oldest = oldest.or(Some(at_micro));
        }
        (
            count,
            oldest.or_else(|| self.in_spool.front().map(|(_, entry)| entry.at_micro)),
        )
    }
}
