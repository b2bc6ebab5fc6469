//! Watches the folder of templates, and takes in what changed, whole, or not at all.
//!
//! It looks at the files' lengths and times twice a second, which works on every file system, mounted ones too; it acts
//! once two looks are the same, so a copy that is under way is not taken for a template. What is wrong is told with file
//! and line; the board that was there stays.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shelf::{Shelf, Snapshot};
use stage::Shutdown;

use crate::Config;
use crate::board::Preferences;
use crate::boards::strangers;
use crate::desk::Desk;
use crate::metrics::Figures;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The folder, and whom to tell.
#[derive(Debug)]
pub(crate) struct Reload {
    dir: PathBuf,
    templates: shelf::Config,
    keys: Vec<String>,
    preferences: Preferences,
    desk: Arc<Desk>,
    figures: Figures,
    seen: Snapshot,
}

impl Reload {
    /// None without a folder to watch.
    pub(crate) fn new(config: &Config, desk: Arc<Desk>, figures: Figures) -> Option<Self> {
        let dir = config.templates.folder()?.to_owned();
        Some(Self {
            seen: Snapshot::of(&dir),
            dir,
            templates: config.templates.clone(),
            keys: config.reporting.boards.clone(),
            preferences: config.preferences(),
            desk,
            figures,
        })
    }

    /// Looks until a stop is requested.
    pub(crate) async fn watch(mut self, shutdown: &Shutdown) {
        let mut last = self.seen.clone();
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let dir = self.dir.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || Snapshot::of(&dir)).await else {
                continue;
            };
            let is_settled = now == last;
            last = now;
            if is_settled && last != self.seen {
                self.seen = last.clone();
                self.take().await;
            }
        }
    }

    async fn take(&self) {
        let templates = self.templates.clone();
        let opened = tokio::task::spawn_blocking(move || Shelf::open(&templates)).await;
        let Ok(opened) = opened else {
            return;
        };
        let count = |outcome: &str| self.figures.reloads.with_label_values(&[outcome]).inc();
        let found = match opened {
            Ok(found) => found,
            Err(error) => {
                count("refused");
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the templates' folder cannot be read; the boards stay as they are"
                );
                return;
            }
        };
        let (taken, kept) = self.desk.boards.take(&self.keys, &found, &self.preferences);
        for key in &taken {
            count("taken");
            tracing::info!(template.id = %key, "a changed template was taken in");
        }
        let strangers = strangers(&found, &self.keys).map(|refused| (&refused.key, &refused.findings));
        let kept = kept.iter().map(|kept| (&kept.key, &kept.findings));
        for (key, findings) in kept.chain(strangers) {
            count("refused");
            for finding in findings {
                tracing::warn!(
                    template.id = %key,
                    file = %finding.file,
                    line = finding.line,
                    reason = %finding.message,
                    "a changed template is refused; the one in force stays"
                );
            }
        }
    }
}
