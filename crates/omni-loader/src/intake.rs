//! A lane's records: read through its group, and kept when more were read than a batch takes.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kafka::{Assigned, Committed, Listener, Offsets, Outgoing, Record, Restore, Topic, Worker, Written};

use crate::course::Standing;
use crate::plan::Range;

/// Longest wait for the rest of ranges that were planned before; then they are taken for gone.
const COMPLETE_WAIT_MAX: Duration = Duration::from_secs(15);
/// Between two looks whether a planned range is complete.
const COMPLETE_WAIT: Duration = Duration::from_millis(100);

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    /// Records, none of them for longer than was asked.
    Records(Vec<Record>),
    /// Partitions came or went meanwhile: nothing that was read before is sure to be ours.
    Moved,
}

/// How often partitions came or went. Copies share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moves(Arc<AtomicU64>);

impl Moves {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Listener for Moves {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The records of a lane that has joined its group.
#[derive(Debug)]
pub(crate) struct Intake {
    worker: Worker,
    topic: Topic,
    /// Read and not yet worked on: they come before what is still at the broker.
    ahead: Vec<Record>,
    moves: Moves,
    seen: u64,
}

impl Intake {
    pub(crate) fn new(worker: Worker, topic: Topic, moves: Moves) -> Self {
        Self {
            worker,
            topic,
            ahead: Vec::new(),
            moves,
            seen: 0,
        }
    }

    /// Up to so many records; gathers until `until` once there is one.
    pub(crate) fn gather(
        &mut self,
        records_max: usize,
        wait: Duration,
        until: Instant,
    ) -> Result<Came, kafka::Error> {
        if !self.ahead.is_empty() {
            let rest = self.ahead.split_off(records_max.min(self.ahead.len()));
            return Ok(Came::Records(std::mem::replace(&mut self.ahead, rest)));
        }
        let records = self.worker.gather(records_max, wait, until)?;
        if self.has_moved() {
            return Ok(Came::Moved);
        }
        Ok(Came::Records(records))
    }

    /// All records of these ranges, by partition and offset; `None` when they do not come. What comes besides is kept.
    pub(crate) fn complete(
        &mut self,
        ranges: &[Range],
        records_max: usize,
        stopped: impl Fn() -> bool,
    ) -> Result<Option<Came>, kafka::Error> {
        let until = Instant::now() + COMPLETE_WAIT_MAX;
        let mut reached: BTreeMap<i32, i64> = BTreeMap::new();
        let mut records = std::mem::take(&mut self.ahead);
        let mut looked_at = 0;
        loop {
            for record in records.iter().skip(looked_at) {
                reached.insert(record.partition, record.offset);
            }
            looked_at = records.len();
            let is_there = |range: &Range| reached.get(&range.partition).is_some_and(|at| *at >= range.last);
            if ranges.iter().all(is_there) {
                let planned = |record: &Record| {
                    ranges
                        .iter()
                        .any(|range| range.holds(record.partition, record.offset))
                };
                let (mut planned, ahead): (Vec<Record>, Vec<Record>) = records.into_iter().partition(planned);
                self.ahead = ahead;
                planned.sort_by_key(|record| (record.partition, record.offset));
                return Ok(Some(Came::Records(planned)));
            }
            if Instant::now() >= until || stopped() {
                return Ok(None);
            }
            records.extend(self.worker.gather(records_max, COMPLETE_WAIT, Instant::now())?);
            if self.has_moved() {
                return Ok(Some(Came::Moved));
            }
        }
    }

    /// These come again before anything else.
    pub(crate) fn give_back(&mut self, mut records: Vec<Record>) {
        records.append(&mut self.ahead);
        self.ahead = records;
    }

    /// Goes back to the committed offsets, and tells them.
    pub(crate) fn look(&mut self) -> Result<Vec<Standing>, kafka::Error> {
        self.ahead.clear();
        self.seen = self.moves.count();
        self.worker.rewind()?;
        let held = self.worker.committed()?;
        let standing = |place: Assigned| Standing {
            partition: place.partition,
            committed: place
                .committed
                .map(|committed| (committed.offset, committed.metadata.unwrap_or_default())),
        };
        Ok(held.into_iter().map(standing).collect())
    }

    /// Commits a text beside each offset, in no transaction; the broker refuses it from a member of an older generation.
    pub(crate) fn note(
        &mut self,
        texts: impl IntoIterator<Item = (i32, i64, String)>,
    ) -> Result<(), kafka::Error> {
        let mut offsets = Offsets::new();
        for (partition, offset, text) in texts {
            offsets.set(self.topic, partition, committed(offset, text));
        }
        self.worker.commit_plain(&offsets)
    }

    /// Writes the records and moves the offsets, both or neither.
    pub(crate) fn commit(
        &mut self,
        out: &[Outgoing],
        next: impl IntoIterator<Item = (i32, i64, String)>,
    ) -> Result<Written, kafka::Error> {
        let mut offsets = Offsets::new();
        for (partition, offset, text) in next {
            offsets.set(self.topic, partition, committed(offset, text));
        }
        self.worker.commit(out, &offsets)
    }

    fn has_moved(&mut self) -> bool {
        let moved = self.moves.count() != self.seen;
        if moved {
            self.ahead.clear();
        }
        moved
    }
}

fn committed(offset: i64, text: String) -> Committed {
    Committed {
        offset,
        metadata: (!text.is_empty()).then_some(text),
    }
}
