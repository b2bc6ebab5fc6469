//! Events that went on incomplete, and the entities they wait for.
//!
//! Each is a note in `omni.entities` (`event::note::Pending`), so the queue survives a restart and moves with its
//! partition; here stands only who waits for whom. When an entity is known, by an answer or by an event of its own, the
//! events that waited for it follow with their revision + 1 (DESIGN 4).
//!
//! Changes are final with their transaction, like the states.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use event::note::EMAIL;
use pipedrive::Priority;
use tokio::time::Instant;

use crate::key::Key;
use crate::lookups::{Lookups, Need};
use crate::validate::Validation;

/// Entities asked for again at once.
const ASKED_MAX: usize = 400;
/// Addresses looked at again at once.
const ADDRESSES_MAX: usize = 64;
/// So many times the pause between two tries of an address: one that a provider cannot tell rests long.
const ADDRESS_PAUSES: u32 = 10;
/// Pause between two looks at who waits.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// An entity that is waited for.
#[derive(Debug)]
struct Waited {
    need: Need,
    /// The notes of the events that wait.
    by: BTreeSet<Key>,
    /// Not asked for before.
    next_try: Instant,
}

/// An event that waits.
#[derive(Debug)]
struct Waiting {
    since_micro: i64,
    entities: Vec<Key>,
}

/// Who waits for whom.
#[derive(Debug)]
pub(crate) struct Completions {
    waited: HashMap<Key, Waited>,
    waiting: HashMap<Key, Waiting>,
    /// All notes by age, oldest first.
    by_age: BTreeSet<(i64, Key)>,
    pending_max: usize,
    pause: Duration,
    next_look: Instant,
    /// Entities that something is known of now, and whose events were not all looked at.
    heard: HashSet<Key>,
    /// Events that wait for nothing any more, e.g. after a restart.
    ready: BTreeSet<Key>,
    /// Of the open transaction.
    told: HashSet<Key>,
    added: Vec<(Key, i64, Vec<Need>)>,
    /// What the events that were looked at wait for now; nothing: no longer.
    decided: HashMap<Key, Vec<Need>>,
}

impl Completions {
    /// `pause`: how long an entity that could not be told is not asked for again.
    pub(crate) fn new(pending_max: usize, pause: Duration) -> Self {
        Self {
            waited: HashMap::new(),
            waiting: HashMap::new(),
            by_age: BTreeSet::new(),
            pending_max,
            pause,
            next_look: Instant::now(),
            heard: HashSet::new(),
            ready: BTreeSet::new(),
            told: HashSet::new(),
            added: Vec::new(),
            decided: HashMap::new(),
        }
    }

    /// Whether another event may wait.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() + self.added.len() < self.pending_max
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// An event waits for these.
    pub(crate) fn add(&mut self, note: Key, since_micro: i64, needs: Vec<Need>) {
        self.added.push((note, since_micro, needs));
    }

    /// Something is known of this entity now.
    pub(crate) fn hear(&mut self, entity: Key) {
        if self.waited.contains_key(&entity) {
            self.heard.insert(entity.clone());
        }
        self.told.insert(entity);
    }

    /// The events that wait for something heard of, at most so many; the rest comes next time.
    pub(crate) fn awoken(&self, notes_max: usize) -> Vec<Key> {
        let waited = self.heard.iter().filter_map(|entity| self.waited.get(entity));
        let notes = self.ready.iter().chain(waited.flat_map(|waited| &waited.by));
        let notes: BTreeSet<&Key> = notes.take(notes_max).collect();
        notes.into_iter().cloned().collect()
    }

    /// An event that was looked at waits for these now, or no longer.
    pub(crate) fn decide(&mut self, note: Key, needs: Vec<Need>) {
        self.decided.insert(note, needs);
    }

    /// Those that have waited since before this moment, at most so many.
    pub(crate) fn older_than(&self, micro: i64, notes_max: usize) -> Vec<Key> {
        let old = self.by_age.iter().take_while(|(since, _)| *since < micro);
        old.take(notes_max).map(|(_, note)| note.clone()).collect()
    }

    /// The transaction is final.
    pub(crate) fn commit(&mut self) {
        for (note, needs) in std::mem::take(&mut self.decided) {
            let Some(since_micro) = self.remove(&note) else {
                continue;
            };
            if !needs.is_empty() {
                self.insert(note, since_micro, needs);
            }
        }
        for (note, since_micro, needs) in std::mem::take(&mut self.added) {
            self.insert(note, since_micro, needs);
        }
        // Whoever began to wait before the same batch told it looks again.
        self.heard.extend(self.told.drain());
        let waited = &self.waited;
        self.heard.retain(|entity| waited.contains_key(entity));
    }

    /// The transaction never happened. Who was awoken in it looks once more, and goes on waiting.
    pub(crate) fn abort(&mut self) {
        self.told.clear();
        self.added.clear();
        self.decided.clear();
    }

    /// An event that waits, as the store has it.
    pub(crate) fn insert(&mut self, note: Key, since_micro: i64, needs: Vec<Need>) {
        if needs.is_empty() {
            self.ready.insert(note.clone());
        }
        let mut entities = Vec::with_capacity(needs.len());
        for need in needs {
            entities.push(need.key.clone());
            let pauses = if need.key.is_of(EMAIL) { ADDRESS_PAUSES } else { 1 };
            let waited = self.waited.entry(need.key.clone()).or_insert_with(|| Waited {
                need,
                by: BTreeSet::new(),
                next_try: Instant::now() + self.pause * pauses,
            });
            waited.by.insert(note.clone());
        }
        self.by_age.insert((since_micro, note.clone()));
        self.waiting.insert(
            note,
            Waiting {
                since_micro,
                entities,
            },
        );
    }

    fn remove(&mut self, note: &Key) -> Option<i64> {
        let Waiting {
            since_micro,
            entities,
        } = self.waiting.remove(note)?;
        self.by_age.remove(&(since_micro, note.clone()));
        self.ready.remove(note);
        for entity in entities {
            let Some(waited) = self.waited.get_mut(&entity) else {
                continue;
            };
            waited.by.remove(note);
            if waited.by.is_empty() {
                self.waited.remove(&entity);
            }
        }
        Some(since_micro)
    }

    /// Lets go of a partition.
    pub(crate) fn forget(&mut self, partition: i32) {
        self.abort();
        self.heard.retain(|entity| entity.partition != partition);
        self.ready.retain(|note| note.partition != partition);
        self.waited.retain(|entity, _| entity.partition != partition);
        self.waiting.retain(|note, _| note.partition != partition);
        self.by_age.retain(|(_, note)| note.partition != partition);
    }

    /// Asks again for those whose time has come; who can no longer come is heard of too. An address that nobody is asked
    /// about is heard of as well, as long as there is room: its events are looked at again, and that asks.
    pub(crate) fn ask(&mut self, lookups: &mut Lookups, validation: &Validation, now: Instant) {
        if now < self.next_look {
            return;
        }
        self.next_look = now + LOOK_PAUSE;
        let mut needs = Vec::new();
        let mut room = validation.room().min(ADDRESSES_MAX);
        for (entity, waited) in &mut self.waited {
            if needs.len() >= ASKED_MAX {
                break;
            }
            if !lookups.may_come(&waited.need) {
                self.heard.insert(entity.clone());
            } else if entity.is_of(EMAIL) {
                if room > 0 && waited.next_try <= now && validation.is_idle(entity) {
                    room -= 1;
                    waited.next_try = now + self.pause * ADDRESS_PAUSES;
                    self.heard.insert(entity.clone());
                }
            } else if waited.next_try <= now && lookups.may_ask(&waited.need) {
                waited.next_try = now + self.pause;
                needs.push(waited.need.clone());
            }
        }
        lookups.ask(needs, Priority::Repair);
    }
}
