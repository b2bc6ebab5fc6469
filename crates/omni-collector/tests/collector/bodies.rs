//! Every body we know is answered 2xx and ends where it belongs.

use std::collections::BTreeMap;

use event::outcome::Rejected;
use kafka::Topic;

use crate::support::{PATH, Running, json_files, start_on_kafka};

/// Posts all; tells which bodies are on `omni.raw` as they came, and the codes of those on `omni.rejected`.
async fn post_all(omni: &Running, files: &[(String, Vec<u8>)]) -> (usize, BTreeMap<String, usize>) {
    for (name, body) in files {
        assert_eq!(omni.post(PATH, body.clone()).await.status(), 200, "{name}");
    }
    let raw = omni.raw_webhooks().await;
    let kept = files
        .iter()
        .filter(|(_, body)| raw.iter().any(|record| record.value() == body))
        .count();
    assert_eq!(raw.len(), kept);
    let mut codes = BTreeMap::new();
    for record in omni.records(Topic::Rejected).await {
        let rejected = Rejected::from_json(record.value()).unwrap();
        *codes.entry(rejected.code).or_insert(0) += 1;
    }
    (kept, codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_webhook_is_kept() {
    let omni = start_on_kafka(|_| {}).await;
    let mut files = json_files("../event/fixtures/v1");
    files.extend(json_files("../event/fixtures/v2"));
    assert!(files.len() > 40, "{} fixtures", files.len());
    assert_eq!(post_all(&omni, &files).await, (files.len(), BTreeMap::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_of_a_rule_is_quarantined() {
    let omni = start_on_kafka(|_| {}).await;
    let files = json_files("../event/fixtures/refused");
    assert!(files.len() > 30, "{} fixtures", files.len());
    let (kept, codes) = post_all(&omni, &files).await;
    assert_eq!(kept, 0);
    assert_eq!(codes.values().sum::<usize>(), files.len(), "{codes:?}");
    assert!(
        codes
            .keys()
            .all(|code| matches!(code.as_str(), "prevalidation" | "unknown_version")),
        "{codes:?}"
    );
}

/// Recorded bodies of real accounts are not part of the tree; where they lie beside it, all must pass.
#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_body_beside_the_tree_is_kept() {
    let files = json_files("../../../shared/payloads");
    if files.is_empty() {
        return;
    }
    let omni = start_on_kafka(|_| {}).await;
    assert_eq!(post_all(&omni, &files).await, (files.len(), BTreeMap::new()));
}
