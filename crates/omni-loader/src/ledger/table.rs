//! `ledger_minutes`: what was counted at each look, a row a company, source and minute. A minute that is looked at again is written
//! again, whole.
use ledger::{Cell, Counted, Sent};
use serde::Serialize;
use stage::clock;
use warehouse::{Error, Param, Warehouse};

pub(super) const NAME: &str = "ledger_minutes";
/// Rows of one insert.
const ROWS_MAX: usize = 10_000;
/// How far back it is asked where the last look ended.
const LOOKED_BACK_MICRO: i64 = 24 * 3_600 * 1_000_000;

#[derive(Serialize)]
struct Line<'c> {
    event_company_id: u64,
    minute: i64,
    event_source: &'c str,
    sent: Sent,
    /// Called as the columns are.
    #[serde(flatten)]
    cell: Cell,
    looked_at: &'c str,
}

impl<'c> Line<'c> {
    fn new(Counted { place, cell }: &'c Counted, looked_at: &'c str) -> Self {
        Self {
            event_company_id: place.company_id,
            minute: place.minute,
            event_source: &place.source,
            sent: place.sent,
            cell: *cell,
            looked_at,
        }
    }
}

/// Writes what was counted at a look.
pub(super) async fn write(
    warehouse: &Warehouse,
    counted: &[Counted],
    looked_micro: i64,
) -> Result<(), Error> {
    let looked_at = clock::rfc3339_micro(looked_micro);
    for rows in counted.chunks(ROWS_MAX) {
        let mut statement =
            format!("INSERT INTO {NAME} SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow");
        for row in rows {
            statement.push('\n');
            // Numbers and texts: this cannot fail.
            statement.push_str(&serde_json::to_string(&Line::new(row, &looked_at)).unwrap_or_default());
        }
        warehouse.execute(&statement).await?;
    }
    Ok(())
}

/// Until when everything was at its end at some look of the last day, microseconds since 1970; `None`: nobody looked.
pub(super) async fn settled(warehouse: &Warehouse, now_micro: i64) -> Result<Option<i64>, Error> {
    let sql = "SELECT toUnixTimestamp64Micro(max(looked_at)), \
               1000000 * toInt64(toUnixTimestamp(minIf(minute, in_flight > 0))) \
               FROM ledger_minutes FINAL WHERE minute >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')";
    let from = Param::Int(now_micro - LOOKED_BACK_MICRO);
    let rows: Vec<(i64, i64)> = warehouse.select(sql, &[("from", from)]).await?;
    let found = rows.first().filter(|(looked, _)| *looked > 0);
    Ok(found.map(|(looked, in_flight)| match in_flight {
        0 => *looked,
        in_flight => *in_flight.min(looked),
    }))
}
