//! The tables of `omni.toml` this stage reads: `[stage]`, `[kafka]`, `[activation]`, `[destination.<name>]`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use event::rule::FlatRule;
use serde::{Deserialize, Serialize};
use stage::outbound::{Addresses, OutboundSettings, Url};
use stage::{ConfigError, Secret};

use crate::destination;
use crate::shape::{Gates, Mapping};

/// The tables read here.
pub const TABLES: &[&str] = &["stage", "kafka", "activation", "destination"];

const NAME_BYTES_MAX: usize = 64;
/// No destination says more than this in an answer that counts.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

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

/// What kind of destination it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Any HTTP endpoint, signed as Standard Webhooks.
    #[default]
    Http,
    /// A Google Tag Manager server container with the Data Client.
    GtmServer,
    /// Google Analytics 4, by the Measurement Protocol.
    Ga4,
}

impl DestinationKind {
    /// As the configuration writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::GtmServer => "gtm_server",
            Self::Ga4 => "ga4",
        }
    }
}

/// Which events of a destination wait for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Those of one entity: a deal is never told to be won before it was told to be open.
    #[default]
    Entity,
    /// Those of one contact, whatever they are about; an event without a contact as with `entity`.
    Contact,
    /// None.
    None,
}

/// `[destination.<name>]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationSettings {
    /// Which protocol it speaks.
    pub kind: DestinationKind,
    /// Where it is. `gtm_server`: the container; a path in it replaces the Data Client's `/data`. `ga4`: Google's when empty.
    pub url: String,
    /// Whether anything is sent; off keeps its place in the stream.
    pub enabled: bool,
    /// Which events it gets: an expression over the flat event, in the language of the enricher's filters. What it cannot
    /// decide is not sent.
    pub filter: Option<FlatRule>,
    /// What must be true of an event before anything of it leaves, such as a person's consent; told apart from `filter` in
    /// the metrics.
    pub consent: Option<FlatRule>,
    /// What of an event leaves, by its name at the destination; the whole flat event when there is none.
    pub map: Option<Mapping>,
    /// Further headers of each request.
    pub headers: BTreeMap<String, Secret>,
    /// `http`: signs each request (`whsec_…`, base64); unsigned when empty. `ga4`: the API secret of the data stream.
    pub secret: Secret,
    /// `gtm_server`: the token of a preview session (`X-Gtm-Server-Preview`).
    pub preview: Secret,
    /// `gtm_server`: the flat field that becomes `client_id`, with a `map` too (as the event's name, time and identity do); the
    /// client makes one when an event lacks it.
    pub client_id_field: String,
    /// `gtm_server`: what proves that the container took it.
    pub confirm: destination::gtm_server::Confirm,
    /// `ga4`: the measurement id of the data stream (`G-…`).
    pub measurement_id: String,
    /// `ga4`: what the event is called there, an expression over the flat event; its `event_name` when there is none.
    pub event_name: Option<FlatRule>,
    /// `ga4`: asks Google's validation server, which records nothing; what it finds wrong is given up, with its words.
    pub debug: bool,
    /// Longest time for one attempt.
    pub timeout_ms: u64,
    /// Most requests at once.
    pub in_flight_max: usize,
    /// Which events wait for each other: those of one `entity`, of one `contact`, or `none`.
    pub order: Order,
    /// Most requests a second; 0 is no limit.
    pub requests_per_second_max: u32,
    /// Attempts before an event is given up; those do not count that fail by the destination's fault (it is away, late, busy
    /// or misconfigured) while it takes no others.
    pub attempts_max: u32,
    /// Failures in a row, of any events, after which the destination is asked by one event at a time until it works again.
    pub breaker_failures: u32,
    /// The first pause after a failed attempt; they double, with jitter.
    pub retry_ms: u64,
    /// The longest pause.
    pub retry_ms_max: u64,
    /// Whether it may be a private or loopback address.
    pub allow_private_addresses: bool,
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

impl Default for DestinationSettings {
    fn default() -> Self {
        Self {
            kind: DestinationKind::default(),
            url: String::new(),
            enabled: true,
            filter: None,
            consent: None,
            map: None,
            headers: BTreeMap::new(),
            secret: Secret::default(),
            preview: Secret::default(),
            client_id_field: event::flat::key::CONTACT_ID.to_owned(),
            confirm: destination::gtm_server::Confirm::default(),
            measurement_id: String::new(),
            event_name: None,
            debug: false,
            timeout_ms: 10_000,
            in_flight_max: 32,
            order: Order::default(),
            requests_per_second_max: 0,
            attempts_max: 20,
            breaker_failures: 10,
            retry_ms: 1_000,
            retry_ms_max: 300_000,
            allow_private_addresses: false,
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

impl DestinationSettings {
    /// Refuses what cannot work, before anything is read.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub fn check(&self, name: &str) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid(&format!("destination.{name}"), message));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
            return refuse(
                "is part of a group's name: it must be 1 to 64 letters, digits, `-` or `_`".to_owned(),
            );
        }
        match Url::parse(&self.url) {
            _ if self.url.is_empty() && self.kind == DestinationKind::Ga4 => {}
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {}
            _ => return refuse("`url` must be an http or https address".to_owned()),
        }
        let limits = [
            ("timeout_ms", self.timeout_ms),
            ("in_flight_max", self.in_flight_max as u64),
            ("attempts_max", u64::from(self.attempts_max)),
            ("breaker_failures", u64::from(self.breaker_failures)),
            ("retry_ms", self.retry_ms),
        ];
        if let Some((key, _)) = limits.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("`{key}` must be at least 1"));
        }
        if self.kind != DestinationKind::GtmServer && !self.preview.is_empty() {
            return refuse("`preview` is for kind `gtm_server`".to_owned());
        }
        if self.kind == DestinationKind::GtmServer && !self.secret.is_empty() {
            return refuse(
                "`secret` is for kinds `http` and `ga4`: a Data Client checks no signature".to_owned(),
            );
        }
        if let Some(fault) = self.map.as_ref().and_then(Mapping::fault) {
            return refuse(fault);
        }
        destination::Destination::new(self)
            .map(drop)
            .or_else(|error| refuse(error.to_string()))
    }

    /// What must be true of an event.
    pub(crate) fn gates(&self) -> Gates {
        Gates::new(self.filter.clone(), self.consent.clone())
    }

    /// Everything that is secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.secret, &self.preview]
            .into_iter()
            .chain(self.headers.values())
    }

    pub(crate) fn outbound(&self) -> OutboundSettings {
        let call_max = Duration::from_millis(self.timeout_ms);
        let defaults = OutboundSettings::default();
        OutboundSettings {
            connect_max: defaults.connect_max.min(call_max),
            call_max,
            answer_bytes_max: ANSWER_BYTES_MAX,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
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
            ("PREVIEW", "x", "gtm_server"),
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
