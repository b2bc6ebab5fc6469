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
        Self {
            template: template.to_owned(),
            tables,
            rows: part.rows() as u64 + told.there,
            batch,
            companies: named(&told.companies),
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
        Self {
            companies: named(&companies.collect()),
            ..self
        }
    }

    /// Tells it outside of a transaction, by a producer of its own: for what happens once a minute or less often.
    pub(crate) async fn tell(&self, config: &kafka::Config) -> Result<(), kafka::Error> {
        let producer = kafka::Producer::new(config, kafka::ProducerSettings::default())?;
        producer.send(self.outgoing()).await.map(drop)
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

/// The companies by their ids; none, which is any, when they are very many.
fn named(companies: &BTreeSet<u64>) -> Vec<u64> {
    if companies.len() > COMPANIES_MAX {
        return Vec::new();
    }
    companies.iter().copied().collect()
}
