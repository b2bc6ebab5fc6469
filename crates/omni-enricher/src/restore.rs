//! Brings a partition's states up to the end of `omni.entities` before anything of it is read.
//!
//! Warm from the store's checkpoint when that is of this topic and young enough, else cold from the
//! beginning. What was committed and did not reach the store (a kill between the two) comes back here.

use std::collections::HashMap;

use event::state::LightRecord;
use kafka::{Assigned, Error, Record, Restore, Topic};
use uuid::Uuid;

use crate::checkpoint::Checkpoint;
use crate::key::{Key, PersonKey};
use crate::metrics::Enriched;
use crate::states::{Placement, placement};
use crate::store::{Store, StoreError, Write};

/// Records written to the store at once.
const WRITE_RECORDS_MAX: usize = 500;

/// How a partition was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Warm,
    Cold,
}

impl How {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
        }
    }
}

/// Restores one partition; gives the next offset of `omni.entities`.
pub(crate) fn partition(
    store: &Store,
    assigned: &Assigned,
    restore: &Restore,
    topic: Uuid,
    now_micro: i64,
    metrics: &Enriched,
) -> Result<i64, Error> {
    let number = assigned.partition;
    let checkpoint = store.checkpoint(number).map_err(failed)?;
    let usable = checkpoint.filter(|checkpoint| checkpoint.is_usable(topic, now_micro));
    let (how, read) = match usable {
        Some(checkpoint) => match entities(store, number, restore, Some(checkpoint.entities)) {
            // The checkpoint's offset is not in the log: the topic lost what the store was built on.
            Err(Error::OutOfRange { .. }) => (How::Cold, cold(store, number, restore)?),
            read => (How::Warm, read?),
        },
        None => (How::Cold, cold(store, number, restore)?),
    };
    let raw = assigned
        .committed
        .as_ref()
        .map_or(0, |committed| committed.offset);
    let checkpoint = Checkpoint {
        topic,
        raw,
        entities: read.next_offset,
        at_micro: now_micro,
    };
    store
        .write(Write {
            checkpoints: vec![(number, checkpoint)],
            ..Write::default()
        })
        .map_err(failed)?;
    metrics
        .restored
        .with_label_values(&[how.as_str()])
        .inc_by(read.records);
    tracing::info!(
        kafka.partition = number,
        records = read.records,
        kafka.offset = read.next_offset,
        how = how.as_str(),
        "states restored"
    );
    Ok(read.next_offset)
}

fn cold(store: &Store, partition: i32, restore: &Restore) -> Result<kafka::Restored, Error> {
    store.clear(partition).map_err(failed)?;
    entities(store, partition, restore, None)
}

fn entities(
    store: &Store,
    partition: i32,
    restore: &Restore,
    from: Option<i64>,
) -> Result<kafka::Restored, Error> {
    let mut pending = Vec::new();
    let read = restore.read(Topic::Entities, partition, from, |record| {
        pending.push(record);
        if pending.len() < WRITE_RECORDS_MAX {
            return Ok(());
        }
        apply(store, std::mem::take(&mut pending)).map_err(failed)
    })?;
    apply(store, pending).map_err(failed)?;
    Ok(read)
}

/// Writes records of `omni.entities` to the store, and the deals of each person with them. Of a key that
/// comes several times the last counts: one write has no order within itself.
pub(crate) fn apply(store: &Store, records: Vec<Record>) -> Result<(), StoreError> {
    let mut newest: HashMap<Key, Option<Vec<u8>>> = HashMap::new();
    for record in records {
        let key = Key {
            partition: record.partition,
            text: record.key_text(),
        };
        newest.insert(key, record.payload);
    }
    let is_note = |(key, _): &(Key, _)| event::note::word(&key.text).is_some();
    let (notes, newest): (Vec<_>, Vec<_>) = newest.into_iter().partition(is_note);
    let mut deals = HashMap::new();
    for (key, payload) in &newest {
        let Some(deal_id) = deal_of(key) else { continue };
        let before = store.record(key)?;
        let after = payload
            .as_deref()
            .map(LightRecord::read)
            .transpose()
            .map_err(StoreError::Record)?;
        if let Some((person, _)) = before.and_then(|record| place(key.partition, &record)) {
            deals.insert((person, deal_id), None);
        }
        if let Some((person, placement)) = after.and_then(|record| place(key.partition, &record)) {
            deals.insert((person, deal_id), Some(placement.facts));
        }
    }
    store.write(Write {
        records: newest,
        deals: deals
            .into_iter()
            .map(|((person, deal_id), facts)| (person, deal_id, facts))
            .collect(),
        notes,
        checkpoints: Vec::new(),
    })
}

fn deal_of(key: &Key) -> Option<u64> {
    let mut parts = key.text.splitn(3, ':');
    parts.next()?;
    (parts.next()? == "deal").then(|| parts.next()?.parse().ok())?
}

fn place(partition: i32, record: &LightRecord) -> Option<(PersonKey, Placement)> {
    let placement = placement(record)?;
    let person = PersonKey {
        partition,
        company_id: record.company_id,
        person_id: placement.person_id,
    };
    Some((person, placement))
}

fn failed(error: StoreError) -> Error {
    Error::refused("restore the states of a partition", error)
}
