//! The notice of an insert on `omni.loaded`: what the dashboard waits for, and what `load_batches` keeps.
use std::collections::BTreeSet;

use kafka::{Outgoing, Placement, RecordHeaders, Topic};
use serde::{Deserialize, Serialize};
use stage::clock;

use crate::part::{COMPANIES_MAX, Part};

/// `omni.loaded` has one partition: notices are in order.
const PARTITION: i32 = 0;

/// What stands in `template` of an archive's notice.
pub(crate) const ARCHIVE: &str = "archive";

/// The value of `omni.loaded`. Times are RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Notice {
    pub(crate) template: String,
    /// All tables that changed: those inserted into and those that views feed.
    pub(crate) tables: Vec<String>,
    pub(crate) rows: u64,
    /// Names the part: cluster, topic, table, partition, offsets.
    pub(crate) batch: String,
    /// Empty: any.
    pub(crate) companies: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_time_max: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_at_min: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_at_max: Option<String>,
    /// The newest heartbeat of a collector that came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) heartbeat_at: Option<String>,
    pub(crate) loaded_at: String,
    pub(crate) partition: i32,
    pub(crate) first_offset: i64,
    pub(crate) last_offset: i64,
    pub(crate) rejected: u64,
    pub(crate) bytes: u64,
    pub(crate) insert_seconds: f64,
}

impl Notice {
    /// Of one part, inserted into `tables`.
    pub(crate) fn of(part: &Part, template: &str, tables: Vec<String>, batch: String) -> Self {
        let told = &part.told;
        let text = |micro: Option<i64>| micro.map(clock::rfc3339_micro);
        let any = told.companies.len() > COMPANIES_MAX;
        Self {
            template: template.to_owned(),
            tables,
            rows: part.rows() as u64 + told.there,
            batch,
            companies: if any {
                Vec::new()
            } else {
                told.companies.iter().copied().collect()
            },
            event_time_max: text(told.event_time_max),
            received_at_min: text(told.received_at_min),
            received_at_max: text(told.received_at_max),
            heartbeat_at: text(told.heartbeat_at),
            loaded_at: clock::rfc3339_micro(clock::now_micro()),
            partition: part.range.partition,
            first_offset: part.range.first,
            last_offset: part.range.last,
            rejected: told.rejected,
            bytes: part.bytes as u64,
            insert_seconds: 0.0,
        }
    }

    /// Of rows that come from no topic and are of all companies.
    pub(crate) fn of_table(name: &str, table: &str, rows: u64) -> Self {
        let loaded_at = clock::rfc3339_micro(clock::now_micro());
        Self {
            template: name.to_owned(),
            tables: vec![table.to_owned()],
            rows,
            batch: format!("{name}:{loaded_at}"),
            loaded_at,
            ..Self::default()
        }
    }

    /// Of these companies; of any when they are very many.
    pub(crate) fn about(self, companies: impl Iterator<Item = u64>) -> Self {
        let named: BTreeSet<u64> = companies.collect();
        let companies = if named.len() > COMPANIES_MAX {
            Vec::new()
        } else {
            named.into_iter().collect()
        };
        Self { companies, ..self }
    }

    pub(crate) fn outgoing(&self) -> Outgoing {
        Outgoing {
            topic: Topic::Loaded,
            placement: Placement::Partition(PARTITION),
            key: self.template.clone().into_bytes(),
            // Texts and numbers only: this cannot fail.
            payload: Some(serde_json::to_vec(self).unwrap_or_default()),
            headers: RecordHeaders::new(),
        }
    }
}
