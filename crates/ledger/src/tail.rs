//! What Kafka has of events that are not at their end: read in the direction of the data.

use std::collections::{HashMap, HashSet};

use event::outcome::Rejected;
use event::{AcceptSeq, Headers, Kind};
use kafka::admin::{self, Places};
use kafka::{Config, Record, Topic};

use crate::report::Sent;
use crate::{Arrival, Error, Event, Loaded, way};

/// How far the archives are: what lies before is the warehouse's to tell, what lies behind is told here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archived {
    pub(crate) raw: Archive,
    pub(crate) rejected: Archive,
}

/// Identity of a topic and how far its archive is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    pub(crate) topic_id: String,
    pub(crate) places: Places,
}

/// One life of one collector, one source, one minute (seconds since 1970).
pub(crate) type Minute = (String, String, String, i64);

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    pub(crate) archived: Archived,
    /// Accepted, and not in the archives.
    pub(crate) accepted: HashMap<Event, (Sent, Arrival)>,
    /// Some group has it still before it.
    pub(crate) moving: HashSet<Event>,
    /// Numbers of accepted events that are not in the archives.
    pub(crate) numbers: HashMap<Minute, HashSet<u64>>,
    records: u64,
    most: u64,
}

/// Reads everything beyond the committed offsets, unless that is more than `most` records. Blocks.
pub(crate) fn read(config: &Config, loaded: &[Loaded], most: u64) -> Result<Tail, Error> {
    let mut tail = Tail {
        most,
        ..Tail::default()
    };
    for topic in way::TOPICS {
        tail.topic(config, topic, loaded)?;
    }
    Ok(tail)
}

impl Tail {
    fn topic(&mut self, config: &Config, topic: Topic, loaded: &[Loaded]) -> Result<(), Error> {
        let archived = match topic {
            Topic::Raw | Topic::Rejected => Some(archive(config, topic)?),
            _ => None,
        };
        // A record may still be before some of the groups: the hindmost counts.
        let mut moving = Places::new();
        for group in way::groups(topic, loaded) {
            hindmost(&mut moving, &admin::standing(config, &group, topic)?);
        }
        let mut from = moving.clone();
        if let Some(archive) = &archived {
            hindmost(&mut from, &archive.places);
        }
        let stretch = admin::stretch(config, topic, &from)?;
        self.records += stretch.records();
        if self.records > self.most {
            return Err(Error::TooMuch {
                what: "records in flight",
                count: self.records,
                most: self.most,
            });
        }
        admin::read_stretch(config, &stretch, |record| {
            let is_moving = is_beyond(&moving, &record);
            let is_new = archived
                .as_ref()
                .is_some_and(|archive| is_beyond(&archive.places, &record));
            self.record(&record, is_moving, is_new);
        })?;
        match (topic, archived) {
            (Topic::Raw, Some(archive)) => self.archived.raw = archive,
            (Topic::Rejected, Some(archive)) => self.archived.rejected = archive,
            _ => {}
        }
        Ok(())
    }

    fn record(&mut self, record: &Record, is_moving: bool, is_new: bool) {
        // What has no readable headers came from nobody of ours.
        let Ok(headers) = Headers::from_pairs(&record.headers) else {
            return;
        };
        let Some(sent) = Sent::of(headers.kind) else {
            return;
        };
        let event = Event {
            company_id: company(record),
            uuid: headers.event_uuid,
        };
        if is_moving {
            self.moving.insert(event);
        }
        if is_new && is_acceptance(record) {
            self.accept(event, sent, &headers);
        }
    }

    fn accept(&mut self, event: Event, sent: Sent, headers: &Headers) {
        let received_at_micro = headers.received_at_micro;
        let first = self.accepted.get(&event);
        if first.is_none_or(|(_, first)| received_at_micro < first.received_at_micro) {
            let arrival = Arrival {
                source: headers.source.clone(),
                received_at_micro,
            };
            self.accepted.insert(event, (sent, arrival));
        }
        // A replay has the number of the event it repeats.
        if let (Some(seq), None) = (&headers.accept_seq, &headers.replay) {
            let minute = minute(seq, headers);
            self.numbers.entry(minute).or_default().insert(seq.number);
        }
    }
}

fn archive(config: &Config, topic: Topic) -> Result<Archive, Error> {
    let topic_id = admin::known_identity(config, topic)?;
    Ok(Archive {
        topic_id: topic_id.map_or_else(String::new, |id| id.to_string()),
        places: admin::standing(config, &way::archive(topic), topic)?,
    })
}

fn hindmost(places: &mut Places, others: &Places) {
    for (partition, offset) in others {
        let place = places.entry(*partition).or_insert(*offset);
        *place = (*place).min(*offset);
    }
}

fn is_beyond(places: &Places, record: &Record) -> bool {
    places
        .get(&record.partition)
        .is_none_or(|next| record.offset >= *next)
}

/// As the archives read it of the key (`company:object:id`); 0 when it says none.
fn company(record: &Record) -> u64 {
    let key = record.key_text();
    key.split(':')
        .next()
        .and_then(|company| company.parse().ok())
        .unwrap_or(0)
}

/// An event is accepted onto `raw`, or quarantined by the collector.
fn is_acceptance(record: &Record) -> bool {
    match record.topic {
        Topic::Raw => true,
        Topic::Rejected => {
            Rejected::from_json(record.value()).is_ok_and(|rejected| rejected.stage == "collector")
        }
        _ => false,
    }
}

fn minute(seq: &AcceptSeq, headers: &Headers) -> Minute {
    const SECOND: i64 = 1_000_000;
    let second = headers.received_at_micro.div_euclid(SECOND);
    (
        seq.instance.clone(),
        seq.boot.clone(),
        headers.source.clone(),
        second - second.rem_euclid(60),
    )
}

impl Sent {
    /// What is neither an event of the account nor its history is not in the ledger.
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Webhook | Kind::Flat => Some(Self::Live),
            Kind::Backfill => Some(Self::Backfill),
            Kind::Heartbeat | Kind::Erase => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;

    fn record(topic: Topic, key: &str, headers: &Headers, value: &[u8]) -> Record {
        Record {
            topic,
            partition: 0,
            offset: 7,
            timestamp_ms: 0,
            key: key.as_bytes().to_vec(),
            payload: Some(value.to_vec()),
            headers: headers.to_pairs().into(),
        }
    }

    fn headers(uuid: u128, received_at_micro: i64) -> Headers {
        let seq = AcceptSeq {
            instance: "0".into(),
            boot: "b".into(),
            number: uuid as u64,
        };
        Headers {
            accept_seq: Some(seq),
            ..Headers::new(Uuid::from_u128(uuid), Kind::Webhook, "crm", received_at_micro)
        }
    }

    #[test]
    fn an_event_that_came_twice_counts_under_its_first_arrival() {
        let mut tail = Tail::default();
        for received in [90_000_000, 61_000_000] {
            let record = record(Topic::Raw, "7:deal:1", &headers(3, received), b"{}");
            tail.record(&record, true, true);
        }
        let event = Event {
            company_id: 7,
            uuid: Uuid::from_u128(3),
        };
        assert_eq!(tail.accepted.get(&event).unwrap().1.received_at_micro, 61_000_000);
        assert!(tail.moving.contains(&event));
        let minute = ("0".to_owned(), "b".to_owned(), "crm".to_owned(), 60);
        assert_eq!(tail.numbers.get(&minute).unwrap().len(), 1);
    }

    #[test]
    fn a_replay_brings_no_number_and_a_later_refusal_is_no_acceptance() {
        let mut tail = Tail::default();
        let replay = Headers {
            replay: Some("r".into()),
            ..headers(3, 5)
        };
        tail.record(&record(Topic::Raw, "7:deal:1", &replay, b"{}"), true, true);
        assert!(tail.numbers.is_empty());
        let refused = |stage: &str| {
            format!(
                r#"{{"stage":"{stage}","code":"x","errors":[],"event_uuid":"{}","value":""}}"#,
                Uuid::from_u128(4)
            )
        };
        let at = |stage: &str| record(Topic::Rejected, "crm", &headers(4, 5), refused(stage).as_bytes());
        tail.record(&at("loader"), true, true);
        assert_eq!(tail.accepted.len(), 1);
        tail.record(&at("collector"), true, true);
        assert_eq!(tail.accepted.len(), 2);
    }

    #[test]
    fn heartbeats_are_not_in_the_ledger() {
        let mut tail = Tail::default();
        let beat = Headers::new(Uuid::from_u128(1), Kind::Heartbeat, "omni.collector", 5);
        tail.record(&record(Topic::Raw, "heartbeat:0:0", &beat, b"{}"), true, true);
        assert!(tail.moving.is_empty() && tail.accepted.is_empty());
    }

    #[test]
    fn the_hindmost_of_the_groups_counts() {
        let mut places = Places::from([(0, 5), (1, 9)]);
        hindmost(&mut places, &Places::from([(0, 7), (1, 2), (2, 1)]));
        assert_eq!(places, Places::from([(0, 5), (1, 2), (2, 1)]));
    }
}
