//! Who was heard when: of each company and source the last event and the rhythm of the weeks before, kept as a note
//! (`company:rhythm:<source>`), so that it outlives a restart and moves with the company's partition.
//!
//! Only webhooks count: what Omni fetches by itself says nothing about who still tells us. The present is the newest heartbeat
//! of the partition, so a broker or a collector that is away is no silence of Pipedrive's. A kill loses what was counted since the
//! last note, five minutes at most.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use event::rhythm::{Rhythm, Silence};
use event::{identity, note};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::key::Key;
use crate::prime::Company;

/// Between two notes of one source.
const NOTE_EVERY: Duration = Duration::from_mins(5);
/// Between two looks of those who watch.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What others are told: the partitions this enricher has, and how each source stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) partitions: BTreeSet<i32>,
    pub(crate) sources: BTreeMap<(String, u64), Heard>,
    /// The newest heartbeat of each: everything that came until then was worked.
    pub(crate) beats: BTreeMap<i32, i64>,
}

impl Told {
    /// The partition of a company's events, where it is one of this enricher's; `partitions` of `omni.raw` there are.
    pub(crate) fn own_partition(&self, source: &str, company_id: u64, partitions: i32) -> Option<i32> {
        let text = identity::partition_text(Some(company_id), source);
        let partition = kafka::partition::partition_for(&text, partitions);
        self.partitions.contains(&partition).then_some(partition)
    }
}

/// How a source of a company stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heard {
    /// When the last webhook came in; microseconds since 1970.
    pub(crate) last_micro: i64,
    /// What it means that none came since.
    pub(crate) silence: Silence,
}

/// The enricher's ear.
#[derive(Debug)]
pub(crate) struct Listening {
    sources: BTreeMap<(Company, String), Source>,
    /// Newest heartbeat of each partition.
    beats: BTreeMap<i32, i64>,
    partitions: BTreeSet<i32>,
    /// Of the open transaction.
    fresh: Vec<(Company, String, i64)>,
    next_note: Instant,
    next_told: Instant,
    told: watch::Sender<Told>,
}

#[derive(Debug)]
struct Source {
    last_micro: i64,
    rhythm: Rhythm,
    is_noted: bool,
}

/// The note's value.
#[derive(Deserialize, Serialize)]
struct Kept {
    last_micro: i64,
    rhythm: Box<serde_json::value::RawValue>,
}

impl Listening {
    pub(crate) fn new() -> (Self, watch::Receiver<Told>) {
        let (told, hearers) = watch::channel(Told::default());
        let now = Instant::now();
        let listening = Self {
            sources: BTreeMap::new(),
            beats: BTreeMap::new(),
            partitions: BTreeSet::new(),
            fresh: Vec::new(),
            next_note: now + NOTE_EVERY,
            next_told: now,
            told,
        };
        (listening, hearers)
    }

    /// A webhook of the open transaction.
    pub(crate) fn hear(&mut self, company: Company, source: &str, received_at_micro: i64) {
        self.fresh.push((company, source.to_owned(), received_at_micro));
    }

    /// A heartbeat: until then everything has come that was to come.
    pub(crate) fn beat(&mut self, partition: i32, received_at_micro: i64) {
        let beat = self.beats.entry(partition).or_default();
        *beat = received_at_micro.max(*beat);
    }

    /// The transaction is final.
    pub(crate) fn commit(&mut self) {
        for (company, source, micro) in std::mem::take(&mut self.fresh) {
            let heard = self.sources.entry((company, source)).or_insert_with(|| Source {
                last_micro: micro,
                rhythm: Rhythm::since(micro),
                is_noted: false,
            });
            heard.rhythm.count(micro, 1);
            heard.last_micro = heard.last_micro.max(micro);
            heard.is_noted = false;
        }
    }

    /// The transaction never happened: its events come again.
    pub(crate) fn abort(&mut self) {
        self.fresh.clear();
    }

    /// The notes to be written now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(Key, Vec<u8>)> {
        if now < self.next_note {
            return Vec::new();
        }
        self.next_note = now + NOTE_EVERY;
        let mut notes = Vec::new();
        for ((company, source), heard) in self.sources.iter_mut().filter(|(_, heard)| !heard.is_noted) {
            heard.is_noted = true;
            let key = Key {
                partition: company.partition,
                text: note::key(company.id, note::RHYTHM, source),
            };
            notes.extend(heard.kept().map(|value| (key, value)));
        }
        notes
    }

    /// Tells those who watch, once a second.
    pub(crate) fn tell(&mut self, now: Instant) {
        if now < self.next_told {
            return;
        }
        self.next_told = now + TELL_EVERY;
        let heard = |((company, source), heard): (&(Company, String), &Source)| {
            let present = self
                .beats
                .get(&company.partition)
                .copied()
                .unwrap_or(heard.last_micro);
            let silence = heard.rhythm.silence(heard.last_micro, present);
            let last_micro = heard.last_micro;
            ((source.clone(), company.id), Heard { last_micro, silence })
        };
        let told = Told {
            partitions: self.partitions.clone(),
            sources: self.sources.iter().map(heard).collect(),
            beats: self.beats.clone(),
        };
        self.told.send_if_modified(|before| {
            let is_new = *before != told;
            *before = told;
            is_new
        });
    }

    /// A partition is this enricher's.
    pub(crate) fn assign(&mut self, partition: i32) {
        self.partitions.insert(partition);
    }

    /// After an assignment: takes what the note of a company says.
    pub(crate) fn resume(&mut self, company: Company, source: &str, note: &[u8]) {
        let Ok(kept) = serde_json::from_slice::<Kept>(note) else {
            return;
        };
        let Some(rhythm) = Rhythm::from_json(kept.rhythm.get().as_bytes()) else {
            return;
        };
        let heard = Source {
            last_micro: kept.last_micro,
            rhythm,
            is_noted: true,
        };
        self.sources.insert((company, source.to_owned()), heard);
    }

    /// Lets go of a partition.
    pub(crate) fn forget(&mut self, partition: i32) {
        self.partitions.remove(&partition);
        self.beats.remove(&partition);
        self.sources
            .retain(|(company, _), _| company.partition != partition);
    }
}

impl Source {
    fn kept(&self) -> Option<Vec<u8>> {
        let rhythm = String::from_utf8(self.rhythm.to_json()).ok()?;
        let kept = Kept {
            last_micro: self.last_micro,
            rhythm: serde_json::value::RawValue::from_string(rhythm).ok()?,
        };
        serde_json::to_vec(&kept).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use event::rhythm::Strange;

    use super::*;

    const COMPANY: Company = Company { partition: 1, id: 7 };
    const HOUR: i64 = 3_600_000_000;
    const START: i64 = 1_788_134_400_000_000;
    const WEEK: i64 = 168 * HOUR;

    /// An ear that has heard 60 events an hour for three weeks.
    fn experienced() -> (Listening, watch::Receiver<Told>) {
        let (mut listening, told) = Listening::new();
        listening.assign(1);
        for hour in -1..3 * 168 {
            for _ in 0..60 {
                listening.hear(COMPANY, "crm", START + hour * HOUR);
            }
        }
        listening.commit();
        (listening, told)
    }

    fn heard(listening: &mut Listening, told: &watch::Receiver<Told>) -> Heard {
        listening.next_told = Instant::now();
        listening.tell(Instant::now());
        *told.borrow().sources.get(&("crm".to_owned(), 7)).unwrap()
    }

    #[test]
    fn silence_is_measured_by_the_heartbeats() {
        let (mut listening, told) = experienced();
        let last = START + 3 * WEEK + HOUR;
        listening.hear(COMPANY, "crm", last);
        listening.commit();
        assert!(
            !heard(&mut listening, &told)
                .silence
                .is_strange(&Strange::default()),
            "no heartbeat came since"
        );
        listening.beat(1, last + HOUR / 2);
        let heard = heard(&mut listening, &told);
        assert_eq!(heard.last_micro, last);
        assert!(heard.silence.is_strange(&Strange::default()), "{heard:?}");
    }

    #[test]
    fn what_was_heard_outlives_the_process_and_leaves_with_the_partition() {
        let (mut listening, told) = experienced();
        listening.next_note = Instant::now();
        let notes = listening.due(Instant::now());
        assert!(
            listening.due(Instant::now() + NOTE_EVERY).is_empty(),
            "nothing is new"
        );
        let (key, note) = notes.first().unwrap();
        assert_eq!((notes.len(), key.text.as_str()), (1, "7:rhythm:crm"));
        let (mut again, told_again) = Listening::new();
        again.assign(1);
        again.resume(COMPANY, "crm", note);
        for listening in [&mut listening, &mut again] {
            listening.beat(1, START + 3 * WEEK + HOUR);
        }
        assert_eq!(heard(&mut again, &told_again), heard(&mut listening, &told));
        again.forget(1);
        again.next_told = Instant::now();
        again.tell(Instant::now());
        assert_eq!(*told_again.borrow(), Told::default());
    }

    #[test]
    fn events_of_an_aborted_transaction_are_heard_once() {
        let (mut listening, _told) = Listening::new();
        listening.hear(COMPANY, "crm", START);
        listening.abort();
        listening.commit();
        assert!(listening.sources.is_empty());
    }
}
