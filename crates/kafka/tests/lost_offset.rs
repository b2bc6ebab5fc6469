//! A group whose next record is gone stops, and says where.
use std::time::Duration;

use kafka::{
    Class, Committed, Config, Error, Offsets, PlainConsumer, PlainSettings, Topic, Worker, WorkerSettings,
};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::support::{Willing, corner_with_topics, fill, until};

fn plain(config: &Config) -> PlainConsumer {
    let mut consumer = PlainConsumer::join(
        config,
        PlainSettings::new("out", "0", &[Topic::Raw]),
        Box::new(Willing),
    )
    .unwrap();
    until("partitions come", || {
        let _ = consumer.poll(1, Duration::from_millis(50)).unwrap();
        (!consumer.assignment().is_empty()).then_some(())
    });
    consumer
}

fn at(offset: i64) -> Offsets {
    let mut offsets = Offsets::new();
    offsets.set(
        Topic::Raw,
        0,
        Committed {
            offset,
            metadata: None,
        },
    );
    offsets
}

fn delete_before(config: &Config, offset: i64) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.bootstrap)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&Topic::Raw.name(config), 0, Offset::Offset(offset))
        .unwrap();
    let deleted = futures::executor::block_on(admin.delete_records(&list, &AdminOptions::new())).unwrap();
    deleted.elements()[0].error().unwrap();
}

fn refusal(mut poll: impl FnMut() -> Result<Vec<kafka::Record>, Error>) -> Error {
    until("the reader stops", || match poll() {
        Ok(records) => {
            assert!(records.is_empty(), "read on in spite of the gap");
            None
        }
        Err(error) => Some(error),
    })
}

fn worker_stops(config: &Config) -> Error {
    let mut settings = WorkerSettings::new("relay", "0", &[Topic::Raw]);
    "out".clone_into(&mut settings.group);
    // As the plain consumer before it, which is gone: the same member.
    let mut worker = Worker::join(config, settings, Box::new(Willing)).unwrap();
    refusal(|| worker.poll(10, Duration::from_millis(100)))
}

#[test]
fn an_offset_beyond_the_end_stops_the_reader() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    plain(&config).commit(&at(10_000)).unwrap();
    let stopped = worker_stops(&config);
    assert!(
        matches!(
            stopped,
            Error::OutOfRange {
                committed: 10_000,
                low: 0,
                high: 10,
                ..
            }
        ),
        "{stopped:?}"
    );
    assert_eq!(stopped.class(), Class::Fatal);
    assert!(stopped.to_string().contains("stands at offset 10000"));
}

#[test]
fn an_offset_whose_records_were_deleted_stops_the_reader() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    plain(&config).commit(&at(3)).unwrap();
    delete_before(&config, 8);
    let stopped = worker_stops(&config);
    assert!(
        matches!(
            stopped,
            Error::OutOfRange {
                committed: 3,
                low: 8,
                ..
            }
        ),
        "{stopped:?}"
    );
}

#[test]
fn records_deleted_under_a_reader_stop_it() {
    let config = corner_with_topics(1);
    let mut reader = plain(&config);
    reader.pause(&[(Topic::Raw, 0)]).unwrap();
    fill(&config, Topic::Raw, 0..10);
    delete_before(&config, 8);
    reader.resume(&[(Topic::Raw, 0)]).unwrap();
    let stopped = refusal(|| reader.poll(10, Duration::from_millis(100)));
    assert_eq!(stopped.class(), Class::Fatal, "{stopped:?}");
}

#[test]
fn a_group_that_never_committed_begins_at_the_beginning() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    delete_before(&config, 4);
    let mut reader = PlainConsumer::join(
        &config,
        PlainSettings::new("out", "0", &[Topic::Raw]),
        Box::new(Willing),
    )
    .unwrap();
    let first = until("records come", || {
        reader
            .poll(10, Duration::from_millis(100))
            .unwrap()
            .into_iter()
            .next()
    });
    assert_eq!(first.offset, 4);
}
