//! Where a trace begins: at the first stage that sees an event without one. Pure, and the same each time, so that whoever
//! does the same work again says the same.
//!
//! The trace of an event that came in is its `event_uuid`: a sender's retries share it, and a person finds it by that id alone.
//! A replay or a backfill has a trace of its own, made of both: what happens a month later is another story.

use event::{HeadersRef, Kind};
use stage::settings::Share;
use uuid::Uuid;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::traceparent::Traceparent;

/// The bits of a trace's id that decide (OpenTelemetry, *TraceState: Probability Sampling*): the lowest 56.
const DECIDING_BITS: u32 = 56;

/// The trace of an event that came as these headers say and has none yet; its first span is made of `seed`. `None`: it is none
/// that is followed, such as a heartbeat.
pub(crate) fn begin(headers: &HeadersRef<'_>, share: Share, seed: &[&[u8]]) -> Option<Traceparent> {
    let trace_id = match headers.kind {
        Kind::Heartbeat | Kind::Erase => return None,
        kind => trace_id(headers.event_uuid, headers.replay.or(word(kind))),
    };
    Some(of(trace_id, share, seed))
}

/// The trace of an event that just came in.
pub(crate) fn of_arrival(event_uuid: Uuid, share: Share, seed: &[&[u8]]) -> Traceparent {
    of(trace_id(event_uuid, None), share, seed)
}

fn of(trace_id: u128, share: Share, seed: &[&[u8]]) -> Traceparent {
    Traceparent::begun(trace_id, span_id(seed), is_sampled(trace_id, share))
}

/// What tells this coming of an event from its first.
fn word(kind: Kind) -> Option<&'static str> {
    (kind == Kind::Backfill).then_some(kind.as_str())
}

fn trace_id(event_uuid: Uuid, again: Option<&str>) -> u128 {
    let id = match again {
        None => event_uuid.as_u128(),
        Some(again) => xxh3_128(&[event_uuid.as_bytes().as_slice(), again.as_bytes()].concat()),
    };
    // An id of zeros is none.
    id.max(1)
}

/// A span's id, of what makes it that span; never zero.
pub(crate) fn span_id(seed: &[&[u8]]) -> u64 {
    let mut hash = Xxh3::new();
    for part in seed {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.digest().max(1)
}

/// Whether this share of all traces holds this one. Others who go by OpenTelemetry's rule, with a share as great, say the same.
fn is_sampled(trace_id: u128, share: Share) -> bool {
    let all = (1_u64 << DECIDING_BITS) as f64;
    let deciding = (trace_id as u64) & ((1 << DECIDING_BITS) - 1);
    deciding as f64 >= (1.0 - share.get()) * all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ALL: f64 = 1.0;

    fn share(part: f64) -> Share {
        Share::try_from(part).unwrap()
    }

    fn headers(kind: Kind, replay: Option<&str>) -> HeadersRef<'_> {
        HeadersRef {
            event_uuid: Uuid::from_u128(0x77),
            kind,
            accept_seq: None,
            source: "crm",
            received_at_micro: 0,
            webhook_version: None,
            object: None,
            action: None,
            attempt: None,
            replay,
            origin: None,
            is_late: false,
            traceparent: None,
        }
    }

    #[test]
    fn a_trace_is_found_by_the_id_of_its_event() {
        let first = begin(&headers(Kind::Webhook, None), share(ALL), &[b"a"]).unwrap();
        assert_eq!(first.trace_id(), 0x77);
        let retried = of_arrival(Uuid::from_u128(0x77), share(ALL), &[b"b"]);
        assert_eq!(retried.trace_id(), first.trace_id());
        assert_ne!(retried.span_id(), first.span_id());
    }

    #[test]
    fn a_replay_and_a_backfill_have_traces_of_their_own_the_same_each_time() {
        let of = |kind, replay| begin(&headers(kind, replay), share(ALL), &[]).unwrap();
        let all = [
            of(Kind::Webhook, None),
            of(Kind::Webhook, Some("r1")),
            of(Kind::Webhook, Some("r2")),
            of(Kind::Backfill, None),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(
                all.iter()
                    .skip(at + 1)
                    .all(|other| other.trace_id() != one.trace_id())
            );
        }
        assert_eq!(of(Kind::Webhook, Some("r1")), of(Kind::Webhook, Some("r1")));
    }

    #[test]
    fn signs_of_life_and_erasures_are_not_followed() {
        for kind in [Kind::Heartbeat, Kind::Erase] {
            assert_eq!(begin(&headers(kind, None), share(ALL), &[]), None);
        }
    }

    #[test]
    fn a_share_holds_so_many_and_a_greater_one_the_same_and_more() {
        let ids: Vec<Uuid> = (0..20_000_u128)
            .map(|number| Uuid::from_u128(xxh3_128(&number.to_le_bytes())))
            .collect();
        let held = |part: f64| -> Vec<Uuid> {
            let is_held = |id: &&Uuid| of_arrival(**id, share(part), &[]).is_sampled();
            ids.iter().filter(is_held).copied().collect()
        };
        assert!(held(0.0).is_empty());
        assert_eq!(held(1.0).len(), ids.len());
        let (few, more) = (held(0.01), held(0.1));
        assert!((120..280).contains(&few.len()), "{}", few.len());
        assert!((1_800..2_200).contains(&more.len()), "{}", more.len());
        assert!(few.iter().all(|id| more.contains(id)));
    }

    #[test]
    fn no_id_is_zero_and_parts_are_told_apart() {
        assert_ne!(trace_id(Uuid::nil(), None), 0);
        assert_ne!(span_id(&[b"ab", b"c"]), span_id(&[b"a", b"bc"]));
    }
}
