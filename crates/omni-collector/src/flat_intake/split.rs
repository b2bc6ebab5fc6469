//! A body as the events in it, each with its bytes as they came.

use std::fmt;

use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::EVENTS_MAX;
use crate::respond::Refused;

/// What a body is.
#[derive(Debug)]
pub(super) enum Split<'b> {
    /// One event: the whole body.
    Object,
    List(Vec<&'b RawValue>),
    /// Other JSON.
    Other,
    NotJson,
}

/// Looks only as far as it must: no event is read, and no list is followed beyond the limit.
///
/// # Errors
/// [`Refused::TooMany`].
pub(super) fn split(body: &[u8]) -> Result<Split<'_>, Refused> {
    let mut list = List::default();
    let split = match body.trim_ascii_start().first() {
        Some(b'[') => {
            let mut json = serde_json::Deserializer::from_slice(body);
            let read = json.deserialize_seq(&mut list).and_then(|()| json.end());
            read.map(|()| Split::List(std::mem::take(&mut list.events)))
        }
        Some(b'{') => whole(body).map(|()| Split::Object),
        _ => whole(body).map(|()| Split::Other),
    };
    if list.is_over {
        return Err(Refused::TooMany);
    }
    Ok(split.unwrap_or(Split::NotJson))
}

fn whole(body: &[u8]) -> serde_json::Result<()> {
    serde_json::from_slice::<&RawValue>(body).map(drop)
}

#[derive(Default)]
struct List<'b> {
    events: Vec<&'b RawValue>,
    is_over: bool,
}

impl<'b> Visitor<'b> for &mut List<'b> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of flat events")
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(event) = items.next_element()? {
            if self.events.len() == EVENTS_MAX {
                self.is_over = true;
                return Err(A::Error::custom("too many"));
            }
            self.events.push(event);
        }
        Ok(())
    }
}
