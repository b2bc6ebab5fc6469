//! What is wrong, judged from one look. Pure.

mod destinations;
mod flow;
mod ledger;
mod servers;
mod sources;
mod stages;

use std::collections::BTreeMap;

use super::finding::Finding;
use super::look::Seen;

/// Everything a person should look into, the most urgent first.
pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let mut all = servers::of(seen);
    all.extend(stages::of(seen));
    all.extend(flow::of(seen));
    all.extend(ledger::of(seen));
    all.extend(sources::of(seen));
    all.extend(destinations::of(seen));
    all.sort_by_key(|finding| finding.urgency);
    all
}

/// A metric by one of its labels: of instances that tell of the same thing, the greatest.
fn by_label(seen: &Seen, metric: &str, label: &str) -> BTreeMap<String, f64> {
    let mut by_label: BTreeMap<String, f64> = BTreeMap::new();
    for (_, told) in seen.all_told() {
        for sample in told.numbers.of(metric) {
            let value = by_label.entry(sample.label(label).to_owned()).or_insert(f64::MIN);
            *value = value.max(sample.value);
        }
    }
    by_label
}

/// The names of a label for which a metric is above a limit.
fn above(seen: &Seen, metric: &str, label: &str, limit: f64) -> Vec<(String, f64)> {
    let found = by_label(seen, metric, label).into_iter();
    found.filter(|(_, value)| *value > limit).collect()
}

#[cfg(test)]
mod tests;
