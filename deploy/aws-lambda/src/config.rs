//! What the function is told, all of it by the environment: `OMNI_LAMBDA__<KEY>`, and `OMNI_STAGE__LOG_…`.

use std::collections::BTreeMap;
use std::time::Duration;

use event::flat::{key, kind_of};
use serde::Deserialize;
use serde_json::Value;
use stage::outbound::{Addresses, OutboundSettings, Url};
use stage::{ConfigError, Secret};

use crate::restructure::is_flat;

const TABLES: &[&str] = &["stage", "lambda"];
const TABLE: &str = "lambda";
/// Where Omni takes flat events, below the collector's address.
const INTAKE: &str = "events/flat";
/// An answer lists what was refused; a longer one is no answer of Omni.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Shorter than proxies keep a connection that nobody uses: the function may be frozen for minutes between two
/// invocations, and would then send into a connection that is closed.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// What says which event it is and which of its versions: the same text for all events would make them doubles.
const IDENTITY: [&str; 3] = [key::EVENT_UUID, key::EVENT_VER, key::EVENT_REVISION];

/// Everything the function is told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// `OMNI_STAGE__…`: how log lines are written.
    pub(crate) stage: stage::Settings,
    /// `OMNI_LAMBDA__…`
    pub(crate) lambda: Settings,
}

/// `OMNI_LAMBDA__…`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Address of Omni's collector, `https://…`. A path in it is used as it is, else `/events/flat`.
    pub(crate) collector_url: String,
    /// The bearer token of the source at `/events/flat`; or `token_file`.
    pub(crate) token: Secret,
    /// Longest wait for one answer of Omni. What the invocation has left is less where it is.
    pub(crate) timeout_ms: u64,
    /// Largest body of one post; a batch that is larger goes in several. At most what `/events/flat` takes.
    pub(crate) batch_bytes_max: usize,
    /// Most events of one post. At most what `/events/flat` takes.
    pub(crate) batch_events_max: usize,
    /// Whether `collector_url` may be a private address, and `http`: a function in a VPC beside Omni.
    pub(crate) allow_private_addresses: bool,
    /// Keys of the payload that have another name in the flat event: `value=deal_value,currency=deal_currency`.
    pub(crate) rename: BTreeMap<String, String>,
    /// Keys of the flat event that every event gets: `event_host=acme.pipedrive.com`.
    pub(crate) constants: BTreeMap<String, Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            collector_url: String::new(),
            token: Secret::default(),
            timeout_ms: 8_000,
            batch_bytes_max: 1024 * 1024,
            batch_events_max: 500,
            allow_private_addresses: false,
            rename: BTreeMap::new(),
            constants: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub(crate) fn load() -> Result<Config, ConfigError> {
        let config: Config = stage::config::load(None, TABLES)?;
        config.lambda.check()?;
        Ok(config)
    }

    /// As the environment asks, but for one thing: at `trace` the runtime's own lines hold whole events.
    pub(crate) fn logging(&self) -> stage::Settings {
        stage::Settings {
            log_level: format!("{},lambda_runtime=info", self.stage.log_level),
            ..self.stage.clone()
        }
    }
}

impl Settings {
    /// Refuses what cannot work.
    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid(TABLE, message));
        self.intake()?;
        if self.token.is_empty() {
            return refuse("`token` (or `token_file`) must be the bearer token of a source".to_owned());
        }
        let limits = [
            ("timeout_ms", self.timeout_ms),
            ("batch_bytes_max", self.batch_bytes_max as u64),
            ("batch_events_max", self.batch_events_max as u64),
        ];
        if let Some((key, _)) = limits.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("`{key}` must be at least 1"));
        }
        let named = self.rename.values().chain(self.constants.keys());
        if let Some(strange) = named.into_iter().find(|name| kind_of(name).is_none()) {
            return refuse(format!("`{strange}` is no key of the flat event"));
        }
        if let Some(own) = IDENTITY.iter().find(|name| self.constants.contains_key(**name)) {
            return refuse(format!(
                "`{own}` cannot be a constant: Omni would take all events for one"
            ));
        }
        match self.constants.iter().find(|(_, value)| !is_flat(value)) {
            Some((name, _)) => refuse(format!(
                "the constant `{name}` must be a text, a number, a flag or a list of them"
            )),
            None => Ok(()),
        }
    }

    /// Where events are posted.
    ///
    /// # Errors
    /// When `collector_url` is no address that may be called.
    pub(crate) fn intake(&self) -> Result<Url, ConfigError> {
        let refuse = |message: &str| ConfigError::invalid(TABLE, format!("`collector_url` {message}"));
        let url = Url::parse(&self.collector_url)
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| refuse("must be the https address of Omni's collector"))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private_addresses => {}
            _ => {
                return Err(refuse(
                    "must be an https address, unless `allow_private_addresses` is true",
                ));
            }
        }
        if url.path() == "/" {
            return url.join(INTAKE).map_err(|_| refuse("must be an address"));
        }
        Ok(url)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn outbound(&self) -> OutboundSettings {
        let defaults = OutboundSettings::default();
        OutboundSettings {
            connect_max: defaults.connect_max.min(self.timeout()),
            call_max: self.timeout(),
            idle_max: IDLE_MAX,
            answer_bytes_max: ANSWER_BYTES_MAX,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests;
