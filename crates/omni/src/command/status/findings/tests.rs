//! Each fault is found under its name, and nothing is found where all is well.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use ::ledger::{Cell, Missing, Report, Row, Sent};

use super::super::finding::Urgency;
use super::super::look::{Kafka, Seen, Tables};
use super::of;
use crate::command::watched::{Instance, Numbers, STAGES, Told};

const NOW_MICRO: i64 = 1_800_000_000_000_000;

fn told(numbers: &str) -> Told {
    let mut told = Told {
        numbers: Numbers::read(numbers),
        ..Told::default()
    };
    told.readiness.ready = true;
    told
}

fn report() -> Report {
    Report {
        since_micro: NOW_MICRO - 3_600_000_000,
        at_micro: NOW_MICRO,
        oldest_in_flight_micro: None,
        rows: Vec::new(),
        counted: Vec::new(),
        missing: Vec::new(),
        doubled: Vec::new(),
        collectors: Vec::new(),
        holes: Vec::new(),
    }
}

/// All is well, and one stage tells these numbers beside.
fn seen(stage: &str, numbers: &str) -> Seen {
    let instance = |name: &'static str| Instance {
        stage: name,
        address: format!("{name}:9100"),
        told: Ok(told(if name == stage { numbers } else { "" })),
    };
    Seen {
        at_micro: NOW_MICRO,
        instances: STAGES.map(instance).to_vec(),
        kafka: Ok(Kafka::default()),
        warehouse: Ok(Tables::default()),
        ledger: Ok(report()),
    }
}

fn alerts(seen: &Seen) -> Vec<&'static str> {
    of(seen).into_iter().map(|finding| finding.alert).collect()
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(of(&seen("", "")), []);
}

#[test]
fn each_number_that_tells_of_a_fault_is_found_and_named() {
    let cases = [
        (
            "collector",
            "omni_collector_spool_bytes 60\nomni_collector_spool_max_bytes 100\nomni_collector_spool_disk_free_bytes 999",
            "OmniSpoolFilling",
        ),
        (
            "collector",
            "omni_collector_spool_age_seconds 121\nomni_collector_spool_max_bytes 100\nomni_collector_spool_disk_free_bytes 999",
            "OmniSpooling",
        ),
        (
            "collector",
            "omni_collector_spool_max_bytes 100\nomni_collector_spool_disk_free_bytes 99",
            "OmniSpoolDisk",
        ),
        (
            "collector",
            "omni_collector_spool_corrupt_total 1",
            "OmniSpoolDamaged",
        ),
        (
            "collector",
            "omni_collector_certificate_expiry_timestamp_seconds 1.8e9",
            "OmniCertificateEnded",
        ),
        (
            "reporting",
            "omni_reporting_certificate_expiry_timestamp_seconds 1.8001e9",
            "OmniCertificateEndsSoon",
        ),
        (
            "loader",
            "omni_loader_lag_age_seconds{group=\"omni-loader-raw\"} 301",
            "OmniBehind",
        ),
        (
            "enricher",
            "omni_enricher_lag_retention_share{group=\"omni-enricher\"} 0.3",
            "OmniRetention",
        ),
        (
            "activation",
            "omni_activation_lag_age_seconds{group=\"omni-delivery-tags\"} 3601",
            "OmniDestinationBehind",
        ),
        (
            "activation",
            "omni_activation_misconfigured{destination=\"tags\"} 1",
            "OmniDestinationMisconfigured",
        ),
        (
            "activation",
            "omni_activation_breaker_open{destination=\"tags\"} 1",
            "OmniDestinationDown",
        ),
        (
            "enricher",
            "omni_enricher_source_silent{source=\"crm\"} 1",
            "OmniSourceSilent",
        ),
        (
            "enricher",
            "omni_enricher_webhooks{source=\"crm\",state=\"missing\"} 2",
            "OmniWebhooksMissing",
        ),
        (
            "enricher",
            "omni_enricher_webhooks{source=\"crm\",state=\"failing\"} 2",
            "OmniWebhooksFailing",
        ),
        (
            "enricher",
            "omni_enricher_api_tokens_day{source=\"crm\"} 100\nomni_enricher_api_tokens_left{source=\"crm\"} 9",
            "OmniApiBudget",
        ),
        (
            "enricher",
            "omni_enricher_api_bans{source=\"crm\"} 1",
            "OmniApiBlocked",
        ),
        (
            "enricher",
            "omni_enricher_api_circuit_open{source=\"crm\"} 1",
            "OmniApiUnreachable",
        ),
    ];
    for (stage, numbers, alert) in cases {
        assert_eq!(alerts(&seen(stage, numbers)), [alert], "{numbers}");
    }
}

#[test]
fn what_is_just_under_its_limit_is_no_finding() {
    let cases = [
        (
            "collector",
            "omni_collector_spool_bytes 50\nomni_collector_spool_max_bytes 100\nomni_collector_spool_disk_free_bytes 50",
        ),
        (
            "loader",
            "omni_loader_lag_age_seconds{group=\"omni-loader-raw\"} 299",
        ),
        (
            "activation",
            "omni_activation_lag_age_seconds{group=\"omni-delivery-tags\"} 3599",
        ),
        (
            "activation",
            "omni_activation_lag_age_seconds{group=\"omni-delivery-tags\"} 9999\nomni_activation_paused{destination=\"tags\"} 1",
        ),
        (
            "enricher",
            "omni_enricher_webhooks{source=\"crm\",state=\"active\"} 2",
        ),
        (
            "enricher",
            "omni_enricher_api_tokens_day{source=\"crm\"} 0\nomni_enricher_api_tokens_left{source=\"crm\"} 0",
        ),
    ];
    for (stage, numbers) in cases {
        assert_eq!(of(&seen(stage, numbers)), [], "{numbers}");
    }
}

#[test]
fn one_of_several_that_is_down_is_no_stage_that_is_down() {
    let mut several = seen("", "");
    let mut second = several.instances[0].clone();
    second.told = Err("nothing listens there".to_owned());
    several.instances.push(second);
    assert_eq!(alerts(&several), ["OmniInstanceDown"]);
    several.instances[0].told = Err("nothing listens there".to_owned());
    assert_eq!(alerts(&several), ["OmniStageDown"]);
}

#[test]
fn a_server_that_is_silent_is_told_once_and_the_ledger_not_beside_it() {
    let mut blind = seen("", "");
    blind.ledger = Err("no answer".to_owned());
    assert_eq!(alerts(&blind), ["OmniLedgerBlind"]);
    blind.warehouse = Err("connection refused".to_owned());
    assert_eq!(alerts(&blind), ["OmniBehind"]);
    blind.kafka = Err("connection refused".to_owned());
    assert_eq!(alerts(&blind), ["OmniSpooling", "OmniBehind"]);
}

#[test]
fn a_gap_is_critical_and_one_that_is_young_is_none() {
    let mut gap = seen("", "");
    let missing = |age_seconds: i64| Missing {
        sent: Sent::Live,
        source: "crm".to_owned(),
        company_id: 1,
        event_uuid: uuid::Uuid::nil(),
        received_at_micro: NOW_MICRO - age_seconds * 1_000_000,
    };
    gap.ledger.as_mut().unwrap().missing = vec![missing(59)];
    assert_eq!(of(&gap), []);
    gap.ledger.as_mut().unwrap().missing = vec![missing(61), missing(62)];
    let found = of(&gap);
    assert_eq!((found.len(), found[0].urgency), (1, Urgency::Critical));
    assert!(
        found[0].what.contains("2 accepted events of crm"),
        "{}",
        found[0].what
    );
}

#[test]
fn rejections_count_when_they_are_many_and_a_share() {
    for (accepted, rejected, alert) in [
        (10_000, 101, true),
        (10_000, 100, false),
        (50, 10, false),
        (50, 11, true),
    ] {
        let mut some = seen("", "");
        let cell = Cell {
            accepted,
            rejected,
            ..Cell::default()
        };
        some.ledger.as_mut().unwrap().rows = vec![Row {
            sent: Sent::Live,
            source: "crm".to_owned(),
            hour: 0,
            cell,
        }];
        assert_eq!(
            alerts(&some) == ["OmniEventsRejected"],
            alert,
            "{rejected} of {accepted}"
        );
    }
}

#[test]
fn every_finding_has_its_page_and_its_rule() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rules = std::fs::read_to_string(root.join("deploy/prometheus/alerts.yml")).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/status/findings");
    let mut named = 0;
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.filter(|file| !file.ends_with("tests.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        for alert in text
            .split('"')
            .filter(|word| word.starts_with("Omni") && !word.contains(' '))
        {
            named += 1;
            assert!(
                rules.contains(&format!("alert: {alert}\n")),
                "no rule is named {alert}"
            );
            assert!(
                root.join(format!("docs/runbook/{alert}.md")).is_file(),
                "no page {alert}"
            );
        }
    }
    assert!(named > 20, "the findings were read");
}
