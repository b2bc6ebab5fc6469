//! Last states on disk: records of `omni.entities`, the deals of each person, and how far both topics
//! were worked when that was true.
//!
//! One write is one atomic batch, checkpoint included; nothing is synced, because the topic holds it all:
//! a store that lost its newest batches is simply older, and is brought up from its checkpoint.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use event::metrics::DealFacts;
use event::state::{LightRecord, RecordError};
use fjall::compaction::Leveled;
use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use crate::checkpoint::Checkpoint;
use crate::key::{self, Key, PersonKey};

/// Bytes of new records kept in memory before they go to a file, for each of the two large parts.
const MEMTABLE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of journal on disk; the least fjall takes.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// Files of new records that are left as they are before they are merged into the older ones.
const FILES_UNMERGED_MAX: u8 = 8;
/// Open files.
const FILES_MAX: usize = 64;
/// Keys removed at once when a partition is let go of.
const CLEAR_KEYS: usize = 10_000;

/// Why the store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("state store failed while trying to {doing}")]
    Disk {
        doing: &'static str,
        #[source]
        source: fjall::Error,
    },
    #[error("state store holds a record that cannot be read")]
    Record(#[source] RecordError),
    #[error("state store holds {0} that cannot be read")]
    Unreadable(&'static str),
}

/// What one batch changed; no key twice.
#[derive(Debug, Default)]
pub(crate) struct Write {
    /// `None` removes.
    pub(crate) records: Vec<(Key, Option<Vec<u8>>)>,
    pub(crate) deals: Vec<(PersonKey, u64, Option<DealFacts>)>,
    /// What this stage keeps for itself (`event::note`); `None` removes.
    pub(crate) notes: Vec<(Key, Option<Vec<u8>>)>,
    pub(crate) checkpoints: Vec<(i32, Checkpoint)>,
}

/// The embedded store. Handles share one database.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    records: Keyspace,
    deals: Keyspace,
    notes: Keyspace,
    checkpoints: Keyspace,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the folder, making it when it is not there. One process at a time may hold it.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let failed = disk("open");
        let database = Database::builder(folder)
            .cache_size(cache_bytes)
            .max_journaling_size(JOURNAL_BYTES)
            .max_cached_files(Some(FILES_MAX))
            .worker_threads(1)
            .open()
            .map_err(&failed)?;
        // What is asked for is nearly always there, and most of it is written again soon.
        let merging = Leveled::default().with_l0_threshold(FILES_UNMERGED_MAX);
        let merging = Arc::new(merging);
        let large = || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(MEMTABLE_BYTES)
                .expect_point_read_hits(true)
                .compaction_strategy(merging.clone())
        };
        Ok(Self {
            records: database.keyspace("records", large).map_err(&failed)?,
            deals: database.keyspace("deals", large).map_err(&failed)?,
            notes: database.keyspace("notes", large).map_err(&failed)?,
            checkpoints: database.keyspace("checkpoints", large).map_err(&failed)?,
            database,
        })
    }

    pub(crate) fn record(&self, key: &Key) -> Result<Option<LightRecord>, StoreError> {
        let found = self.records.get(key.bytes()).map_err(disk("read a record"))?;
        found.map(|bytes| read_record(&bytes)).transpose()
    }

    /// All entities of one object of a company.
    pub(crate) fn records_of(
        &self,
        partition: i32,
        company_id: u64,
        object: &str,
    ) -> Result<Vec<LightRecord>, StoreError> {
        let prefix = [
            key::prefix(partition).as_slice(),
            event::note::key(company_id, object, "").as_bytes(),
        ]
        .concat();
        let mut records = Vec::new();
        for entry in self.records.prefix(prefix) {
            let value = entry.value().map_err(disk("read records"))?;
            records.push(read_record(&value)?);
        }
        Ok(records)
    }

    /// Goes through all entities of a company.
    pub(crate) fn each_record(
        &self,
        partition: i32,
        company_id: u64,
        mut each: impl FnMut(LightRecord),
    ) -> Result<(), StoreError> {
        let company = format!("{company_id}:");
        let prefix = [key::prefix(partition).as_slice(), company.as_bytes()].concat();
        for entry in self.records.prefix(prefix) {
            let value = entry.value().map_err(disk("read records"))?;
            each(read_record(&value)?);
        }
        Ok(())
    }

    pub(crate) fn deals_of(&self, person: &PersonKey) -> Result<BTreeMap<u64, DealFacts>, StoreError> {
        let mut deals = BTreeMap::new();
        for entry in self.deals.prefix(person.bytes()) {
            let (key, value) = entry.into_inner().map_err(disk("read a person's deals"))?;
            let id = key.last_chunk::<8>().map(|id| u64::from_be_bytes(*id));
            let (id, facts) = id
                .zip(read_facts(&value))
                .ok_or(StoreError::Unreadable("a deal"))?;
            deals.insert(id, facts);
        }
        Ok(deals)
    }

    pub(crate) fn note(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.notes.get(key.bytes()).map_err(disk("read a note"))?;
        Ok(found.map(|bytes| bytes.to_vec()))
    }

    /// All notes of a partition, one after the other.
    pub(crate) fn each_note(
        &self,
        partition: i32,
        mut each: impl FnMut(Key, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let prefix = key::prefix(partition);
        for entry in self.notes.prefix(prefix) {
            let (key, value) = entry.into_inner().map_err(disk("read the notes"))?;
            let text = key.get(prefix.len()..).unwrap_or_default();
            let text = String::from_utf8_lossy(text).into_owned();
            each(Key { partition, text }, &value)?;
        }
        Ok(())
    }

    pub(crate) fn checkpoint(&self, partition: i32) -> Result<Option<Checkpoint>, StoreError> {
        let found = self
            .checkpoints
            .get(key::prefix(partition))
            .map_err(disk("read a checkpoint"))?;
        // One that cannot be read is none: the partition is restored from the beginning.
        Ok(found.and_then(|bytes| Checkpoint::from_json(&bytes)))
    }

    /// Writes all of it or nothing.
    pub(crate) fn write(&self, write: Write) -> Result<(), StoreError> {
        let mut batch = self.database.batch();
        for (key, record) in write.records {
            match record {
                Some(bytes) => batch.insert(&self.records, key.bytes(), bytes),
                None => batch.remove(&self.records, key.bytes()),
            }
        }
        for (person, deal, facts) in write.deals {
            match facts {
                Some(facts) => batch.insert(&self.deals, person.deal_bytes(deal), write_facts(&facts)),
                None => batch.remove(&self.deals, person.deal_bytes(deal)),
            }
        }
        for (key, note) in write.notes {
            match note {
                Some(bytes) => batch.insert(&self.notes, key.bytes(), bytes),
                None => batch.remove(&self.notes, key.bytes()),
            }
        }
        for (partition, checkpoint) in write.checkpoints {
            batch.insert(&self.checkpoints, key::prefix(partition), checkpoint.to_json());
        }
        batch.commit().map_err(disk("write a batch"))
    }

    /// Forgets a partition, its checkpoint first: one that stops half-way is restored from the beginning.
    pub(crate) fn clear(&self, partition: i32) -> Result<(), StoreError> {
        let failed = disk("forget a partition");
        self.checkpoints.remove(key::prefix(partition)).map_err(&failed)?;
        for keyspace in [&self.records, &self.deals, &self.notes] {
            loop {
                let mut batch = self.database.batch();
                for entry in keyspace.prefix(key::prefix(partition)).take(CLEAR_KEYS) {
                    batch.remove(keyspace, entry.key().map_err(&failed)?);
                }
                if batch.is_empty() {
                    break;
                }
                batch.commit().map_err(&failed)?;
            }
        }
        Ok(())
    }

    /// Bytes on disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.database.disk_space().unwrap_or_default()
    }
}

fn disk(doing: &'static str) -> impl Fn(fjall::Error) -> StoreError {
    move |source| StoreError::Disk { doing, source }
}

fn read_record(stored: &[u8]) -> Result<LightRecord, StoreError> {
    LightRecord::read(stored).map_err(StoreError::Record)
}

/// `value|status|currency`; a currency may hold anything, so it comes last.
fn write_facts(facts: &DealFacts) -> Vec<u8> {
    format!("{}|{}|{}", facts.value, facts.status, facts.currency).into_bytes()
}

fn read_facts(bytes: &[u8]) -> Option<DealFacts> {
    let mut parts = std::str::from_utf8(bytes).ok()?.splitn(3, '|');
    Some(DealFacts {
        value: parts.next()?.parse().ok()?,
        status: parts.next()?.to_owned(),
        currency: parts.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests;
