//! `[enricher.email]`: who is asked whether an address takes mail, and how hard.
//!
//! What cannot work is refused at the start, by the key's name; a key is a [`Secret`] and never part of an
//! address.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stage::outbound::{Addresses, OutboundSettings, Url, is_public};
use stage::{ConfigError, Secret};

use crate::email::provider;

const TABLE: &str = "enricher.email";
/// Hunter works on an address for up to 20 s before it says 202.
const CALL_MS_MIN: u64 = 25_000;
/// A wait that holds a batch up longer than this is a mistake.
const WAIT_MS_MAX: u64 = 10_000;
const CACHE_DAYS_MAX: u64 = 3_650;
const IN_FLIGHT_MAX: usize = 256;
const REQUESTS_MAX: u64 = 100_000;
/// Twenty sources with long addresses, and room.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// `[enricher.email]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Email {
    /// Who is asked.
    pub provider: EmailProvider,
    /// `hunter`: where it is asked.
    pub api_url: String,
    /// `hunter`: the key, sent in a header; or `api_key_file`.
    pub api_key: Secret,
    /// Longest time an event waits for an answer that is not known yet. Verifiers talk to mail servers, so
    /// most answers take seconds: any wait that a batch could bear would catch almost none, and cost each.
    pub wait_ms_max: u64,
    /// How long an answer is good for.
    pub cache_days: u64,
    /// Most calls under way at once.
    pub in_flight_max: usize,
    /// Most calls in any second.
    pub requests_per_second_max: u64,
    /// Most calls in any minute.
    pub requests_per_minute_max: u64,
    /// Longest time for one call, beside the events' way.
    pub call_ms_max: u64,
    /// Whether the provider may be at a private or loopback address.
    pub allow_private_addresses: bool,
    /// `http`: how any other provider is asked and understood.
    pub http: EmailHttp,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailProvider {
    /// Nobody: events have no `email_validation`.
    #[default]
    None,
    /// Hunter's e-mail verifier.
    Hunter,
    /// Any other, by `[enricher.email.http]`.
    Http,
}

/// `[enricher.email.http]`. A path is a JSON pointer (`/data/status`) or keys with dots (`data.status`);
/// an empty one says that the provider does not tell it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailHttp {
    /// Where it is asked; `{email}` is replaced by the address, percent-encoded.
    pub url: String,
    /// How it is asked.
    pub method: HttpMethod,
    /// JSON sent with each call; `{email}` is replaced by the address. Empty: none.
    pub body: String,
    /// Headers of each call: this is where a key belongs.
    pub headers: BTreeMap<String, Secret>,
    /// HTTP status codes that say: still at work, ask again.
    pub pending_codes: Vec<u16>,
    /// HTTP status codes that say: this person must not be processed.
    pub refused_codes: Vec<u16>,
    /// HTTP status codes that say: this is no address.
    pub invalid_codes: Vec<u16>,
    /// Path of the word that says how the address stands.
    pub status_path: String,
    /// Path of the word that says whether mail arrives.
    pub result_path: String,
    /// Path of the number that says how surely.
    pub score_path: String,
    /// The greatest number there; it becomes 100.
    pub score_max: u32,
    /// The provider's words for `status` and ours: `valid`, `invalid`, `accept_all`, `webmail`, `disposable`,
    /// `unknown`, or `pending`, `refused`. A word that is neither named nor ours is `unknown`.
    pub status_words: BTreeMap<String, String>,
    /// The provider's words for the result and ours: `deliverable`, `undeliverable`, `risky`.
    pub result_words: BTreeMap<String, String>,
    /// Paths of what is true or false, by our names: `regexp`, `gibberish`, `disposable`, `webmail`,
    /// `mx_records`, `smtp_server`, `smtp_check`, `accept_all`, `block`.
    pub flag_paths: BTreeMap<String, String>,
    /// Path of the list of pages on which the address was seen; twenty are taken.
    pub sources_path: String,
    /// Paths within one of them, by our names: `domain`, `uri`, `extracted_on`, `last_seen_on`, `still_on_page`.
    pub source_paths: BTreeMap<String, String>,
}

/// How a provider is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// All is in the address.
    #[default]
    Get,
    /// With a body.
    Post,
}

impl Default for Email {
    fn default() -> Self {
        Self {
            provider: EmailProvider::None,
            api_url: "https://api.hunter.io/v2/email-verifier".to_owned(),
            api_key: Secret::default(),
            wait_ms_max: 0,
            cache_days: 30,
            in_flight_max: 4,
            requests_per_second_max: 10,
            requests_per_minute_max: 300,
            call_ms_max: 30_000,
            allow_private_addresses: false,
            http: EmailHttp::default(),
        }
    }
}

impl Default for EmailHttp {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: HttpMethod::Get,
            body: String::new(),
            headers: BTreeMap::new(),
            pending_codes: vec![202],
            refused_codes: vec![451],
            invalid_codes: Vec::new(),
            status_path: String::new(),
            result_path: String::new(),
            score_path: String::new(),
            score_max: 100,
            status_words: BTreeMap::new(),
            result_words: BTreeMap::new(),
            flag_paths: BTreeMap::new(),
            sources_path: String::new(),
            source_paths: BTreeMap::new(),
        }
    }
}

impl Email {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let limits = [
            ("wait_ms_max", self.wait_ms_max, 0, WAIT_MS_MAX),
            ("cache_days", self.cache_days, 1, CACHE_DAYS_MAX),
            (
                "in_flight_max",
                self.in_flight_max as u64,
                1,
                IN_FLIGHT_MAX as u64,
            ),
            (
                "requests_per_second_max",
                self.requests_per_second_max,
                1,
                REQUESTS_MAX,
            ),
            (
                "requests_per_minute_max",
                self.requests_per_minute_max,
                1,
                REQUESTS_MAX,
            ),
            ("call_ms_max", self.call_ms_max, CALL_MS_MIN, 10 * CALL_MS_MIN),
        ];
        if let Some((key, _, least, most)) = limits
            .iter()
            .find(|(_, value, least, most)| !(least..=most).contains(&value))
        {
            return Err(ConfigError::invalid(
                TABLE,
                format!("`{key}` must be from {least} to {most}"),
            ));
        }
        provider::of(self).map(drop)
    }

    /// An address of this table's key `key`: https, or http where private addresses are allowed; without
    /// credentials, which would end up in logs.
    pub(crate) fn address(&self, table: &str, key: &str, text: &str) -> Result<Url, ConfigError> {
        let refuse = |message: &str| Err(ConfigError::invalid(table, format!("`{key}` {message}")));
        let Ok(url) = Url::parse(text) else {
            return refuse("must be an https address");
        };
        let Some(host) = url.host_str() else {
            return refuse("must be an https address");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("must not hold a user or password: put them into a header");
        }
        if !self.allow_private_addresses {
            let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
            if host == "localhost" || literal.is_some_and(|address| !is_public(address)) {
                return refuse("is not a public address (`allow_private_addresses = true` lifts it)");
            }
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.allow_private_addresses => Ok(url),
            "http" => refuse("must be an https address, unless `allow_private_addresses` is true"),
            _ => refuse("must be an https address"),
        }
    }

    pub(crate) fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_ms_max)
    }

    pub(crate) fn cache_max(&self) -> Duration {
        Duration::from_hours(24 * self.cache_days)
    }

    pub(crate) fn outbound(&self) -> OutboundSettings {
        OutboundSettings {
            call_max: Duration::from_millis(self.call_ms_max),
            answer_bytes_max: ANSWER_BYTES_MAX,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
            ..OutboundSettings::default()
        }
    }
}

#[cfg(test)]
mod tests;
