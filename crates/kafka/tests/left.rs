//! Whether a group is past a place is told by records, not by offsets: a quiet topic ends no wait late.
use std::time::Duration;

use kafka::{Offsets, Outgoing, Placement, Topic, Worker, WorkerSettings, admin};

use crate::support::{Willing, copy, corner_with_topics, fill, outgoing, until};

fn worker(config: &kafka::Config, group: &str, topic: Topic) -> Worker {
    let settings = WorkerSettings::new(group, "0", &[topic]);
    Worker::join(config, settings, Box::new(Willing)).unwrap()
}

/// Takes what there is, and hands it on.
fn hop(worker: &mut Worker, to: Topic, more: &[Outgoing]) -> bool {
    let batch = until("records come", || {
        let batch = worker.poll(100, Duration::from_millis(100)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });
    let mut out: Vec<Outgoing> = batch.iter().map(|record| copy(record, to)).collect();
    out.extend_from_slice(more);
    worker.commit(&out, &Offsets::after(&batch)).is_ok()
}

#[test]
fn a_group_is_past_marks_of_transactions_and_what_was_given_up() {
    let config = corner_with_topics(1);
    let left = |ends: &admin::Places| admin::left(&config, "second", Topic::Enriched, ends).unwrap();
    let ends = || admin::ends(&config, Topic::Enriched, Some(0)).unwrap();
    fill(&config, Topic::Raw, 0..1);
    let mut first = worker(&config, "first", Topic::Raw);
    assert!(hop(&mut first, Topic::Enriched, &[]));
    let written = ends();
    assert!(left(&written) > 0);
    let mut second = worker(&config, "second", Topic::Enriched);
    assert!(hop(&mut second, Topic::Flat, &[]));
    let standing = admin::standing(&config, "second", Topic::Enriched).unwrap();
    assert!(standing[&0] < written[&0], "a mark lies behind the record");
    assert_eq!(left(&written), 0);

    fill(&config, Topic::Raw, 1..2);
    // No such partition: the transaction is aborted, and what it wrote stays in the log.
    let nowhere = outgoing(Topic::Enriched, Placement::Partition(99), "0");
    assert!(!hop(&mut first, Topic::Enriched, &[nowhere]));
    assert_eq!(left(&ends()), 0);
    let mut backlogs = admin::Backlogs::new(&config, vec![("second".to_owned(), Topic::Enriched)]);
    let done = backlogs.look().unwrap();
    assert_eq!(
        (done[0].records, done[0].oldest_ms),
        (0, None),
        "nothing of it is work"
    );
    assert!(hop(&mut first, Topic::Enriched, &[]));
    assert!(left(&ends()) > 0);
    assert_eq!(left(&written), 0, "what came later is not asked about");
}

#[test]
fn topics_say_how_long_they_keep_what_is_on_them() {
    const DAY_MS: i64 = 86_400_000;
    let config = corner_with_topics(1);
    let topics = [Topic::Raw, Topic::Entities];
    let found = admin::retention(&config, &topics).unwrap();
    assert_eq!(
        found.iter().map(|retention| retention.topic).collect::<Vec<_>>(),
        topics
    );
    assert_eq!(found[0].delete_after_ms, Some(7 * DAY_MS));
    assert!(!found[0].is_compacted && found[0].segment_ms > 0);
    assert!(found[1].is_compacted);
    assert_eq!(
        (found[1].delete_after_ms, found[1].compact_within_ms),
        (None, None)
    );
}
