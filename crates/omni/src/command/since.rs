//! `--since`: a moment, or how long ago.

use std::time::Duration;

use event::moment;

/// A moment given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before now.
    Ago(Duration),
    /// Microseconds since 1970.
    At(i64),
}

impl Since {
    /// Microseconds since 1970.
    pub(crate) fn micro(self, now_micro: i64) -> i64 {
        match self {
            Self::Ago(ago) => now_micro.saturating_sub(i64::try_from(ago.as_micros()).unwrap_or(i64::MAX)),
            Self::At(micro) => micro,
        }
        .max(0)
    }
}

/// `90s`, `30m`, `24h`, `7d`, or RFC 3339.
pub(crate) fn parse(text: &str) -> Result<Since, String> {
    if let Some(micro) = moment::parse(text) {
        return Ok(Since::At(micro));
    }
    ago(text).map(Since::Ago).ok_or_else(|| {
        "is neither a time (2026-01-31T09:00:00Z) nor a duration (90s, 30m, 24h, 7d)".to_owned()
    })
}

/// `30m`, `6h`, `1d`: at least a minute.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    ago(text)
        .filter(|duration| *duration >= Duration::from_mins(1))
        .ok_or_else(|| "is no duration of at least a minute (30m, 6h, 1d)".to_owned())
}

/// `2s`, `1m`: at least a second.
pub(crate) fn pause(text: &str) -> Result<Duration, String> {
    ago(text)
        .filter(|duration| *duration >= Duration::from_secs(1))
        .ok_or_else(|| "is no duration of at least a second (2s, 1m)".to_owned())
}

fn ago(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_duration_counts_back_from_now_and_a_time_stands_for_itself() {
        let now = 10 * 86_400_000_000;
        for (text, micro) in [
            ("90s", now - 90_000_000),
            ("24h", now - 86_400_000_000),
            ("7d", 3 * 86_400_000_000),
            ("99d", 0),
            ("1970-01-02T00:00:00Z", 86_400_000_000),
        ] {
            assert_eq!(parse(text).unwrap().micro(now), micro, "{text}");
        }
        for text in ["", "h", "-1h", "5w", "yesterday", "1é"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
