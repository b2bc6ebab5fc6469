//! One change of an account, and its webhook in either version.
//!
//! A change is written anew for each attempt, since the attempt's number is in the body; all else stays,
//! so a repeated delivery is the same event.

mod v1;
mod v2;

use std::sync::Arc;

use uuid::Uuid;

use crate::entity::{Entity, Names};
use crate::moment::Moment;

/// Which webhook a subscription gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V1,
    V2,
}

/// What happened, in the words of v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Added,
    Updated,
    Deleted,
    /// The survivor of a merge; the loser is `Deleted`.
    Merged,
}

impl Action {
    pub fn v1(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Merged => "merged",
        }
    }

    pub fn v2(self) -> &'static str {
        match self {
            Self::Added => "create",
            Self::Updated | Self::Merged => "change",
            Self::Deleted => "delete",
        }
    }
}

/// An entity as it was at one moment, with the names it pointed at.
#[derive(Debug, Clone)]
pub struct Shot {
    pub entity: Arc<dyn Entity>,
    pub names: Names,
}

/// One change: enough to write its webhook in either version, any number of times.
#[derive(Debug, Clone)]
pub struct Change {
    pub company: u64,
    pub host: Arc<str>,
    pub action: Action,
    pub at: Moment,
    /// Who did it.
    pub user: u64,
    /// Who may see it.
    pub permitted: Arc<[u64]>,
    /// Through the API, not by hand.
    pub by_api: bool,
    pub bulk: bool,
    /// `meta.id` of v2.
    pub uuid: Uuid,
    /// One for all changes of one deed.
    pub correlation: Uuid,
    pub before: Option<Shot>,
    pub after: Option<Shot>,
    pub merged_from: Option<String>,
    pub merged_into: Option<String>,
}

/// Whose webhook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscriber {
    pub webhook: u64,
    pub owner: u64,
}

impl Change {
    fn shot(&self) -> Option<&Shot> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Pipedrive's word for what changed.
    pub fn object(&self) -> &'static str {
        self.shot().map_or("", |shot| shot.entity.object())
    }

    /// The id of what changed.
    pub fn id(&self) -> String {
        self.shot().map(|shot| shot.entity.id()).unwrap_or_default()
    }

    /// Whether a webhook of this version tells of it: v1 knows no leads.
    pub fn is_told_by(&self, version: Version) -> bool {
        version == Version::V2 || self.object() != "lead"
    }

    /// The body of a delivery; `attempt` counts from 1. Nothing where [`Self::is_told_by`] is false.
    pub fn body(&self, version: Version, subscriber: Subscriber, attempt: u8) -> Option<Vec<u8>> {
        match version {
            Version::V1 => v1::body(self, subscriber, attempt),
            Version::V2 => v2::body(self, subscriber, attempt),
        }
    }
}
