//! Ready means: a broker answers every lane, and ClickHouse answers.
use std::collections::BTreeMap;
use std::time::Duration;

use kafka::Health;
use stage::{Readiness, Shutdown};
use warehouse::Warehouse;

use crate::Error;
use crate::metrics::Loaded;

pub(crate) const KAFKA: &str = "kafka";
pub(crate) const CLICKHOUSE: &str = "clickhouse";

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LAG_EVERY: Duration = Duration::from_secs(15);

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

/// Tells how far the loader's groups are behind, until a stop is requested.
pub(crate) async fn lags(
    config: kafka::Config,
    groups: Vec<String>,
    metrics: Loaded,
    shutdown: Shutdown,
) -> Result<(), Error> {
    while pause(LAG_EVERY, &shutdown).await {
        let config = config.clone();
        let Ok(lags) = tokio::task::spawn_blocking(move || kafka::admin::group_lags(&config)).await else {
            continue;
        };
        match lags {
            Ok(lags) => {
                let mut behind: BTreeMap<&str, i64> = BTreeMap::new();
                for lag in lags.iter().filter(|lag| groups.contains(&lag.group)) {
                    *behind.entry(lag.group.as_str()).or_default() += lag.records();
                }
                for (group, records) in behind {
                    metrics.lag(group, records);
                }
            }
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "lags cannot be read"),
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
