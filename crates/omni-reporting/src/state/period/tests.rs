//! Periods are half-open, follow the zone's clock changes, and compare with what was just before.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use time::macros::{date, datetime};

use super::*;

const NOON: OffsetDateTime = datetime!(2026-03-15 12:00 UTC);

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

#[test]
fn march_in_berlin_has_31_days_one_of_23_hours() {
    let march = Period::ThisMonth.window(Compare::Off, berlin(), NOON);
    assert_eq!(march.from, datetime!(2026-02-28 23:00 UTC));
    assert_eq!(march.to, datetime!(2026-03-31 22:00 UTC));
    assert_eq!(march.grain, Grain::Day);
    let mut hours = Vec::new();
    let mut day = date!(2026 - 03 - 01);
    while berlin().start_of(day) < march.to {
        let next = day.next_day().unwrap();
        hours.push((berlin().start_of(next) - berlin().start_of(day)).whole_hours());
        day = next;
    }
    assert_eq!(hours.len(), 31);
    assert_eq!(hours.iter().filter(|hours| **hours == 23).count(), 1);
    assert_eq!(hours.iter().filter(|hours| **hours == 24).count(), 30);
}

#[test]
fn a_running_month_is_compared_up_to_the_same_point() {
    let march = Period::ThisMonth.window(Compare::Previous, berlin(), NOON);
    assert_eq!(march.previous_from, datetime!(2026-01-31 23:00 UTC));
    // 13:00 of the 15th in Berlin, both times.
    assert_eq!(march.previous_to, datetime!(2026-02-15 12:00 UTC));
}

#[test]
fn the_31st_of_march_is_compared_with_the_whole_of_february() {
    let march = Period::ThisMonth.window(Compare::Previous, berlin(), datetime!(2026-03-31 12:00 UTC));
    assert_eq!(march.previous_to, datetime!(2026-02-28 23:00 UTC));
}

#[test]
fn a_period_that_is_over_is_compared_whole() {
    let february = Period::LastMonth.window(Compare::Previous, berlin(), NOON);
    assert_eq!(february.from, datetime!(2026-01-31 23:00 UTC));
    assert_eq!(february.previous_from, datetime!(2025-12-31 23:00 UTC));
    assert_eq!(february.previous_to, february.from);
}

#[test]
fn a_week_begins_on_monday_and_meets_mondays_a_year_earlier() {
    let week = Period::ThisWeek.window(Compare::Year, berlin(), NOON);
    assert_eq!(berlin().local(week.from), datetime!(2026-03-09 00:00));
    assert_eq!(berlin().local(week.previous_from), datetime!(2025-03-10 00:00));
}

#[test]
fn quarters_and_years_follow_the_calendar() {
    let zone = Zone::named("Etc/UTC").unwrap();
    let quarter = Period::LastQuarter.window(Compare::Previous, zone, NOON);
    assert_eq!(
        (quarter.from, quarter.to),
        (datetime!(2025-10-01 0:00 UTC), datetime!(2026-01-01 0:00 UTC))
    );
    assert_eq!(quarter.previous_from, datetime!(2025-07-01 0:00 UTC));
    let year = Period::ThisYear.window(Compare::Year, zone, NOON);
    assert_eq!(
        (year.from, year.to),
        (datetime!(2026-01-01 0:00 UTC), datetime!(2027-01-01 0:00 UTC))
    );
    assert_eq!(year.previous_to, datetime!(2025-03-15 12:00 UTC));
    assert_eq!(year.grain, Grain::Week);
}

/// The page says the same days as the server counts: both read these cases, which a third made.
#[test]
fn covers_the_days_that_the_page_says() {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../web/test/period_days.json")).unwrap();
    let day = |date: Date| {
        format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    };
    for case in cases.as_array().unwrap() {
        let zone = Zone::named(case["zone"].as_str().unwrap()).unwrap();
        let now = OffsetDateTime::parse(
            case["now"].as_str().unwrap(),
            &time::format_description::well_known::Rfc3339,
        )
        .unwrap();
        for (word, days) in case["days"].as_object().unwrap() {
            let window = Period::from_word(word).unwrap().window(Compare::Off, zone, now);
            let first = zone.local(window.from).date();
            let last = zone.local(window.to).date().previous_day().unwrap();
            assert_eq!(
                format!("{} {}", day(first), day(last)),
                days.as_str().unwrap(),
                "{word} at {now} in {}",
                zone.name()
            );
        }
    }
}

#[test]
fn a_leap_year_is_compared_with_a_common_one_day_by_day_of_the_calendar() {
    let zone = berlin();
    let leap = datetime!(2028-02-29 12:00 UTC);
    let this = Period::ThisYear.window(Compare::Year, zone, leap);
    // 29 February has no day a year earlier: the whole of February counts.
    assert_eq!(zone.local(this.previous_to), datetime!(2027-03-01 0:00));
    let last = Period::LastYear.window(Compare::Previous, zone, datetime!(2029-06-01 12:00 UTC));
    assert_eq!((last.to - last.from).whole_days(), 366);
    assert_eq!((last.previous_to - last.previous_from).whole_days(), 365);
    assert_eq!(last.previous_to, last.from);
    let month = Period::ThisMonth.window(Compare::Year, zone, leap);
    assert_eq!(zone.local(month.to), datetime!(2028-03-01 0:00));
    assert_eq!(zone.local(month.previous_from), datetime!(2027-02-01 0:00));
}

#[test]
fn a_day_of_25_hours_is_compared_at_the_same_wall_time() {
    // 25 October 2026 in Berlin: 3:00 comes twice.
    let noon = datetime!(2026-10-25 11:00 UTC);
    let day = Period::Today.window(Compare::Previous, berlin(), noon);
    assert_eq!((day.to - day.from).whole_hours(), 25);
    assert_eq!(berlin().local(day.previous_to), datetime!(2026-10-24 12:00));
}

#[test]
fn the_edge_is_the_next_hour_of_a_day_and_the_next_midnight_of_a_month() {
    let now = datetime!(2026-03-15 12:34:56.5 UTC);
    let edge = |period: Period| period.window(Compare::Off, berlin(), now).next_edge;
    assert_eq!(edge(Period::Today), datetime!(2026-03-15 13:00 UTC));
    assert_eq!(edge(Period::Days(30)), datetime!(2026-03-15 23:00 UTC));
}

#[test]
fn a_whole_custom_february_is_compared_with_the_28_days_before() {
    let period = Period::Custom {
        first: date!(2026 - 02 - 01),
        last: date!(2026 - 02 - 28),
    };
    let window = period.window(Compare::Previous, berlin(), NOON);
    assert_eq!(berlin().local(window.previous_from), datetime!(2026-01-04 00:00));
    assert_eq!(window.previous_to, window.from);
}

fn any_period() -> impl Strategy<Value = Period> {
    prop_oneof![
        Just(Period::Today),
        prop_oneof![Just(7_u16), Just(30), Just(90)].prop_map(Period::Days),
        Just(Period::ThisWeek),
        Just(Period::LastWeek),
        Just(Period::ThisMonth),
        Just(Period::LastMonth),
        Just(Period::ThisQuarter),
        Just(Period::LastQuarter),
        Just(Period::ThisYear),
        Just(Period::LastYear),
        (0_i64..20_000, 0_i64..CUSTOM_DAYS_MAX).prop_map(|(start, length)| {
            let first = date!(1975 - 01 - 01).saturating_add(Duration::days(start));
            Period::Custom {
                first,
                last: first.saturating_add(Duration::days(length)),
            }
        }),
    ]
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec![
        "Etc/UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Asia/Beirut",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Pacific/Apia",
    ])
    .prop_map(|name| Zone::named(name).unwrap())
}

proptest! {
    #[test]
    fn windows_are_half_open_and_whole_days_and_edges_lie_ahead(
        period in any_period(),
        zone in any_zone(),
        seconds in 0_i64..4_000_000_000,
    ) {
        let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        for compare in [Compare::Off, Compare::Previous, Compare::Year] {
            let window = period.window(compare, zone, now);
            prop_assert!(window.from <= window.to);
            prop_assert!(window.previous_from <= window.previous_to);
            prop_assert!(window.next_edge > now);
            prop_assert!(window.next_edge - now <= Duration::hours(49));
            // Its first instant is a day's first, and so is the one after its last.
            for instant in [window.from, window.to, window.previous_from] {
                prop_assert_eq!(instant, zone.start_of(zone.local(instant).date()));
            }
            match compare {
                Compare::Off => prop_assert_eq!(window.previous_from, window.previous_to),
                Compare::Previous => prop_assert!(window.previous_to <= window.from),
                Compare::Year => prop_assert!(window.previous_from < window.from),
            }
        }
    }

    #[test]
    fn each_last_ends_where_its_this_begins_and_is_what_it_is_compared_with(
        zone in any_zone(),
        seconds in 0_i64..4_000_000_000,
    ) {
        let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        for (this, last) in [
            (Period::ThisWeek, Period::LastWeek),
            (Period::ThisMonth, Period::LastMonth),
            (Period::ThisQuarter, Period::LastQuarter),
            (Period::ThisYear, Period::LastYear),
        ] {
            let (this, last) = (
                this.window(Compare::Previous, zone, now),
                last.window(Compare::Off, zone, now),
            );
            prop_assert!((this.from..this.to).contains(&now));
            prop_assert_eq!(last.to, this.from);
            prop_assert_eq!(this.previous_from, last.from);
            prop_assert!(this.previous_to <= last.to);
        }
    }
}
