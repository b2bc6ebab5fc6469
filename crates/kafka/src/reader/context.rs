//! The group's side of a reader: what happens inside the poll when partitions come and go.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Statistics, TopicPartitionList};

use super::{COMMITTED_WAIT_MAX, Listener, ReaderSettings, start_list};
use crate::client::Watch;
use crate::config::Config;
use crate::error::Error;
use crate::offsets::{self, Assigned};
use crate::restore::Restore;
use crate::topic::Topic;

/// What the poll must know afterwards.
pub(super) struct State {
    listener: Box<dyn Listener>,
    pub(super) held: BTreeSet<(Topic, i32)>,
    /// Partitions taken from us since the poll last looked: records of theirs are not ours any more.
    pub(super) taken: Vec<(Topic, i32)>,
    /// What went wrong inside the poll.
    pub(super) failed: Option<Error>,
    /// The reader is going: what the group still gives is not taken.
    pub(super) closing: bool,
}

impl State {
    pub(super) fn new(listener: Box<dyn Listener>) -> Self {
        Self {
            listener,
            held: BTreeSet::new(),
            taken: Vec::new(),
            failed: None,
            closing: false,
        }
    }
}

/// A poisoned lock means that a listener panicked; the panic itself is what ends the stage.
pub(super) fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The consumer's context.
pub(crate) struct Group {
    config: Config,
    name: String,
    restore: Restore,
    watch: Watch,
    state: Arc<Mutex<State>>,
}

impl Group {
    pub(super) fn new(config: &Config, settings: &ReaderSettings, state: Arc<Mutex<State>>) -> Self {
        Self {
            config: config.clone(),
            name: settings.group.clone(),
            restore: Restore::new(config),
            watch: Watch::of(settings.health.clone()),
            state,
        }
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<(), Error> {
        let list = committed(consumer, list, COMMITTED_WAIT_MAX)?;
        let assigned = offsets::from_native(&list, &self.config);
        tracing::info!(
            kafka.group = self.name,
            kafka.partitions = assigned.len(),
            "partitions assigned"
        );
        self.within_log(consumer, &assigned)?;
        let mut state = locked(&self.state);
        state.listener.assigned(&assigned, &self.restore)?;
        let start = start_list(&assigned, &self.config)?;
        let done = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(&start),
            _ => consumer.assign(&start),
        };
        done.map_err(|error| Error::from_client("take partitions", error))?;
        state
            .held
            .extend(assigned.iter().map(|place| (place.topic, place.partition)));
        Ok(())
    }

    /// Refuses a committed offset that the log does not hold any more, or never held.
    fn within_log(&self, consumer: &BaseConsumer<Self>, assigned: &[Assigned]) -> Result<(), Error> {
        for place in assigned {
            let Some(committed) = &place.committed else {
                continue;
            };
            let topic = place.topic.name(&self.config);
            let (low, high) = consumer
                .fetch_watermarks(&topic, place.partition, COMMITTED_WAIT_MAX)
                .map_err(|error| Error::from_client("read watermarks", error))?;
            if (low..=high).contains(&committed.offset) {
                continue;
            }
            let group = self.name.clone();
            return Err(Error::OutOfRange {
                group,
                topic,
                partition: place.partition,
                committed: committed.offset,
                low,
                high,
            });
        }
        Ok(())
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let gone = self.places(list);
        tracing::info!(
            kafka.group = self.name,
            kafka.partitions = gone.len(),
            "partitions revoked"
        );
        let mut state = locked(&self.state);
        let held: Vec<(Topic, i32)> = gone
            .into_iter()
            .filter(|place| state.held.remove(place))
            .collect();
        if !held.is_empty() {
            state.listener.revoked(&held);
        }
        state.taken.extend(held);
        drop(state);
        self.let_go(consumer, list);
    }

    fn let_go(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let done = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        };
        if let Err(error) = done {
            locked(&self.state)
                .failed
                .get_or_insert(Error::from_client("let go of partitions", error));
        }
    }

    /// Takes nothing of what was given, and stops the reader.
    fn refuse(&self, consumer: &BaseConsumer<Self>, error: Error) {
        Self::answer_with_nothing(consumer);
        locked(&self.state).failed.get_or_insert(error);
    }

    /// A rebalance must be answered even when we cannot take what was given, or closing would hang.
    fn answer_with_nothing(consumer: &BaseConsumer<Self>) {
        let answered = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(&TopicPartitionList::new()),
            _ => consumer.unassign(),
        };
        if let Err(error) = answered {
            tracing::debug!(kafka.error = %error, "rebalance could not be answered");
        }
    }

    fn places(&self, list: &TopicPartitionList) -> Vec<(Topic, i32)> {
        let elements = list.elements();
        let known = elements.iter().filter_map(|element| {
            Some((
                Topic::from_name(element.topic(), &self.config)?,
                element.partition(),
            ))
        });
        known.collect()
    }
}

impl ClientContext for Group {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.watch.health.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(&error, reason);
    }
}

impl ConsumerContext for Group {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, err: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS if locked(&self.state).closing => {
                Self::answer_with_nothing(consumer);
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                if let Err(error) = self.assign(consumer, list) {
                    self.refuse(consumer, error);
                }
            }
            _ => self.revoke(consumer, list),
        }
    }
}

/// The group's committed offsets, waiting for pending transactions.
pub(super) fn committed(
    consumer: &BaseConsumer<Group>,
    list: &TopicPartitionList,
    wait_max: Duration,
) -> Result<TopicPartitionList, Error> {
    let until = Instant::now() + wait_max;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let read = consumer.committed_offsets(list.clone(), left.min(Duration::from_secs(5)));
        let read = read.and_then(|read| {
            read.elements()
                .iter()
                .try_for_each(rdkafka::topic_partition_list::TopicPartitionListElem::error)?;
            Ok(read)
        });
        match read {
            Ok(read) => return Ok(read),
            Err(error) if left.is_zero() => return Err(Error::from_client("read committed offsets", error)),
            Err(error) => tracing::debug!(kafka.error = %error, "committed offsets not there yet"),
        }
    }
}
