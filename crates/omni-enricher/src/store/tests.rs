//! The store takes a batch whole, and knows up to which offsets it has come.
#![allow(clippy::unwrap_used)]

use event::{EntityId, Object};
use uuid::Uuid;

use super::*;

fn record(partition: i32, id: u64) -> (Key, Option<Vec<u8>>) {
    let record = LightRecord::blank(7, Object::Deal, EntityId::from(id));
    (
        Key::new(partition, 7, &Object::Deal, &EntityId::from(id)),
        Some(record.to_json()),
    )
}

fn person(partition: i32) -> PersonKey {
    PersonKey {
        partition,
        company_id: 7,
        person_id: 5,
    }
}

fn facts(value: &str) -> DealFacts {
    DealFacts {
        value: value.parse().unwrap(),
        currency: "E|R".into(),
        status: "open".into(),
    }
}

fn checkpoint(raw: i64) -> Checkpoint {
    Checkpoint {
        topic: Uuid::from_u128(1),
        raw,
        entities: 2 * raw,
        at_micro: 0,
    }
}

fn note(partition: i32) -> (Key, Option<Vec<u8>>) {
    let text = event::note::key(7, event::note::PENDING, "1");
    (Key { partition, text }, Some(b"x".to_vec()))
}

fn notes(store: &Store, partition: i32) -> Vec<Key> {
    let mut notes = Vec::new();
    let each = |key, _: &[u8]| {
        notes.push(key);
        Ok(())
    };
    store.each_note(partition, each).unwrap();
    notes
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    store
        .write(Write {
            records: vec![record(0, 1), record(1, 1)],
            notes: vec![note(0)],
            deals: vec![
                (person(0), 1, Some(facts("10.50"))),
                (person(0), 2, Some(facts("3"))),
            ],
            checkpoints: vec![(0, checkpoint(9))],
        })
        .unwrap();
    drop(store);
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    assert_eq!(
        store.record(&record(0, 1).0).unwrap().unwrap().id,
        EntityId::from(1)
    );
    assert!(store.record(&record(0, 2).0).unwrap().is_none());
    let deals = store.deals_of(&person(0)).unwrap();
    assert_eq!(deals, BTreeMap::from([(1, facts("10.50")), (2, facts("3"))]));
    assert_eq!(store.checkpoint(0).unwrap(), Some(checkpoint(9)));
    assert_eq!(store.checkpoint(1).unwrap(), None);
    assert_eq!(store.note(&note(0).0).unwrap(), Some(b"x".to_vec()));
    assert_eq!(notes(&store, 0), [note(0).0]);
}

#[test]
fn a_note_is_let_go_of() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    for value in [Some(b"x".to_vec()), None] {
        let notes = vec![(note(0).0, value)];
        store
            .write(Write {
                notes,
                ..Write::default()
            })
            .unwrap();
    }
    assert_eq!(store.note(&note(0).0).unwrap(), None);
    assert!(notes(&store, 0).is_empty());
}

#[test]
fn a_partition_is_let_go_of_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    let both = |partition| Write {
        records: vec![record(partition, 1)],
        deals: vec![(person(partition), 1, Some(facts("1")))],
        notes: vec![note(partition)],
        checkpoints: vec![(partition, checkpoint(1))],
    };
    store.write(both(0)).unwrap();
    store.write(both(1)).unwrap();
    store.clear(0).unwrap();
    assert!(store.record(&record(0, 1).0).unwrap().is_none());
    assert!(store.deals_of(&person(0)).unwrap().is_empty());
    assert!(notes(&store, 0).is_empty());
    assert_eq!(notes(&store, 1), [note(1).0]);
    assert_eq!(store.checkpoint(0).unwrap(), None);
    assert!(store.record(&record(1, 1).0).unwrap().is_some());
    assert_eq!(store.deals_of(&person(1)).unwrap().len(), 1);
}

#[test]
fn what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    let there = Write {
        records: vec![record(0, 1)],
        deals: vec![(person(0), 1, Some(facts("1")))],
        ..Write::default()
    };
    store.write(there).unwrap();
    let gone = Write {
        records: vec![(record(0, 1).0, None)],
        deals: vec![(person(0), 1, None)],
        ..Write::default()
    };
    store.write(gone).unwrap();
    assert!(store.record(&record(0, 1).0).unwrap().is_none());
    assert!(store.deals_of(&person(0)).unwrap().is_empty());
}
