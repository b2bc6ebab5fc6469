//! Whether events flow: the spool, and how far each group is behind.

use super::super::finding::{Finding, critical, warning};
use super::super::look::Seen;
use super::above;
use crate::command::span::span;

/// What was accepted may lie so long in the spool before somebody must look.
const SPOOL_SECONDS_MAX: f64 = 120.0;
/// A spool that is fuller is told of.
const SPOOL_SHARE_MAX: f64 = 0.5;
/// An event may wait so long.
const BEHIND_SECONDS_MAX: f64 = 300.0;
/// An event for a destination may wait so long.
const DELIVERY_SECONDS_MAX: f64 = 3_600.0;
/// Parts of what a topic keeps.
const RETENTION_WARN: f64 = 0.25;
const RETENTION_MAX: f64 = 0.7;
/// Groups that deliver to destinations have this in their names, before the destination's.
const DELIVERY: &str = "delivery-";

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let mut found = spools(seen);
    found.extend(behind(seen));
    found.extend(retention(seen));
    found
}

fn spools(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    for (instance, told) in seen
        .all_told()
        .filter(|(instance, _)| instance.stage == "collector")
    {
        let number = |name: &str| {
            told.numbers
                .max(&format!("omni_collector_spool_{name}"))
                .unwrap_or(0.0)
        };
        let spool = format!("the spool of the collector at {}", instance.address);
        let share = number("bytes") / number("max_bytes").max(1.0);
        if share > SPOOL_SHARE_MAX {
            found.push(critical(
                "OmniSpoolFilling",
                format!("{spool} is {:.0} % full", share * 100.0),
                "bring Kafka back, or give it room (`spool_bytes_max`): when it is full, webhooks are answered 503",
            ));
        } else if number("age_seconds") > SPOOL_SECONDS_MAX {
            found.push(critical(
                "OmniSpooling",
                format!(
                    "{spool} has held events for {}: Kafka takes none",
                    span(number("age_seconds"))
                ),
                "bring Kafka back; what was accepted is safe on the collector's disk",
            ));
        }
        if number("disk_free_bytes") < number("max_bytes") - number("bytes") {
            found.push(warning(
                "OmniSpoolDisk",
                format!("the disk of {spool} is full before the spool is"),
                "free the disk, or lower `[collector] spool_bytes_max`",
            ));
        }
        if number("corrupt_total") > 0.0 {
            found.push(critical(
                "OmniSpoolDamaged",
                format!("{spool} has damaged places: accepted events may be lost there"),
                "look at its `.corrupt` files; `omni ledger --all` names what is missing",
            ));
        }
    }
    found
}

fn lags(seen: &Seen, what: &str, limit: f64) -> Vec<(String, f64)> {
    let stages = ["enricher", "activation", "loader"].into_iter();
    stages
        .flat_map(|stage| above(seen, &format!("omni_{stage}_lag_{what}"), "group", limit))
        .collect()
}

fn behind(seen: &Seen) -> Vec<Finding> {
    let excused = excused(seen);
    let judged = lags(seen, "age_seconds", BEHIND_SECONDS_MAX).into_iter();
    judged
        .filter_map(|(group, age)| match group.split_once(DELIVERY) {
            None => Some(critical(
                "OmniBehind",
                format!("{group} is {} behind", span(age)),
                "see what its stage waits for; `omni topics list` shows where it stands",
            )),
            Some((_, destination))
                if age > DELIVERY_SECONDS_MAX && !excused.iter().any(|name| name == destination) =>
            {
                Some(warning(
                    "OmniDestinationBehind",
                    format!(
                        "{destination} is {} behind: it works and takes less than comes",
                        span(age)
                    ),
                    format!("raise what it may be sent at once in [destination.{destination}]"),
                ))
            }
            Some(_) => None,
        })
        .collect()
}

/// Destinations whose events wait for a reason that is told of elsewhere.
fn excused(seen: &Seen) -> Vec<String> {
    let metrics = ["paused", "breaker_open", "misconfigured"].into_iter();
    metrics
        .flat_map(|name| above(seen, &format!("omni_activation_{name}"), "destination", 0.0))
        .map(|(destination, _)| destination)
        .collect()
}

fn retention(seen: &Seen) -> Vec<Finding> {
    let judge = |(group, share): (String, f64)| {
        let what = format!(
            "{group} is behind by {:.0} % of what its topic keeps",
            share * 100.0
        );
        let remedy =
            "work it off before the broker deletes it: mend what it waits for, or lengthen `retention.ms`";
        if share > RETENTION_MAX {
            critical("OmniRetention", what, remedy)
        } else {
            warning("OmniRetention", what, remedy)
        }
    };
    lags(seen, "retention_share", RETENTION_WARN)
        .into_iter()
        .map(judge)
        .collect()
}
