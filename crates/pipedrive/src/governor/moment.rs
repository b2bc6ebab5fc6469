//! Now, on both clocks: the one that never jumps for waiting, the one on the wall for days and restarts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

const DAY_SECONDS: u64 = 86_400;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub instant: Instant,
    pub wall: SystemTime,
}

impl Moment {
    /// Reads both clocks.
    pub fn now() -> Self {
        Self {
            instant: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// Days since 1970, in UTC: Pipedrive's budget resets at "midnight server time".
    pub(super) fn day(self) -> u64 {
        self.since_epoch().as_secs() / DAY_SECONDS
    }

    /// Never zero.
    pub(super) fn until_midnight(self) -> Duration {
        let day = Duration::from_secs(DAY_SECONDS);
        let gone = Duration::from_secs(self.day() * DAY_SECONDS);
        day.saturating_sub(self.since_epoch().saturating_sub(gone))
    }

    pub(super) fn wall_ms(self) -> u64 {
        self.since_epoch().as_millis() as u64
    }

    pub(super) fn wall_ms_after(self, wait: Duration) -> u64 {
        self.wall_ms().saturating_add(wait.as_millis() as u64)
    }

    /// How far ahead a time on the wall lies; nothing when it is past.
    pub(super) fn until_ms(self, wall_ms: u64) -> Duration {
        Duration::from_millis(wall_ms.saturating_sub(self.wall_ms()))
    }

    /// The instant of a past time on the wall.
    pub(super) fn instant_of(self, wall_ms: u64) -> Instant {
        let ago = Duration::from_millis(self.wall_ms().saturating_sub(wall_ms));
        self.instant.checked_sub(ago).unwrap_or(self.instant)
    }

    fn since_epoch(self) -> Duration {
        self.wall.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
