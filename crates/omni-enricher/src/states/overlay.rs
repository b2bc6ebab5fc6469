//! What a batch has changed so far, over the store: final with its transaction, gone with an abort.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use event::Headers;
use event::metrics::DealFacts;
use event::state::LightRecord;

use super::Deals;
use crate::key::{Key, PersonKey};

/// What this batch has changed. The large parts keep their room for the next.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) records: HashMap<Key, Touched>,
    pub(super) deals: HashMap<PersonKey, Arc<Deals>>,
    pub(super) moved: HashMap<(PersonKey, u64), Option<DealFacts>>,
    /// Persons whose figures changed, and the currency of the deal that changed them last.
    pub(super) counted: BTreeMap<PersonKey, (Option<String>, Headers)>,
    /// What this stage keeps for itself; `None` is let go of.
    pub(super) notes: BTreeMap<Key, (Option<Vec<u8>>, Headers)>,
    /// Persons whose record becomes a tombstone.
    pub(super) erased: BTreeMap<Key, Headers>,
    /// Serialized once, for the topic and for the store.
    pub(super) written: HashMap<Key, Option<Vec<u8>>>,
    /// One of the notes is of a person who is kept out, or let in.
    pub(super) keeps_out: bool,
    /// Entities whose own state changed, and not only their ids seen or their figures.
    pub(super) restated: Vec<Key>,
}

impl Overlay {
    pub(super) fn clear(&mut self) {
        let Self {
            records,
            deals,
            moved,
            counted,
            notes,
            erased,
            written,
            keeps_out,
            restated,
        } = self;
        records.clear();
        deals.clear();
        moved.clear();
        counted.clear();
        notes.clear();
        erased.clear();
        written.clear();
        *keeps_out = false;
        restated.clear();
    }
}

#[derive(Debug)]
pub(super) struct Touched {
    pub(super) record: LightRecord,
    /// The headers of the event that changed it last; `None` while it was only read.
    pub(super) cause: Option<Headers>,
}
