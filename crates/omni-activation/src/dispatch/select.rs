//! Which records a destination is for: those its filter and consent let through, of kinds `webhook` and `flat`, the first sending of an event; replays only
//! when they were asked to be delivered, and never what came back so late that nobody remembers whether it was sent.

use std::fmt;

use event::flat::key;
use event::{Headers, Kind, replay};
use kafka::Record;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::gates::Gates;

/// What a revision of an event's first sending looks like.
const FIRST: &str = "0";

/// A record that is for a destination.
pub(crate) struct Wanted {
    pub(crate) headers: Headers,
    /// The contact's id, where the event has one.
    pub(crate) contact: Option<String>,
}

/// What the record is when it is for a destination, else why it is not.
pub(crate) fn wanted(record: &Record, destination: &str, gates: &Gates) -> Result<Wanted, &'static str> {
    let headers = Headers::from_pairs(&record.headers).map_err(|_| "headers")?;
    match headers.kind {
        Kind::Webhook | Kind::Flat => {}
        other => return Err(other.as_str()),
    }
    if headers
        .replay
        .as_deref()
        .is_some_and(|text| !replay::is_delivered(text, destination))
    {
        return Err("replay");
    }
    if headers.is_late {
        return Err("late");
    }
    let glance: Glance<'_> = serde_json::from_slice(record.value()).map_err(|_| "not_flat")?;
    if glance.revision.is_some_and(|revision| revision.get() != FIRST) {
        return Err("revision");
    }
    if let Some(reason) = gates.refuse(record.value()) {
        return Err(reason);
    }
    let contact = glance.contact.map(|id| id.get().trim_matches('"').to_owned());
    Ok(Wanted { headers, contact })
}

/// The two fields that decide here; the others are passed over unread.
#[derive(Default)]
struct Glance<'r> {
    revision: Option<&'r RawValue>,
    contact: Option<&'r RawValue>,
}

impl<'r> Deserialize<'r> for Glance<'r> {
    fn deserialize<D: Deserializer<'r>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Glancing)
    }
}

struct Glancing;

impl<'r> Visitor<'r> for Glancing {
    type Value = Glance<'r>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flat event")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut fields: A) -> Result<Glance<'r>, A::Error> {
        let mut glance = Glance::default();
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Revision => glance.revision = Some(fields.next_value()?),
                Field::Contact => glance.contact = Some(fields.next_value()?),
                Field::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(glance)
    }
}

/// A key, compared where it lies.
enum Field {
    Revision,
    Contact,
    Other,
}

impl<'r> Deserialize<'r> for Field {
    fn deserialize<D: Deserializer<'r>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Naming)
    }
}

struct Naming;

impl Visitor<'_> for Naming {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            key::EVENT_REVISION => Field::Revision,
            key::CONTACT_ID => Field::Contact,
            _ => Field::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::{RecordHeaders, Topic};
    use uuid::Uuid;

    fn record(change: impl Fn(&mut Headers), value: &str) -> Record {
        let mut headers = Headers::new(Uuid::from_u128(1), Kind::Webhook, "crm", 0);
        change(&mut headers);
        Record {
            topic: Topic::Flat,
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: Vec::new(),
            payload: Some(value.as_bytes().to_vec()),
            headers: headers.to_pairs().into(),
        }
    }

    fn reason(change: impl Fn(&mut Headers), value: &str) -> Option<&'static str> {
        wanted(&record(change, value), "tags", &Gates::default()).err()
    }

    #[test]
    fn webhooks_and_flat_events_are_delivered() {
        assert_eq!(reason(|_| {}, r#"{"event_revision":0}"#), None);
        assert_eq!(reason(|headers| headers.kind = Kind::Flat, "{}"), None);
    }

    #[test]
    fn a_replay_is_delivered_when_it_was_asked_to_be() {
        let replayed = replay::delivered(Uuid::from_u128(2));
        assert_eq!(
            reason(|headers| headers.replay = Some(replayed.clone()), "{}"),
            None
        );
        for (name, expected) in [("tags", None), ("ads", Some("replay"))] {
            let to_one = replay::delivered_to(Uuid::from_u128(2), name);
            assert_eq!(
                reason(|headers| headers.replay = Some(to_one.clone()), "{}"),
                expected
            );
        }
        let quiet = replay::quiet(Uuid::from_u128(2));
        assert_eq!(
            reason(|headers| headers.replay = Some(quiet.clone()), "{}"),
            Some("replay")
        );
    }

    #[test]
    fn everything_else_is_passed_over() {
        for kind in [Kind::Heartbeat, Kind::Backfill, Kind::Erase] {
            assert_eq!(reason(|headers| headers.kind = kind, "{}"), Some(kind.as_str()));
        }
        assert_eq!(
            reason(|headers| headers.replay = Some("r1".to_owned()), "{}"),
            Some("replay")
        );
        assert_eq!(reason(|_| {}, r#"{"event_revision":1}"#), Some("revision"));
        let late = |headers: &mut Headers| {
            headers.kind = Kind::Flat;
            headers.is_late = true;
        };
        assert_eq!(reason(late, "{}"), Some("late"));
        assert_eq!(reason(|_| {}, "[]x"), Some("not_flat"));
        let bare = Record {
            headers: RecordHeaders::new(),
            ..record(|_| {}, "{}")
        };
        assert_eq!(wanted(&bare, "tags", &Gates::default()).err(), Some("headers"));
    }
}
