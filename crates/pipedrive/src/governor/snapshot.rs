//! What of a governor outlives its process: small, and in times on the wall.

use serde::{Deserialize, Serialize};

use super::Why;

/// Write it down now and then and at the end; [`super::Governor::restore`] takes it back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Snapshot {
    /// Milliseconds since 1970, as all times here.
    pub taken_at_ms: u64,
    /// Days since 1970, in UTC.
    pub day: u64,
    /// Tokens that we spent in that day.
    pub tokens_spent: u64,
    /// What Pipedrive said is left of it, less what we spent since; absent when it never said.
    pub tokens_left: Option<u64>,
    /// What Pipedrive said a day has.
    pub tokens_limit: Option<u64>,
    /// Requests of the last two seconds, those under way included.
    pub burst_requests: usize,
    /// Those of them to search endpoints.
    pub search_requests: usize,
    /// The pause in force.
    pub hold: Option<HoldAt>,
    /// Blocks by the edge, in a row.
    pub bans: u32,
}

/// A pause with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct HoldAt {
    pub until_ms: u64,
    pub why: Why,
}
