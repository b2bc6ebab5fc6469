//! The ledger balances for what the pipeline did right, and names what it did not.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::{Value, json};

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{body, collector, deal, omni, own_source, post, settings};

const COMPANY: u64 = Company::Balanced.id();
const GHOSTLY: u64 = Company::Ghostly.id();
/// One that answers and loses one event in so many.
const DROP_ONE_IN: u64 = 1_000;
const SENT_AT_ONCE: usize = 32;
/// A minute must be over, and a while ago, before a collector's count of it can be judged.
const FOUND_OUT_WITHIN: Duration = Duration::from_mins(4);
/// The loader looks once a minute.
const TOLD_WITHIN: Duration = Duration::from_mins(3);

async fn loaders_metrics(dev: &Dev, client: &reqwest::Client) -> String {
    // It may have been started again since.
    let ready = std::fs::read_to_string(&dev.ready_file).expect("the ready file");
    let ready: Value = serde_json::from_str(&ready).expect("the ready file is JSON");
    let url = format!(
        "{}/metrics",
        ready["admin"]["loader"].as_str().expect("an address")
    );
    match client.get(url).send().await {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(_) => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_balances_after_a_mix_of_ends() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, &own_source("mixed", ""), &folder);
    let (url, _trigger) = collector(&settings).await;
    let twice = deal(COMPANY, 1);
    for body in [
        twice.clone(),
        twice,
        deal(COMPANY, 2),
        body(COMPANY, "person", 3, &json!({"id": 3, "name": "Nobody"})),
        b"no json".to_vec(),
        b"{}".to_vec(),
    ] {
        post(&client, &url, "mixed", body).await;
    }
    // Whatever moment it is asked at, nothing is missing; in the end everything has its place.
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let (status, said) = omni(
            &settings,
            &["ledger", "--source", "mixed", "--since", "1h", "--json"],
        )
        .await;
        assert_eq!(status, Some(0), "{said}");
        let report: Value = serde_json::from_str(&said).expect("JSON");
        let sum = |key: &str| {
            let rows = report["rows"].as_array().expect("rows");
            rows.iter()
                .map(|row| row[key].as_u64().expect("a number"))
                .sum::<u64>()
        };
        assert_eq!(sum("missing") + sum("doubled"), 0, "{said}");
        assert_eq!(sum("accepted"), 5, "{said}");
        if sum("in_flight") == 0 {
            assert_eq!(
                [sum("loaded"), sum("rejected"), sum("filtered")],
                [2, 2, 1],
                "{said}"
            );
            break;
        }
        assert!(Instant::now() < deadline, "still in flight: {said}");
    }
    is_kept(dev, &client, "mixed", "5\t2\t2\t1\t0").await;
}

/// What the loader counts at its looks is in a table, for a panel to show.
async fn is_kept(dev: &Dev, client: &reqwest::Client, source: &str, wanted: &str) {
    let sql = format!(
        "SELECT sum(accepted), sum(loaded), sum(rejected), sum(filtered), sum(in_flight) \
         FROM ledger_minutes FINAL WHERE event_source = '{source}' FORMAT TSV"
    );
    let deadline = Instant::now() + TOLD_WITHIN;
    loop {
        let kept = dev.ask(client, &sql).await;
        if kept.trim() == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "kept {kept}, wanted {wanted}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_drops_one_event_in_a_thousand_is_found_out() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let more = format!("drop_one_in = {DROP_ONE_IN}");
    let settings_file = settings(dev, &own_source("lossy", &more), &folder);
    let (url, _trigger) = collector(&settings_file).await;
    let posts = (1..=DROP_ONE_IN + 1).map(|id| post(&client, &url, "lossy", deal(Company::Lossy.id(), id)));
    futures::stream::iter(posts)
        .buffer_unordered(SENT_AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let deadline = Instant::now() + FOUND_OUT_WITHIN;
    let said = loop {
        let (status, said) = omni(&settings_file, &["ledger", "--source", "lossy", "--since", "1h"]).await;
        if status == Some(1) {
            break said;
        }
        assert_eq!(status, Some(0), "{said}");
        assert!(Instant::now() < deadline, "never found out: {said}");
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    let line = said
        .lines()
        .find(|line| line.contains("of collector lossy/"))
        .unwrap_or_else(|| panic!("no hole is named: {said}"));
    assert!(line.contains("source lossy, minute 20"), "{line}");
    assert!(line.contains(": 1 of collector"), "{line}");
    assert!(line.contains(&DROP_ONE_IN.to_string()), "{line}");
}

#[tokio::test]
async fn what_is_missing_and_what_is_there_twice_is_named_by_its_id() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev, "", &folder);
    let (lost, twice) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    for uuid in [lost, twice] {
        let insert = format!(
            "INSERT INTO raw_events (event_company_id, event_received_at, event_uuid, event_kind, event_source) \
             SELECT {GHOSTLY}, now64(6) - INTERVAL 2 MINUTE, '{uuid}', 'webhook', 'ghost'"
        );
        dev.run(&client, &insert).await;
    }
    // Of two deals: a merge between two looks would fold rows that are the same.
    for offset in [1, 2] {
        let insert = format!(
            "INSERT INTO deal_events (event_company_id, deal_id, event_time, event_uuid, event_received_at, kafka_offset) \
             SELECT {GHOSTLY}, {offset}, toDateTime64('2026-01-06 08:00:00', 6), '{twice}', now64(6) - INTERVAL 2 MINUTE, {offset}"
        );
        dev.run(&client, &insert).await;
    }
    let (status, said) = omni(&settings, &["ledger", "--source", "ghost"]).await;
    assert_eq!(status, Some(1), "{said}");
    let missing = format!("{lost}  source ghost, company {GHOSTLY}");
    assert!(said.contains(&missing), "{said}");
    let doubled = format!("{twice}  source ghost, company {GHOSTLY}, revision 0: 2 rows");
    assert!(said.contains(&doubled), "{said}");
    // The loader finds the same by itself, for Prometheus.
    let deadline = Instant::now() + TOLD_WITHIN;
    loop {
        let told = loaders_metrics(dev, &client).await;
        let tells =
            |metric: &str| told.contains(&format!("omni_loader_ledger_{metric}{{source=\"ghost\"}} 1\n"));
        if tells("missing_events") && tells("doubled_rows") {
            return;
        }
        assert!(Instant::now() < deadline, "the loader does not tell: {told}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn a_ledger_that_cannot_ask_says_so_with_a_status_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev(), "[kafka]\nbootstrap = '127.0.0.1:1'", &folder);
    let (status, said) = omni(&settings, &["ledger"]).await;
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("cannot tell"), "{said}");
}
