//! Asks the tables themselves how far they reach, for when no notice told.
use std::collections::BTreeMap;

use event::rhythm::Rhythm;
use warehouse::{Limits, Param, Warehouse};

use crate::watermark::{Arrivals, COMPANIES_MAX, Marks};

const ARRIVALS_LIMITS: Limits = Limits {
    // A reader may not ask for more.
    seconds_max: 10,
    rows_max: 1_000_000,
    bytes_max: 64 * 1024 * 1024,
};

/// Newest rows by company.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub companies: Vec<(u64, Marks)>,
    pub heartbeat_at: Option<i64>,
}

impl Survey {
    /// When the newest row of any company was loaded.
    pub(crate) fn loaded_at(&self) -> Option<i64> {
        self.companies
            .iter()
            .filter_map(|(_, marks)| marks.loaded_at)
            .max()
    }
}

const HEARTBEATS: &str = "SELECT maxOrNull(at) FROM (
    SELECT maxOrNull(toUnixTimestamp64Micro(heartbeat_at)) AS at FROM load_batches
    UNION ALL
    SELECT maxOrNull(toUnixTimestamp64Micro(heartbeat_at)) AS at FROM accepted_counts
)";

/// Webhooks by company and hour, of the five weeks that a rhythm knows.
const ARRIVALS: &str = "SELECT event_company_id, \
        toInt64(toUnixTimestamp(toStartOfHour(event_received_at))) * 1000000 AS hour, \
        toUInt32(count()) AS events, \
        max(toUnixTimestamp64Micro(event_received_at)) AS last \
    FROM raw_events \
    WHERE event_kind = 'webhook' AND event_company_id > 0 \
        AND event_received_at > fromUnixTimestamp64Micro({since:Int64}, 'UTC') \
    GROUP BY event_company_id, hour \
    ORDER BY event_company_id, hour \
    LIMIT 1000000";

/// When webhooks of each company arrive, as the archive has it.
pub(crate) async fn arrivals(
    warehouse: &Warehouse,
    since_micro: i64,
) -> Result<BTreeMap<u64, Arrivals>, warehouse::Error> {
    let parameters = [("since", Param::Int(since_micro))];
    let rows: Vec<(u64, i64, u32, i64)> = warehouse
        .select_within(ARRIVALS, &parameters, &ARRIVALS_LIMITS)
        .await?;
    let mut companies: BTreeMap<u64, Arrivals> = BTreeMap::new();
    for (company, hour, events, last_micro) in rows {
        let arrivals = companies.entry(company).or_insert_with(|| Arrivals {
            last_micro,
            rhythm: Rhythm::since(hour),
        });
        arrivals.rhythm.count(hour, events);
        arrivals.last_micro = arrivals.last_micro.max(last_micro);
    }
    Ok(companies)
}

/// Reads the newest times of these base tables and of the heartbeats.
pub(crate) async fn survey(
    warehouse: &Warehouse,
    base_tables: &[String],
) -> Result<Survey, warehouse::Error> {
    let mut survey = Survey::default();
    for table in base_tables {
        // A table's name comes from a template that was checked, never from a viewer.
        let sql = format!(
            "SELECT event_company_id, max(toUnixTimestamp64Micro(least(event_time, event_received_at))), \
             max(toUnixTimestamp64Micro(loaded_at)) FROM {table} GROUP BY event_company_id \
             ORDER BY event_company_id LIMIT {COMPANIES_MAX}"
        );
        let rows: Vec<(u64, i64, i64)> = warehouse.select(&sql, &[]).await?;
        survey
            .companies
            .extend(rows.into_iter().map(|(company, event_at, loaded_at)| {
                let marks = Marks {
                    event_at: Some(event_at),
                    loaded_at: Some(loaded_at),
                };
                (company, marks)
            }));
    }
    let beats: Vec<(Option<i64>,)> = warehouse.select(HEARTBEATS, &[]).await?;
    survey.heartbeat_at = beats.first().and_then(|(at,)| *at);
    Ok(survey)
}
