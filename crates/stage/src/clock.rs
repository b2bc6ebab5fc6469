//! Wall-clock time as the pipeline writes it: microseconds since 1970 in UTC, and RFC 3339 text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A text that is no RFC 3339 time, or one outside years 0 to 9999.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Not the format.
    #[error("`{text}` is no RFC 3339 time")]
    Format {
        /// What was given.
        text: String,
        /// What the parser said.
        #[source]
        source: time::error::Parse,
    },
}

/// Now, in microseconds since 1970-01-01 UTC.
pub fn now_micro() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    }
}

/// How long ago `micro` was; zero when it lies in the future (clocks differ between machines).
pub fn age_of(micro: i64) -> Duration {
    let micros = now_micro().saturating_sub(micro);
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// `2026-09-01T08:00:00.000123Z`: always UTC, always six digits. Times outside years 0 to 9999, which the
/// format does not have, are moved to its nearest end.
pub fn rfc3339_micro(micro: i64) -> String {
    const YEAR_0: i64 = -62_167_219_200_000_000;
    const YEAR_9999_END: i64 = 253_402_300_799_999_999;
    let micro = micro.clamp(YEAR_0, YEAR_9999_END);
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micro) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

/// Microseconds since 1970 of an RFC 3339 text in any zone; digits beyond the sixth are cut.
///
/// # Errors
/// [`ClockError::Format`] when it is not such a text.
pub fn parse_rfc3339_micro(text: &str) -> Result<i64, ClockError> {
    let at = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|source| ClockError::Format {
            text: text.chars().take(64).collect(),
            source,
        })?
        .to_offset(UtcOffset::UTC);
    Ok(at.unix_timestamp() * 1_000_000 + i64::from(at.microsecond()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_has_six_digits_and_reads_back() {
        for (micro, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_788_249_600_000_123, "2026-09-01T08:00:00.000123Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(rfc3339_micro(micro), text);
            assert_eq!(parse_rfc3339_micro(text).unwrap(), micro);
        }
    }

    #[test]
    fn reads_other_zones_and_cuts_nanoseconds() {
        assert_eq!(
            parse_rfc3339_micro("1970-01-01T02:00:00.0000019+02:00").unwrap(),
            1
        );
    }

    #[test]
    fn refuses_what_is_no_time() {
        assert!(parse_rfc3339_micro("yesterday").is_err());
    }

    #[test]
    fn times_beyond_the_format_end_at_its_ends() {
        assert_eq!(rfc3339_micro(i64::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(rfc3339_micro(i64::MIN), "0000-01-01T00:00:00.000000Z");
    }

    #[test]
    fn a_time_in_the_future_has_no_age() {
        assert_eq!(age_of(now_micro() + 60_000_000), Duration::ZERO);
    }
}
