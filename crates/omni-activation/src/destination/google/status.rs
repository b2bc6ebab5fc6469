//! What Google's errors have in common, whichever API answers. Pure.

use std::time::Duration;

use crate::destination::{Verdict, Whose};

/// Google takes an event 6 hours after its click or its conversion action, a retraction 24 hours after its conversion.
const TOO_EARLY: Duration = Duration::from_hours(1);

/// `google.protobuf.Duration` as JSON: `"30s"`, `"3.5s"`.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// It may work at the next attempt.
pub(crate) fn again(reason: &'static str, whose: Whose) -> Verdict {
    Verdict::Retry {
        reason,
        after: None,
        whose,
    }
}

/// It was asked too often.
pub(crate) fn busy(after: Option<Duration>) -> Verdict {
    Verdict::Retry {
        reason: "busy",
        after,
        whose: Whose::Destination,
    }
}

/// It is too early for this event; it is asked again in an hour.
pub(crate) fn too_early() -> Verdict {
    Verdict::Retry {
        reason: "too_early",
        after: Some(TOO_EARLY),
        whose: Whose::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        assert_eq!(seconds("30s"), Some(Duration::from_secs(30)));
        assert_eq!(seconds("0.5s"), Some(Duration::from_millis(500)));
        for text in ["", "s", "30", "-1s", "1m"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
