//! A lane between a real broker and a disk that can be held.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::sync::mpsc;
use std::time::Duration;

use kafka::{Placement, Producer, Restore, Topic, admin};

use super::*;
use crate::spool::{Disk, Limits, Spool};

fn record(number: u64) -> Outgoing {
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::Partition(0),
        key: number.to_string().into_bytes(),
        payload: Some(b"x".to_vec()),
        headers: kafka::RecordHeaders::new(),
    }
}

fn kafka_config() -> kafka::Config {
    let config = kafka::Config {
        bootstrap: local::testing::kafka().to_owned(),
        topic_prefix: format!("test-{}.", uuid::Uuid::new_v4().simple()),
        partitions: 1,
        ..kafka::Config::default()
    };
    admin::create_topics(&config).unwrap();
    config
}

/// A disk whose first sync waits until the sender of what is given back is dropped.
fn held_disk() -> (Disk, mpsc::SyncSender<()>) {
    let (release, held) = mpsc::sync_channel::<()>(0);
    let held = Mutex::new(held);
    let sync = move |file: &File| {
        let _ = held.lock().unwrap().recv();
        file.sync_data()
    };
    let disk = Disk {
        sync: Box::new(sync),
        ..Disk::default()
    };
    (disk, release)
}

fn lane(config: &kafka::Config, disk: Disk, folder: &std::path::Path) -> Arc<Lane> {
    let registry = stage::Metrics::new("test").unwrap();
    let metrics = crate::metrics::Collected::new(&registry).unwrap();
    let limits = Limits {
        bytes: 1 << 20,
        in_flight: 10,
    };
    let (spool, _) = Spool::open_on(disk, folder, limits, metrics.written.clone(), &mut |_, _| {}).unwrap();
    let settings = kafka::ProducerSettings {
        expiry: kafka::Expiry::Never,
        ..kafka::ProducerSettings::default()
    };
    let waits = Waits {
        spool_after: Duration::from_secs(20),
        ack_max: Duration::from_secs(20),
        window: 10,
    };
    let (broken, _) = tokio::sync::mpsc::channel(1);
    let producer = Producer::new(config, settings).unwrap();
    let lane = Lane::new(Arc::new(Ways::new(producer, spool, waits, metrics, broken)));
    lane.open();
    lane
}

fn keys(config: &kafka::Config) -> Vec<String> {
    let mut keys = Vec::new();
    let each = |record: kafka::Record| {
        keys.push(record.key_text());
        Ok(())
    };
    Restore::new(config).read(Topic::Raw, 0, None, each).unwrap();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_being_written_goes_before_a_record_that_goes_directly() {
    let config = tokio::task::spawn_blocking(kafka_config).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (disk, release) = held_disk();
    let lane = lane(&config, disk, folder.path());
    lane.state().is_stalled = true;
    let first = tokio::spawn({
        let lane = Arc::clone(&lane);
        async move { lane.keep(record(1)).unwrap().kept().await }
    });
    while lane.state().writing.is_empty() {
        tokio::task::yield_now().await;
    }
    // Kafka was heard; the first is still being written.
    lane.state().is_stalled = false;
    assert_eq!(lane.keep(record(2)).unwrap().kept().await, Ok(Told::Delivered));
    assert_eq!(
        first.await.unwrap(),
        Ok(Told::Delivered),
        "and not told by the disk"
    );
    drop(release);
    let read = tokio::task::spawn_blocking(move || keys(&config));
    assert_eq!(read.await.unwrap(), ["1", "2"]);
}
