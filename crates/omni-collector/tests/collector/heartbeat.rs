//! The heartbeat tells on every partition what was accepted, also after the last request.

use std::collections::BTreeSet;

use kafka::{Record, Topic};
use serde_json::Value;

use crate::support::{PATH, Running, fixture, start_on_kafka, until};

pub(crate) async fn beats(omni: &Running) -> Vec<(Record, Value)> {
    let mut records = omni.records(Topic::Raw).await;
    records.retain(|record| record.header("kind") == Some("heartbeat"));
    let read = |record: Record| {
        let value = serde_json::from_slice(record.value()).unwrap();
        (record, value)
    };
    records.into_iter().map(read).collect()
}

/// The greatest count told for a source, summed over its minutes: (accepted, rejected).
pub(crate) fn told(beats: &[(Record, Value)], source: &str) -> (u64, u64) {
    let mut minutes = std::collections::BTreeMap::new();
    let counts = beats
        .iter()
        .flat_map(|(_, beat)| beat["counts"].as_array().unwrap());
    for count in counts.filter(|count| count["source"] == source) {
        let minute = count["minute"].as_str().unwrap().to_owned();
        let now = (
            count["accepted"].as_u64().unwrap(),
            count["rejected"].as_u64().unwrap(),
        );
        let greatest: &mut (u64, u64) = minutes.entry(minute).or_default();
        *greatest = (*greatest).max(now);
    }
    minutes
        .values()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partition_hears_from_a_silent_collector() {
    let omni = start_on_kafka(|config| config.collector.heartbeat_ms = 1_000).await;
    let partitions = omni.kafka.partitions as usize;
    until("two heartbeats on every partition", async || {
        beats(&omni).await.len() >= 2 * partitions
    })
    .await;
    let beats = beats(&omni).await;
    let heard: BTreeSet<i32> = beats.iter().map(|(record, _)| record.partition).collect();
    assert_eq!(heard.len(), partitions);
    let ids: BTreeSet<_> = beats
        .iter()
        .map(|(record, _)| record.header("event-uuid").unwrap())
        .collect();
    assert_eq!(ids.len(), beats.len(), "each heartbeat has its own id");
    assert_eq!(told(&beats, "crm"), (0, 0));
    assert!(
        beats
            .iter()
            .all(|(_, beat)| beat["counts"].as_array().unwrap().len() == 2),
        "both sources"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_heartbeat_tells_the_last_count() {
    let omni = start_on_kafka(|_| {}).await;
    for body in [
        fixture("v1/added_person.json"),
        fixture("v2/create_deal.json"),
        b"no json".to_vec(),
    ] {
        assert_eq!(omni.post(PATH, body).await.status(), 200);
    }
    let Running { kafka, .. } = &omni;
    let kafka = kafka.clone();
    omni.stopped().await.unwrap();
    // Another collector of the same topics, only to look.
    let looking = start_on_kafka(|config| config.kafka = kafka).await;
    let beats = beats(&looking).await;
    assert_eq!(told(&beats, "crm"), (3, 1));
    assert!(
        beats
            .iter()
            .any(|(_, beat)| beat["last"] == 3 && beat["unanswered"] == Value::Array(vec![]))
    );
}
