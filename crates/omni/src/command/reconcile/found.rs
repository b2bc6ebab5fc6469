//! One entity whose state the warehouse was not told, with the event that tells it.

use event::reconcile::{Difference, Finding};
use event::snapshot::{Marks, RECONCILE};
use event::{EntityId, Object, identity};
use kafka::Outgoing;
use uuid::Uuid;

use crate::command::account::rows;

#[derive(Debug)]
pub(super) struct Found {
    pub(super) object: Object,
    pub(super) id: EntityId,
    pub(super) what: Finding,
    /// When the account changed it; microseconds since 1970.
    pub(super) at_micro: i64,
    /// Of the event that tells it.
    pub(super) uuid: Uuid,
    pub(super) record: Outgoing,
}

/// Where findings of a pass come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) company_id: u64,
    pub(super) source: &'a str,
    pub(super) now_micro: i64,
}

impl Found {
    pub(super) fn new(place: Place<'_>, object: &Object, difference: Difference) -> Self {
        let Difference { finding, snapshot } = difference;
        let marks = Marks {
            company_id: place.company_id,
            source: place.source,
            origin: RECONCILE,
            now_micro: place.now_micro,
        };
        Self {
            object: object.clone(),
            id: snapshot.id.clone(),
            what: finding,
            at_micro: snapshot.time_micro,
            uuid: snapshot.uuid,
            record: rows::outgoing(marks, object, finding.action(), snapshot),
        }
    }

    /// As the key of its records.
    pub(super) fn key(&self, company_id: u64) -> String {
        identity::message_key(company_id, &self.object, &self.id)
    }
}
