//! The key of an entity within this process: its partition and its message key.
//!
//! The partition comes first, so that a partition's states can be let go of together.

use event::{EntityId, Object, identity};

/// Partition and `company:object:id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) partition: i32,
    pub(crate) text: String,
}

impl Key {
    pub(crate) fn new(partition: i32, company_id: u64, object: &Object, id: &EntityId) -> Self {
        Self {
            partition,
            text: identity::message_key(company_id, object, id),
        }
    }

    /// Whether it is of an entity of this object.
    pub(crate) fn is_of(&self, object: &str) -> bool {
        self.text.split(':').nth(1) == Some(object)
    }

    /// As the store has it: big-endian, so that one partition is one range.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [prefix(self.partition).as_slice(), self.text.as_bytes()].concat()
    }
}

/// What all keys of a partition begin with.
pub(crate) fn prefix(partition: i32) -> [u8; 4] {
    partition.to_be_bytes()
}

/// A person and its deals: partition, company, person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonKey {
    pub(crate) partition: i32,
    pub(crate) company_id: u64,
    pub(crate) person_id: u64,
}

impl PersonKey {
    /// What the keys of all deals of the person begin with.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [
            prefix(self.partition).as_slice(),
            &self.company_id.to_be_bytes(),
            &self.person_id.to_be_bytes(),
        ]
        .concat()
    }

    /// The key of one of its deals.
    pub(crate) fn deal_bytes(&self, deal_id: u64) -> Vec<u8> {
        [self.bytes().as_slice(), &deal_id.to_be_bytes()].concat()
    }

    pub(crate) fn record_key(&self) -> Key {
        Key::new(
            self.partition,
            self.company_id,
            &Object::Person,
            &EntityId::from(self.person_id),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_partition_stand_together() {
        let key =
            |partition, company| Key::new(partition, company, &Object::Deal, &EntityId::from(1)).bytes();
        let mut keys = vec![key(1, 9), key(0, 10), key(256, 2), key(0, 9)];
        keys.sort();
        assert_eq!(keys, [key(0, 10), key(0, 9), key(1, 9), key(256, 2)]);
        assert!(key(256, 2).starts_with(&prefix(256)) && !key(256, 2).starts_with(&prefix(1)));
    }

    #[test]
    fn deals_stand_under_their_person() {
        let person = PersonKey {
            partition: 1,
            company_id: 2,
            person_id: 3,
        };
        let deal = person.deal_bytes(u64::MAX);
        assert!(deal.starts_with(&person.bytes()));
        assert_eq!(deal.len(), 28);
        assert_eq!(person.record_key().text, "2:person:3");
    }
}
