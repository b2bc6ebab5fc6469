//! The `[pipedrive]` table: limits that hold for every source. Addresses and tokens belong to a source.

use serde::{Deserialize, Serialize};

/// How hard the API may be used. The defaults suit the smallest plan (Lite: 20 requests in 2 s per token).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Requests under way at once.
    pub in_flight_max: usize,
    /// Requests in any two seconds. Growth allows 40, Premium 100, Ultimate 120; OAuth four times as many.
    pub burst_requests_max: usize,
    /// Time to open a connection, in milliseconds; the deadline of the call holds beside it.
    pub connect_timeout_ms: u64,
    /// Greatest answer that is read, in bytes, after decompression.
    pub answer_bytes_max: usize,
    /// Pages of a list that are followed.
    pub pages_max: usize,
    /// Rows asked for on a page (Pipedrive gives 500 at most).
    pub page_rows: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            in_flight_max: 16,
            burst_requests_max: 20,
            connect_timeout_ms: 2_000,
            answer_bytes_max: 4 << 20,
            pages_max: 20,
            page_rows: 500,
        }
    }
}
