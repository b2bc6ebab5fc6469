//! Looks at the ledger once a minute and tells what it finds as metrics. Every loader tells the same: alerts take the greatest.

use std::time::Duration;

use ledger::{Ledger, Loaded as LoadedTemplate, Watch};
use stage::{Shutdown, clock};
use warehouse::Warehouse;

use crate::metrics::Loaded;
use crate::readiness::pause;
use crate::{Config, Error, start};

const LOOK_EVERY: Duration = Duration::from_mins(1);
/// A pipeline that is further behind is not looked at: reading what is in flight would hold it back, and its lag tells.
const IN_FLIGHT_MAX: u64 = 100_000;

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
    let ledger = Ledger::new(config.kafka.clone(), warehouse, loaded).within(IN_FLIGHT_MAX);
    let mut watch = Watch::new(ledger);
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
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the ledger could not be looked at, the next minute may do"
            ),
        }
    }
    Ok(())
}
