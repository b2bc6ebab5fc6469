//! A point in time, to the microsecond, in the forms that Pipedrive writes it. Always UTC.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const SECOND_MICROS: i64 = 1_000_000;
const MILLI_MICROS: i64 = 1_000;

/// Microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The present, by the clock of this machine.
    pub fn now() -> Self {
        let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
        Self(i64::try_from(nanos / 1_000).unwrap_or(i64::MAX))
    }

    pub fn micros(self) -> i64 {
        self.0
    }

    pub fn millis(self) -> i64 {
        self.0.div_euclid(MILLI_MICROS)
    }

    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND_MICROS)
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// `2026-09-01T12:00:00Z`, as REST v2 and the bodies of webhooks v2 have it.
    pub fn rfc3339(self) -> String {
        self.to_second().date_time().format(&Rfc3339).unwrap_or_default()
    }

    /// `2026-09-01T12:00:00.123Z`, as `meta.timestamp` and leads have it.
    pub fn rfc3339_millis(self) -> String {
        let seconds = self.rfc3339();
        let millis = self.millis().rem_euclid(1_000);
        format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
    }

    /// `2026-09-01 12:00:00`, as v1 has it.
    pub fn v1(self) -> String {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        self.date_time().format(&format).unwrap_or_default()
    }

    /// `2026-09-01`.
    pub fn date(self) -> String {
        self.date_time()
            .format(&format_description!("[year]-[month]-[day]"))
            .unwrap_or_default()
    }

    fn to_second(self) -> Self {
        Self(self.seconds() * SECOND_MICROS)
    }

    fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_each_of_pipedrives_forms() {
        let moment = Moment::from_micros(1_788_264_000_045_678);
        assert_eq!(moment.rfc3339(), "2026-09-01T12:00:00Z");
        assert_eq!(moment.rfc3339_millis(), "2026-09-01T12:00:00.045Z");
        assert_eq!(moment.v1(), "2026-09-01 12:00:00");
        assert_eq!(moment.date(), "2026-09-01");
        assert_eq!(moment.seconds(), 1_788_264_000);
    }
}
