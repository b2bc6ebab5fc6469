//! Which events of an entity were seen, and for how long that is remembered (DESIGN 4):
//! 24 hours; all of the last 15 minutes, of the older ones the newest 256.
//!
//! "Now" is the latest time of receipt seen, so the rule needs no clock.

use uuid::Uuid;

/// Nothing older is kept.
pub const SEEN_MICROS: i64 = 24 * 3_600 * 1_000_000;
/// Everything this young is kept.
pub const SEEN_ALL_MICROS: i64 = 15 * 60 * 1_000_000;
/// How many of those in between are kept.
pub const SEEN_OLDER_MAX: usize = 256;

/// One event that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub uuid: Uuid,
    pub received_at_micro: i64,
}

/// Puts one in by its time of receipt, and lets go of what is too old or too much.
pub(super) fn insert(all: &mut Vec<Seen>, seen: Seen) {
    let at = all.partition_point(|other| other.received_at_micro <= seen.received_at_micro);
    all.insert(at, seen);
    let now = all.last().map_or(0, |last| last.received_at_micro);
    let old = all.partition_point(|other| other.received_at_micro < now - SEEN_MICROS);
    let young = all.partition_point(|other| other.received_at_micro < now - SEEN_ALL_MICROS);
    let dropped = old.max(young.saturating_sub(SEEN_OLDER_MAX));
    all.drain(..dropped);
}
