//! A short text that all who ask for it by name read, and that outlives them: committed-offset metadata of a group that
//! nobody joins, as a topic's identity is (docs/decisions/0002-topic-identity.md).
//!
//! The broker forgets it when nobody wrote it for `offsets.retention.minutes` (seven days): who depends on it renews it.

use std::fmt;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, asking, patiently};
use crate::client::Watch;
use crate::config::Config;
use crate::error::Error;
use crate::offsets::METADATA_BYTES_MAX;
use crate::topic::Topic;

/// Groups that hold notes are named so.
const GROUPS: &str = "note-";

/// A note, and the connection by which it is read and written. Calls block.
pub struct Note {
    client: BaseConsumer<Watch>,
    place: String,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Whether a group holds a note, and so reads nothing.
pub(super) fn is_note(config: &Config, group: &str) -> bool {
    let name = group.strip_prefix(&config.group_prefix);
    name.is_some_and(|name| name.starts_with(GROUPS))
}

impl Note {
    /// The note of this name about a topic; it goes with the topic.
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn open(config: &Config, topic: Topic, name: &str) -> Result<Self, Error> {
        Ok(Self {
            client: asking(config, Some(&format!("{}{GROUPS}{name}", config.group_prefix)))?,
            place: topic.name(config),
        })
    }

    /// What it says; empty when nobody wrote it.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn read(&self) -> Result<String, Error> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.place, 0);
        let list = patiently(|| {
            self.client
                .committed_offsets(list.clone(), ANSWER_WAIT_MAX)
                .map_err(|error| Error::from_client("read a note", error))
        })?;
        let told = list
            .elements()
            .first()
            .map(|element| element.metadata().to_owned());
        Ok(told.unwrap_or_default())
    }

    /// Writes it, in the place of what it said.
    ///
    /// # Errors
    /// [`Error::TooLong`]; the broker does not answer.
    pub fn write(&self, text: &str) -> Result<(), Error> {
        let doing = "write a note";
        if text.len() > METADATA_BYTES_MAX {
            return Err(Error::TooLong { bytes: text.len() });
        }
        let mut list = TopicPartitionList::new();
        let mut element = list.add_partition(&self.place, 0);
        element
            .set_offset(Offset::Offset(0))
            .map_err(|error| Error::from_client(doing, error))?;
        element.set_metadata(text);
        patiently(|| {
            self.client
                .commit(&list, CommitMode::Sync)
                .map_err(|error| Error::from_client(doing, error))
        })
    }
}
