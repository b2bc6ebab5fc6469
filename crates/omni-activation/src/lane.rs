//! One lane an entity: its events go one after the other, different entities' at once.
//!
//! Bounded: so many lanes at a time, so many jobs waiting in them all together.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Jobs that wait behind another of the same entity, over all lanes.
pub(crate) const WAITING_MAX: usize = 256;

/// Which lane: one entity within one assignment of its partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    pub(crate) assignment: u64,
    pub(crate) entity: Vec<u8>,
}

/// What became of an offer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offered<J> {
    /// The lane is new: begin it with this job.
    Begin(J),
    /// The lane takes it when those before are done.
    Waits,
    /// No room now.
    Full(J),
}

/// All lanes of a destination. Copies share them.
#[derive(Debug)]
pub(crate) struct Lanes<J>(Arc<Mutex<Inner<J>>>);

#[derive(Debug)]
struct Inner<J> {
    lanes: HashMap<LaneKey, VecDeque<J>>,
    lanes_max: usize,
    waiting: usize,
}

impl<J> Clone for Lanes<J> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<J> Lanes<J> {
    pub(crate) fn new(lanes_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            lanes: HashMap::new(),
            lanes_max,
            waiting: 0,
        })))
    }

    /// Puts a job into its lane.
    pub(crate) fn offer(&self, key: &LaneKey, job: J) -> Offered<J> {
        let mut inner = self.lock();
        if inner.lanes.contains_key(key) {
            if inner.waiting >= WAITING_MAX {
                return Offered::Full(job);
            }
            inner.waiting += 1;
            inner.lanes.entry(key.clone()).or_default().push_back(job);
            return Offered::Waits;
        }
        if inner.lanes.len() >= inner.lanes_max {
            return Offered::Full(job);
        }
        inner.lanes.insert(key.clone(), VecDeque::new());
        Offered::Begin(job)
    }

    /// The next job of a lane; without one the lane ends.
    pub(crate) fn next(&self, key: &LaneKey) -> Option<J> {
        let mut inner = self.lock();
        if let Some(job) = inner.lanes.get_mut(key).and_then(VecDeque::pop_front) {
            inner.waiting -= 1;
            return Some(job);
        }
        inner.lanes.remove(key);
        None
    }

    /// Ends a lane, whatever waits in it.
    pub(crate) fn drop_lane(&self, key: &LaneKey) {
        let mut inner = self.lock();
        let dropped = inner.lanes.remove(key).map_or(0, |waiting| waiting.len());
        inner.waiting -= dropped;
    }

    /// Lanes in use, and jobs waiting in them.
    pub(crate) fn load(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.lanes.len(), inner.waiting)
    }

    /// A panic elsewhere leaves queues that are still whole.
    fn lock(&self) -> MutexGuard<'_, Inner<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(entity: &str) -> LaneKey {
        LaneKey {
            assignment: 1,
            entity: entity.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_entitys_jobs_wait_for_each_other_and_keep_their_order() {
        let lanes = Lanes::new(8);
        assert_eq!(lanes.offer(&key("a"), 1), Offered::Begin(1));
        assert_eq!(lanes.offer(&key("a"), 2), Offered::Waits);
        assert_eq!(lanes.offer(&key("a"), 3), Offered::Waits);
        assert_eq!(lanes.offer(&key("b"), 4), Offered::Begin(4));
        assert_eq!(
            (
                lanes.next(&key("a")),
                lanes.next(&key("a")),
                lanes.next(&key("a"))
            ),
            (Some(2), Some(3), None)
        );
        assert_eq!(lanes.load(), (1, 0));
        assert_eq!(lanes.offer(&key("a"), 5), Offered::Begin(5));
    }

    #[test]
    fn more_lanes_or_waiting_jobs_than_allowed_are_refused() {
        let lanes = Lanes::new(1);
        assert_eq!(lanes.offer(&key("a"), 0), Offered::Begin(0));
        assert_eq!(lanes.offer(&key("b"), 1), Offered::Full(1));
        for job in 0..WAITING_MAX {
            assert_eq!(lanes.offer(&key("a"), job), Offered::Waits);
        }
        assert_eq!(lanes.offer(&key("a"), 7), Offered::Full(7));
        lanes.drop_lane(&key("a"));
        assert_eq!(lanes.load(), (0, 0));
    }
}
