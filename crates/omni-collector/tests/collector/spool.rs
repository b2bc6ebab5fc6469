//! While Kafka is away events are accepted, and every one of them arrives in the order of its company.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kafka::{Record, Topic};
use rustix::process::Signal;

use crate::broker::Broker;
use crate::feed::{self, Feed};
use crate::heartbeat::{beats, told};
use crate::support::{PATH, Running, config, config_on_kafka, start, until};

const COMPANIES: u64 = 6;

pub(crate) async fn until_more(feed: &Feed, events: usize) {
    let enough = feed.count() + events;
    until("more events were accepted", async || feed.count() >= enough).await;
}

/// The gauges are as old as the last look, so that they say nothing of an event that was accepted just now.
async fn until_drained(omni: &Running) {
    until("the spool is drained", async || {
        omni.metric("omni_collector_spool_records").await == 0.0
            && omni.metric("omni_collector_spool_bytes").await == 0.0
    })
    .await;
}

/// The records, once all that was accepted is among them.
pub(crate) async fn all_of(feed: &Feed, omni: &Running) -> Vec<Record> {
    until("what was accepted is on its topic", async || {
        feed.missing(&omni.raw_webhooks().await).is_empty()
    })
    .await;
    until_drained(omni).await;
    omni.raw_webhooks().await
}

/// As many records as were accepted.
pub(crate) async fn so_many(omni: &Running, records: usize) -> Vec<Record> {
    until("what was accepted is on its topic", async || {
        omni.raw_webhooks().await.len() >= records
    })
    .await;
    until_drained(omni).await;
    omni.raw_webhooks().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_falls_silent_or_dies_costs_no_event_no_order_and_no_answer() {
    let mut broker = Broker::start().await;
    let mut config = broker.config().await;
    config.collector.heartbeat_ms = 1_000;
    // A busy disk may take seconds to sync, and that is not what is tried here.
    config.collector.ack_ms_max = 20_000;
    let omni = start(config).await;
    omni.until_ready().await;
    let feed = Feed::default();
    let mut posters = feed.start(&format!("http://{}", omni.address), COMPANIES, 0);
    until_more(&feed, 100).await;

    broker.signal(Signal::STOP);
    until_more(&feed, 300).await;
    assert_eq!(omni.admin("/readyz").await.0, 200, "it takes what it can keep");
    assert!(omni.metric("omni_collector_spool_age_seconds").await > 0.0);
    broker.signal(Signal::CONT);
    until("events go directly again", async || {
        omni.metric("omni_collector_spool_records").await == 0.0
    })
    .await;
    let spooled = omni.metric("omni_collector_spool_spooled_total").await;
    assert!(spooled >= 200.0, "{spooled}");
    until_more(&feed, 300).await;

    broker.kill().await;
    until_more(&feed, 300).await;
    broker.start_again().await;
    until_more(&feed, 300).await;
    feed.stop();
    while posters.join_next().await.is_some() {}
    let records = all_of(&feed, &omni).await;
    assert_eq!(feed.refused(), Vec::<String>::new());
    assert_eq!(Feed::doubles(&records), 0, "handed over once, so there once");
    Feed::assert_in_order(&records);
    assert_no_hole(&records, feed.count());
    let drained = omni.metric("omni_collector_spool_drained_total").await;
    let spooled = omni.metric("omni_collector_spool_spooled_total").await;
    assert!((drained - spooled).abs() < 0.5, "{drained} of {spooled}");
    until("a heartbeat counts what was spooled", async || {
        told(&beats(&omni).await, "crm").0 as usize == feed.count()
    })
    .await;
    omni.stopped().await.unwrap();
    broker.end().await;
}

/// Every number that was given is on a record.
fn assert_no_hole(records: &[Record], count: usize) {
    let number = |record: &Record| -> usize {
        let seq = record.header("accept-seq").unwrap();
        seq.rsplit('/').next().unwrap().parse().unwrap()
    };
    let numbers: BTreeSet<usize> = records.iter().map(number).collect();
    let given: BTreeSet<usize> = (1..=count).collect();
    let holes: Vec<_> = given.symmetric_difference(&numbers).collect();
    assert!(holes.is_empty(), "{holes:?}");
}

/// A collector whose Kafka cannot be reached, with this spool.
async fn without_kafka(folder: PathBuf, bytes_max: u64) -> Running {
    let mut config = config("127.0.0.1:1");
    config.collector.spool_dir = folder;
    config.collector.spool_bytes_max = bytes_max;
    start(config).await
}

/// Posts events of one company until one is refused; gives how many were accepted.
async fn post_until_refused(omni: &Running, company: u64, from: u64) -> u64 {
    let mut number = from;
    while omni.post(PATH, feed::body(company, number)).await.status() == 200 {
        number += 1;
        assert!(number < 10_000, "it is never full");
    }
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_events_are_accepted_until_the_spool_is_full_and_sent_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let omni = without_kafka(folder.path().to_owned(), 300_000).await;
    omni.until_ready().await;
    let accepted = post_until_refused(&omni, 7, 0).await;
    assert!((100..200).contains(&accepted), "{accepted}");
    until("it says that it is not ready, and why", async || {
        let (status, report) = omni.admin("/readyz").await;
        status == 503 && report.contains("the spool is full")
    })
    .await;
    omni.stopped().await.unwrap();

    // One record is damaged meanwhile.
    let segment = segment_in(folder.path());
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();

    let mut config = config_on_kafka().await;
    config.collector.spool_dir = folder.path().to_owned();
    let omni = start(config).await;
    let records = so_many(&omni, accepted as usize - 1).await;
    assert_eq!(records.len() as u64, accepted - 1, "all but the damaged one");
    Feed::assert_in_order(&records);
    let corrupt = omni.metric("omni_collector_spool_corrupt_total").await;
    assert!((corrupt - 1.0).abs() < 0.5, "{corrupt}");
    let boot = |record: &Record| {
        let seq = record.header("accept-seq").unwrap();
        seq.rsplit_once('/').unwrap().0.to_owned()
    };
    let boots: BTreeSet<String> = records.iter().map(boot).collect();
    assert_eq!(boots.len(), 1, "the numbers are those of the boot that gave them");
    until("the count of that boot is told by this one", async || {
        told(&beats(&omni).await, "crm").0 == accepted
    })
    .await;
    omni.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_body_is_spooled_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let omni = without_kafka(folder.path().to_owned(), 1 << 20).await;
    assert_eq!(omni.post(PATH, "no json").await.status(), 200);
    omni.stopped().await.unwrap();
    let mut config = config_on_kafka().await;
    config.collector.spool_dir = folder.path().to_owned();
    let omni = start(config).await;
    until("it is on its topic", async || {
        omni.records(Topic::Rejected).await.len() == 1
    })
    .await;
}

fn segment_in(folder: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|file| file.path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "spool");
    files.find(is_segment).unwrap()
}
