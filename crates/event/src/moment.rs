//! Moments as microseconds since 1970, UTC, and the texts they are written as.
//!
//! A moment is at least 0 and below 2^52 microseconds (the year 2112), so that it fits the upper
//! 52 bits of a version (DESIGN 4).

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The first moment that is out of range.
pub const MICROS_END: i64 = 1 << 52;

const PLAIN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// Whether a moment is in range.
pub const fn is_in_range(micros: i64) -> bool {
    0 <= micros && micros < MICROS_END
}

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;

/// The second that a moment lies in.
pub const fn start_of_second(micros: i64) -> i64 {
    micros - micros.rem_euclid(SECOND)
}

/// Reads RFC 3339, or Pipedrive's `YYYY-MM-DD HH:MM:SS`, which is UTC.
pub fn parse(text: &str) -> Option<i64> {
    let instant = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(text, PLAIN).map(PrimitiveDateTime::assume_utc))
        .ok()?;
    let micros = i64::try_from(instant.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
    is_in_range(micros).then_some(micros)
}

/// RFC 3339 in UTC with six digits, e.g. `2026-01-31T09:00:00.000250Z`.
pub fn to_rfc3339(micros: i64) -> String {
    let nanos = i128::from(micros.clamp(0, MICROS_END - 1)) * 1_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .ok()
        .map(|instant| instant.to_offset(UtcOffset::UTC))
        .and_then(|instant| instant.format(MICROS).ok())
        .unwrap_or_default()
}

/// Pipedrive's `YYYY-MM-DD HH:MM:SS` as RFC 3339 in whole seconds; other text gives nothing.
pub fn plain_to_rfc3339(text: &str) -> Option<String> {
    // Most texts are no times at all: seen without parsing them.
    let has_gap = text.as_bytes().get(10) == Some(&b' ');
    has_gap
        .then(|| PrimitiveDateTime::parse(text, PLAIN).ok())?
        .map(|_| format!("{}Z", text.replacen(' ', "T", 1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_all_forms_of_a_time() {
        let micros = 1_669_302_715_724_000;
        assert_eq!(parse("2022-11-24T15:11:55.724Z"), Some(micros));
        assert_eq!(parse("2022-11-24T17:11:55.724+02:00"), Some(micros));
        assert_eq!(parse("2022-11-24 15:11:55"), Some(1_669_302_715_000_000));
        assert_eq!(parse("2022-11-24"), None);
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2200-01-01T00:00:00Z"), None);
    }

    #[test]
    fn the_range_ends_where_a_version_has_no_more_bits() {
        assert!(is_in_range(0) && is_in_range(MICROS_END - 1));
        assert!(!is_in_range(-1) && !is_in_range(MICROS_END));
        assert_eq!(MICROS_END, 4_503_599_627_370_496);
    }

    #[test]
    fn writes_six_digits() {
        assert_eq!(to_rfc3339(1_669_302_715_000_250), "2022-11-24T15:11:55.000250Z");
        assert_eq!(to_rfc3339(-5), "1970-01-01T00:00:00.000000Z");
        assert_eq!(parse(&to_rfc3339(i64::MAX)), Some(MICROS_END - 1));
    }

    proptest! {
        #[test]
        fn a_plain_time_is_what_the_library_takes(
            parts in (0..10_000_u16, 0..14_u8, 0..33_u8, 0..26_u8, 0..62_u8, 0..62_u8),
            odd in proptest::option::of((0..20_usize, "[ :0-9+-]")),
        ) {
            let (year, month, day, hour, minute, second) = parts;
            let mut text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            if let Some((at, mark)) = odd.filter(|(at, _)| *at < text.len()) {
                text.replace_range(at..=at, &mark);
            }
            let library = PrimitiveDateTime::parse(&text, PLAIN).is_ok();
            prop_assert_eq!(plain_to_rfc3339(&text).is_some(), library, "{}", text);
        }
    }

    #[test]
    fn plain_times_become_rfc_3339() {
        assert_eq!(
            plain_to_rfc3339("2018-07-10 15:04:54").unwrap(),
            "2018-07-10T15:04:54Z"
        );
        for text in [
            "0000-00-00 00:00:00",
            "16:00",
            "",
            "2018-07-10T15:04:54Z",
            "2018-07-10 15:04:5",
            "2018-13-10 15:04:54",
            "2018-02-29 15:04:54",
            "2018-07-10 24:00:00",
            "2018-07-10 15:60:00",
            "2018-07-10 15:04:54 ",
            "2018-7-10 15:04:54",
            "+018-07-10 15:04:54",
        ] {
            assert_eq!(plain_to_rfc3339(text), None, "{text}");
        }
    }
}
