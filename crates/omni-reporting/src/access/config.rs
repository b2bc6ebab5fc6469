//! `[access]`: who signs in and how, whom proxies may speak for, where keys are kept, how much anyone may ask.
use std::collections::BTreeMap;
use std::path::PathBuf;

use argon2::password_hash::phc::PasswordHash;
use serde::{Deserialize, Serialize};
use stage::{ConfigError, Secret};

use super::origin;
use super::peer::Networks;

/// `[access]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `open`: whom `[reporting] open_to` lets in. `basic`: users below, by password. `proxy`: whom a proxy names.
    pub sign_in: SignIn,
    /// With `proxy`: the header in which it names the user.
    pub user_header: String,
    /// Addresses or networks of proxies: believed when they name a user, or for whom they ask (`X-Forwarded-For`).
    pub trusted_proxies: Vec<String>,
    /// Who sees names, addresses and titles outside of embeds: `everybody`, `signed_in`, `nobody`.
    pub pii: Pii,
    /// The file with the keys of embeds and of the API, written by `omni embed key` and `omni access key`; empty: none.
    pub keys_file: PathBuf,
    /// Origins that may frame an embed page which names no key.
    pub embed_origins: Vec<String>,
    /// Most requests a minute of one address or network.
    pub requests_per_minute: u32,
    /// Most wrong passwords, keys and tokens a minute of one address or network.
    pub failures_per_minute: u32,
    /// `[access.user.<name>]`
    pub user: BTreeMap<String, User>,
}

/// How somebody comes to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    Open,
    Basic,
    Proxy,
}

/// Who sees who persons are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pii {
    Everybody,
    /// Whoever proved who they are; on a board that is open to its own machine alone, whoever sits there.
    SignedIn,
    Nobody,
}

/// `[access.user.<name>]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// Argon2, as `omni access password` makes it; or `password_hash_file`.
    pub password_hash: Secret,
    /// The only companies this user sees; empty: those of `[reporting] companies`.
    pub companies: Vec<u64>,
    /// Whether this user sees who persons are; left out: as `[access] pii` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pii: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sign_in: SignIn::Open,
            user_header: "x-forwarded-user".to_owned(),
            trusted_proxies: Vec::new(),
            pii: Pii::SignedIn,
            keys_file: PathBuf::new(),
            embed_origins: Vec::new(),
            requests_per_minute: 6_000,
            failures_per_minute: 10,
            user: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// What cannot work, with the key and what to do about it.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid("access", message));
        if let Err(error) = Networks::read(&self.trusted_proxies) {
            return refuse(format!("`trusted_proxies`: {error}"));
        }
        if let Some(error) = self
            .embed_origins
            .iter()
            .find_map(|text| origin::check(text).err())
        {
            return refuse(format!("`embed_origins`: {error}"));
        }
        if self.requests_per_minute == 0 || self.failures_per_minute == 0 {
            return refuse("`requests_per_minute` and `failures_per_minute` must be at least 1".to_owned());
        }
        match self.sign_in {
            SignIn::Proxy if self.trusted_proxies.is_empty() => refuse(
                "`sign_in = \"proxy\"` needs `trusted_proxies`, or anybody could name themselves".to_owned(),
            ),
            SignIn::Proxy if self.user_header.parse::<axum::http::HeaderName>().is_err() => refuse(format!(
                "`user_header`: `{}` is no name of a header",
                self.user_header
            )),
            SignIn::Open | SignIn::Proxy => Ok(()),
            SignIn::Basic if self.user.is_empty() => refuse(
                "`sign_in = \"basic\"` needs an `[access.user.<name>]`; `omni access password` makes its \
                 `password_hash`"
                    .to_owned(),
            ),
            SignIn::Basic => self.check_hashes(),
        }
    }

    fn check_hashes(&self) -> Result<(), ConfigError> {
        let wrong = self
            .user
            .iter()
            .find(|(_, user)| PasswordHash::new(user.password_hash.expose()).is_err());
        match wrong {
            Some((name, _)) => Err(ConfigError::invalid(
                "access",
                format!("`user.{name}.password_hash` is no Argon2 hash: `omni access password` makes one"),
            )),
            None => Ok(()),
        }
    }
}
