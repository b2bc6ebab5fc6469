//! The tables of `omni.toml` the loader reads: `[stage]`, `[kafka]`, `[warehouse]`, `[templates]`, `[loader]`,
//! `[rates]`, `[import.<name>]`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stage::ConfigError;

/// The tables read here.
pub const TABLES: &[&str] = &[
    "stage",
    "kafka",
    "warehouse",
    "templates",
    "loader",
    "rates",
    "import",
];

/// Everything the loader is told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[stage]`
    pub stage: stage::Settings,
    /// `[kafka]`
    pub kafka: kafka::Config,
    /// `[warehouse]`
    pub warehouse: warehouse::Config,
    /// `[templates]`
    pub templates: shelf::Config,
    /// `[loader]`
    pub loader: Settings,
    /// `[rates]`
    pub rates: crate::rates::Settings,
    /// `[import.<name>]`
    pub import: BTreeMap<String, crate::import::Settings>,
}

/// `[loader]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where metrics and readiness are told.
    pub admin_listen: SocketAddr,
    /// The templates that are filled, as `id/version`.
    pub templates: Vec<String>,
    /// Most rows in one batch of a template.
    pub rows_max: usize,
    /// Longest time a template's batch is held open while ClickHouse is not the bottleneck.
    pub window_ms: u64,
    /// The same when it is: batches grow until a lane waits for inserts in at most 3 of 10 milliseconds.
    pub window_ms_max: u64,
    /// Most rows in one batch of an archive.
    pub archive_rows_max: usize,
    /// How long an archive's batch is held open.
    pub archive_window_ms: u64,
    /// What is done wrong on purpose. A release build does not know the key: it is there so that `omni chaos` can be seen to
    /// find it out.
    #[cfg(debug_assertions)]
    #[serde(skip_serializing)]
    pub sabotage: Option<Sabotage>,
}

/// What a debug build can be told to do wrong.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sabotage {
    /// Each attempt of an insert has a token of its own: what is repeated is stored again.
    Tokens,
    /// Offsets are committed before the insert: a crash between them loses it.
    Order,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9104)),
            templates: vec!["pipedrive-deals/2.0".to_owned()],
            rows_max: 50_000,
            window_ms: 100,
            window_ms_max: 250,
            archive_rows_max: 10_000,
            archive_window_ms: 2_000,
            #[cfg(debug_assertions)]
            sabotage: None,
        }
    }
}

impl Config {
    /// Reads the file (none: defaults) and the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
        let config: Config = stage::config::load(path, TABLES)?;
        config.check()?;
        Ok(config)
    }

    /// Refuses what no single key can be blamed for.
    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid("loader", message));
        let settings = &self.loader;
        if settings.rows_max == 0 || settings.archive_rows_max == 0 {
            return refuse("`rows_max` and `archive_rows_max` must be at least 1".to_owned());
        }
        if settings.window_ms_max < settings.window_ms {
            return refuse("`window_ms_max` must be at least `window_ms`".to_owned());
        }
        let mut templates = settings.templates.clone();
        templates.sort();
        templates.dedup();
        if templates.len() != settings.templates.len() {
            return refuse("`templates` names one twice".to_owned());
        }
        self.import
            .iter()
            .try_for_each(|(name, settings)| settings.check(name))
    }
}

impl Settings {
    pub(crate) fn window(&self) -> Duration {
        Duration::from_millis(self.window_ms)
    }

    pub(crate) fn window_max(&self) -> Duration {
        Duration::from_millis(self.window_ms_max)
    }

    pub(crate) fn archive_window(&self) -> Duration {
        Duration::from_millis(self.archive_window_ms)
    }
}
