//! The last known state of one entity, and the events it has seen: the value of `omni.entities`.
//!
//! The greatest `ver` wins, whatever arrived first; of equal ones the later applied. A double
//! changes nothing. A deleted or merged entity keeps a small record, so that what comes late about
//! it cannot bring it back.

mod form;
mod json;
mod seen;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::change::Change;
use crate::document::Document;
use crate::entity::{Action, EntityId, Object};
use crate::identity::{self, Ver};
use crate::metrics::Metrics;
use crate::snapshot::changed_at;

pub use form::{StateForm, StateText};
pub use seen::{SEEN_ALL_MICROS, SEEN_MICROS, SEEN_OLDER_MAX, Seen};

/// Why an entity is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    Deleted,
    Merged { into: EntityId },
}

/// What applying an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The state is the event's now.
    Newer,
    /// The event is known now, the state stays.
    Older,
    /// The event was known; nothing changed.
    Duplicate,
}

/// One entity. Its state is a document, or, where speed counts and nobody looks into it, its text.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityRecord<S = Document> {
    pub company_id: u64,
    pub object: Object,
    pub id: EntityId,
    /// Of the state; 0 while there is none.
    pub ver: Ver,
    pub gone: Option<Gone>,
    /// Canonical, without empty custom fields.
    pub state: Option<S>,
    /// By time of receipt, oldest first; trimmed ([`Seen`]).
    pub seen: Vec<Seen>,
    /// Of a person: over its deals, as of the last change of one of them.
    pub metrics: Option<Metrics>,
    /// Of an organization: what its ids and numbers mean.
    pub words: Option<OrganizationWords>,
}

/// What of an organization only the account's definitions and the settings tell; empty where they tell nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationWords {
    pub industry: String,
    pub company_size: String,
}

/// A record whose state stays text.
pub type LightRecord = EntityRecord<StateText>;

/// Why a value of `omni.entities` cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error("record is no UTF-8")]
    NotText,
    #[error("record is not json")]
    NotJson(#[from] serde_json::Error),
    #[error("record has no usable {0}")]
    Field(&'static str),
}

impl EntityRecord {
    /// A record that knows nothing yet.
    pub fn new(company_id: u64, object: Object, id: EntityId) -> Self {
        Self::blank(company_id, object, id)
    }

    /// Reads a value of `omni.entities`.
    pub fn from_json(value: &[u8]) -> Result<Self, RecordError> {
        json::read(value)
    }
}

impl LightRecord {
    /// Reads a value of `omni.entities`, its state unread.
    pub fn read(value: &[u8]) -> Result<Self, RecordError> {
        json::read(value)
    }
}

impl<S: StateForm> EntityRecord<S> {
    /// A record that knows nothing yet.
    pub fn blank(company_id: u64, object: Object, id: EntityId) -> Self {
        Self {
            company_id,
            object,
            id,
            ver: Ver(0),
            gone: None,
            state: None,
            seen: Vec::new(),
            metrics: None,
            words: None,
        }
    }

    /// Its key in `omni.entities`.
    pub fn message_key(&self) -> String {
        identity::message_key(self.company_id, &self.object, &self.id)
    }

    /// Whether an event was seen within the kept time.
    pub fn has_seen(&self, uuid: &Uuid) -> bool {
        self.seen.iter().any(|seen| seen.uuid == *uuid)
    }

    /// Notes an event that brings no state (a flat one). False when it was known.
    pub fn note(&mut self, uuid: Uuid, received_at_micro: i64) -> bool {
        if self.has_seen(&uuid) {
            return false;
        }
        seen::insert(
            &mut self.seen,
            Seen {
                uuid,
                received_at_micro,
            },
        );
        true
    }

    /// Applies a change of this entity. One that tells no state (neither after it nor of an end)
    /// is only noted.
    pub fn apply(&mut self, change: &Change, received_at_micro: i64) -> Applied {
        if !self.note(change.uuid, received_at_micro) {
            return Applied::Duplicate;
        }
        let ends = change.action == Action::Deleted;
        if change.ver < self.ver || (change.current.is_none() && !ends) {
            return Applied::Older;
        }
        self.ver = change.ver;
        if ends {
            self.gone = Some(
                change
                    .merged_into
                    .clone()
                    .map_or(Gone::Deleted, |into| Gone::Merged { into }),
            );
            self.state = None;
        } else {
            self.gone = None;
            self.state = change.current.as_ref().map(S::of);
        }
        Applied::Newer
    }

    /// Takes a canonical state fetched from the API, if it is newer than what is known. Its time is
    /// what it says itself ([`changed_at`]), else the start of time.
    pub fn apply_api_state(&mut self, state: &Document) -> Applied {
        let ver = Ver::of_api_state(changed_at(|key| state.get(key)).unwrap_or(0));
        let known = self.state.is_some() || self.gone.is_some();
        if known && ver <= self.ver {
            return Applied::Older;
        }
        self.ver = ver;
        let deleted = state.get("is_deleted").is_some_and(|flag| flag == true);
        self.gone = deleted.then_some(Gone::Deleted);
        self.state = (!deleted).then(|| S::of(state));
        Applied::Newer
    }

    /// The value for `omni.entities`.
    pub fn to_json(&self) -> Vec<u8> {
        json::write(self)
    }
}

#[cfg(test)]
mod tests;
