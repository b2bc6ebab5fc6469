//! Reads the flat events for one destination and hands them to its lanes: what is for it, in order, so many at
//! a time; and commits what is settled.
//!
//! The committed offset is the low-water mark: all before it are settled and told. One thread, one group.

mod partition;
mod select;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kafka::{
    Assigned, Class, Committed, Health, Listener, Offsets, PlainConsumer, PlainSettings, Record, Restore,
    Topic,
};
use stage::Shutdown;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::Error;
use crate::config::{Config, DestinationSettings};
use crate::delivery::{Delivery, Job, Stops};
use crate::lane::{LaneKey, Lanes, Offered};
use partition::Partition;

/// Most records of one partition that wait to be begun; then the partition is paused.
const BACKLOG_MAX: usize = 256;
/// Longest wait for a record, and for an event to be settled, before looking around.
const IDLE_WAIT: Duration = Duration::from_millis(50);
const BUSY_WAIT: Duration = Duration::from_millis(10);
/// A settled event is committed at most so late.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// How long attempts under way may take once a stop was requested.
const FINISH_MAX: Duration = Duration::from_secs(5);

/// What a dispatch is told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    kafka: kafka::Config,
    consumer: PlainSettings,
    in_flight_max: usize,
}

impl Settings {
    pub(crate) fn new(config: &Config, name: &str, settings: &DestinationSettings) -> Self {
        Self {
            kafka: config.kafka.clone(),
            consumer: PlainSettings::new(
                &format!("delivery-{name}"),
                &config.stage.instance,
                &[Topic::Flat],
            ),
            in_flight_max: settings.in_flight_max,
        }
    }
}

/// Runs until a stop is requested. Blocks.
pub(crate) fn run(
    settings: &Settings,
    delivery: Delivery,
    handle: &Handle,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    let part = format!("delivery to {}", delivery.name);
    let failed = |error| Error::kafka(&part, error);
    if !kafka::admin::until_ready(&settings.kafka, || shutdown.is_requested()).map_err(failed)? {
        return Ok(());
    }
    let mut dispatch =
        Dispatch::join(settings, delivery, handle.clone(), shutdown.clone()).map_err(failed)?;
    while !shutdown.is_requested() {
        dispatch.turn().map_err(failed)?;
    }
    dispatch.finish();
    Ok(())
}

/// What the group did inside a poll.
enum Moved {
    Assigned(i32),
    Revoked(i32),
}

/// Takes notes inside the poll, for right after it.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Moved>>>);

impl Notes {
    fn push(&self, moved: impl Iterator<Item = Moved>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(moved);
    }

    fn take(&self) -> Vec<Moved> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Listener for Notes {
    fn assigned(&mut self, partitions: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        self.push(partitions.iter().map(|place| Moved::Assigned(place.partition)));
        Ok(())
    }

    fn revoked(&mut self, partitions: &[(Topic, i32)]) {
        self.push(partitions.iter().map(|(_, partition)| Moved::Revoked(*partition)));
    }
}

/// An event that is settled.
struct Settled {
    assignment: u64,
    partition: i32,
    offset: i64,
}

struct Dispatch {
    consumer: PlainConsumer,
    notes: Notes,
    partitions: BTreeMap<i32, Partition>,
    assignments: u64,
    lanes: Lanes<Job>,
    delivery: Arc<Delivery>,
    settled: (Sender<Settled>, Receiver<Settled>),
    tasks: TaskTracker,
    handle: Handle,
    shutdown: Shutdown,
    committed_at: Instant,
}

impl Dispatch {
    fn join(
        settings: &Settings,
        delivery: Delivery,
        handle: Handle,
        shutdown: Shutdown,
    ) -> Result<Self, kafka::Error> {
        let notes = Notes::default();
        let health: Health = delivery.common.health.clone();
        let consumer = PlainSettings {
            health,
            ..settings.consumer.clone()
        };
        Ok(Self {
            consumer: PlainConsumer::join(&settings.kafka, consumer, Box::new(notes.clone()))?,
            notes,
            partitions: BTreeMap::new(),
            assignments: 0,
            lanes: Lanes::new(settings.in_flight_max),
            delivery: Arc::new(delivery),
            settled: channel(),
            tasks: TaskTracker::new(),
            handle,
            shutdown,
            committed_at: Instant::now(),
        })
    }

    fn turn(&mut self) -> Result<(), kafka::Error> {
        self.begin_waiting();
        let waiting: usize = self
            .partitions
            .values()
            .map(|partition| partition.backlog.len())
            .sum();
        let wait = if waiting == 0 { IDLE_WAIT } else { Duration::ZERO };
        if waiting > 0 {
            self.absorb(BUSY_WAIT);
        }
        self.flow()?;
        let records = self.consumer.poll(BACKLOG_MAX, wait)?;
        self.take_notes();
        for record in records {
            if let Some(partition) = self.partitions.get_mut(&record.partition) {
                partition.backlog.push_back(record);
            }
        }
        self.absorb(Duration::ZERO);
        self.observe(waiting);
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.commit()?;
        }
        Ok(())
    }

    /// Begins what there is room for, one of each partition at a time.
    fn begin_waiting(&mut self) {
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
        let headers = match select::wanted(&record) {
            Ok(headers) => headers,
            Err(reason) => {
                partition.mark.pass_over(offset);
                let passed_over = &self.delivery.common.metrics.passed_over;
                passed_over
                    .with_label_values(&[&self.delivery.name, reason])
                    .inc();
                return true;
            }
        };
        let key = LaneKey {
            assignment: partition.assignment,
            entity: record.key.clone(),
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

    /// Takes what is settled; waits a little for the first when nothing else can be done.
    fn absorb(&mut self, wait: Duration) {
        let first = self.settled.1.recv_timeout(wait).ok();
        let rest: Vec<Settled> = self.settled.1.try_iter().collect();
        for settled in first.into_iter().chain(rest) {
            let partition = self.partitions.get_mut(&settled.partition);
            if let Some(partition) = partition.filter(|partition| partition.assignment == settled.assignment)
            {
                partition.mark.end(settled.offset);
            }
        }
    }

    /// Pauses partitions with a full backlog, and lets them go on when it is half empty.
    fn flow(&mut self) -> Result<(), kafka::Error> {
        for (number, partition) in &mut self.partitions {
            let place = [(Topic::Flat, *number)];
            if !partition.paused && partition.backlog.len() >= BACKLOG_MAX {
                self.consumer.pause(&place)?;
                partition.paused = true;
            } else if partition.paused && partition.backlog.len() < BACKLOG_MAX / 2 {
                self.consumer.resume(&place)?;
                partition.paused = false;
            }
        }
        Ok(())
    }

    fn take_notes(&mut self) {
        for moved in self.notes.take() {
            match moved {
                Moved::Assigned(number) => {
                    self.assignments += 1;
                    self.partitions.insert(number, Partition::new(self.assignments));
                }
                // Dropped, it cancels what is under way: the events are another's now, and come again there.
                Moved::Revoked(number) => drop(self.partitions.remove(&number)),
            }
        }
    }

    fn commit(&mut self) -> Result<(), kafka::Error> {
        self.committed_at = Instant::now();
        let mut next = Offsets::new();
        for (number, partition) in &self.partitions {
            if let Some(offset) = partition.due() {
                next.set(
                    Topic::Flat,
                    *number,
                    Committed {
                        offset,
                        metadata: None,
                    },
                );
            }
        }
        match self.consumer.commit(&next) {
            Ok(()) => {
                for partition in self.partitions.values_mut() {
                    partition.committed = partition.mark.low();
                }
                Ok(())
            }
            Err(error) if error.class() == Class::Fatal => Err(error),
            // In a rebalance, or the broker is away: the next time is soon.
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "offsets not committed this time"
                );
                Ok(())
            }
        }
    }

    fn observe(&self, waiting: usize) {
        let metrics = &self.delivery.common.metrics;
        let (lanes, in_lanes) = self.lanes.load();
        let name = [self.delivery.name.as_str()];
        metrics.in_flight.with_label_values(&name).set(lanes as f64);
        metrics
            .waiting
            .with_label_values(&name)
            .set((waiting + in_lanes) as f64);
    }

    /// Lets attempts under way end, and commits what they settled.
    fn finish(mut self) {
        self.tasks.close();
        let ended = self
            .handle
            .block_on(async { tokio::time::timeout(FINISH_MAX, self.tasks.wait()).await });
        if ended.is_err() {
            tracing::warn!(
                destination.name = self.delivery.name,
                "attempts still under way; they come again"
            );
        }
        self.absorb(Duration::ZERO);
        if let Err(error) = self.commit() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "last offsets not committed"
            );
        }
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
        let _ = settled.send(Settled {
            assignment: key.assignment,
            partition,
            offset,
        });
        job = lanes.next(&key);
    }
}
