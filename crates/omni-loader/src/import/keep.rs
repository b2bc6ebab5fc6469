//! The schedule of one `[import.<name>]`: read, and imported when it is other than before.
use std::sync::Arc;
use std::time::Duration;

use stage::Shutdown;
use template::Template;
use warehouse::Warehouse;
use xxhash_rust::xxh3::xxh3_128;

use super::{ImportError, Settings, Stored, fetch, judge, store};
use crate::metrics::Loaded;
use crate::{Config, Error};

/// After a failure, or sooner where it is read more often.
const RETRY: Duration = Duration::from_mins(5);

/// One of the configuration, with its template.
#[derive(Debug)]
pub(crate) struct Feed {
    name: String,
    settings: Settings,
    template: Arc<Template>,
    kafka: kafka::Config,
    warehouse: Warehouse,
    metrics: Loaded,
    /// Of what was imported last.
    hash: Option<u128>,
}

/// All of the configuration; refuses one whose template is not loaded or is not imported.
pub(crate) fn feeds(config: &Config, warehouse: &Warehouse, metrics: &Loaded) -> Result<Vec<Feed>, Error> {
    let templates = if config.import.is_empty() {
        Vec::new()
    } else {
        crate::templates(config)?
    };
    let feed = |(name, settings): (&String, &Settings)| {
        let refused = |message: String| Error::Import {
            name: name.clone(),
            message,
        };
        let found = templates
            .iter()
            .find(|template| template.key() == settings.template);
        let template = found
            .ok_or_else(|| refused(format!("[loader] templates does not have {}", settings.template)))?;
        if template.import_table().is_none() {
            return Err(refused(
                ImportError::NoTable(settings.template.clone()).to_string(),
            ));
        }
        Ok(Feed {
            name: name.clone(),
            settings: settings.clone(),
            template: Arc::clone(template),
            kafka: config.kafka.clone(),
            warehouse: warehouse.clone(),
            metrics: metrics.clone(),
            hash: None,
        })
    };
    config.import.iter().map(feed).collect()
}

/// Reads one until a stop is requested.
pub(crate) async fn keep(mut feed: Feed, shutdown: Shutdown) -> Result<(), Error> {
    while !shutdown.is_requested() {
        let refresh = Duration::from_secs(feed.settings.refresh_seconds.max(1));
        let pause = match feed.refresh().await {
            Ok(()) => refresh,
            Err(error) => {
                feed.metrics.import(&feed.name, "failed");
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    import.name = feed.name,
                    import.source = feed.settings.shown(),
                    "rows could not be imported, the ones before stay"
                );
                refresh.min(RETRY)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.requested() => {}
        }
    }
    Ok(())
}

impl Feed {
    async fn refresh(&mut self) -> Result<(), ImportError> {
        let settings = &self.settings;
        let bytes = fetch(&settings.source, &settings.headers, settings.addresses()).await?;
        let hash = xxh3_128(&bytes);
        if self.hash == Some(hash) {
            self.metrics.import(&self.name, "unchanged");
            return Ok(());
        }
        let stored = self.import(bytes).await?;
        self.hash = Some(hash);
        self.metrics.import(&self.name, "imported");
        self.metrics.import_rows(&self.name, stored.rows);
        Ok(())
    }

    async fn import(&self, bytes: Vec<u8>) -> Result<Stored, ImportError> {
        let settings = self.settings.clone();
        let template = Arc::clone(&self.template);
        let judged = tokio::task::spawn_blocking(move || {
            judge(
                &bytes,
                &settings.way(),
                &template,
                settings.company,
                settings.invalid(),
            )
        });
        let sheet = judged.await.map_err(ImportError::Read)??;
        let skipped = sheet.faults.rows;
        let stored = store(
            &self.kafka,
            &self.warehouse,
            &self.template,
            self.settings.company,
            sheet,
            self.settings.absent(),
        )
        .await?;
        tracing::info!(
            import.name = self.name,
            rows = stored.rows,
            skipped,
            absent = ?stored.absent,
            "rows were imported"
        );
        Ok(stored)
    }
}
