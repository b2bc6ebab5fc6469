//! Begins what there is room for, each entity's events in a lane of its own.

use std::sync::Arc;

use kafka::Record;
use tokio::sync::mpsc::Sender;

use super::{Dispatch, Settled, select};
use crate::config::Order;
use crate::delivery::{Delivery, Job, Stops};
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
        let Some(record) = partition.next() else {
            return false;
        };
        let offset = record.offset;
        if partition.mark.was_done(offset) {
            partition.mark.pass_over(offset);
            return true;
        }
        let select::Wanted { headers, contact } =
            match select::wanted(&record, &self.delivery.name, &self.gates) {
                Ok(wanted) => wanted,
                Err(reason) => {
                    partition.mark.pass_over(offset);
                    let passed_over = &self.delivery.shared.metrics.passed_over;
                    passed_over
                        .with_label_values(&[&self.delivery.name, reason])
                        .inc();
                    return true;
                }
            };
        let key = LaneKey {
            assignment: partition.assignment,
            entity: queue(self.order, &record, contact.as_deref()),
        };
        match self.lanes.offer(&key, Job { record, headers }) {
            Offered::Full(job) => {
                partition.backlog.push_front(job.record);
                false
            }
            Offered::Waits => {
                partition.mark.begin(offset);
                true
            }
            Offered::Begin(job) => {
                partition.mark.begin(offset);
                let stops = Stops {
                    stopping: self.shutdown.clone(),
                    cancel: partition.cancel.clone(),
                };
                let delivery = Arc::clone(&self.delivery);
                let lane = lane(
                    delivery,
                    self.lanes.clone(),
                    key,
                    job,
                    stops,
                    self.settled.0.clone(),
                );
                self.tasks.spawn_on(lane, &self.handle);
                true
            }
        }
    }
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
