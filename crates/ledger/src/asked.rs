//! What the warehouse is asked. Each question stands in a file of its own under `sql/`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use event::outcome::DUPLICATE;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use warehouse::{Limits, Param, Warehouse};

use crate::book::{Book, Place};
use crate::cut::Slice;
use crate::report::{Double, Sent};
use crate::tail::{Archive, Archived};
use crate::{Arrival, Error, Event, Loaded, Question};

const MINUTES: &str = include_str!("../sql/minutes.sql");
const SLICE: &str = include_str!("../sql/slice.sql");
const SLICE_LOADED: &str = include_str!("../sql/slice_loaded.sql");
const ENDS: &str = include_str!("../sql/ends.sql");
const ENDS_LOADED: &str = include_str!("../sql/ends_loaded.sql");
const DOUBLED: &str = include_str!("../sql/doubled.sql");
const SOURCES: &str = include_str!("../sql/sources.sql");

/// Events that may be looked up one by one; what is open beyond that is missing without a second look.
pub(crate) const OPEN_LOOKUPS_MAX: usize = 20_000;
/// Ids in one question: they travel in its address.
const IDS_MAX: usize = 1_000;
/// An end may be on record so long before the event came again: doubles are known for a day.
const RECORDED_BEFORE_MICRO: i64 = 25 * 3_600 * 1_000_000;
/// Doubles that are listed for each table.
const DOUBLES_MAX: u64 = 1_000;

const LIMITS: Limits = Limits {
    seconds_max: 120,
    rows_max: 1_000_000,
    bytes_max: 256 * 1024 * 1024,
};

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Loaded,
    Rejected,
    Filtered,
    InFlight,
    Missing,
}

impl End {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "loaded" => Some(Self::Loaded),
            "rejected" => Some(Self::Rejected),
            "filtered" => Some(Self::Filtered),
            _ => None,
        }
    }
}

/// What is on record of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub event: Event,
    /// Whether the archives hold it as accepted in the period.
    pub is_accepted: bool,
    /// Its first arrival there.
    pub received_at_micro: i64,
    /// `None`: it has not ended.
    pub end: Option<End>,
}

/// One look at the warehouse.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    warehouse: &'a Warehouse,
    loaded: &'a [Loaded],
    pub(crate) question: &'a Question,
    archived: Archived,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        warehouse: &'a Warehouse,
        loaded: &'a [Loaded],
        question: &'a Question,
        archived: Archived,
    ) -> Self {
        Self {
            warehouse,
            loaded,
            question,
            archived,
        }
    }

    /// Whether an arrival lies in the period and is of the source that is asked for.
    pub(crate) fn concerns(&self, arrival: &Arrival) -> bool {
        let wanted = self.question.source.as_ref();
        (self.question.since_micro..self.question.until_micro).contains(&arrival.received_at_micro)
            && wanted.is_none_or(|source| *source == arrival.source)
    }

    pub(crate) fn recorded_from_micro(&self) -> i64 {
        (self.question.since_micro - RECORDED_BEFORE_MICRO).max(0)
    }

    /// Records by minute, in order.
    pub(crate) async fn minutes(&self) -> Result<Vec<(i64, u64)>, Error> {
        let parameters = [
            ("from", Param::Int(self.question.since_micro)),
            ("until", Param::Int(self.question.until_micro)),
        ];
        self.select(MINUTES, &parameters).await
    }

    /// Counts what has ended; what has not is returned.
    pub(crate) async fn slice(
        &self,
        sent: Sent,
        (from, to): Slice,
        book: &mut Book,
    ) -> Result<Vec<(Event, Arrival)>, Error> {
        let mut parameters = self.offsets();
        parameters.extend([
            ("from", Param::Int(from.max(self.question.since_micro))),
            ("to", Param::Int(to.min(self.question.until_micro))),
            ("kinds", Param::Texts(sent.kinds())),
            ("source", self.source()),
            ("duplicate", DUPLICATE.into()),
        ]);
        let sql = self.with_loaded(SLICE, SLICE_LOADED);
        let rows: Vec<(String, i64, String, u64, Uuid, i64, u64)> = self.select(&sql, &parameters).await?;
        let mut open = Vec::new();
        for (source, minute, ended, company_id, uuid, received_at_micro, events) in rows {
            if let Some(end) = End::from_word(&ended) {
                let place = Place {
                    sent,
                    company_id,
                    source,
                    minute,
                };
                book.add(place, end, events);
            } else {
                let arrival = Arrival {
                    source,
                    received_at_micro,
                };
                open.push((Event { company_id, uuid }, arrival));
            }
        }
        Ok(open)
    }

    /// The ends of events: first what is on record lately, then, for what has no end there and is not moving, ever.
    pub(crate) async fn ended(
        &self,
        sent: Sent,
        events: &[Event],
        moving: &HashSet<Event>,
    ) -> Result<BTreeMap<Event, Known>, Error> {
        let mut found = BTreeMap::new();
        let add = |known: Vec<Known>, found: &mut BTreeMap<Event, Known>| {
            found.extend(known.into_iter().map(|known| (known.event, known)));
        };
        let lately = self.ends(sent, events, self.recorded_from_micro()).await?;
        add(lately, &mut found);
        let is_open = |event: &&Event| {
            let known = found.get(*event);
            !moving.contains(*event) && known.is_none_or(|known| known.end.is_none())
        };
        let rest: Vec<Event> = events.iter().filter(is_open).copied().collect();
        add(self.ends(sent, &rest, 0).await?, &mut found);
        Ok(found)
    }

    /// What is on record of these events since then; one that is not on record at all is left out.
    pub(crate) async fn ends(
        &self,
        sent: Sent,
        events: &[Event],
        recorded_from: i64,
    ) -> Result<Vec<Known>, Error> {
        let sql = self.with_loaded(ENDS, ENDS_LOADED);
        let mut all = Vec::with_capacity(events.len());
        for some in events.chunks(IDS_MAX) {
            let wanted: BTreeSet<Event> = some.iter().copied().collect();
            let mut parameters = self.offsets();
            parameters.extend(ids(some));
            parameters.extend([
                ("from", Param::Int(self.question.since_micro)),
                ("recorded_from", Param::Int(recorded_from)),
                ("kinds", Param::Texts(sent.kinds())),
                ("duplicate", DUPLICATE.into()),
            ]);
            let rows: Vec<(u64, Uuid, bool, i64, String)> = self.select(&sql, &parameters).await?;
            let known = rows
                .into_iter()
                .map(|(company_id, uuid, is_accepted, received_at_micro, end)| Known {
                    event: Event { company_id, uuid },
                    is_accepted,
                    received_at_micro,
                    end: End::from_word(&end),
                });
            all.extend(known.filter(|known| wanted.contains(&known.event)));
        }
        Ok(all)
    }

    /// Rows that stand more than once.
    pub(crate) async fn doubled(&self) -> Result<Vec<Double>, Error> {
        let mut all = Vec::new();
        for Loaded { template, table } in self.loaded {
            let parameters = [
                ("from", Param::Int(self.question.since_micro)),
                ("recorded_from", Param::Int(self.recorded_from_micro())),
                ("limit", Param::UInt(DOUBLES_MAX)),
            ];
            let sql = DOUBLED.replace("${table}", table);
            let rows: Vec<(u64, Uuid, u8, i64, u64)> = self.select(&sql, &parameters).await?;
            let events: Vec<Event> = rows
                .iter()
                .map(|(company_id, uuid, ..)| Event {
                    company_id: *company_id,
                    uuid: *uuid,
                })
                .collect();
            let oldest = rows.iter().map(|row| row.3).min().unwrap_or_default();
            let sources = self.sources(&events, oldest - RECORDED_BEFORE_MICRO).await?;
            let named = rows.into_iter().zip(events);
            all.extend(
                named.map(|((_, _, revision, received_at_micro, rows), event)| Double {
                    template: template.clone(),
                    source: sources.get(&event).cloned().unwrap_or_default(),
                    company_id: event.company_id,
                    event_uuid: event.uuid,
                    revision,
                    received_at_micro,
                    rows,
                }),
            );
        }
        let wanted = self.question.source.as_ref();
        all.retain(|double| wanted.is_none_or(|source| *source == double.source));
        Ok(all)
    }

    async fn sources(&self, events: &[Event], from: i64) -> Result<BTreeMap<Event, String>, Error> {
        let mut sources = BTreeMap::new();
        for some in events.chunks(IDS_MAX) {
            let mut parameters = vec![("from", Param::Int(from.max(0)))];
            parameters.extend(ids(some));
            let rows: Vec<(u64, Uuid, String)> = self.select(SOURCES, &parameters).await?;
            sources.extend(
                rows.into_iter()
                    .map(|(company_id, uuid, source)| (Event { company_id, uuid }, source)),
            );
        }
        Ok(sources)
    }

    pub(crate) async fn select<T: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
    ) -> Result<Vec<T>, Error> {
        Ok(self.warehouse.select_within(sql, parameters, &LIMITS).await?)
    }

    pub(crate) fn source(&self) -> Param {
        self.question.source.clone().unwrap_or_default().into()
    }

    /// How far the archives are the warehouse's to tell.
    pub(crate) fn offsets(&self) -> Vec<(&'static str, Param)> {
        let of = |archive: &Archive| {
            let partitions = archive
                .places
                .keys()
                .map(|partition| u64::from(partition.unsigned_abs()));
            let offsets = archive.places.values().map(|offset| offset.unsigned_abs());
            (
                Param::Text(archive.topic_id.clone()),
                Param::UInts(partitions.collect()),
                Param::UInts(offsets.collect()),
            )
        };
        let (raw_id, raw_partitions, raw_offsets) = of(&self.archived.raw);
        let (rejected_id, rejected_partitions, rejected_offsets) = of(&self.archived.rejected);
        vec![
            ("raw_id", raw_id),
            ("raw_partitions", raw_partitions),
            ("raw_offsets", raw_offsets),
            ("rejected_id", rejected_id),
            ("rejected_partitions", rejected_partitions),
            ("rejected_offsets", rejected_offsets),
        ]
    }

    fn with_loaded(&self, sql: &str, each: &str) -> String {
        let tables = self
            .loaded
            .iter()
            .map(|loaded| each.replace("${table}", &loaded.table));
        sql.replace("${loaded}", &tables.collect::<String>())
    }
}

fn ids(events: &[Event]) -> [(&'static str, Param); 2] {
    let companies: BTreeSet<u64> = events.iter().map(|event| event.company_id).collect();
    let uuids = events.iter().map(|event| event.uuid.to_string());
    [
        ("companies", Param::UInts(companies.into_iter().collect())),
        ("uuids", Param::Texts(uuids.collect())),
    ]
}
