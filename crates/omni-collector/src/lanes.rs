//! All lanes: one a partition, by Kafka's own rule of which company is where.

use std::sync::Arc;

use kafka::{Outgoing, Topic};

use crate::lane::{Keeping, Lane, NotKept, Ways};
use crate::spool::Entry;

#[derive(Debug)]
pub(crate) struct Lanes {
    kafka: kafka::Config,
    pub(crate) ways: Arc<Ways>,
    all: Vec<Arc<Lane>>,
}

impl Lanes {
    /// `found` is what the spool held, in order, by partition.
    pub(crate) fn new(kafka: &kafka::Config, ways: Ways, found: Vec<(i32, Entry)>) -> Lanes {
        let ways = Arc::new(ways);
        let all = (0..kafka.partitions.max(1)).map(|_| Lane::new(Arc::clone(&ways)));
        let lanes = Lanes {
            kafka: kafka.clone(),
            all: all.collect(),
            ways,
        };
        for (partition, entry) in found {
            if let Some(lane) = lanes.of(partition) {
                lane.found(entry);
            }
        }
        lanes
    }

    /// A topic's name, with the prefix in force.
    pub(crate) fn name(&self, topic: Topic) -> String {
        topic.name(&self.kafka)
    }

    /// Hands a record over, behind all of its company that were handed over before.
    ///
    /// # Errors
    /// [`NotKept`].
    pub(crate) fn keep(&self, record: Outgoing) -> Result<Keeping, NotKept> {
        let lane = self.of(record.partition(&self.kafka)).ok_or(NotKept::Late)?;
        lane.keep(record)
    }

    /// From now on records may be sent: the topics are as they must be.
    pub(crate) fn open(&self) {
        self.all.iter().for_each(|lane| lane.open());
    }

    pub(crate) fn all(&self) -> &[Arc<Lane>] {
        &self.all
    }

    /// Records in the spool that Kafka does not have, and the oldest one's time.
    pub(crate) fn spooled(&self) -> (usize, Option<i64>) {
        let each = self.all.iter().map(|lane| lane.spooled());
        each.fold((0, None), |(count, oldest), (more, at)| {
            let older = [oldest, at].into_iter().flatten().min();
            (count + more, older)
        })
    }

    fn of(&self, partition: i32) -> Option<&Arc<Lane>> {
        self.all.get(usize::try_from(partition).ok()?)
    }
}
