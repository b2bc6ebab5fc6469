//! What may be sent again, page by page, and the records it is made of.

use std::collections::{BTreeSet, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{AcceptSeq, Headers, Kind, header};
use ledger::Event;
use serde::Deserialize;
use uuid::Uuid;
use warehouse::{Param, Warehouse};

use crate::command::filter::Filter;
use crate::command::refused::{self, Period, Place, Refused};

const RAW_PAGE: &str = include_str!("../../../sql/raw_page.sql");
const RAW_RECORDS: &str = include_str!("../../../sql/raw_records.sql");
const LOADED_IDS: &str = include_str!("../../../sql/loaded_ids.sql");

/// Events of one page.
const PAGE: u64 = 2_000;
/// Ids in one question: they travel in its address.
const IDS_MAX: usize = 1_000;
/// Bodies in one answer.
const BODIES_MAX: usize = 100;

/// Where the events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Rejected,
    Raw,
}

/// An event that may be sent.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) event: Event,
    pub(super) source: String,
    pub(super) object: String,
    pub(super) action: String,
    pub(super) received_at_micro: i64,
    /// The refusal, when it is one of the collector's: then it never was on `omni.raw`.
    pub(super) unaccepted: Option<Refused>,
}

/// An event as it was accepted.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    pub(super) headers: Headers,
    pub(super) key: String,
    pub(super) body: Vec<u8>,
}

/// A row of the raw archive.
#[derive(Debug, Deserialize)]
struct RawRow {
    company_id: u64,
    event_uuid: Uuid,
    kind: String,
    source: String,
    received_at_micro: i64,
    object: String,
    action: String,
    webhook_version: u8,
    attempt: u32,
    instance: String,
    boot: String,
    number: u64,
    key: String,
    body_base64: String,
}

/// The next page, and where the one after it begins; empty at the end.
pub(super) async fn page(
    warehouse: &Warehouse,
    from: From,
    filter: &Filter,
    period: Period,
    after: Place,
) -> anyhow::Result<(Vec<Candidate>, Place)> {
    match from {
        From::Rejected => {
            let page = refused::page(warehouse, filter, period, after, PAGE).await?;
            let next = page.last().map_or(after, Refused::place);
            Ok((page.into_iter().map(of_refusal).collect(), next))
        }
        From::Raw => raw(warehouse, filter, period, after).await,
    }
}

fn of_refusal(refused: Refused) -> Candidate {
    let own = refused.clone();
    Candidate {
        event: Event {
            company_id: refused.company_id,
            uuid: refused.event_uuid,
        },
        source: refused.source,
        object: refused.object,
        action: refused.action,
        received_at_micro: refused.received_at_micro,
        unaccepted: (refused.stage == "collector").then_some(own),
    }
}

async fn raw(
    warehouse: &Warehouse,
    filter: &Filter,
    period: Period,
    after: Place,
) -> anyhow::Result<(Vec<Candidate>, Place)> {
    let only_of_refusals = ["stage", "code", "rule"];
    let mut parameters = filter.parameters();
    parameters.retain(|(name, _)| !only_of_refusals.contains(name));
    parameters.extend(after.parameters());
    parameters.extend([
        ("since", Param::Int(period.since_micro)),
        ("until", Param::Int(period.until_micro)),
        ("limit", Param::UInt(PAGE)),
    ]);
    let rows: Vec<(u64, i64, Uuid, String, String, String, String)> =
        warehouse.select(RAW_PAGE, &parameters).await?;
    let next = rows.last().map_or(after, |row| Place {
        at_micro: row.1,
        company_id: row.0,
        uuid: row.2,
    });
    let candidate = |(company_id, received_at_micro, uuid, _, source, object, action)| Candidate {
        event: Event { company_id, uuid },
        source,
        object,
        action,
        received_at_micro,
        unaccepted: None,
    };
    Ok((rows.into_iter().map(candidate).collect(), next))
}

/// Which of these events stand in the table.
pub(super) async fn loaded(
    warehouse: &Warehouse,
    table: &str,
    events: &[Event],
) -> anyhow::Result<HashSet<Event>> {
    let sql = LOADED_IDS.replace("${table}", table);
    let mut loaded = HashSet::new();
    for some in events.chunks(IDS_MAX) {
        let rows: Vec<(u64, Uuid)> = warehouse.select(&sql, &ids(some)).await?;
        loaded.extend(
            rows.into_iter()
                .map(|(company_id, uuid)| Event { company_id, uuid }),
        );
    }
    Ok(loaded)
}

/// These events as they were accepted.
pub(super) async fn accepted(
    warehouse: &Warehouse,
    candidates: &[&Candidate],
) -> anyhow::Result<HashMap<Event, Accepted>> {
    let mut found = HashMap::new();
    for some in candidates.chunks(BODIES_MAX) {
        let events: Vec<Event> = some.iter().map(|candidate| candidate.event).collect();
        let times = || some.iter().map(|candidate| candidate.received_at_micro);
        let mut parameters = ids(&events).to_vec();
        parameters.extend([
            ("from", Param::Int(times().min().unwrap_or_default())),
            ("to", Param::Int(times().max().unwrap_or_default())),
        ]);
        let limits = warehouse::Limits {
            bytes_max: 256 * 1024 * 1024,
            ..warehouse::Limits::default()
        };
        let rows: Vec<RawRow> = warehouse.select_within(RAW_RECORDS, &parameters, &limits).await?;
        found.extend(rows.into_iter().filter_map(of_row));
    }
    Ok(found)
}

fn of_row(row: RawRow) -> Option<(Event, Accepted)> {
    let kind: Kind = row.kind.parse().ok()?;
    let mut headers = Headers::new(row.event_uuid, kind, &row.source, row.received_at_micro);
    headers.accept_seq = (row.number > 0).then_some(AcceptSeq {
        instance: row.instance,
        boot: row.boot,
        number: row.number,
    });
    headers.webhook_version = header::version(row.webhook_version);
    headers.object = Some(row.object).filter(|word| !word.is_empty());
    headers.action = Some(row.action).filter(|word| !word.is_empty());
    headers.attempt = Some(row.attempt).filter(|attempt| *attempt > 0);
    let event = Event {
        company_id: row.company_id,
        uuid: row.event_uuid,
    };
    let accepted = Accepted {
        headers,
        key: row.key,
        body: STANDARD.decode(row.body_base64).ok()?,
    };
    Some((event, accepted))
}

fn ids(events: &[Event]) -> [(&'static str, Param); 2] {
    let companies: BTreeSet<u64> = events.iter().map(|event| event.company_id).collect();
    [
        ("companies", Param::UInts(companies.into_iter().collect())),
        (
            "uuids",
            Param::Texts(events.iter().map(|event| event.uuid.to_string()).collect()),
        ),
    ]
}
