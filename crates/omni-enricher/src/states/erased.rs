//! Persons who were erased: their record is a tombstone, no other record says who they are, and nothing brings them back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use event::erasure;
use event::note::{SUPPRESSED, Suppressed};
use event::state::{LightRecord, StateForm as _, StateText};
use event::{Change, Document, EntityId, Headers, Map, Object, moment, note};

use super::{Rewritten, States, Touched, cause};
use crate::email;
use crate::facts::Facts;
use crate::key::{Key, PersonKey};
use crate::store::StoreError;

impl States {
    /// Forgets a person, and keeps it out from now on.
    pub(crate) fn erase(&mut self, person: &PersonKey, headers: &Headers) -> Result<(), StoreError> {
        let key = person.record_key();
        self.forget_addresses(person, headers)?;
        let since = moment::to_rfc3339(headers.received_at_micro);
        self.keep_note(note_of(person), Some(Suppressed { since }.to_json()), headers);
        let record = blank(person);
        self.overlay
            .records
            .insert(key.clone(), Touched { record, cause: None });
        self.overlay
            .erased
            .insert(key.clone(), cause(headers, headers.event_uuid));
        self.overlay.restated.push(key);
        self.strip_others(person, headers)
    }

    /// Lets a person come back: with its next event, or when it is asked for.
    pub(crate) fn let_in(&mut self, person: &PersonKey, headers: &Headers) {
        self.keep_note(note_of(person), None, headers);
        self.overlay.restated.push(person.record_key());
    }

    /// Whether this is the record of a person who is kept out.
    pub(crate) fn is_suppressed(&self, key: &Key) -> bool {
        if !self.keeps_anyone_out() || !key.is_of(erasure::PERSON) {
            return false;
        }
        let mut parts = key.text.splitn(3, ':');
        let (company, id) = (parts.next(), parts.nth(1));
        let ids = company
            .and_then(|id| id.parse().ok())
            .zip(id.and_then(|id| id.parse().ok()));
        ids.is_some_and(|(company_id, person_id)| self.is_out(key.partition, company_id, person_id))
    }

    /// A change without what says who an erased person is; `None` for such a person's own.
    pub(crate) fn without_erased(&self, partition: i32, mut change: Change) -> Option<Change> {
        if !self.keeps_anyone_out() {
            return Some(change);
        }
        let company_id = change.company_id;
        if self.is_suppressed(&Key::new(partition, company_id, &change.object, &change.id)) {
            return None;
        }
        erasure::strip_change(&mut change, &|id| self.is_out(partition, company_id, id));
        Some(change)
    }

    /// A flat event without what says who its contact is, when that was erased; `None` when it says nothing of the kind.
    pub(crate) fn flat_without_erased(
        &self,
        partition: i32,
        company_id: u64,
        event: impl FnOnce() -> Option<Map>,
    ) -> Option<Map> {
        if !self.keeps_anyone_out() {
            return None;
        }
        let mut event = event()?;
        let is_out = |id| self.is_out(partition, company_id, id);
        erasure::strip_flat(&mut event, &is_out).then_some(event)
    }

    /// After a restore: who of a partition is kept out.
    pub(crate) fn suppress_again(&mut self, partition: i32, notes: Vec<Key>) {
        self.suppressed.retain(|key| key.partition != partition);
        self.suppressed.extend(notes);
    }

    pub(super) fn suppress(&mut self, note: Key, is_kept: bool) {
        if is_kept {
            self.suppressed.insert(note);
        } else {
            self.suppressed.remove(&note);
        }
    }

    /// A state without what says who an erased person is.
    pub(super) fn known_of<'s>(
        &self,
        partition: i32,
        company_id: u64,
        state: &'s Document,
    ) -> Cow<'s, Document> {
        if !self.keeps_anyone_out() {
            return Cow::Borrowed(state);
        }
        let mut map = state.to_map();
        let is_out = |id| self.is_out(partition, company_id, id);
        if erasure::strip(&mut map, &is_out) {
            return Cow::Owned(map.into());
        }
        Cow::Borrowed(state)
    }

    /// Records that end; a person who came back in the same batch is written after its end.
    pub(super) fn tombstones(&mut self) -> Vec<Rewritten> {
        let erased = std::mem::take(&mut self.overlay.erased);
        let tombstone = |(key, cause): (Key, Headers)| {
            self.overlay.written.insert(key.clone(), None);
            Rewritten {
                partition: key.partition,
                key: key.text,
                object: erasure::PERSON.to_owned(),
                value: None,
                cause,
            }
        };
        erased.into_iter().map(tombstone).collect()
    }

    fn keeps_anyone_out(&self) -> bool {
        self.overlay.keeps_out || !self.suppressed.is_empty()
    }

    fn is_out(&self, partition: i32, company_id: u64, person_id: u64) -> bool {
        let note = Key {
            partition,
            text: Suppressed::note_key(company_id, person_id),
        };
        match self.overlay.notes.get(&note) {
            Some((value, _)) => value.is_some(),
            None => self.suppressed.contains(&note),
        }
    }

    /// What a provider said of the person's addresses stands under their hashes.
    fn forget_addresses(&mut self, person: &PersonKey, headers: &Headers) -> Result<(), StoreError> {
        let state = self.state(&person.record_key())?.unwrap_or_default();
        let points = state.get("emails").and_then(|emails| emails.as_array());
        let addresses = points.into_iter().flatten();
        let addresses = addresses.filter_map(|point| point.get("value")?.as_str());
        for address in addresses {
            let note = Key {
                partition: person.partition,
                text: note::key(person.company_id, note::EMAIL, &email::key(address)),
            };
            if self.note_kept(&note)?.is_some() {
                self.keep_note(note, None, headers);
            }
        }
        Ok(())
    }

    /// Records of others that say who the person is, in the store and in this batch.
    fn strip_others(&mut self, person: &PersonKey, headers: &Headers) -> Result<(), StoreError> {
        let mut found = Vec::new();
        self.store
            .each_record(person.partition, person.company_id, |record| {
                let names = |state: &StateText| stripped(state, person.person_id).is_some();
                if record.state.as_ref().is_some_and(names) {
                    found.push(key_of(person.partition, &record));
                }
            })?;
        let company = format!("{}:", person.company_id);
        let of_batch = self.overlay.records.keys();
        found.extend(of_batch.filter(|key| key.text.starts_with(&company)).cloned());
        for key in found {
            self.strip_record(&key, person, headers)?;
        }
        Ok(())
    }

    fn strip_record(&mut self, key: &Key, person: &PersonKey, headers: &Headers) -> Result<(), StoreError> {
        let touched = self.touch(key, || blank(person))?;
        let state = touched.record.state.as_ref();
        let Some(state) = state.and_then(|state| stripped(state, person.person_id)) else {
            return Ok(());
        };
        touched.record.state = Some(StateText::of(&state));
        touched
            .cause
            .get_or_insert_with(|| cause(headers, headers.event_uuid));
        self.overlay.restated.push(key.clone());
        Ok(())
    }
}

/// What is known of a person who is kept out: that there is one.
pub(super) fn facts(key: &Key) -> Facts {
    let id = key.text.rsplit(':').next().and_then(EntityId::parse);
    let properties = id.map(|id| Document::from(Map::from_iter([("id".to_owned(), id.to_json())])));
    Facts {
        properties: properties.map(Arc::new),
        ..Facts::default()
    }
}

/// Who is kept out from now on, and who no longer.
pub(super) fn notes(notes: &BTreeMap<Key, (Option<Vec<u8>>, Headers)>) -> Vec<(Key, bool)> {
    let suppressed = notes
        .iter()
        .filter(|(key, _)| note::word(&key.text) == Some(SUPPRESSED));
    suppressed
        .map(|(key, (value, _))| (key.clone(), value.is_some()))
        .collect()
}

/// `None` when the state does not say who the person is. Few hold the digits of its id at all.
fn stripped(state: &StateText, person_id: u64) -> Option<Document> {
    if !state.as_str().contains(&person_id.to_string()) {
        return None;
    }
    let mut state = state.to_document().to_map();
    erasure::strip(&mut state, &|id| id == person_id).then(|| state.into())
}

fn note_of(person: &PersonKey) -> Key {
    Key {
        partition: person.partition,
        text: Suppressed::note_key(person.company_id, person.person_id),
    }
}

fn key_of(partition: i32, record: &LightRecord) -> Key {
    Key::new(partition, record.company_id, &record.object, &record.id)
}

fn blank(person: &PersonKey) -> LightRecord {
    let id = EntityId::from(person.person_id);
    LightRecord::blank(person.company_id, Object::Person, id)
}
