//! The tables of `omni.toml` the collector reads: `[stage]`, `[kafka]`, `[collector]`, `[source.<name>]`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use stage::tls::Files;
use stage::{ConfigError, Secret};

use crate::connection;
use crate::heartbeat;
use crate::lane::Waits;
use crate::spool;
use crate::token::TokenHash;

/// The tables read here.
pub const TABLES: &[&str] = &["stage", "kafka", "collector", "source"];

/// No webhook is larger, also after decompression (DESIGN 5). What is quarantined grows up to sixfold when it
/// is written as JSON text, and must still fit into a record of 8 MiB.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Records of one partition that the drain has on their way: enough for its requests to be full.
const DRAIN_WINDOW_MAX: usize = 500;
const SOURCE_NAME_BYTES_MAX: usize = 64;
/// Tokens of a source: one for each sender, and the next one of each while it is changed.
const FLAT_TOKENS_MAX: usize = 8;

/// Everything the collector is told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[stage]`
    pub stage: stage::Settings,
    /// `[kafka]`
    pub kafka: kafka::Config,
    /// `[collector]`
    pub collector: Settings,
    /// `[source.<name>]`
    pub source: BTreeMap<String, Source>,
}

/// `[collector]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where webhooks are taken.
    pub listen: SocketAddr,
    /// Where metrics and readiness are told.
    pub admin_listen: SocketAddr,
    /// The certificate that webhooks are taken with, PEM, with those that lead to its authority; none: in the clear, behind a proxy
    /// that ends TLS. Read again when it changes.
    pub tls_certificate_file: Option<PathBuf>,
    /// Its key, PEM, without a password.
    pub tls_key_file: Option<PathBuf>,
    /// Largest body, as sent and as decompressed; at most 1 MiB.
    pub body_bytes_max: usize,
    /// Longest time for a body to arrive whole.
    pub body_ms_max: u64,
    /// Longest time for the head of a connection's first request to arrive.
    pub head_ms_max: u64,
    /// How long a connection may wait for its next request. Longer than the proxy in front keeps its own idle
    /// connections, or the proxy sends into one that is just being closed and a delivery fails.
    pub idle_ms_max: u64,
    /// Most connections at once; more wait in the system's queue.
    pub connections_max: usize,
    /// Most bytes of bodies in memory at once; beyond it the answer is 503.
    pub memory_bytes_max: usize,
    /// Most records on their way to Kafka at once; beyond it the answer is 503.
    pub in_flight_records_max: usize,
    /// Most bytes on their way to Kafka at once; beyond it the answer is 503.
    pub in_flight_bytes_max: usize,
    /// Longest wait for Kafka or the spool; Pipedrive gives up after 10 s.
    pub ack_ms_max: u64,
    /// How long Kafka may take to acknowledge an event before it goes to the spool; at most `ack_ms_max`.
    pub spool_after_ms: u64,
    /// Folder where events wait while Kafka does not answer, on a disk that outlives the process. Each replica
    /// needs one of its own.
    pub spool_dir: PathBuf,
    /// Most bytes of the spool; beyond it the answer is 503. 0: none, what is in the folder is sent all the same.
    pub spool_bytes_max: u64,
    /// How long a record may wait for company on its way to Kafka, 0 to 1 ms.
    pub linger_us: u64,
    /// Time between heartbeats.
    pub heartbeat_ms: u64,
    /// Answers 2xx and loses one event in so many; 0 none. A release build does not know the key: it is there so that a
    /// test can show that the ledger finds such a collector out.
    #[cfg(debug_assertions)]
    #[serde(skip_serializing)]
    pub drop_one_in: u64,
    /// Answers 2xx before the event is safe. A release build does not know the key either.
    #[cfg(debug_assertions)]
    #[serde(skip_serializing)]
    pub ack_early: bool,
}

/// `[source.<name>]`: one Pipedrive account and what its webhooks prove themselves with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// User of the subscription's HTTP Basic credentials.
    pub user: String,
    /// Their password; or `password_file`.
    pub password: Secret,
    /// The one before, which is taken as well while it is replaced (`omni webhooks rotate-secret`); or `password_previous_file`.
    #[serde(default)]
    pub password_previous: Secret,
    /// The only companies this source may speak for; empty: any.
    #[serde(default)]
    pub companies: Vec<u64>,
    /// SHA-256 of each bearer token that lets flat events in for this source (`omni access flat-token`), at most eight; or
    /// `flat_token_sha256_file`, one a line. Empty: it takes none.
    #[serde(default)]
    pub flat_token_sha256: Vec<TokenHash>,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub api_url: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub api_token: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub oauth: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub allow_private_addresses: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub manage_webhooks: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub reconcile_seconds: IgnoredAny,
    /// The enricher's.
    #[serde(default, skip_serializing)]
    pub webhooks: IgnoredAny,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9101)),
            tls_certificate_file: None,
            tls_key_file: None,
            body_bytes_max: BODY_BYTES_MAX,
            body_ms_max: 5_000,
            head_ms_max: 10_000,
            idle_ms_max: 75_000,
            connections_max: 1_024,
            memory_bytes_max: 32 * 1024 * 1024,
            in_flight_records_max: 10_000,
            in_flight_bytes_max: 32 * 1024 * 1024,
            ack_ms_max: 4_000,
            spool_after_ms: 500,
            spool_dir: PathBuf::from(".omni/spool"),
            spool_bytes_max: 1024 * 1024 * 1024,
            linger_us: 1_000,
            heartbeat_ms: 15_000,
            #[cfg(debug_assertions)]
            drop_one_in: 0,
            #[cfg(debug_assertions)]
            ack_early: false,
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
        let refuse = |message: String| Err(ConfigError::invalid("collector", message));
        let settings = &self.collector;
        settings.tls_files()?;
        if settings.body_bytes_max == 0 || settings.body_bytes_max > BODY_BYTES_MAX {
            return refuse(format!("`body_bytes_max` must be between 1 and {BODY_BYTES_MAX}"));
        }
        if settings.memory_bytes_max < 2 * settings.body_bytes_max {
            return refuse("`memory_bytes_max` must hold at least two bodies of `body_bytes_max`".to_owned());
        }
        let limits = [
            ("connections_max", settings.connections_max as u64),
            ("in_flight_records_max", settings.in_flight_records_max as u64),
            ("ack_ms_max", settings.ack_ms_max),
            ("heartbeat_ms", settings.heartbeat_ms),
        ];
        if let Some((key, _)) = limits.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("`{key}` must be at least 1"));
        }
        if settings.spool_after_ms > settings.ack_ms_max {
            return refuse(
                "`spool_after_ms` must not be over `ack_ms_max`: nothing would be spooled".to_owned(),
            );
        }
        if settings.spool_dir.as_os_str().is_empty() {
            return refuse("`spool_dir` must name a folder".to_owned());
        }
        self.source
            .iter()
            .try_for_each(|(name, source)| source.check(name))?;
        self.check_tokens()
    }

    /// A token decides the source, so it is of one.
    fn check_tokens(&self) -> Result<(), ConfigError> {
        let mut seen = BTreeMap::new();
        for (name, source) in &self.source {
            for hash in &source.flat_token_sha256 {
                if let Some(other) = seen.insert(hash, name) {
                    let message = format!("`flat_token_sha256` has {hash:?}, which `{other}` has already");
                    return Err(ConfigError::invalid(&format!("source.{name}"), message));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn heartbeat(&self) -> heartbeat::Settings {
        heartbeat::Settings {
            interval: Duration::from_millis(self.collector.heartbeat_ms),
            partitions: self.kafka.partitions,
            folder: self.collector.spool_dir.clone(),
        }
    }
}

impl Settings {
    /// What webhooks are taken with, when not in the clear.
    pub(crate) fn tls_files(&self) -> Result<Option<Files>, ConfigError> {
        let (certificate, key) = (self.tls_certificate_file.as_deref(), self.tls_key_file.as_deref());
        Files::of("collector", certificate, key)
    }

    pub(crate) fn producer(&self) -> kafka::ProducerSettings {
        kafka::ProducerSettings {
            records_max: self.in_flight_records_max,
            bytes_max: self.in_flight_bytes_max,
            wait_max: Duration::from_millis(self.ack_ms_max),
            linger: Duration::from_micros(self.linger_us),
            expiry: kafka::Expiry::Never,
            ..kafka::ProducerSettings::default()
        }
    }

    /// Half of what may be on its way is for the drain, so that events that go directly find room.
    pub(crate) fn waits(&self, partitions: i32) -> Waits {
        let lanes = usize::try_from(partitions).unwrap_or(1).max(1);
        Waits {
            spool_after: Duration::from_millis(self.spool_after_ms),
            ack_max: Duration::from_millis(self.ack_ms_max),
            window: (self.in_flight_records_max / 2 / lanes).clamp(1, DRAIN_WINDOW_MAX),
        }
    }

    pub(crate) fn spool(&self) -> spool::Limits {
        spool::Limits {
            bytes: self.spool_bytes_max,
            in_flight: self.in_flight_records_max,
        }
    }

    pub(crate) fn connections(&self) -> connection::Limits {
        connection::Limits {
            connections: self.connections_max,
            head: Duration::from_millis(self.head_ms_max),
            idle: Duration::from_millis(self.idle_ms_max),
        }
    }
}

impl Source {
    fn check(&self, name: &str) -> Result<(), ConfigError> {
        let refuse = |message: &str| Err(ConfigError::invalid(&format!("source.{name}"), message));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > SOURCE_NAME_BYTES_MAX || !name.bytes().all(plain) {
            return refuse("is part of a path: its name must be 1 to 64 letters, digits, `-` or `_`");
        }
        if self.user.is_empty() || self.user.contains(':') {
            return refuse("`user` must not be empty, and HTTP Basic allows no `:` in it");
        }
        if self.password.is_empty() {
            return refuse("`password` must not be empty: it is the only proof a webhook brings");
        }
        if self.flat_token_sha256.len() > FLAT_TOKENS_MAX {
            return refuse("`flat_token_sha256` has more than eight tokens: take out those nobody uses");
        }
        if self.flat_token_sha256.contains(&TokenHash::of(b"")) {
            return refuse("`flat_token_sha256` has the hash of no text at all");
        }
        Ok(())
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
    fn a_source_comes_from_the_environment_alone() {
        let hashes = [TokenHash::of(b"new"), TokenHash::of(b"old")];
        let two = hashes.map(TokenHash::to_hex).join(",");
        let config = load(&[
            ("OMNI_SOURCE__PIPEDRIVE__USER", "omni"),
            ("OMNI_SOURCE__PIPEDRIVE__PASSWORD", "s3cret"),
            ("OMNI_SOURCE__PIPEDRIVE__COMPANIES", "1,2"),
            ("OMNI_SOURCE__PIPEDRIVE__FLAT_TOKEN_SHA256", &two),
            ("OMNI_SOURCE__PIPEDRIVE__API_TOKEN_FILE", "/nowhere"),
        ])
        .unwrap();
        let source = config.source.get("pipedrive").unwrap();
        assert_eq!(
            (source.companies.as_slice(), source.flat_token_sha256.as_slice()),
            (&[1, 2][..], &hashes[..])
        );
    }

    #[test]
    fn tokens_come_from_a_file_one_a_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let hashes = [TokenHash::of(b"new"), TokenHash::of(b"old")];
        let lines = hashes.map(TokenHash::to_hex).join("\n");
        std::fs::write(file.path(), format!("{lines}\n")).unwrap();
        let path = file.path().display().to_string();
        let config = load(&[
            ("OMNI_SOURCE__A__USER", "u"),
            ("OMNI_SOURCE__A__PASSWORD", "p"),
            ("OMNI_SOURCE__A__FLAT_TOKEN_SHA256_FILE", &path),
        ]);
        assert_eq!(config.unwrap().source.get("a").unwrap().flat_token_sha256, hashes);
    }

    #[test]
    fn a_token_of_two_sources_and_a_token_in_place_of_its_hash_are_refused_and_not_repeated() {
        let hash = TokenHash::of(b"t").to_hex();
        let mut given = vec![
            ("OMNI_SOURCE__A__USER", "u"),
            ("OMNI_SOURCE__A__PASSWORD", "p"),
            ("OMNI_SOURCE__B__USER", "u"),
            ("OMNI_SOURCE__B__PASSWORD", "p"),
            ("OMNI_SOURCE__A__FLAT_TOKEN_SHA256", hash.as_str()),
            ("OMNI_SOURCE__B__FLAT_TOKEN_SHA256", hash.as_str()),
        ];
        let refused = load(&given).unwrap_err().to_string();
        assert!(refused.contains("which `a` has already"), "{refused}");
        given.pop();
        assert!(load(&given).is_ok());
        given.push(("OMNI_SOURCE__B__FLAT_TOKEN_SHA256", "omni_flat_secret"));
        let refused = load(&given).unwrap_err().to_string();
        assert!(
            refused.contains("64 hexadecimal digits") && !refused.contains("secret"),
            "{refused}"
        );
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        let of_nothing = TokenHash::of(b"").to_hex();
        let nine = (0..9_u8).map(|byte| TokenHash::of(&[byte]).to_hex());
        let nine = nine.collect::<Vec<_>>().join(",");
        for (key, value, part) in [
            ("OMNI_COLLECTOR__BODY_BYTES_MAX", "1048577", "body_bytes_max"),
            ("OMNI_COLLECTOR__MEMORY_BYTES_MAX", "1048577", "memory_bytes_max"),
            ("OMNI_COLLECTOR__CONNECTIONS_MAX", "0", "connections_max"),
            ("OMNI_COLLECTOR__SPOOL_AFTER_MS", "4001", "spool_after_ms"),
            ("OMNI_SOURCE__A__USER", "a:b", "no `:`"),
            ("OMNI_SOURCE__A/B__USER", "a", "part of a path"),
            ("OMNI_SOURCE__A__FLAT_TOKEN_SHA256", &of_nothing, "no text at all"),
            ("OMNI_SOURCE__A__FLAT_TOKEN_SHA256", &nine, "more than eight"),
        ] {
            let name = if key.contains("A/B") { "A/B" } else { "A" };
            let password = format!("OMNI_SOURCE__{name}__PASSWORD");
            let user = format!("OMNI_SOURCE__{name}__USER");
            let refused = load(&[(&user, "u"), (&password, "p"), (key, value)])
                .unwrap_err()
                .to_string();
            assert!(refused.contains(part), "{key}: {refused}");
        }
    }
}
