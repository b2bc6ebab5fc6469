//! Where the archives and the entities' states tell of a person: found by their text, judged one by one, kept by their place.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::erasure::{self, ERASED_BODY};
use uuid::Uuid;
use warehouse::mutate::{Change, IDS_MAX, Rows};
use warehouse::{Limits, Param, Warehouse};

use super::Who;

const PLACES: &str = include_str!("../../../sql/told_places.sql");
const VALUES: &str = include_str!("../../../sql/told_values.sql");

/// Candidates of one archive: each is remembered by its place.
const CANDIDATES_MAX: u64 = 5_000_000;
/// Values in one answer: each may have as many bytes as a topic takes.
const VALUES_MAX: usize = 100;
const LIMITS: Limits = Limits {
    seconds_max: 600,
    rows_max: CANDIDATES_MAX,
    bytes_max: 1024 * 1024 * 1024,
};

/// A table that keeps what was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Archive {
    pub(super) table: &'static str,
    /// When a row was written: narrows what is read.
    at: &'static str,
    uuid: &'static str,
    key: &'static str,
    /// What may tell of the person.
    value: &'static str,
    /// Which rows are asked about.
    only: &'static str,
    tells: fn(&str, &[u8], Who) -> bool,
    replaced: &'static [&'static str],
}

/// All of them.
pub(super) const ARCHIVES: [Archive; 3] = [
    Archive {
        table: "raw_events",
        at: "event_received_at",
        uuid: "toString(event_uuid)",
        key: "record_key",
        value: "body",
        only: "event_kind != 'erase'",
        tells: body_tells,
        replaced: &["body"],
    },
    Archive {
        table: "rejected_events",
        at: "rejected_at",
        uuid: "toString(event_uuid)",
        key: "''",
        value: "value",
        only: "event_kind != 'erase'",
        tells: body_tells,
        replaced: &["value", "record"],
    },
    // States of others; the person's own rows go whole.
    Archive {
        table: "entities",
        at: "loaded_at",
        uuid: "''",
        key: "concat(toString(event_company_id), ':', entity_object, ':', entity_id)",
        value: "entity_state",
        only: "NOT (entity_object = 'person' AND entity_id = {id:String})",
        tells: state_tells,
        replaced: &["entity_state"],
    },
];

/// A place in a log: topic's identity, partition, offset.
type Place = (String, u32, u64);

/// What was found in one archive.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Places of rows that tell of the person.
    pub(super) places: BTreeSet<Place>,
    /// Events of entities that have the person as their contact.
    pub(super) events: BTreeSet<Uuid>,
}

impl Archive {
    /// Goes through all that may tell of the person.
    pub(super) async fn look(&self, warehouse: &Warehouse, who: Who) -> anyhow::Result<Told> {
        let parameters = [
            ("company", Param::UInt(who.company_id)),
            ("pattern", format!("(^|[^0-9]){}([^0-9]|$)", who.person_id).into()),
            ("own", who.key().into()),
            ("id", who.person_id.to_string().into()),
        ];
        let candidates: Vec<(i64, String, u32, u64)> = warehouse
            .select_within(&self.sql(PLACES), &parameters, &LIMITS)
            .await?;
        ensure!(
            (candidates.len() as u64) < CANDIDATES_MAX,
            "more than {CANDIDATES_MAX} rows of {} may tell of the person",
            self.table
        );
        let mut told = Told::default();
        for some in candidates.chunks(VALUES_MAX) {
            self.judge(warehouse, who, some, &mut told).await?;
        }
        Ok(told)
    }

    async fn judge(
        &self,
        warehouse: &Warehouse,
        who: Who,
        candidates: &[(i64, String, u32, u64)],
        told: &mut Told,
    ) -> anyhow::Result<()> {
        let times = || candidates.iter().map(|candidate| candidate.0);
        let topics: BTreeSet<&String> = candidates.iter().map(|candidate| &candidate.1).collect();
        let parameters = [
            ("company", Param::UInt(who.company_id)),
            ("id", who.person_id.to_string().into()),
            ("from", Param::Int(times().min().unwrap_or_default())),
            ("to", Param::Int(times().max().unwrap_or_default())),
            ("topics", Param::Texts(topics.into_iter().cloned().collect())),
            (
                "offsets",
                Param::UInts(candidates.iter().map(|candidate| candidate.3).collect()),
            ),
        ];
        let rows: Vec<(String, u32, u64, String, String, String)> = warehouse
            .select_within(&self.sql(VALUES), &parameters, &LIMITS)
            .await?;
        for (topic_id, partition, offset, uuid, key, value) in rows {
            let value = STANDARD.decode(value)?;
            if (self.tells)(&key, &value, who) {
                told.places.insert((topic_id, partition, offset));
            }
            if erasure::points_to(&value, who.person_id) {
                told.events.extend(Uuid::parse_str(&uuid));
            }
        }
        Ok(())
    }

    /// Of these rows that they are there stays, and nothing of what they said.
    pub(super) async fn clear(
        &self,
        warehouse: &Warehouse,
        who: Who,
        places: &BTreeSet<Place>,
    ) -> anyhow::Result<()> {
        let mut by_partition: BTreeMap<(&str, u32), Vec<u64>> = BTreeMap::new();
        for (topic_id, partition, offset) in places {
            by_partition
                .entry((topic_id, *partition))
                .or_default()
                .push(*offset);
        }
        let change = Change::Replace(self.replaced.to_vec(), ERASED_BODY);
        for ((topic_id, partition), offsets) in by_partition {
            for some in offsets.chunks(IDS_MAX) {
                let rows = Rows::At {
                    topic_id: topic_id.to_owned(),
                    partition,
                    offsets: some.to_vec(),
                };
                warehouse
                    .mutate(self.table, &change, who.company_id, &rows)
                    .await?;
            }
        }
        Ok(())
    }

    fn sql(&self, text: &str) -> String {
        [
            ("${table}", self.table),
            ("${at}", self.at),
            ("${uuid}", self.uuid),
            ("${key}", self.key),
            ("${value}", self.value),
            ("${only}", self.only),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, with)| text.replace(name, with))
    }
}

fn body_tells(key: &str, value: &[u8], who: Who) -> bool {
    erasure::tells_of(key, value, &|id| who.is(id))
}

fn state_tells(_: &str, value: &[u8], who: Who) -> bool {
    std::str::from_utf8(value).is_ok_and(|state| erasure::state_tells_of(state, &|id| who.is(id)))
}
