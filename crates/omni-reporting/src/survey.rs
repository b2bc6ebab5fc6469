//! Asks the tables themselves how far they reach, for when no notice told.
use warehouse::Warehouse;

use crate::watermark::{COMPANIES_MAX, Marks};

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
