//! What stands in quarantine, as the archive of refusals has it.

use std::collections::{BTreeSet, HashMap};

use event::AcceptSeq;
use event::outcome::Rejected;
use serde::Deserialize;
use uuid::Uuid;
use warehouse::{Limits, Param, Warehouse};

use super::filter::Filter;

const NEWEST: &str = include_str!("../../sql/rejected_newest.sql");
const PAGE: &str = include_str!("../../sql/rejected_page.sql");
const RECORDS: &str = include_str!("../../sql/rejected_records.sql");

/// Records in one answer: each may have as many bytes as a topic takes.
const RECORDS_MAX: usize = 25;
const LIMITS: Limits = Limits {
    seconds_max: 60,
    rows_max: 1_000,
    bytes_max: 256 * 1024 * 1024,
};

/// One refusal, without the value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Refused {
    pub(crate) company_id: u64,
    pub(crate) rejected_at_micro: i64,
    pub(crate) event_uuid: Uuid,
    pub(crate) kind: String,
    pub(crate) source: String,
    pub(crate) object: String,
    pub(crate) action: String,
    pub(crate) received_at_micro: i64,
    pub(crate) stage: String,
    pub(crate) code: String,
    /// Of each fault, in the same order.
    pub(crate) paths: Vec<String>,
    pub(crate) rules: Vec<String>,
    pub(crate) schema_versions: Vec<String>,
    pub(crate) messages: Vec<String>,
}

/// One refusal word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) record: Rejected,
    pub(crate) accept_seq: Option<AcceptSeq>,
}

/// Where a page begins: behind this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) at_micro: i64,
    pub(crate) company_id: u64,
    pub(crate) uuid: Uuid,
}

/// From when to when a command looks, microseconds since 1970; what was archived later is not its business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) since_micro: i64,
    pub(crate) until_micro: i64,
}

impl Place {
    pub(crate) fn parameters(self) -> [(&'static str, Param); 3] {
        [
            ("after_at", Param::Int(self.at_micro)),
            ("after_company", Param::UInt(self.company_id)),
            ("after_uuid", self.uuid.to_string().into()),
        ]
    }
}

impl Refused {
    pub(crate) fn place(&self) -> Place {
        Place {
            at_micro: self.rejected_at_micro,
            company_id: self.company_id,
            uuid: self.event_uuid,
        }
    }

    /// What it is about, when that is known.
    pub(crate) fn subject(&self) -> String {
        if self.object.is_empty() {
            "-".to_owned()
        } else {
            format!("{} {}", self.object, self.action)
        }
    }

    pub(crate) fn first_rule(&self) -> &str {
        self.rules.first().map_or("", String::as_str)
    }
}

/// The newest refusals.
pub(crate) async fn newest(
    warehouse: &Warehouse,
    filter: &Filter,
    since_micro: i64,
    limit: u64,
) -> anyhow::Result<Vec<Refused>> {
    let mut parameters = filter.parameters();
    parameters.extend([("since", Param::Int(since_micro)), ("limit", Param::UInt(limit))]);
    Ok(warehouse.select(NEWEST, &parameters).await?)
}

/// Refusals in the order in which they were written.
pub(crate) async fn page(
    warehouse: &Warehouse,
    filter: &Filter,
    period: Period,
    after: Place,
    limit: u64,
) -> anyhow::Result<Vec<Refused>> {
    let mut parameters = filter.parameters();
    parameters.extend(after.parameters());
    parameters.extend([
        ("since", Param::Int(period.since_micro)),
        ("until", Param::Int(period.until_micro)),
        ("limit", Param::UInt(limit)),
    ]);
    Ok(warehouse.select(PAGE, &parameters).await?)
}

/// The records of these refusals, in their order; `None` for one that cannot be read.
pub(crate) async fn records(
    warehouse: &Warehouse,
    refused: &[&Refused],
) -> anyhow::Result<Vec<Option<Whole>>> {
    let mut found = HashMap::new();
    for some in refused.chunks(RECORDS_MAX) {
        let rows: Vec<(u64, i64, Uuid, String, String, u64, String)> =
            warehouse.select_within(RECORDS, &of_some(some), &LIMITS).await?;
        for (company_id, at_micro, uuid, instance, boot, number, record) in rows {
            let place = (company_id, at_micro, uuid);
            let accept_seq = (number > 0).then_some(AcceptSeq {
                instance,
                boot,
                number,
            });
            let record = Rejected::from_json(record.as_bytes()).ok();
            found.insert(place, record.map(|record| Whole { record, accept_seq }));
        }
    }
    let mut take = |refused: &&Refused| {
        let place = (refused.company_id, refused.rejected_at_micro, refused.event_uuid);
        found.get(&place).cloned().flatten()
    };
    Ok(refused.iter().map(&mut take).collect())
}

fn of_some(some: &[&Refused]) -> Vec<(&'static str, Param)> {
    let companies: BTreeSet<u64> = some.iter().map(|refused| refused.company_id).collect();
    let times = || some.iter().map(|refused| refused.rejected_at_micro);
    vec![
        ("companies", Param::UInts(companies.into_iter().collect())),
        (
            "uuids",
            Param::Texts(
                some.iter()
                    .map(|refused| refused.event_uuid.to_string())
                    .collect(),
            ),
        ),
        ("from", Param::Int(times().min().unwrap_or_default())),
        ("to", Param::Int(times().max().unwrap_or_default())),
    ]
}
