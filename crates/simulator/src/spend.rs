//! What the account's campaigns cost, a day and campaign each: what advertising platforms would export.
use std::fmt::Write as _;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::moment::Moment;

const DAY: Duration = Duration::from_hours(24);
/// In percent of a working day.
const WEEKEND: i64 = 40;

/// Source, campaign, and cents on a usual working day.
const BUDGETS: &[(&str, &str, i64)] = &[
    ("Google Ads", "brand-search", 4_000),
    ("Google Ads", "competitor-search", 9_500),
    ("Google Ads", "retargeting", 3_500),
    // One that no deal comes from.
    ("Google Ads", "display-test", 2_500),
    ("LinkedIn", "decision-makers", 14_000),
    ("LinkedIn", "founders-lookalike", 7_500),
    ("Webinar", "pipeline-hygiene", 2_000),
    ("Webinar", "forecasting-basics", 2_500),
    ("Trade fair", "spring-fair", 6_000),
    ("Trade fair", "autumn-fair", 6_500),
];

/// CSV of the days up to this one, in EUR. The same day always cost the same.
pub fn csv(until: Moment, days: u32) -> String {
    let mut text = "day,source,campaign,amount,currency,clicks,impressions\n".to_owned();
    for ago in (0..days).rev() {
        let day = until.minus(DAY * ago);
        for (at, (source, campaign, cents)) in BUDGETS.iter().enumerate() {
            let number = day.seconds().div_euclid(86_400);
            let mut rng = ChaCha8Rng::seed_from_u64(number as u64 * 1_000 + at as u64);
            // 1970 began on a Thursday.
            let share = if matches!(number.rem_euclid(7), 2 | 3) {
                WEEKEND
            } else {
                100
            };
            let cents = cents * share / 100 * rng.random_range(70..=130_i64) / 100;
            let clicks = cents / rng.random_range(60..180_i64);
            let impressions = clicks * rng.random_range(20..60_i64);
            let date = day.rfc3339();
            let date = date.get(..10).unwrap_or_default();
            let _ = writeln!(
                text,
                "{date},{source},{campaign},{}.{:02},EUR,{clicks},{impressions}",
                cents / 100,
                cents % 100
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalogue::SOURCES;

    #[test]
    fn all_but_one_campaign_bring_deals() {
        let brings = |(source, campaign, _): &&(&str, &str, i64)| {
            SOURCES
                .iter()
                .any(|one| one.name == *source && one.campaigns.contains(campaign))
        };
        assert_eq!(BUDGETS.iter().filter(brings).count(), BUDGETS.len() - 1);
    }

    #[test]
    fn a_day_costs_the_same_whenever_it_is_asked() {
        let now = Moment::from_micros(1_772_625_600_000_000);
        let (today, week) = (csv(now, 1), csv(now, 7));
        assert!(week.starts_with("day,source,campaign,amount,currency"));
        assert_eq!(week.lines().count(), 1 + 7 * BUDGETS.len());
        assert!(week.ends_with(today.split_once('\n').unwrap().1));
        assert!(today.contains("\n2026-03-04,Google Ads,brand-search,"), "{today}");
    }
}
