//! Reads the flat events for one destination and hands them to its lanes: what is for it, in order, so many at
//! a time; and commits what is settled.
//!
//! The committed offset is the low-water mark: all before it are settled and told; what is settled beyond it rides beside
//! the offset, so that a restart sends again only what was under way. One thread, one group.

mod begin;
mod notes;
mod partition;
pub(crate) mod select;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka::admin;
use kafka::{Class, Committed, Health, Offsets, PlainConsumer, PlainSettings, Topic};
use stage::Shutdown;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::TaskTracker;

use crate::Error;
use crate::config::{Config, DestinationSettings, Order, Start};
use crate::delivery::{Delivery, Job};
use crate::gates::Gates;
use crate::lane::Lanes;
use notes::{Moved, Notes};
use partition::Partition;

/// Records of one partition that wait to be begun, before no more are read.
const BACKLOG_MAX: usize = 512;
/// Most records read at once.
const READ_MAX: usize = 256;
/// When nothing was read for so long because of partitions with a full backlog, these are paused, and the others are read on. Not
/// sooner: a pause throws away what was fetched ahead, and it is fetched again. Not later: a rebalance waits for the next read.
const UNREAD_MAX: Duration = Duration::from_millis(250);
/// Settled events the dispatch has not looked at yet; beyond it lanes wait.
const SETTLED_MAX: usize = 1_024;
/// Longest wait for a record, and for an event to be settled, before looking around.
const IDLE_WAIT: Duration = Duration::from_millis(20);
const BUSY_WAIT: Duration = Duration::from_millis(10);
/// A settled event is committed at most so late.
const COMMIT_EVERY: Duration = Duration::from_millis(50);
/// How long attempts under way may take once a stop was requested.
const FINISH_MAX: Duration = Duration::from_secs(5);

/// What a dispatch is told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    kafka: kafka::Config,
    consumer: PlainSettings,
    order: Order,
    gates: Gates,
    start: Start,
}

impl Settings {
    pub(crate) fn new(config: &Config, name: &str, settings: &DestinationSettings) -> Self {
        Self {
            kafka: config.kafka.clone(),
            consumer: PlainSettings::new(&group(name), &config.stage.instance, &[Topic::Flat]),
            order: settings.order,
            gates: settings.gates(),
            start: settings.start,
        }
    }

    /// Places a group that is new.
    fn place(&self) -> Result<(), kafka::Error> {
        if let Some(beginning) = self.start.place() {
            admin::begin(&self.kafka, &self.consumer.group, Topic::Flat, beginning)?;
        }
        Ok(())
    }
}

/// The consumer group of a destination, without prefix.
pub(crate) fn group(name: &str) -> String {
    format!("delivery-{name}")
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
    settings.place().map_err(failed)?;
    let mut dispatch =
        Dispatch::join(settings, delivery, handle.clone(), shutdown.clone()).map_err(failed)?;
    while !shutdown.is_requested() {
        dispatch.turn().map_err(failed)?;
    }
    dispatch.finish();
    Ok(())
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
    order: Order,
    gates: Gates,
    delivery: Arc<Delivery>,
    settled: (Sender<Settled>, Receiver<Settled>),
    tasks: TaskTracker,
    handle: Handle,
    shutdown: Shutdown,
    committed_at: Instant,
    read_at: Instant,
}

impl Dispatch {
    fn join(
        settings: &Settings,
        delivery: Delivery,
        handle: Handle,
        shutdown: Shutdown,
    ) -> Result<Self, kafka::Error> {
        let lanes_max = delivery.at_once();
        let notes = Notes::default();
        let health: Health = delivery.shared.health.clone();
        let consumer = PlainSettings {
            health,
            ..settings.consumer.clone()
        };
        Ok(Self {
            consumer: PlainConsumer::join(&settings.kafka, consumer, Box::new(notes.clone()))?,
            notes,
            partitions: BTreeMap::new(),
            assignments: 0,
            lanes: Lanes::new(lanes_max),
            order: settings.order,
            gates: settings.gates.clone(),
            delivery: Arc::new(delivery),
            settled: channel(SETTLED_MAX.max(lanes_max)),
            tasks: TaskTracker::new(),
            handle,
            shutdown,
            committed_at: Instant::now(),
            read_at: Instant::now(),
        })
    }

    fn turn(&mut self) -> Result<(), kafka::Error> {
        self.begin_waiting();
        let waiting: usize = self.partitions.values().map(Partition::waiting).sum();
        let wait = if waiting == 0 { IDLE_WAIT } else { Duration::ZERO };
        if waiting > 0 {
            self.absorb(BUSY_WAIT);
        }
        if self.flow()? {
            self.read(wait)?;
        }
        self.absorb(Duration::ZERO);
        self.observe(waiting);
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.commit()?;
        }
        Ok(())
    }

    /// Takes what is settled; waits a little for the first when nothing else can be done.
    fn absorb(&mut self, wait: Duration) {
        let mut next = self.settled.1.try_recv().ok();
        if next.is_none() && !wait.is_zero() {
            let receiver = &mut self.settled.1;
            let first = self
                .handle
                .block_on(async { tokio::time::timeout(wait, receiver.recv()).await });
            next = first.ok().flatten();
        }
        while let Some(settled) = next {
            let partition = self.partitions.get_mut(&settled.partition);
            if let Some(partition) = partition.filter(|partition| partition.assignment == settled.assignment)
            {
                partition.mark.end(settled.offset);
            }
            next = self.settled.1.try_recv().ok();
        }
    }

    fn read(&mut self, wait: Duration) -> Result<(), kafka::Error> {
        self.read_at = Instant::now();
        let records = self.consumer.poll(READ_MAX, wait)?;
        self.take_notes();
        for record in records {
            if let Some(partition) = self.partitions.get_mut(&record.partition) {
                partition.backlog.push_back(record);
            }
        }
        Ok(())
    }

    /// Pauses partitions whose full backlog keeps the others from being read, and lets them go on when it is half empty. Whether
    /// more may be read.
    fn flow(&mut self) -> Result<bool, kafka::Error> {
        let mut has_room = true;
        let is_late = self.read_at.elapsed() >= UNREAD_MAX;
        for (number, partition) in &mut self.partitions {
            let place = [(Topic::Flat, *number)];
            let is_full = partition.waiting() >= BACKLOG_MAX;
            if !partition.paused && is_full && is_late {
                self.consumer.pause(&place)?;
                partition.paused = true;
            } else if partition.paused && partition.waiting() < BACKLOG_MAX / 2 {
                self.consumer.resume(&place)?;
                partition.paused = false;
            }
            has_room &= partition.paused || !is_full;
        }
        Ok(has_room)
    }

    fn take_notes(&mut self) {
        for moved in self.notes.take() {
            match moved {
                Moved::Assigned(number, committed) => {
                    self.assignments += 1;
                    let partition = Partition::new(self.assignments, committed);
                    self.partitions.insert(number, partition);
                }
                // Dropped, it cancels what is under way: the events are another's now, and come again there.
                Moved::Revoked(number) => drop(self.partitions.remove(&number)),
            }
        }
    }

    fn commit(&mut self) -> Result<(), kafka::Error> {
        self.committed_at = Instant::now();
        let due = |(number, partition): (&i32, &mut Partition)| Some((*number, partition.due()?));
        let due: Vec<(i32, Committed)> = self.partitions.iter_mut().filter_map(due).collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut next = Offsets::new();
        for (number, committed) in &due {
            next.set(Topic::Flat, *number, committed.clone());
        }
        match self.consumer.commit(&next) {
            Ok(()) => {
                for (number, committed) in due {
                    if let Some(partition) = self.partitions.get_mut(&number) {
                        partition.committed = Some(committed);
                    }
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
        let metrics = &self.delivery.shared.metrics;
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
        // Room for one more word of each lane.
        self.absorb(Duration::ZERO);
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
