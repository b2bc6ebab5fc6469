//! A broker: committed offsets with texts, and the fence of a group's generation.
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Broker {
    pub(super) committed: Vec<Option<(i64, String)>>,
    /// Which worker has which partition.
    pub(super) owners: Vec<usize>,
    pub(super) generation: u64,
    /// How often each record was rejected; visible with the offsets only.
    pub(super) rejected: BTreeMap<(i32, i64), u32>,
    /// Switched off to see the model fail.
    pub(super) fences: bool,
}

impl Broker {
    pub(super) fn new(partitions: usize) -> Self {
        Self {
            committed: vec![None; partitions],
            owners: vec![0; partitions],
            generation: 1,
            rejected: BTreeMap::new(),
            fences: true,
        }
    }

    pub(super) fn held(&self, worker: usize) -> Vec<i32> {
        let held = self
            .owners
            .iter()
            .enumerate()
            .filter(|(_, owner)| **owner == worker);
        held.map(|(partition, _)| partition as i32).collect()
    }

    /// A commit of a member of this generation, all or nothing.
    pub(super) fn commit(&mut self, generation: u64, next: &[(i32, i64, String)]) -> bool {
        if self.fences && generation != self.generation {
            return false;
        }
        for (partition, offset, text) in next {
            self.committed[*partition as usize] = Some((*offset, text.clone()));
        }
        true
    }
}
