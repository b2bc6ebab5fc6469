//! Who an event is and which of two came later: `event_uuid`, `ver`, message key (DESIGN 4).
//!
//! A retry of an event has its identity; two edits within one second have two. Nothing here looks
//! at the time of arrival, an attempt counter, or the order of arrival.

use std::fmt;

use uuid::Uuid;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use crate::entity::{Action, EntityId, Object};
use crate::moment;

/// The namespace of all ids made here. Fixed for ever: another one would double every event.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6f6d_6e69_2d65_5e76_8e6e_742d_6e61_6d65);

/// The greatest revision; it has four bits in [`Ver`].
pub const REVISION_MAX: u8 = 15;

/// What makes an event that brings no usable id of its own.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// v2 `meta.id`.
    pub given: Option<&'a str>,
    pub company_id: u64,
    pub object: &'a Object,
    pub id: &'a EntityId,
    pub action: Action,
    pub time_micro: i64,
    /// [`content`] of what was received.
    pub content: u128,
}

/// 128 bits over the received text of `current`/`data` and of `previous` ("" when absent or null).
pub fn content(current: &str, previous: &str) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(current.as_bytes());
    hash.update(&[0]);
    hash.update(previous.as_bytes());
    hash.digest128()
}

/// The event's own id when it is a UUID and the entity no user (those repeated the user's id until
/// 2025-06-30), else UUIDv5 over `company|object|id|action|time|content`.
pub fn event_uuid(identity: &Identity<'_>) -> Uuid {
    let given = identity.given.filter(|_| *identity.object != Object::User);
    if let Some(uuid) = given
        .and_then(|text| Uuid::try_parse(text).ok())
        .filter(is_usable)
    {
        return uuid;
    }
    let Identity {
        company_id,
        object,
        id,
        action,
        time_micro,
        content,
        ..
    } = identity;
    let name = format!("{company_id}|{object}|{id}|{action}|{time_micro}|{content:032x}");
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// All zeros and all ones are what a careless sender puts where an id belongs.
pub(crate) fn is_usable(uuid: &Uuid) -> bool {
    !uuid.is_nil() && !uuid.is_max()
}

/// The id of a body that is no event (not JSON, no identity): over source and bytes.
pub fn uuid_of_unreadable(source: &str, body: &[u8]) -> Uuid {
    let name = format!("unreadable|{source}|{:032x}", xxh3_128(body));
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// The id of one heartbeat: the collector's instance and boot, the partition, its own count.
pub fn uuid_of_heartbeat(instance: &str, boot: &str, partition: i32, number: u64) -> Uuid {
    let name = format!("heartbeat|{instance}|{boot}|{partition}|{number}");
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// `company:object:id`, the key of every record about that entity.
pub fn message_key(company_id: u64, object: &Object, id: &EntityId) -> String {
    let (object, id) = (object.as_str(), id.as_str());
    let mut digits = itoa::Buffer::new();
    [digits.format(company_id), ":", object, ":", id].concat()
}

/// The text whose murmur2 is the partition: the company's id, or the source's name without one.
pub fn partition_text(company_id: Option<u64>, source: &str) -> String {
    company_id.map_or_else(|| source.to_owned(), |id| id.to_string())
}

/// The order of all versions of one entity: the greatest wins, whatever arrived first.
/// Microseconds of the event << 12 | 8 bits of a hash of `event_uuid` << 4 | revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ver(pub u64);

impl Ver {
    /// Times out of range ([`moment::MICROS_END`]) and revisions over [`REVISION_MAX`] are cut.
    pub fn compute(time_micro: i64, uuid: &Uuid, revision: u8) -> Self {
        let hash = xxh3_64(uuid.as_bytes()) & 0xff;
        // The three do not overlap, so the sum is their union.
        Self(Self::time_bits(time_micro) + (hash << 4) + u64::from(revision.min(REVISION_MAX)))
    }

    /// Of a state fetched from the API: the start of the second of its `update_time`, low bits 0,
    /// so that it never replaces a state whose event lies in or after that second.
    pub fn of_api_state(update_time_micro: i64) -> Self {
        Self(Self::time_bits(moment::start_of_second(update_time_micro)))
    }

    /// Whether it is one of [`Ver::of_api_state`]: an event's has its fraction of a second and the bits of its id, which are both
    /// nothing in one of 256,000.
    pub fn is_of_api_state(self) -> bool {
        self == Self::of_api_state(self.time_micro())
    }

    /// That of another revision of the same event.
    pub(crate) fn revised(self, revision: u8) -> Self {
        Self(self.0 - u64::from(self.revision()) + u64::from(revision.min(REVISION_MAX)))
    }

    fn time_bits(time_micro: i64) -> u64 {
        (time_micro.clamp(0, moment::MICROS_END - 1) as u64) << 12
    }

    pub const fn time_micro(self) -> i64 {
        (self.0 >> 12) as i64
    }

    pub const fn revision(self) -> u8 {
        (self.0 & 0xf) as u8
    }

    /// From its decimal text, as it stands in JSON.
    pub fn parse(text: &str) -> Option<Self> {
        crate::number::decimal_u64(text).map(Self)
    }
}

impl fmt::Display for Ver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn identity<'a>(given: Option<&'a str>, object: &'a Object, id: &'a EntityId) -> Identity<'a> {
        Identity {
            given,
            company_id: 7,
            object,
            id,
            action: Action::Updated,
            time_micro: 5,
            content: 9,
        }
    }

    #[test]
    fn takes_the_id_the_event_brings() {
        let (deal, id) = (Object::Deal, EntityId::from(1));
        let given = "df47d877-b58c-4886-91cd-1aa83e1d7366";
        assert_eq!(event_uuid(&identity(Some(given), &deal, &id)).to_string(), given);
    }

    #[test]
    fn makes_the_id_where_none_or_no_good_one_came() {
        let (deal, user, id) = (Object::Deal, Object::User, EntityId::from(1));
        let made = event_uuid(&identity(None, &deal, &id));
        assert_eq!(made.get_version_num(), 5);
        // Held for ever: another value here would double every event already stored.
        assert_eq!(
            made,
            Uuid::new_v5(&NAMESPACE, b"7|deal|1|updated|5|00000000000000000000000000000009")
        );
        for bad in [
            "12",
            "",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ] {
            assert_eq!(event_uuid(&identity(Some(bad), &deal, &id)), made, "{bad}");
        }
        let given = "df47d877-b58c-4886-91cd-1aa83e1d7366";
        assert_eq!(
            event_uuid(&identity(Some(given), &user, &id)),
            event_uuid(&identity(None, &user, &id))
        );
    }

    #[test]
    fn every_part_of_the_identity_counts() {
        let (deal, lead, one, two) = (Object::Deal, Object::Lead, EntityId::from(1), EntityId::from(2));
        let base = identity(None, &deal, &one);
        let others = [
            Identity {
                company_id: 8,
                ..base
            },
            Identity {
                object: &lead,
                ..base
            },
            Identity { id: &two, ..base },
            Identity {
                action: Action::Added,
                ..base
            },
            Identity {
                time_micro: 6,
                ..base
            },
            Identity { content: 10, ..base },
        ];
        for other in others {
            assert_ne!(event_uuid(&other), event_uuid(&base), "{other:?}");
        }
    }

    #[test]
    fn content_tells_current_from_previous() {
        let all = [
            content("a", "b"),
            content("ab", ""),
            content("", "ab"),
            content("b", "a"),
            content("", ""),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one));
        }
        assert_eq!(content("a", "b"), xxh3_128(b"a\0b"));
    }

    #[test]
    fn a_version_is_time_then_hash_then_revision() {
        let uuid = Uuid::from_u128(1);
        let ver = Ver::compute(3, &uuid, 2);
        assert_eq!(ver.0, 3 << 12 | (xxh3_64(uuid.as_bytes()) & 0xff) << 4 | 2);
        assert_eq!((ver.time_micro(), ver.revision()), (3, 2));
        assert_eq!(Ver::compute(3, &uuid, 99).revision(), REVISION_MAX);
        assert_eq!(Ver::compute(-1, &uuid, 0).time_micro(), 0);
        assert_eq!(
            Ver::compute(i64::MAX, &uuid, 0).time_micro(),
            moment::MICROS_END - 1
        );
        assert_eq!(Ver::parse(&ver.to_string()), Some(ver));
        assert_eq!(Ver::parse("x"), None);
    }

    #[test]
    fn an_api_state_never_beats_an_event_of_its_second() {
        let second = 1_700_000_000_000_000;
        let api = Ver::of_api_state(second + 999_999);
        assert_eq!(api, Ver((second as u64) << 12));
        for n in 0..200_u128 {
            assert!(Ver::compute(second, &Uuid::from_u128(n), 0) >= api);
            assert!(Ver::compute(second - 1, &Uuid::from_u128(n), 0) < api);
        }
    }

    #[test]
    fn bodies_and_heartbeats_have_ids_of_their_own() {
        let body = uuid_of_unreadable("crm", b"<html>");
        assert_eq!(body, uuid_of_unreadable("crm", b"<html>"));
        assert_ne!(body, uuid_of_unreadable("crm", b"<html"));
        assert_ne!(body, uuid_of_unreadable("erp", b"<html>"));
        let beat = uuid_of_heartbeat("c0", "b", 1, 2);
        assert_eq!(beat, uuid_of_heartbeat("c0", "b", 1, 2));
        for other in [
            ("c1", "b", 1, 2),
            ("c0", "c", 1, 2),
            ("c0", "b", 2, 2),
            ("c0", "b", 1, 3),
        ] {
            assert_ne!(beat, uuid_of_heartbeat(other.0, other.1, other.2, other.3));
        }
    }

    #[test]
    fn keys_and_partitions_are_text() {
        assert_eq!(message_key(7, &Object::Deal, &EntityId::from(12)), "7:deal:12");
        assert_eq!(partition_text(Some(7), "crm"), "7");
        assert_eq!(partition_text(None, "crm"), "crm");
    }
}
