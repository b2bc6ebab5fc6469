//! A note is read by everybody, outlives who wrote it, and is nobody's lag; a group begins where it is placed.
use std::time::Duration;

use kafka::admin::{self, Beginning, Note};
use kafka::{Assigned, Config, Error, Listener, PlainConsumer, PlainSettings, Restore, Topic};

use crate::support::{corner_with_topics, fill, until};

struct Nobody;

impl Listener for Nobody {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}
}

/// Reads as the group until it has so many.
fn read(config: &Config, group: &str, count: usize) -> Vec<u32> {
    let settings = PlainSettings::new(group, "one", &[Topic::Flat]);
    let mut consumer = PlainConsumer::join(config, settings, Box::new(Nobody)).unwrap();
    let mut numbers: Vec<u32> = Vec::new();
    until("the group reads", || {
        let records = consumer.poll(100, Duration::from_millis(20)).unwrap();
        let number =
            |record: &kafka::Record| std::str::from_utf8(&record.key).unwrap().parse::<u32>().unwrap();
        numbers.extend(records.iter().map(number));
        (numbers.len() >= count).then_some(())
    });
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_group_begins_where_it_is_placed_and_is_placed_once() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Flat, 0..20);
    let between_ms = i64::try_from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
        + 1;
    std::thread::park_timeout(Duration::from_millis(5));
    fill(&config, Topic::Flat, 20..30);
    let at = Beginning::At {
        timestamp_ms: between_ms,
    };
    assert!(admin::begin(&config, "at", Topic::Flat, at).unwrap());
    assert!(admin::begin(&config, "end", Topic::Flat, Beginning::End).unwrap());
    assert!(
        !admin::begin(&config, "at", Topic::Flat, Beginning::End).unwrap(),
        "it stays"
    );
    fill(&config, Topic::Flat, 30..35);
    assert_eq!(read(&config, "at", 15), (20..35).collect::<Vec<_>>());
    assert_eq!(read(&config, "end", 5), (30..35).collect::<Vec<_>>());
    assert_eq!(read(&config, "unplaced", 35), (0..35).collect::<Vec<_>>());
}

#[test]
fn a_note_is_read_by_everybody_and_is_no_lag() {
    let config = corner_with_topics(2);
    let note = Note::open(&config, Topic::Flat, "paused").unwrap();
    assert_eq!(note.read().unwrap(), "");
    note.write("tags=1").unwrap();
    note.write("tags=1 ads=2").unwrap();
    drop(note);
    let again = Note::open(&config, Topic::Flat, "paused").unwrap();
    assert_eq!(again.read().unwrap(), "tags=1 ads=2");
    assert!(again.write(&"x".repeat(5_000)).is_err());
    assert_eq!(again.read().unwrap(), "tags=1 ads=2");
    assert_eq!(admin::group_lags(&config).unwrap(), []);
}
