//! Ready means: a broker answers every lane, and ClickHouse answers.
use std::time::Duration;

use kafka::Health;
use stage::{Readiness, Shutdown};
use warehouse::Warehouse;

use crate::Error;

pub(crate) const KAFKA: &str = "kafka";
pub(crate) const CLICKHOUSE: &str = "clickhouse";

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks until a stop is requested.
pub(crate) async fn watch(
    lanes: Vec<Health>,
    warehouse: Warehouse,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), Error> {
    while pause(LOOK_EVERY, &shutdown).await {
        if lanes.iter().all(Health::is_up) {
            readiness.ready(KAFKA);
        } else {
            readiness.not_ready(KAFKA, "no broker answers");
        }
        match warehouse.ping().await {
            Ok(()) => readiness.ready(CLICKHOUSE),
            Err(error) => readiness.not_ready(CLICKHOUSE, error.to_string()),
        }
    }
    Ok(())
}

/// `false` once a stop was requested.
pub(crate) async fn pause(pause: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = shutdown.requested() => false,
    }
}
