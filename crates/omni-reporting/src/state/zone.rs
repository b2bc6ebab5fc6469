//! Local time of an IANA zone, and the instants it stands for.
//!
//! A local time that happens twice is the first of the two; one that never happens is the first instant after the gap.
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};
use time_tz::{OffsetDateTimeExt, OffsetResult, PrimitiveDateTimeExt, TimeZone, Tz, timezones};

/// A gap in local time is shorter than this (the longest known left out a whole day).
const GAP_MINUTES_MAX: i64 = 2 * 24 * 60;

/// A zone by its IANA name.
#[derive(Clone, Copy)]
pub struct Zone(&'static Tz);

impl Zone {
    /// The zone of this exact name.
    pub fn named(name: &str) -> Option<Self> {
        timezones::get_by_name(name).map(Self)
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What clocks there show at an instant.
    pub fn local(self, instant: OffsetDateTime) -> PrimitiveDateTime {
        let there = instant.to_timezone(self.0);
        PrimitiveDateTime::new(there.date(), there.time())
    }

    /// When clocks there show this.
    pub fn instant(self, local: PrimitiveDateTime) -> OffsetDateTime {
        for minute in 0..GAP_MINUTES_MAX {
            match local
                .saturating_add(Duration::minutes(minute))
                .assume_timezone(self.0)
            {
                OffsetResult::Some(instant) => return instant.to_offset(time::UtcOffset::UTC),
                OffsetResult::Ambiguous(first, _) => return first.to_offset(time::UtcOffset::UTC),
                OffsetResult::None => {}
            }
        }
        local.assume_utc()
    }

    /// The first instant of a day.
    pub fn start_of(self, date: Date) -> OffsetDateTime {
        self.instant(PrimitiveDateTime::new(date, Time::MIDNIGHT))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl std::fmt::Debug for Zone {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Zone({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        // Clocks in Beirut went from 23:59:59 of the 24th to 01:00 of the 25th.
        let beirut = Zone::named("Asia/Beirut").unwrap();
        assert_eq!(
            beirut.start_of(date!(2022 - 03 - 27)),
            datetime!(2022-03-26 22:00 UTC)
        );
    }

    #[test]
    fn an_hour_that_happens_twice_is_the_first_of_the_two() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(
            berlin.instant(datetime!(2026-10-25 02:30)),
            datetime!(2026-10-25 00:30 UTC)
        );
    }

    #[test]
    fn an_hour_that_never_happens_is_the_one_after_the_gap() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(
            berlin.instant(datetime!(2026-03-29 02:30)),
            datetime!(2026-03-29 01:00 UTC)
        );
    }

    #[test]
    fn a_name_that_is_no_zone_is_none() {
        assert!(Zone::named("Mars/Olympus").is_none());
        assert!(Zone::named("").is_none());
    }
}
