//! Looks at the ledger once a minute, tells what it finds as metrics, and keeps what it counted for a panel to show. Every loader
//! tells the same: alerts take the greatest, and of several rows of a minute the last look counts.

use std::time::Duration;

use ledger::{Counted, Ledger, Loaded as LoadedTemplate, Watch};
use stage::{Shutdown, clock};
use warehouse::Warehouse;

use crate::metrics::Loaded;
use crate::notice::Notice;
use crate::readiness::pause;
use crate::{Config, Error, start};

mod table;

const LOOK_EVERY: Duration = Duration::from_mins(1);
/// A pipeline that is further behind is not looked at: reading what is in flight would hold it back, and its lag tells.
const IN_FLIGHT_MAX: u64 = 100_000;
/// What stands in `template` of the notice.
const NAME: &str = "ledger";

/// Why what was counted could not be kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error("the table cannot be written")]
    Warehouse(#[source] warehouse::Error),
    #[error("the notice cannot be written")]
    Kafka(#[source] kafka::Error),
}

/// Looks until a stop is requested. A look that fails says nothing: the time of the last one tells.
pub(crate) async fn watch(
    config: Config,
    warehouse: Warehouse,
    metrics: Loaded,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let loaded = start::fed(&config)?
        .iter()
        .map(|template| LoadedTemplate {
            template: template.key().to_owned(),
            table: template.base_table().to_owned(),
        })
        .collect();
    let ledger = Ledger::new(config.kafka.clone(), warehouse.clone(), loaded).within(IN_FLIGHT_MAX);
    // Nobody may have looked for hours: it goes on from there. Without an answer, an hour is looked back.
    let looked = table::settled(&warehouse, clock::now_micro()).await;
    let mut watch = Watch::new(ledger, looked.unwrap_or_default());
    while pause(LOOK_EVERY, &shutdown).await {
        let now = clock::now_micro();
        let looked = tokio::select! {
            looked = watch.look(now) => looked,
            () = shutdown.requested() => return Ok(()),
        };
        match looked {
            Ok(found) => {
                for (source, found) in found {
                    metrics.ledger(source, found);
                }
                metrics.ledger_looked(now);
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the ledger could not be looked at, the next minute may do"
                );
                continue;
            }
        }
        if let Err(error) = keep(&config, &warehouse, watch.counted(), now).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what the ledger counted could not be kept, the next minute may do"
            );
        }
    }
    Ok(())
}

/// Writes the counts, and says so: a panel is asked again.
async fn keep(
    config: &Config,
    warehouse: &Warehouse,
    counted: &[Counted],
    now: i64,
) -> Result<(), KeepError> {
    if counted.is_empty() {
        return Ok(());
    }
    table::write(warehouse, counted, now)
        .await
        .map_err(KeepError::Warehouse)?;
    let notice = Notice::of_table(NAME, table::NAME, counted.len() as u64);
    let companies = counted.iter().map(|counted| counted.place.company_id);
    notice
        .about(companies)
        .tell(&config.kafka)
        .await
        .map_err(KeepError::Kafka)
}
