//! One change of one entity: the single model of a v1 or v2 webhook (DESIGN 4).

use serde_json::Value;
use uuid::Uuid;

use crate::document::Document;
use crate::entity::{Action, EntityId, Object};
use crate::header::Kind;
use crate::identity::{self, Ver};
use crate::webhook::{Refusal, Version, Webhook};
use crate::{Map, moment, normalize, prevalidate};

/// Who may see the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permitted {
    /// The webhook does not say.
    Unknown,
    /// v1's `["*"]`.
    Everyone,
    Users(Vec<u64>),
}

/// What happened to one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub version: Version,
    pub object: Object,
    pub action: Action,
    pub id: EntityId,
    pub company_id: u64,
    /// Who acted (not the owner).
    pub user_id: Option<u64>,
    pub host: Option<String>,
    pub time_micro: i64,
    pub uuid: Uuid,
    pub ver: Ver,
    pub revision: u8,
    /// State after the change, in canonical form ([`normalize::canonical`]).
    pub current: Option<Document>,
    /// v1: the whole state before; v2: what changed, or the whole last state of a deleted entity.
    pub previous: Option<Document>,
    pub permitted: Permitted,
    pub is_bulk: Option<bool>,
    pub change_source: Option<String>,
    /// Of a loser: the survivor (v2 only).
    pub merged_into: Option<EntityId>,
    /// Of a survivor: the loser (v2 only).
    pub merged_from: Option<EntityId>,
    pub webhook_id: Option<String>,
    /// From 1.
    pub attempt: Option<u32>,
    /// The rest of `meta`, as received.
    pub meta: Map,
    pub matches_filters: Option<Value>,
}

impl Change {
    /// Reads, prevalidates and normalizes a body.
    pub fn from_webhook(body: &[u8]) -> Result<Self, Refusal> {
        let webhook = Webhook::parse(body)?;
        prevalidate::check(&webhook).map_err(Refusal::Invalid)?;
        normalize::change(webhook)
    }

    /// The same for the body of a [`crate::Snapshot`], which goes before no event of its second.
    pub fn from_state(body: &[u8]) -> Result<Self, Refusal> {
        let change = Self::from_webhook(body)?;
        let time_micro = moment::start_of_second(change.time_micro);
        Ok(Self {
            time_micro,
            ver: Ver::of_api_state(time_micro),
            ..change
        })
    }

    /// Reads a body as what its header says it is.
    pub fn read(kind: Kind, body: &[u8]) -> Result<Self, Refusal> {
        match kind {
            Kind::Backfill => Self::from_state(body),
            _ => Self::from_webhook(body),
        }
    }

    /// The same event, sent again completed: it goes before its earlier revisions.
    #[must_use]
    pub fn revised(self, revision: u8) -> Self {
        let revision = revision.min(identity::REVISION_MAX);
        Self {
            revision,
            ver: self.ver.revised(revision),
            ..self
        }
    }

    /// `company:object:id`.
    pub fn message_key(&self) -> String {
        identity::message_key(self.company_id, &self.object, &self.id)
    }

    /// The last known state the change itself tells of: after it, or of a deleted entity before it.
    pub fn state(&self) -> Option<&Document> {
        self.current
            .as_ref()
            .or(self.previous.as_ref().filter(|_| self.action == Action::Deleted))
    }

    /// v1's `event`, e.g. `updated.deal`.
    pub fn event_type(&self) -> String {
        format!("{}.{}", self.action, self.object)
    }
}
