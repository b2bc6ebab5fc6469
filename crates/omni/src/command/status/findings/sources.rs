//! The accounts: whether they tell what they should, and what their API still allows.

use super::super::finding::{Finding, critical, warning};
use super::super::look::Seen;
use super::{above, by_label};

/// A day's budget with less left is told of.
const BUDGET_SHARE_MIN: f64 = 0.1;

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let mut found = told(seen);
    found.extend(api(seen));
    found
}

fn told(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    for (source, _) in above(seen, "omni_enricher_source_silent", "source", 0.0) {
        found.push(critical(
            "OmniSourceSilent",
            format!("{source} is silent though events are due"),
            format!("omni webhooks check --source {source}; then omni reconcile --source {source}"),
        ));
    }
    for (state, urgent) in [("missing", true), ("failing", false)] {
        for (source, webhooks) in webhooks(seen, state) {
            let what = format!("{webhooks:.0} webhooks of {source} are {state}");
            let remedy = format!("omni webhooks check --source {source}");
            found.push(if urgent {
                critical("OmniWebhooksMissing", what, remedy)
            } else {
                warning("OmniWebhooksFailing", what, remedy)
            });
        }
    }
    found
}

fn webhooks(seen: &Seen, state: &str) -> Vec<(String, f64)> {
    let mut of_state = std::collections::BTreeMap::<String, f64>::new();
    for told in seen.told("enricher") {
        let samples = told.numbers.of("omni_enricher_webhooks");
        for sample in samples.filter(|sample| sample.label("state") == state && sample.value > 0.0) {
            let number = of_state.entry(sample.label("source").to_owned()).or_default();
            *number = number.max(sample.value);
        }
    }
    of_state.into_iter().collect()
}

fn api(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    let day = by_label(seen, "omni_enricher_api_tokens_day", "source");
    for (source, left) in by_label(seen, "omni_enricher_api_tokens_left", "source") {
        let Some(day) = day.get(&source).filter(|day| **day > 0.0) else {
            continue;
        };
        if left / day < BUDGET_SHARE_MIN {
            found.push(warning(
                "OmniApiBudget",
                format!(
                    "{:.0} % of the day's API tokens of {source} are left",
                    left / day * 100.0
                ),
                "stop backfills and reconciles until the day ends; events go on with what is known",
            ));
        }
    }
    for (source, bans) in above(seen, "omni_enricher_api_bans", "source", 0.0) {
        found.push(warning(
            "OmniApiBlocked",
            format!("Pipedrive's edge has blocked the API of {source} {bans:.0} times in a row"),
            format!("omni pipedrive check --source {source}, once: each request makes the block longer"),
        ));
    }
    for (source, _) in above(seen, "omni_enricher_api_circuit_open", "source", 0.0) {
        found.push(warning(
            "OmniApiUnreachable",
            format!("the API of {source} does not answer"),
            format!("omni pipedrive check --source {source}"),
        ));
    }
    found
}
