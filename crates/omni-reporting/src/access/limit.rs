//! How much one address may ask in a minute, and how often it may be wrong.
//!
//! Counted in windows of a minute that begin with the first request. What is kept is bounded: who was not heard for
//! longest is forgotten first.
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::future::Cache;

use super::peer::counted;

const WINDOW: Duration = Duration::from_mins(1);
/// Addresses that are counted at once.
const ADDRESSES_MAX: u64 = 20_000;

/// One kind of thing, counted by address.
#[derive(Debug)]
pub(super) struct Limit {
    per_minute: u32,
    counts: Cache<IpAddr, Arc<AtomicU32>>,
}

impl Limit {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            counts: Cache::builder()
                .max_capacity(ADDRESSES_MAX)
                .time_to_live(WINDOW)
                .build(),
        }
    }

    /// Counts one; false when that is more than may be.
    pub(super) async fn take(&self, ip: IpAddr) -> bool {
        let count = self.counts.get_with(counted(ip), async { Arc::default() }).await;
        count.fetch_add(1, Ordering::Relaxed) < self.per_minute
    }

    /// Whether all that may be was taken, without counting.
    pub(super) async fn is_used_up(&self, ip: IpAddr) -> bool {
        let count = self.counts.get(&counted(ip)).await;
        count.is_some_and(|count| count.load(Ordering::Relaxed) >= self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn each_address_has_its_own_share() {
        let limit = Limit::new(2);
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert!(!limit.is_used_up(one).await);
        assert!(limit.take(one).await && limit.take(one).await);
        assert!(limit.is_used_up(one).await);
        assert!(!limit.take(one).await);
        assert!(limit.take(other).await);
    }
}
