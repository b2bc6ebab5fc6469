//! One screen, and what is wrong before everything else.
#![allow(clippy::unwrap_used)]

use super::super::finding::{critical, warning};
use super::super::look::{Kafka, Tables};
use super::*;
use crate::command::watched::Numbers;

fn seen() -> Seen {
    let numbers = "omni_build_info{stage=\"enricher\",version=\"0.1.0\"} 1\n\
        process_resident_memory_bytes 52428800\n\
        omni_enricher_lag_records{group=\"omni-enricher\"} 12\n\
        omni_enricher_lag_age_seconds{group=\"omni-enricher\"} 40\n\
        omni_enricher_source_last_event_timestamp_seconds{source=\"crm\"} 1799999997\n\
        omni_enricher_webhooks{source=\"crm\",state=\"active\"} 4";
    let mut told = Told {
        numbers: Numbers::read(numbers),
        ..Told::default()
    };
    told.readiness.ready = true;
    Seen {
        at_micro: 1_800_000_000_000_000,
        instances: vec![Instance {
            stage: "enricher",
            address: "127.0.0.1:9102".to_owned(),
            told: Ok(told),
        }],
        kafka: Ok(Kafka {
            topics: 12,
            fault: None,
        }),
        warehouse: Ok(Tables::default()),
        ledger: Err("nobody".to_owned()),
    }
}

fn plain(findings: &[Finding]) -> String {
    anstream::adapter::strip_str(&text(&seen(), findings)).to_string()
}

#[test]
fn one_screen_says_what_there_is() {
    let text = plain(&[]);
    for part in [
        "Omni is whole.",
        "answers; 12 topics",
        "enricher    ready           0.1.0     50 MiB",
        "omni-enricher: 12 records, the oldest for 40 s",
        "crm: last event 3.0 s ago, 4 webhooks active",
        "cannot tell: nobody",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(text.lines().count() < 24, "{text}");
}

#[test]
fn what_is_wrong_stands_first_with_its_remedy_and_its_page() {
    let found = [
        critical("OmniBehind", "ClickHouse is gone", "bring it back"),
        warning("OmniRatesOld", "rates are old", "look"),
    ];
    let text = plain(&found);
    assert!(
        text.starts_with("Omni needs somebody now: 1 critical, 1 to look into."),
        "{text}"
    );
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in\n{text}"))
    };
    assert!(at("critical  ClickHouse is gone") < at("→ bring it back"));
    assert!(at("→ bring it back") < at("docs/runbook/OmniBehind.md"));
    assert!(at("docs/runbook/OmniBehind.md") < at("warning   rates are old"));
    assert!(at("warning   rates are old") < at("Kafka"));
}
