//! Events in bodies that `/events/flat` takes, in their order.

use serde_json::{Map, Value};

/// How much may go in one post.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes_max: usize,
    pub(crate) events_max: usize,
}

/// What is posted at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// One JSON object, or a list of them.
    pub(crate) body: Vec<u8>,
    /// Where in the payload its events stood.
    pub(crate) indexes: Vec<usize>,
}

/// An event in shape, and where in the payload it stood.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) index: usize,
    pub(crate) event: Map<String, Value>,
}

/// Cuts events into batches. One that is over the limit by itself goes alone: whether it is too large is not ours to say.
pub(crate) fn cut(events: &[Placed], limits: Limits) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut open = Open::default();
    for placed in events {
        let text = Value::Object(placed.event.clone()).to_string();
        if !open.has_room(text.len(), limits) {
            batches.extend(std::mem::take(&mut open).close());
        }
        open.texts.push(text);
        open.indexes.push(placed.index);
    }
    batches.extend(open.close());
    batches
}

/// The batch that is being filled.
#[derive(Default)]
struct Open {
    texts: Vec<String>,
    indexes: Vec<usize>,
}

impl Open {
    fn has_room(&self, bytes: usize, limits: Limits) -> bool {
        // A comma each, and the brackets.
        let taken: usize = self.texts.iter().map(|text| text.len() + 1).sum();
        self.texts.is_empty() || self.texts.len() < limits.events_max && taken + bytes + 2 <= limits.bytes_max
    }

    fn close(self) -> Option<Batch> {
        let body = match self.texts.as_slice() {
            [] => return None,
            [one] => one.clone(),
            many => format!("[{}]", many.join(",")),
        };
        Some(Batch {
            body: body.into_bytes(),
            indexes: self.indexes,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use serde_json::json;

    use super::*;

    fn placed(indexes: &[usize]) -> Vec<Placed> {
        let event = |index: &usize| json!({ "event_id": index }).as_object().unwrap().clone();
        indexes
            .iter()
            .map(|index| Placed {
                index: *index,
                event: event(index),
            })
            .collect()
    }

    fn bodies(events: &[Placed], bytes_max: usize, events_max: usize) -> Vec<(String, Vec<usize>)> {
        let batches = cut(
            events,
            Limits {
                bytes_max,
                events_max,
            },
        );
        batches
            .into_iter()
            .map(|batch| (String::from_utf8(batch.body).unwrap(), batch.indexes))
            .collect()
    }

    #[test]
    fn one_event_is_an_object_and_more_are_a_list() {
        assert_eq!(
            bodies(&placed(&[4]), 100, 100),
            [(r#"{"event_id":4}"#.to_owned(), vec![4])]
        );
        let two = r#"[{"event_id":1},{"event_id":3}]"#.to_owned();
        assert_eq!(bodies(&placed(&[1, 3]), 100, 100), [(two, vec![1, 3])]);
        assert_eq!(bodies(&[], 100, 100), []);
    }

    #[test]
    fn a_batch_is_as_long_as_its_limits_and_no_longer() {
        let three = placed(&[1, 2, 3]);
        let lengths = |bytes_max, events_max| -> Vec<usize> {
            bodies(&three, bytes_max, events_max)
                .iter()
                .map(|(_, indexes)| indexes.len())
                .collect()
        };
        let all = bodies(&three, 1_000, 3)[0].0.len();
        assert_eq!(lengths(all, 3), [3]);
        assert_eq!(lengths(all - 1, 3), [2, 1]);
        assert_eq!(lengths(all, 2), [2, 1]);
        assert_eq!(lengths(1, 3), [1, 1, 1]);
    }
}
