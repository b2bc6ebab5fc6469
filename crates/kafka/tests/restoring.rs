//! A partition read to its end.
use std::time::Duration;

use kafka::{Class, Error, Offsets, Placement, Restore, Topic, admin};

use crate::support::{copy, corner_with_topics, fill, outgoing, until, worker};

fn numbers(config: &kafka::Config, from: Option<i64>) -> Result<(Vec<String>, i64), Error> {
    let mut texts = Vec::new();
    let restored = Restore::new(config).read(Topic::Entities, 0, from, |record| {
        texts.push(record.key_text());
        Ok(())
    })?;
    assert_eq!(restored.records as usize, texts.len());
    Ok((texts, restored.next_offset))
}

#[test]
fn reads_from_an_offset_to_the_end_past_aborted_records_and_marks() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..3);
    let mut worker = worker(&config);
    let batch = until("records come", || {
        let batch = worker.poll(3, Duration::from_millis(100)).unwrap();
        (batch.len() == 3).then_some(batch)
    });
    let out: Vec<_> = batch.iter().map(|record| copy(record, Topic::Entities)).collect();
    worker.commit(&out, &Offsets::new()).unwrap();
    let mut aborted = out;
    aborted.push(outgoing(Topic::Entities, Placement::Partition(99), "x"));
    assert_eq!(
        worker.commit(&aborted, &Offsets::new()).unwrap_err().class(),
        Class::Abort
    );

    let (_, high) = admin::watermarks(&config, Topic::Entities, 0).unwrap();
    let (texts, next) = numbers(&config, None).unwrap();
    assert_eq!(texts, ["0", "1", "2"]);
    assert_eq!(next, high);
    assert_eq!(numbers(&config, Some(2)).unwrap().0, ["2"]);
    assert_eq!(numbers(&config, Some(high)).unwrap(), (Vec::new(), high));
}

/// One transaction a record, so that every second offset is a mark, and the newest is one.
#[test]
fn the_newest_records_are_found_behind_marks() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..40);
    let mut worker = worker(&config);
    let mut copied = 0;
    until("all are copied", || {
        for record in worker.poll(5, Duration::from_millis(100)).unwrap() {
            let out = [copy(&record, Topic::Entities)];
            worker.commit(&out, &Offsets::new()).unwrap();
            copied += 1;
        }
        (copied == 40).then_some(())
    });
    // Marks alone at the end, more than a first look reaches past.
    let nothing = outgoing(Topic::Entities, Placement::Partition(0), "given up");
    for _ in 0..20 {
        let broken = [
            nothing.clone(),
            outgoing(Topic::Entities, Placement::Partition(99), "x"),
        ];
        assert_eq!(
            worker.commit(&broken, &Offsets::new()).unwrap_err().class(),
            Class::Abort
        );
    }
    let newest = |records_max| {
        let newest = admin::newest(&config, Topic::Entities, records_max).unwrap();
        newest
            .records
            .iter()
            .map(kafka::Record::key_text)
            .collect::<Vec<_>>()
    };
    assert_eq!(newest(1), ["39"]);
    assert_eq!(newest(3), ["37", "38", "39"]);
    assert_eq!(newest(100).len(), 40);
    let mut all = 0;
    admin::all(&config, Topic::Entities, |_| {
        all += 1;
        admin::Look::On
    })
    .unwrap();
    assert_eq!(all, 40);
}

#[test]
fn an_empty_partition_is_read_at_once() {
    let config = corner_with_topics(1);
    assert_eq!(numbers(&config, None).unwrap(), (Vec::new(), 0));
}

#[test]
fn an_offset_that_is_not_in_the_log_means_a_cold_start() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Entities, 0..3);
    let refused = numbers(&config, Some(50)).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::OutOfRange {
                committed: 50,
                high: 3,
                ..
            }
        ),
        "{refused:?}"
    );
}

#[test]
fn the_readers_own_refusal_ends_the_read() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Entities, 0..3);
    let refused = Restore::new(&config)
        .read(Topic::Entities, 0, None, |_| {
            Err(Error::refused("keep a record", "disk is full"))
        })
        .unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused:?}");
}
