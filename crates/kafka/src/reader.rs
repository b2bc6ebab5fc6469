//! Reading as a member of a consumer group: rebalance inside the poll, explicit start offsets, no auto reset.
//!
//! A partition's fetching begins only after [`Listener::assigned`] returned. A partition the group never
//! committed starts at its beginning; one whose committed offset is gone stops the reader.
mod context;
mod gather;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::client;
use crate::config::Config;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::health::Health;
use crate::offsets::{self, Assigned, Offsets};
use crate::restore::Restore;
use crate::topic::Topic;
use context::{Group, State};

/// Longest wait for the group's committed offsets; they wait for pending transactions.
const COMMITTED_WAIT_MAX: Duration = Duration::from_mins(1);
/// Longest wait for a seek to take hold.
const SEEK_WAIT_MAX: Duration = Duration::from_secs(10);

/// Hears which partitions come and go. Called on the polling thread, inside the poll.
pub trait Listener: Send {
    /// Get ready for these partitions; they are fetched from only after this returned `Ok`.
    /// May take minutes (a restore): the member stays in the group meanwhile. An error stops the reader.
    fn assigned(&mut self, partitions: &[Assigned], restore: &Restore) -> Result<(), Error>;
    /// Let go of these partitions; nothing of them may be committed from now on.
    fn revoked(&mut self, partitions: &[(Topic, i32)]);
}

/// How a group shares its partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assignor {
    /// Incremental: who keeps a partition goes on reading it through a rebalance.
    #[default]
    CooperativeSticky,
    /// Eager: everybody lets go of everything first; the same partition of all topics to one member.
    Range,
}

/// How a member is known to its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Membership {
    /// By its instance (`group.instance.id`): a killed member that comes back takes over at once.
    #[default]
    Static,
    /// By nothing: a killed member's partitions wait for its session to end; a stopped one's do not.
    Dynamic,
}

/// Settings of a reader.
#[derive(Debug, Clone)]
pub(crate) struct ReaderSettings {
    pub(crate) group: String,
    pub(crate) instance: String,
    pub(crate) inputs: Vec<Topic>,
    pub(crate) assignor: Assignor,
    pub(crate) membership: Membership,
    pub(crate) session_timeout: Duration,
    pub(crate) fetch: Fetch,
    pub(crate) health: Health,
}

/// A member of a consumer group.
pub(crate) struct Reader {
    pub(crate) config: Config,
    pub(crate) settings: ReaderSettings,
    pub(crate) consumer: BaseConsumer<Group>,
    state: Arc<Mutex<State>>,
}

impl Reader {
    /// Joins; partitions arrive during later polls.
    pub(crate) fn join(
        config: &Config,
        settings: ReaderSettings,
        listener: Box<dyn Listener>,
    ) -> Result<Self, Error> {
        let state = Arc::new(Mutex::new(State::new(listener)));
        let group = Group::new(config, &settings, Arc::clone(&state));
        let consumer: BaseConsumer<Group> = client::with_properties(native(config, &settings)?, config)
            .create_with_context(group)
            .map_err(|error| Error::from_client("make a consumer", error))?;
        let names: Vec<String> = settings.inputs.iter().map(|topic| topic.name(config)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        consumer
            .subscribe(&names)
            .map_err(|error| Error::from_client("subscribe", error))?;
        Ok(Self {
            config: config.clone(),
            settings,
            consumer,
            state,
        })
    }

    /// Makes a reader that belongs to no group and is assigned by hand.
    pub(crate) fn alone(config: &Config, settings: ReaderSettings) -> Result<Self, Error> {
        let state = Arc::new(Mutex::new(State::new(Box::new(Nobody))));
        let group = Group::new(config, &settings, Arc::clone(&state));
        let consumer = client::with_properties(native(config, &settings)?, config)
            .create_with_context(group)
            .map_err(|error| Error::from_client("make a consumer", error))?;
        Ok(Self {
            config: config.clone(),
            settings,
            consumer,
            state,
        })
    }

    /// These partitions, as librdkafka names them.
    pub(crate) fn list(&self, partitions: &[(Topic, i32)]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for (topic, partition) in partitions {
            list.add_partition(&topic.name(&self.config), *partition);
        }
        list
    }

    /// The partitions held now.
    pub(crate) fn assignment(&self) -> Vec<(Topic, i32)> {
        context::locked(&self.state).held.iter().copied().collect()
    }

    /// Whether all of these are held, and not about to be taken from us.
    pub(crate) fn holds(&self, next: &Offsets) -> bool {
        let state = context::locked(&self.state);
        next.iter().all(|(place, _)| state.held.contains(&place)) && !self.consumer.assignment_lost()
    }

    /// Where the group stands on the partitions held, as the broker has it now.
    pub(crate) fn committed(&self) -> Result<Vec<Assigned>, Error> {
        let list = self.list(&self.assignment());
        if list.count() == 0 {
            return Ok(Vec::new());
        }
        let list = context::committed(&self.consumer, &list, COMMITTED_WAIT_MAX)?;
        Ok(offsets::from_native(&list, &self.config))
    }

    /// Goes back to the committed offsets (or the beginning) of all partitions held.
    pub(crate) fn rewind(&mut self) -> Result<(), Error> {
        let committed = self.committed()?;
        if committed.is_empty() {
            return Ok(());
        }
        let list = start_list(&committed, &self.config)?;
        let list = self
            .consumer
            .seek_partitions(list, SEEK_WAIT_MAX)
            .map_err(|error| Error::from_client("go back to the committed offsets", error))?;
        for element in list.elements() {
            element.error().map_err(|error| Error::Fatal {
                doing: "go back to the committed offsets",
                source: error.into(),
            })?;
        }
        Ok(())
    }

    /// Commits through the group, outside of transactions, and waits for the broker.
    pub(crate) fn commit(&self, next: &Offsets) -> Result<(), Error> {
        self.commit_as(next, CommitMode::Sync)
    }

    /// The same without waiting.
    pub(crate) fn commit_later(&self, next: &Offsets) -> Result<(), Error> {
        self.commit_as(next, CommitMode::Async)
    }

    fn commit_as(&self, next: &Offsets, mode: CommitMode) -> Result<(), Error> {
        if next.is_empty() {
            return Ok(());
        }
        let list = next.to_native(&self.config)?;
        self.consumer
            .commit(&list, mode)
            .map_err(|error| Error::from_client("commit offsets", error))
    }
}

impl Drop for Reader {
    /// The client closes itself after this, and polls while it does.
    fn drop(&mut self) {
        context::locked(&self.state).closing = true;
    }
}

/// Listens for a reader that no group can take anything from.
struct Nobody;

impl Listener for Nobody {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("group", &self.settings.group)
            .finish_non_exhaustive()
    }
}

/// Start offsets: the committed one, or the beginning for who never committed.
fn start_list(assigned: &[Assigned], config: &Config) -> Result<TopicPartitionList, Error> {
    let mut list = TopicPartitionList::with_capacity(assigned.len());
    for place in assigned {
        let start = place
            .committed
            .as_ref()
            .map_or(Offset::Beginning, |at| Offset::Offset(at.offset));
        list.add_partition_offset(&place.topic.name(config), place.partition, start)
            .map_err(|error| Error::from_client("name the start offsets", error))?;
    }
    Ok(list)
}

fn native(config: &Config, settings: &ReaderSettings) -> Result<ClientConfig, Error> {
    let session_ms = settings.session_timeout.as_millis();
    let mut client = client::consuming(config)?;
    client
        .set("group.id", &settings.group)
        .set("group.protocol", "classic")
        .set(
            "partition.assignment.strategy",
            match settings.assignor {
                Assignor::CooperativeSticky => "cooperative-sticky",
                Assignor::Range => "range",
            },
        )
        .set("session.timeout.ms", session_ms.to_string())
        .set("heartbeat.interval.ms", (session_ms / 4).to_string())
        // A restore runs inside the poll; it may take this long.
        .set("max.poll.interval.ms", "900000");
    settings.fetch.apply(&mut client);
    if settings.membership == Membership::Static {
        client.set(
            "group.instance.id",
            format!("{}-{}", settings.group, settings.instance),
        );
    }
    Ok(client)
}
