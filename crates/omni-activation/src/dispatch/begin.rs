//! Begins what there is room for, each entity's events in a lane of its own.

use std::sync::Arc;

use kafka::Record;
use tokio::sync::mpsc::Sender;

use super::partition::Partition;
use super::{Dispatch, Settled, select};
use crate::config::Order;
use crate::delivery::{Delivery, Job, Stops};
use crate::gates::Gates;
use crate::lane::{LaneKey, Lanes, Offered};

impl Dispatch {
    /// Begins what there is room for, one of each partition at a time.
    pub(super) fn begin_waiting(&mut self) {
        let mut moved = true;
        while moved {
            moved = false;
            let numbers: Vec<i32> = self.partitions.keys().copied().collect();
            for number in numbers {
                moved |= self.begin_one(number);
            }
        }
    }

    fn begin_one(&mut self, number: i32) -> bool {
        let Some(partition) = self.partitions.get_mut(&number) else {
            return false;
        };
        if partition.held.is_none() && !look(partition, &self.delivery, &self.gates, self.order) {
            return false;
        }
        let Some((key, job)) = partition.held.take() else {
            // What was looked at is not for this destination.
            return true;
        };
        let offset = job.record.offset;
        match self.lanes.offer(&key, job) {
            Offered::Full(job) => {
                partition.held = Some((key, job));
                return false;
            }
            Offered::Waits => {}
            Offered::Begin(job) => {
                let stops = Stops {
                    stopping: self.shutdown.clone(),
                    cancel: partition.cancel.clone(),
                };
                let delivery = Arc::clone(&self.delivery);
                let settled = self.settled.0.clone();
                let lane = lane(delivery, self.lanes.clone(), key, job, stops, settled);
                self.tasks.spawn_on(lane, &self.handle);
            }
        }
        partition.mark.begin(offset);
        true
    }
}

/// Looks at the next record of a partition and holds it, or passes it over; `false` where there is none that may be begun.
fn look(partition: &mut Partition, delivery: &Delivery, gates: &Gates, order: Order) -> bool {
    let Some(record) = partition.next() else {
        return false;
    };
    if partition.mark.was_done(record.offset) {
        partition.mark.pass_over(record.offset);
        return true;
    }
    match select::wanted(&record, &delivery.name, gates) {
        Ok(select::Wanted { headers, contact }) => {
            let key = LaneKey {
                assignment: partition.assignment,
                entity: queue(order, &record, contact.as_deref()),
            };
            partition.held = Some((key, Job { record, headers }));
        }
        Err(reason) => {
            partition.mark.pass_over(record.offset);
            let passed_over = &delivery.shared.metrics.passed_over;
            passed_over.with_label_values(&[&delivery.name, reason]).inc();
        }
    }
    true
}

/// What an event waits behind.
fn queue(order: Order, record: &Record, contact: Option<&str>) -> Vec<u8> {
    match (order, contact) {
        (Order::None, _) => format!("{}:{}", record.partition, record.offset).into_bytes(),
        (Order::Contact, Some(contact)) => {
            let company = record.key.split(|byte| *byte == b':').next().unwrap_or_default();
            [company, b":contact:", contact.as_bytes()].concat()
        }
        (Order::Entity | Order::Contact, _) => record.key.clone(),
    }
}

/// Works one entity's events, one after the other.
async fn lane(
    delivery: Arc<Delivery>,
    lanes: Lanes<Job>,
    key: LaneKey,
    first: Job,
    stops: Stops,
    settled: Sender<Settled>,
) {
    let mut job = Some(first);
    while let Some(current) = job {
        if !delivery.settle(&current, &stops).await {
            lanes.drop_lane(&key);
            return;
        }
        let Record {
            partition, offset, ..
        } = current.record;
        // The dispatch may be gone; then nothing is committed any more.
        let told = Settled {
            assignment: key.assignment,
            partition,
            offset,
        };
        if settled.send(told).await.is_err() {
            return;
        }
        job = lanes.next(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::{RecordHeaders, Topic};

    #[test]
    fn events_wait_behind_what_the_settings_say() {
        let record = |key: &str, offset| Record {
            topic: Topic::Flat,
            partition: 0,
            offset,
            timestamp_ms: 0,
            key: key.as_bytes().to_vec(),
            payload: None,
            headers: RecordHeaders::new(),
        };
        let (deal, other) = (record("1:deal:7", 1), record("1:deal:8", 2));
        let same = |order, contacts: [Option<&str>; 2]| {
            queue(order, &deal, contacts[0]) == queue(order, &other, contacts[1])
        };
        assert!(!same(Order::Entity, [Some("5"), Some("5")]));
        assert!(same(Order::Contact, [Some("5"), Some("5")]));
        assert!(!same(Order::Contact, [Some("5"), Some("6")]));
        assert!(!same(Order::Contact, [None, None]));
        let person = record("1:person:5", 3);
        assert_eq!(
            queue(Order::Entity, &deal, None),
            queue(Order::Entity, &record("1:deal:7", 9), None)
        );
        assert_ne!(
            queue(Order::None, &deal, None),
            queue(Order::None, &record("1:deal:7", 9), None)
        );
        assert_ne!(
            queue(Order::Contact, &person, Some("5")),
            queue(Order::Contact, &record("2:person:5", 4), Some("5"))
        );
    }
}
