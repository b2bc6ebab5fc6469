//! The tables of `omni.toml` that reporting reads: `[stage]`, `[kafka]`, `[warehouse]`, `[templates]`, `[reporting]`,
//! `[access]`.
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stage::tls::Files;
use stage::{ConfigError, Secret};

use crate::access::{self, OpenTo};
use crate::answer::Bounds;
use crate::board::Preferences;
use warehouse::Limits;

/// The tables read here.
pub const TABLES: &[&str] = &["stage", "kafka", "warehouse", "templates", "reporting", "access"];

/// Answers larger than this belong into a file, not on a board.
const ANSWER_ROWS_MAX: u64 = 10_000;
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A list that is larger than this is no file to look through.
const FILE_ROWS_MAX: u64 = 1_000_000;
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Everything reporting is told.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
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
    /// `[reporting]`
    pub reporting: Settings,
    /// `[access]`
    pub access: access::Settings,
}

/// `[reporting]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the dashboard is served.
    pub listen: SocketAddr,
    /// Where metrics and readiness are told.
    pub admin_listen: SocketAddr,
    /// The certificate that the dashboard is served with, PEM, with those that lead to its authority; none: in the clear, behind a
    /// proxy that ends TLS. Read again when it changes.
    pub tls_certificate_file: Option<PathBuf>,
    /// Its key, PEM, without a password.
    pub tls_key_file: Option<PathBuf>,
    /// The built page.
    pub web_dir: PathBuf,
    /// Templates shown, as `id/version`; the first is the one a visitor sees.
    pub boards: Vec<String>,
    /// `loopback`: only this machine may look. `network`: whoever reaches the port; protect it in front.
    pub open_to: OpenTo,
    /// Host names by which it may be called beside `localhost` and loopback addresses, when open to loopback.
    pub hosts: Vec<String>,
    /// The only companies that are shown, the first of them when none is chosen; empty: all that have rows, by id.
    pub companies: Vec<u64>,
    /// IANA zone a board starts with; empty: its template's.
    pub timezone: String,
    /// Reporting currency a board starts with; empty: its template's.
    pub currency: String,
    /// ClickHouse user that may only read; empty: the one of `[warehouse]`.
    pub warehouse_user: String,
    /// Its password; or `warehouse_password_file`.
    pub warehouse_password: Secret,
    /// Longest time one question may take.
    pub query_seconds_max: u32,
    /// Most questions with the database at once.
    pub queries_max: usize,
    /// Seconds of database time a second that repeated questions may take; a viewer's first answers are not counted.
    pub database_share: f64,
    /// Bytes of answers kept.
    pub cache_bytes_max: u64,
    /// Most open streams.
    pub viewers_max: usize,
    /// After so long without a notice from the loader the tables themselves are asked, once.
    pub silence_seconds_max: u64,
    /// Rows of a list before all others become one.
    pub top: u32,
    /// `[reporting.setup]`
    pub setup: crate::setup::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9105)),
            tls_certificate_file: None,
            tls_key_file: None,
            web_dir: PathBuf::from("web/dist"),
            boards: vec!["pipedrive-deals/2.0".to_owned()],
            open_to: OpenTo::Loopback,
            hosts: Vec::new(),
            companies: Vec::new(),
            timezone: String::new(),
            currency: String::new(),
            warehouse_user: String::new(),
            warehouse_password: Secret::default(),
            query_seconds_max: 10,
            queries_max: 4,
            database_share: 1.0,
            cache_bytes_max: 16 * 1024 * 1024,
            viewers_max: 2_000,
            silence_seconds_max: 60,
            top: 20,
            setup: crate::setup::Settings::default(),
        }
    }
}

impl Settings {
    /// What the dashboard is served with, when not in the clear.
    pub(crate) fn tls_files(&self) -> Result<Option<Files>, ConfigError> {
        let (certificate, key) = (self.tls_certificate_file.as_deref(), self.tls_key_file.as_deref());
        Files::of("reporting", certificate, key)
    }
}

impl Config {
    /// Reads the file (none: defaults) and the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let config: Self = stage::config::load(path, TABLES)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.access.check()?;
        let settings = &self.reporting;
        settings.setup.check()?;
        settings.tls_files()?;
        let refuse = |message: &str| Err(ConfigError::invalid("reporting", message));
        if settings.boards.is_empty() {
            return refuse("`boards` must name at least one template");
        }
        if settings.companies.contains(&0) {
            return refuse("`companies`: no company has the id 0");
        }
        if settings.queries_max == 0
            || settings.viewers_max == 0
            || settings.top == 0
            || settings.query_seconds_max == 0
        {
            return refuse("`queries_max`, `viewers_max`, `top` and `query_seconds_max` must be at least 1");
        }
        if !(settings.database_share > 0.0 && settings.database_share.is_finite()) {
            return refuse("`database_share` must be greater than 0");
        }
        Ok(())
    }

    /// The way to the database as the user who may only read.
    pub fn reader(&self) -> warehouse::Config {
        let mut reader = self.warehouse.clone();
        if !self.reporting.warehouse_user.is_empty() {
            reader.user.clone_from(&self.reporting.warehouse_user);
            reader.password = Some(self.reporting.warehouse_password.expose().into());
        }
        for (name, value) in [
            // Times as RFC 3339, which the page reads in any zone.
            ("date_time_output_format", "iso"),
            // Safe, because all versions of a deal share a partition; faster wherever a table has several.
            ("do_not_merge_across_partitions_select_final", "1"),
        ] {
            reader
                .settings
                .entry(name.to_owned())
                .or_insert_with(|| value.to_owned());
        }
        reader
    }

    pub fn bounds(&self) -> Bounds {
        Bounds {
            cache_bytes_max: self.reporting.cache_bytes_max,
            queries_max: self.reporting.queries_max,
            database_share: self.reporting.database_share,
            limits: Limits {
                seconds_max: self.reporting.query_seconds_max,
                rows_max: ANSWER_ROWS_MAX,
                bytes_max: ANSWER_BYTES_MAX,
            },
            file_limits: Limits {
                seconds_max: self.reporting.query_seconds_max,
                rows_max: FILE_ROWS_MAX,
                bytes_max: FILE_BYTES_MAX,
            },
        }
    }

    pub(crate) fn silence_max(&self) -> Duration {
        Duration::from_secs(self.reporting.silence_seconds_max.max(1))
    }

    pub(crate) fn preferences(&self) -> Preferences {
        Preferences {
            timezone: self.reporting.timezone.clone(),
            currency: self.reporting.currency.clone(),
            top: self.reporting.top,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let config: Config = stage::config::load_with(None, TABLES, &variables)?;
        config.check().map(|()| config)
    }

    #[test]
    fn the_reader_is_a_user_of_its_own_when_one_is_named() {
        let config = load(&[
            ("OMNI_WAREHOUSE__USER", "omni_writer"),
            ("OMNI_REPORTING__WAREHOUSE_USER", "omni_dashboard"),
            ("OMNI_REPORTING__WAREHOUSE_PASSWORD", "1234"),
        ])
        .unwrap();
        assert_eq!(config.reader().user, "omni_dashboard");
        assert_eq!(
            load(&[("OMNI_WAREHOUSE__USER", "one")]).unwrap().reader().user,
            "one"
        );
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        for (key, value, part) in [
            ("OMNI_REPORTING__QUERIES_MAX", "0", "queries_max"),
            ("OMNI_REPORTING__COMPANIES", "1,0", "companies"),
            ("OMNI_REPORTING__DATABASE_SHARE", "0", "database_share"),
            ("OMNI_REPORTING__OPEN_TO", "everybody", "open_to"),
            ("OMNI_REPORTING__VIEWER_MAX", "1", "viewers_max"),
        ] {
            let error = load(&[(key, value)]).unwrap_err().to_string();
            assert!(error.to_lowercase().contains(part), "{error}");
        }
    }
}
