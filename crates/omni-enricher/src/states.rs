//! The states as a batch sees them: the store, and over it in memory what the batch has changed so far.
//!
//! Line of no return: the Kafka transaction. Before it everything here lives in the overlay alone and an
//! abort drops it; after it the overlay goes to the store, in one write.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use event::metrics::{DealFacts, Metrics};
use event::state::{Applied, LightRecord, StateText};
use event::{Change, Document, EntityId, Headers, Object, note};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::checkpoint::Checkpoint;
use crate::config::Settings;
use crate::facts::{self, Facts};
use crate::fields;
use crate::key::{Key, PersonKey};
use crate::store::{Store, StoreError, Write};

mod erased;
mod overlay;
mod words;

use overlay::{Overlay, Touched};

/// Deals of contacts kept in memory, counted in deals and contacts.
const DEALS_CACHED_MAX: u64 = 40_000;
/// As many contacts as that may be, to begin with.
const CONTACTS_CACHED: usize = 4_096;

/// A person's deals by their id.
type Deals = BTreeMap<u64, DealFacts>;

/// A contact counts as one, and each of its deals.
#[derive(Clone, Debug)]
struct DealsWeight;

impl Weighter<PersonKey, Arc<Deals>> for DealsWeight {
    fn weight(&self, _: &PersonKey, deals: &Arc<Deals>) -> u64 {
        deals.len() as u64 + 1
    }
}

/// Last states.
#[derive(Debug)]
pub(crate) struct States {
    store: Store,
    settings: Arc<Settings>,
    /// The settings with a company's own names beneath them (`fields`).
    named: HashMap<(i32, u64), Arc<Settings>>,
    facts: Cache<Key, Arc<Facts>>,
    deals: Cache<PersonKey, Arc<Deals>, DealsWeight>,
    /// Notes of the persons who are kept out.
    suppressed: BTreeSet<Key>,
    overlay: Overlay,
}

/// A record of `omni.entities` to be written.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) object: String,
    /// `None`: a tombstone.
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) cause: Headers,
}

impl States {
    pub(crate) fn new(store: Store, settings: Arc<Settings>) -> Self {
        Self {
            store,
            facts: Cache::new(usize::try_from(settings.facts_cached_max).unwrap_or(usize::MAX)),
            deals: Cache::with_weighter(CONTACTS_CACHED, DEALS_CACHED_MAX, DealsWeight),
            settings,
            named: HashMap::new(),
            suppressed: BTreeSet::new(),
            overlay: Overlay::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Applies a change to its entity's record.
    pub(crate) fn apply(
        &mut self,
        partition: i32,
        change: &Change,
        headers: &Headers,
    ) -> Result<Applied, StoreError> {
        let key = Key::new(partition, change.company_id, &change.object, &change.id);
        let touched = self.touch(&key, || {
            LightRecord::blank(change.company_id, change.object.clone(), change.id.clone())
        })?;
        let before = contact_of(&touched.record);
        let applied = touched.record.apply(change, headers.received_at_micro);
        if applied == Applied::Duplicate {
            return Ok(applied);
        }
        touched.cause = Some(cause(headers, change.uuid));
        if applied == Applied::Newer {
            let lives = touched.record.gone.is_none();
            self.overlay.restated.push(key);
            if change.object == Object::Deal {
                let after = change.current.as_ref().filter(|_| lives).and_then(Placement::of);
                self.place(partition, change.company_id, &change.id, before, after, headers)?;
            }
        }
        Ok(applied)
    }

    /// Notes an event that brings no state. False when it was seen before.
    pub(crate) fn note(
        &mut self,
        key: &Key,
        new: impl FnOnce() -> LightRecord,
        uuid: Uuid,
        headers: &Headers,
    ) -> Result<bool, StoreError> {
        let touched = self.touch(key, new)?;
        let fresh = touched.record.note(uuid, headers.received_at_micro);
        if fresh {
            touched.cause = Some(cause(headers, uuid));
        }
        Ok(fresh)
    }

    /// Takes a state that the API gave, in canonical form.
    pub(crate) fn learn(
        &mut self,
        partition: i32,
        company_id: u64,
        object: &Object,
        id: &EntityId,
        state: &Document,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        let key = Key::new(partition, company_id, object, id);
        if self.is_suppressed(&key) {
            return Ok(());
        }
        let state = &*self.known_of(partition, company_id, state);
        let touched = self.touch(&key, || {
            LightRecord::blank(company_id, object.clone(), id.clone())
        })?;
        let before = contact_of(&touched.record);
        if touched.record.apply_api_state(state) == Applied::Newer {
            touched.cause = Some(cause(headers, headers.event_uuid));
            self.overlay.restated.push(key);
            if *object == Object::Deal {
                let after = Placement::of(state);
                self.place(partition, company_id, id, before, after, headers)?;
            }
        }
        Ok(())
    }

    /// Keeps a note (`event::note`), or lets go of it.
    pub(crate) fn keep_note(&mut self, key: Key, value: Option<Vec<u8>>, headers: &Headers) {
        let cause = cause(headers, headers.event_uuid);
        self.overlay.keeps_out |= note::word(&key.text) == Some(note::SUPPRESSED);
        self.overlay.notes.insert(key, (value, cause));
    }

    /// A note that is kept.
    pub(crate) fn note_kept(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        match self.overlay.notes.get(key) {
            Some((value, _)) => Ok(value.clone()),
            None => self.store.note(key),
        }
    }

    /// Notes that this batch changed.
    pub(crate) fn new_notes(&self) -> impl Iterator<Item = &Key> {
        self.overlay.notes.keys()
    }

    /// Gets a company's names ready: before its events are worked.
    pub(crate) fn name(&mut self, partition: i32, company_id: u64) -> Result<(), StoreError> {
        if self.named.contains_key(&(partition, company_id)) {
            return Ok(());
        }
        let mut definitions = Vec::new();
        for object in fields::OBJECTS {
            for record in self.store.records_of(partition, company_id, object)? {
                let state = record.state.as_ref().map(StateText::to_document);
                definitions.extend(state.map(|state| (record.object, record.id.to_string(), state)));
            }
        }
        let named = if definitions.is_empty() {
            Arc::clone(&self.settings)
        } else {
            Arc::new(fields::name(&self.settings, definitions))
        };
        self.named.insert((partition, company_id), named);
        Ok(())
    }

    /// The settings with this company's own names, once [`States::name`] got them ready.
    pub(crate) fn settings_of(&self, partition: i32, company_id: u64) -> &Settings {
        self.named.get(&(partition, company_id)).unwrap_or(&self.settings)
    }

    /// The last state of an entity.
    pub(crate) fn state(&self, key: &Key) -> Result<Option<Document>, StoreError> {
        let map = |record: &LightRecord| record.state.as_ref().map(StateText::to_document);
        match self.overlay.records.get(key) {
            Some(touched) => Ok(map(&touched.record)),
            None => Ok(self.store.record(key)?.as_ref().and_then(map)),
        }
    }

    /// What is known of an entity.
    pub(crate) fn facts(&self, key: &Key) -> Result<Option<Arc<Facts>>, StoreError> {
        if self.is_suppressed(key) {
            return Ok(Some(Arc::new(erased::facts(key))));
        }
        if let Some(touched) = self.overlay.records.get(key) {
            return Ok(self.facts_of(key.partition, &touched.record).map(Arc::new));
        }
        if let Some(facts) = self.facts.get(key) {
            return Ok(Some(facts));
        }
        let record = self.store.record(key)?;
        let facts = record
            .and_then(|record| self.facts_of(key.partition, &record))
            .map(Arc::new);
        if let Some(facts) = &facts {
            self.facts.insert(key.clone(), Arc::clone(facts));
        }
        Ok(facts)
    }

    fn facts_of(&self, partition: i32, record: &LightRecord) -> Option<Facts> {
        Facts::of(record, self.settings_of(partition, record.company_id))
    }

    /// The figures of a person, now; in this currency, else in the one most of its deals have.
    pub(crate) fn metrics(&self, person: &PersonKey, currency: Option<&str>) -> Result<Metrics, StoreError> {
        let deals = self.deals_of(person)?;
        Ok(Metrics::over(deals.values(), currency))
    }

    /// Ends the batch: the figures of the contacts it touched, and every record that changed, once.
    pub(crate) fn finish(&mut self) -> Result<Vec<Rewritten>, StoreError> {
        for (person, (currency, headers)) in std::mem::take(&mut self.overlay.counted) {
            if self.is_suppressed(&person.record_key()) {
                continue;
            }
            let metrics = self.metrics(&person, currency.as_deref())?;
            let new = || {
                LightRecord::blank(
                    person.company_id,
                    Object::Person,
                    EntityId::from(person.person_id),
                )
            };
            let touched = self.touch(&person.record_key(), new)?;
            if touched.record.metrics.as_ref() != Some(&metrics) {
                touched.record.metrics = Some(metrics);
                touched.cause.get_or_insert(headers);
            }
        }
        self.put_words();
        let mut rewritten = self.tombstones();
        for (key, touched) in &mut self.overlay.records {
            let Some(cause) = touched.cause.clone() else {
                continue;
            };
            let value = touched.record.to_json();
            self.overlay.written.insert(key.clone(), Some(value.clone()));
            let object = touched.record.object.to_string();
            rewritten.push(Rewritten {
                partition: key.partition,
                key: key.text.clone(),
                object,
                value: Some(value),
                cause,
            });
        }
        for (key, (value, cause)) in &self.overlay.notes {
            rewritten.push(Rewritten {
                partition: key.partition,
                key: key.text.clone(),
                object: note::word(&key.text).unwrap_or_default().to_owned(),
                value: value.clone(),
                cause: cause.clone(),
            });
        }
        Ok(rewritten)
    }

    /// The transaction is final: the overlay goes to the store.
    pub(crate) fn commit(&mut self, checkpoints: Vec<(i32, Checkpoint)>) -> Result<(), StoreError> {
        let mut overlay = std::mem::take(&mut self.overlay);
        for key in &overlay.restated {
            self.facts.remove(key);
        }
        let names_others = |key: &Key| fields::OBJECTS.iter().any(|object| key.is_of(object));
        if overlay.restated.iter().any(names_others) {
            // Names stand in many facts.
            self.named.clear();
            self.facts.clear();
        }
        let suppressed = erased::notes(&overlay.notes);
        let deals = overlay
            .moved
            .drain()
            .map(|((person, deal), facts)| (person, deal, facts))
            .collect();
        self.store.write(Write {
            records: overlay.written.drain().collect(),
            deals,
            notes: std::mem::take(&mut overlay.notes)
                .into_iter()
                .map(|(key, (value, _))| (key, value))
                .collect(),
            checkpoints,
        })?;
        for (person, deals) in overlay.deals.drain() {
            self.deals.insert(person, deals);
        }
        for (key, is_kept) in suppressed {
            self.suppress(key, is_kept);
        }
        overlay.clear();
        self.overlay = overlay;
        Ok(())
    }

    /// The transaction never happened.
    pub(crate) fn abort(&mut self) {
        self.overlay.clear();
    }

    /// Forgets what is in memory: the store changed beneath it (a restore).
    pub(crate) fn forget_cached(&mut self) {
        self.overlay = Overlay::default();
        self.named.clear();
        self.facts.clear();
        self.deals.clear();
    }

    fn touch(&mut self, key: &Key, new: impl FnOnce() -> LightRecord) -> Result<&mut Touched, StoreError> {
        if !self.overlay.records.contains_key(key) {
            let record = self.store.record(key)?.unwrap_or_else(new);
            self.overlay
                .records
                .insert(key.clone(), Touched { record, cause: None });
        }
        self.overlay
            .records
            .get_mut(key)
            .ok_or(StoreError::Unreadable("a record just put there"))
    }

    /// Moves a deal from its old contact to its new one.
    fn place(
        &mut self,
        partition: i32,
        company_id: u64,
        id: &EntityId,
        before: Option<u64>,
        after: Option<Placement>,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        let Some(deal_id) = id.as_u64() else { return Ok(()) };
        let person = |person_id| PersonKey {
            partition,
            company_id,
            person_id,
        };
        let (old, new) = (
            before.map(person),
            after.as_ref().map(|place| person(place.person_id)),
        );
        let headers = cause(headers, headers.event_uuid);
        if let Some(old) = old.filter(|old| Some(*old) != new) {
            self.deals_mut(&old)?.remove(&deal_id);
            self.overlay.moved.insert((old, deal_id), None);
            self.overlay.counted.insert(old, (None, headers.clone()));
        }
        if let (Some(new), Some(after)) = (new, after) {
            let currency = Some(after.facts.currency.clone()).filter(|currency| !currency.is_empty());
            self.deals_mut(&new)?.insert(deal_id, after.facts.clone());
            self.overlay.moved.insert((new, deal_id), Some(after.facts));
            self.overlay.counted.insert(new, (currency, headers));
        }
        Ok(())
    }

    fn deals_of(&self, person: &PersonKey) -> Result<Arc<Deals>, StoreError> {
        if let Some(deals) = self.overlay.deals.get(person) {
            return Ok(Arc::clone(deals));
        }
        if let Some(deals) = self.deals.get(person) {
            return Ok(deals);
        }
        let deals = Arc::new(self.store.deals_of(person)?);
        self.deals.insert(*person, Arc::clone(&deals));
        Ok(deals)
    }

    fn deals_mut(&mut self, person: &PersonKey) -> Result<&mut Deals, StoreError> {
        let deals = self.deals_of(person)?;
        Ok(Arc::make_mut(self.overlay.deals.entry(*person).or_insert(deals)))
    }
}

/// Where a deal counts, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) person_id: u64,
    pub(crate) facts: DealFacts,
}

impl Placement {
    /// `None` for a deal that is marked deleted, and for one without a contact.
    fn of(deal: &Document) -> Option<Self> {
        Some(Self {
            person_id: facts::whole(deal, "person_id")?,
            facts: DealFacts::of(deal)?,
        })
    }
}

/// Where a record's deal counts; `None` for what is no deal and for one that is gone.
pub(crate) fn placement(record: &LightRecord) -> Option<Placement> {
    Placement::of(&living_deal(record)?.to_document())
}

/// The contact a record's deal counted for, if it did.
fn contact_of(record: &LightRecord) -> Option<u64> {
    living_deal(record)?.whole("person_id")
}

fn living_deal(record: &LightRecord) -> Option<&StateText> {
    record
        .state
        .as_ref()
        .filter(|_| record.object == Object::Deal && record.gone.is_none())
}

/// What stands in the headers of a record of `omni.entities`: which event made it so.
fn cause(headers: &Headers, uuid: Uuid) -> Headers {
    Headers::new(uuid, headers.kind, &headers.source, headers.received_at_micro)
}
