//! Whether everything that was accepted has its end, once.

use std::collections::BTreeMap;

use ::ledger::{Report, Sent};

use super::super::finding::{Finding, critical, warning};
use super::super::look::Seen;

/// So many events of an hour may be rejected without a word.
const REJECTED_MAX: u64 = 10;
/// And one in so many of all.
const REJECTED_OF: u64 = 100;

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    match &seen.ledger {
        Ok(report) => judge(report),
        // Its cause is told of already.
        Err(_) if seen.kafka.is_err() || seen.warehouse.is_err() => Vec::new(),
        Err(error) => vec![warning(
            "OmniLedgerBlind",
            format!("the ledger cannot tell: {error}"),
            "omni ledger --since 1h",
        )],
    }
}

fn judge(report: &Report) -> Vec<Finding> {
    let mut found = Vec::new();
    let old = report.missing.iter().filter(|missing| !report.is_young(missing));
    let missing = count(old.map(|missing| (missing.source.as_str(), 1)));
    found.extend(missing.into_iter().map(|(source, events)| {
        critical(
            "OmniEventsMissing",
            format!("{events} accepted events of {source} are nowhere"),
            format!("omni ledger --source {source}"),
        )
    }));
    let holes = count(
        report
            .holes
            .iter()
            .map(|hole| (hole.source.as_str(), hole.events)),
    );
    found.extend(holes.into_iter().map(|(source, events)| {
        critical(
            "OmniEventsUnarchived",
            format!("collectors accepted {events} events of {source} that never arrived"),
            format!("omni ledger --source {source}"),
        )
    }));
    let doubled = count(
        report
            .doubled
            .iter()
            .map(|double| (double.source.as_str(), double.rows)),
    );
    found.extend(doubled.into_iter().map(|(source, rows)| {
        critical(
            "OmniRowsDoubled",
            format!("{rows} rows of {source} are there twice"),
            format!("omni ledger --source {source}"),
        )
    }));
    let live = report.total(Sent::Live);
    if live.rejected > REJECTED_MAX && live.rejected * REJECTED_OF > live.accepted {
        found.push(warning(
            "OmniEventsRejected",
            format!("{} of {} events were rejected", live.rejected, live.accepted),
            "omni rejected list",
        ));
    }
    found
}

fn count<'a>(each: impl Iterator<Item = (&'a str, u64)>) -> BTreeMap<&'a str, u64> {
    let mut by_source = BTreeMap::new();
    for (source, number) in each {
        *by_source.entry(source).or_default() += number;
    }
    by_source
}
