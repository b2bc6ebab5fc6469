//! Keeps exchange rates in the warehouse (`[rates]`): from a file or an address, at the start and then now and again.
//!
//! Events are not loaded again for it: amounts are stored as they were sent, and panels convert them when they are asked. A
//! source that cannot be read leaves the rates as they are, and is said so; nothing is contacted unless it is named.
use std::time::Duration;

use rates::RatesError;
use stage::Shutdown;
use time::{Date, OffsetDateTime};
use warehouse::Warehouse;

use crate::metrics::Loaded;
use crate::notice::Notice;
use crate::source::SourceError;
use crate::{Config, Error};

mod settings;

pub use settings::Settings;

/// The table that changes.
const TABLE: &str = "fx_daily";
/// What stands in `template` of its notice.
const NAME: &str = "rates";
/// After a failure.
const RETRY: Duration = Duration::from_mins(5);

/// Why rates could not be brought up to date.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("the source cannot be read")]
    Source(#[source] SourceError),
    #[error("it is no UTF-8")]
    NotText,
    #[error("the source holds no rates")]
    Rates(#[source] RatesError),
    #[error("the table cannot be brought up to date")]
    Warehouse(#[source] warehouse::Error),
    #[error("the notice of new rates cannot be written")]
    Kafka(#[source] kafka::Error),
}

/// Reads the source until a stop is requested.
pub(crate) async fn keep(
    config: Config,
    warehouse: Warehouse,
    metrics: Loaded,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let keeper = Keeper {
        config,
        warehouse,
        metrics,
    };
    while !shutdown.is_requested() {
        let pause = match keeper.refresh().await {
            Ok(()) => Duration::from_secs(keeper.config.rates.refresh_seconds.max(1)),
            Err(error) => {
                keeper.metrics.rates_read("failed");
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    rates.source = keeper.config.rates.shown(),
                    "exchange rates could not be brought up to date, the ones before stay"
                );
                RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.requested() => {}
        }
    }
    Ok(())
}

struct Keeper {
    config: Config,
    warehouse: Warehouse,
    metrics: Loaded,
}

impl Keeper {
    async fn refresh(&self) -> Result<(), RefreshError> {
        let settings = &self.config.rates;
        let bytes = settings.source().read().await.map_err(RefreshError::Source)?;
        let text = String::from_utf8(bytes).map_err(|_| RefreshError::NotText)?;
        let quoted = rates::read(&text, &settings.quotation()).map_err(RefreshError::Rates)?;
        let newest = quoted.iter().map(|rate| rate.date).max();
        let rates = rates::filled(quoted, tomorrow(), settings.fill_days_max);
        let changed = self
            .warehouse
            .store_rates(&rates)
            .await
            .map_err(RefreshError::Warehouse)?;
        if changed > 0 {
            self.tell(changed).await?;
        }
        self.metrics.rates_read("read");
        self.metrics.rates_until(newest.unwrap_or(Date::MIN));
        tracing::info!(rows = rates.len(), changed, newest = ?newest, "exchange rates are up to date");
        Ok(())
    }

    /// Panels that convert are asked again.
    async fn tell(&self, changed: usize) -> Result<(), RefreshError> {
        let notice = Notice::of_table(NAME, TABLE, changed as u64);
        notice.tell(&self.config.kafka).await.map_err(RefreshError::Kafka)
    }
}

/// Somewhere on earth it is tomorrow, and a board may stand in that zone.
fn tomorrow() -> Date {
    let today = OffsetDateTime::now_utc().date();
    today.next_day().unwrap_or(today)
}
