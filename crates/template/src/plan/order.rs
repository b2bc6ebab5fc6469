//! Which key comes after which: events of a kind have their keys in one order, so the next one is nearly always guessed right,
//! and comparing it is cheaper than looking it up.
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;

use super::Slot;

/// The order in which events lately had their keys. Threads may share it: a wrong guess costs a look-up.
#[derive(Debug)]
pub(super) struct Order {
    /// By slot.
    keys: Vec<String>,
    first: AtomicUsize,
    /// By slot: the slot of the key that came next.
    next: Vec<AtomicUsize>,
}

impl Order {
    pub(super) fn new(slots: &HashMap<String, Slot>) -> Self {
        let mut keys: Vec<(Slot, &String)> = slots.iter().map(|(key, slot)| (*slot, key)).collect();
        keys.sort_unstable();
        Self {
            first: AtomicUsize::new(0),
            next: keys.iter().map(|(slot, _)| AtomicUsize::new(slot + 1)).collect(),
            keys: keys.into_iter().map(|(_, key)| key.clone()).collect(),
        }
    }

    /// The slot of this key, if it is the one expected after that slot.
    pub(super) fn guess(&self, after: Option<Slot>, key: &str) -> Option<Slot> {
        let slot = self.place(after)?.load(Ordering::Relaxed);
        (self.keys.get(slot)? == key).then_some(slot)
    }

    /// What is expected from now on.
    pub(super) fn learn(&self, after: Option<Slot>, slot: Slot) {
        if let Some(place) = self.place(after) {
            place.store(slot, Ordering::Relaxed);
        }
    }

    fn place(&self, after: Option<Slot>) -> Option<&AtomicUsize> {
        after.map_or(Some(&self.first), |slot| self.next.get(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_expected_where_it_was_last() {
        let slots = ["a", "b", "c"]
            .into_iter()
            .zip(0..)
            .map(|(key, slot)| (key.to_owned(), slot));
        let order = Order::new(&slots.collect());
        assert_eq!(order.guess(None, "b"), None);
        order.learn(None, 1);
        assert_eq!(order.guess(None, "b"), Some(1));
        order.learn(Some(1), 0);
        assert_eq!(
            (order.guess(Some(1), "a"), order.guess(Some(1), "c")),
            (Some(0), None)
        );
        assert_eq!(order.guess(Some(2), "a"), None, "nothing comes after the last");
    }
}
