//! What the Google Ads API writes in ways of its own: times, and names of resources.

use time::OffsetDateTime;
use time::macros::format_description;

pub(super) use crate::stand_in::google::proto::{field, number, snake, text};

/// `yyyy-mm-dd hh:mm:ss+|-hh:mm`, in seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let format = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second][offset_hour sign:mandatory]:[offset_minute]"
    );
    let at = OffsetDateTime::parse(text, format).ok()?;
    Some(at.unix_timestamp())
}

/// The last part of `customers/<id>/conversionActions/<id>`.
pub(super) fn action(name: &str) -> Option<&str> {
    let ["customers", customer, "conversionActions", action] = name.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(customer) && is_number(action)).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_seconds_and_a_zone() {
        assert_eq!(seconds("2026-09-01 12:00:00+00:00"), Some(1_788_264_000));
        assert_eq!(seconds("2026-09-01 14:00:00+02:00"), Some(1_788_264_000));
        assert_eq!(seconds("2026-09-01 06:30:00-05:30"), Some(1_788_264_000));
        for wrong in [
            "2026-09-01T12:00:00+00:00",
            "2026-09-01 12:00:00",
            "2026-09-01 12:00:00Z",
            "2026-09-01 12:00+00:00",
            "2026-09-01 12:00:00.5+00:00",
            "2026-13-01 12:00:00+00:00",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_resource_has_two_numbers() {
        assert_eq!(action("customers/1234567890/conversionActions/17"), Some("17"));
        for wrong in [
            "17",
            "customers/x/conversionActions/17",
            "customers/1/conversionActions/",
            "customers/1/campaigns/2",
        ] {
            assert_eq!(action(wrong), None, "{wrong}");
        }
    }
}
