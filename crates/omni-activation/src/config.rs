//! The tables of `omni.toml` this stage reads: `[stage]`, `[kafka]`, `[activation]`, `[destination.<name>]`.

mod destination;
mod kind;
mod start;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde::{Deserialize, Serialize};
use stage::ConfigError;

pub use destination::{DestinationSettings, Order};
pub use kind::DestinationKind;
pub(crate) use kind::Profile;
pub use start::Start;

/// The tables read here.
pub const TABLES: &[&str] = &["stage", "kafka", "activation", "destination"];

/// Everything the stage is told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[stage]`
    pub stage: stage::Settings,
    /// `[kafka]`
    pub kafka: kafka::Config,
    /// `[activation]`
    pub activation: Settings,
    /// `[destination.<name>]`
    pub destination: BTreeMap<String, DestinationSettings>,
}

/// `[activation]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where metrics and readiness are told.
    pub admin_listen: SocketAddr,
    /// What this process does.
    pub roles: Vec<Role>,
    /// Most records the flattener puts into one transaction.
    pub flatten_records_max: usize,
    /// Half of it passes between two of its transactions; what the enricher commits is flattened at once otherwise.
    pub flatten_window_ms: u64,
}

/// A role of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Makes enriched events flat.
    Flattener,
    /// Sends flat events to destinations.
    Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9103)),
            roles: vec![Role::Flattener, Role::Delivery],
            flatten_records_max: 2_000,
            flatten_window_ms: 30,
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
        config.check().map(|()| config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.activation.flatten_records_max == 0 {
            return Err(ConfigError::invalid(
                "activation",
                "`flatten_records_max` must be at least 1",
            ));
        }
        self.destination
            .iter()
            .try_for_each(|(name, settings)| settings.check(name))
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
    fn a_destination_comes_from_the_environment_alone() {
        let config = load(&[
            ("OMNI_DESTINATION__GTM__KIND", "gtm_server"),
            ("OMNI_DESTINATION__GTM__URL", "https://gtm.example.com"),
            ("OMNI_ACTIVATION__ROLES", "delivery"),
        ])
        .unwrap();
        let gtm = config.destination.values().next().unwrap();
        assert_eq!(gtm.kind, DestinationKind::GtmServer);
        assert_eq!(config.activation.roles, [Role::Delivery]);
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        for (key, value, part) in [
            ("URL", "ftp://example.com", "http or https"),
            ("URL", "not an address", "http or https"),
            ("IN_FLIGHT_MAX", "0", "in_flight_max"),
            ("GTM_SERVER__PREVIEW", "x", "gtm_server"),
            ("SECRET", "not base64!", "secret"),
            ("HEADERS", "a b=c", "header"),
        ] {
            let name = format!("OMNI_DESTINATION__A__{key}");
            let mut variables = vec![("OMNI_DESTINATION__A__URL", "https://example.com")];
            variables.retain(|_| key != "URL");
            variables.push((&name, value));
            let refused = load(&variables).unwrap_err().to_string();
            assert!(
                refused.contains(part) && refused.contains("destination."),
                "{key}: {refused}"
            );
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = load(&[
            ("OMNI_DESTINATION__A__URL", "https://example.com"),
            ("OMNI_DESTINATION__A__SECRET", "whsec_c2VjcmV0"),
            ("OMNI_DESTINATION__A__HEADERS", "authorization=Bearer hush"),
        ])
        .unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("hush"), "{shown}");
    }
}
