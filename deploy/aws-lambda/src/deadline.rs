//! Until when an invocation must be answered.

use std::time::{Duration, SystemTime};

/// Kept back for the answer's own way: what Lambda cuts off is answered with nothing.
const RESERVE: Duration = Duration::from_millis(300);

/// The end of an invocation, as Lambda told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(SystemTime);

impl Deadline {
    pub(crate) fn new(ends: SystemTime) -> Self {
        Deadline(ends)
    }

    /// The time a call may take: `most`, or what is left of the invocation. `None` when nothing is.
    pub(crate) fn left(self, most: Duration) -> Option<Duration> {
        let left = self.0.duration_since(SystemTime::now()).unwrap_or_default();
        let usable = left.checked_sub(RESERVE)?.min(most);
        (!usable.is_zero()).then_some(usable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_secs(8);

    fn left_of(invocation: Duration) -> Option<Duration> {
        Deadline::new(SystemTime::now() + invocation).left(MOST)
    }

    #[test]
    fn a_call_ends_before_the_invocation_does() {
        assert_eq!(left_of(Duration::from_mins(1)), Some(MOST));
        let near = left_of(Duration::from_secs(2)).unwrap_or_default();
        assert!(
            near <= Duration::from_millis(1_700) && !near.is_zero(),
            "{near:?}"
        );
    }

    #[test]
    fn without_time_there_is_no_call() {
        assert_eq!(left_of(RESERVE), None);
        assert_eq!(Deadline::new(SystemTime::UNIX_EPOCH).left(MOST), None);
    }
}
