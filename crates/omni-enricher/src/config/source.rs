//! `[source.<name>]`: one Pipedrive account and what opens its API.

use std::path::{Path, PathBuf};

use pipedrive::{Account, Credentials, Keeper, Subscription};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use stage::outbound::Addresses;
use stage::{ConfigError, Secret};
use url::Url;

use super::Webhooks;

/// `[source.<name>]`: one Pipedrive account and how its API is reached.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// The collector's; what subscriptions are made with.
    #[serde(skip_serializing)]
    pub user: String,
    /// The collector's; what subscriptions are made with.
    #[serde(skip_serializing)]
    pub password: Secret,
    /// The collector's.
    #[serde(skip_serializing)]
    pub password_previous: IgnoredAny,
    /// The collector's.
    #[serde(skip_serializing)]
    pub companies: IgnoredAny,
    /// The collector's.
    #[serde(skip_serializing)]
    pub flat_token_sha256: IgnoredAny,
    /// `https://<company>.pipedrive.com`; without it nothing is looked up.
    pub api_url: Option<String>,
    /// The token that opens it; or `api_token_file`.
    pub api_token: Secret,
    /// The grant of an installed app instead of a token.
    pub oauth: Option<OAuth>,
    /// Whether the API may be at a private address, such as a gateway's. One written as this machine's own needs no leave.
    pub allow_private_addresses: bool,
    /// Whether the subscriptions of `[source.<name>.webhooks]` are kept: looked at every hour and after silence, and made anew
    /// when they are missing, banned, or removed.
    pub manage_webhooks: bool,
    /// How often what changed in the account is held against what webhooks told, and sent where they did not; once more after a
    /// subscription was made anew. 0: never. A pass costs some 100 tokens.
    pub reconcile_seconds: u64,
    /// The subscriptions.
    pub webhooks: Webhooks,
}

/// `[source.<name>.oauth]`: OAuth 2, as the installation of an app gave it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OAuth {
    /// The app's.
    pub client_id: String,
    /// The app's; or `client_secret_file`.
    pub client_secret: Secret,
    /// Of the installation; or `refresh_token_file`. It ends 60 days after its last use.
    pub refresh_token: Secret,
    /// Where a refresh token that replaces it is kept; one that is kept there wins at the next start.
    pub kept_in: PathBuf,
    /// Where access tokens come from; Pipedrive's own address unless said otherwise.
    pub token_url: Option<String>,
}

impl Source {
    /// The account to ask; `None` when the source has no API.
    ///
    /// # Errors
    /// [`ConfigError`], when address or credentials cannot be used.
    pub fn account(&self, name: &str) -> Result<Option<Account>, ConfigError> {
        let table = format!("source.{name}");
        let refuse = |message: &str| Err(ConfigError::invalid(&table, message));
        let Some(text) = self.api_url.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let Ok(api_url) = Url::parse(text) else {
            return refuse("`api_url` must be an address such as https://company.pipedrive.com");
        };
        let credentials = match (&self.oauth, self.api_token.is_empty()) {
            (Some(_), false) => return refuse("has both `api_token` and `oauth`; keep one of them"),
            (None, true) => {
                return refuse("`api_url` needs an `api_token` (or `api_token_file`), or `oauth`");
            }
            (None, false) => Credentials::ApiToken(self.api_token.expose().into()),
            (Some(oauth), true) => Credentials::OAuth(oauth.grant(&format!("{table}.oauth"))?),
        };
        Ok(Some(Account {
            api_url,
            credentials,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
        }))
    }
}

impl Source {
    /// The subscriptions that `omni webhooks` and, with `manage_webhooks`, the enricher keep.
    ///
    /// # Errors
    /// [`ConfigError`], when something that they need is missing or cannot be.
    pub fn subscriptions(&self, name: &str) -> Result<Vec<Subscription>, ConfigError> {
        self.webhooks.subscriptions(name, &self.user, &self.password)
    }

    pub(super) fn check(&self, name: &str) -> Result<(), ConfigError> {
        let account = self.account(name)?;
        let table = format!("source.{name}");
        if self.reconcile_seconds > 0 && account.is_none() {
            return Err(ConfigError::invalid(
                &table,
                "`reconcile_seconds` needs an `api_url`",
            ));
        }
        if !self.manage_webhooks {
            return Ok(());
        }
        if account.is_none() {
            return Err(ConfigError::invalid(
                &table,
                "`manage_webhooks` needs an `api_url`",
            ));
        }
        if self.webhooks.check_seconds == 0 {
            let message = "`check_seconds` must be at least 1";
            return Err(ConfigError::invalid(&format!("{table}.webhooks"), message));
        }
        self.subscriptions(name).map(drop)
    }
}

impl OAuth {
    fn grant(&self, table: &str) -> Result<pipedrive::OAuth, ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid(table, message));
        let needed = [
            ("client_id", self.client_id.is_empty()),
            ("client_secret", self.client_secret.is_empty()),
            ("refresh_token", self.refresh_token.is_empty()),
            ("kept_in", self.kept_in.as_os_str().is_empty()),
        ];
        if let Some((key, _)) = needed.iter().find(|(_, lacks)| *lacks) {
            return refuse(format!("needs `{key}`"));
        }
        let text = self.token_url.as_deref().unwrap_or(pipedrive::TOKEN_URL);
        let Ok(token_url) = Url::parse(text) else {
            return refuse("`token_url` must be an address".to_owned());
        };
        let kept = std::fs::read_to_string(&self.kept_in).ok();
        let kept = kept.filter(|text| !text.trim().is_empty());
        let refresh_token = kept.as_deref().map_or(self.refresh_token.expose(), str::trim);
        Ok(pipedrive::OAuth {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.expose().into(),
            refresh_token: refresh_token.into(),
            token_url,
            keeper: keeper(&self.kept_in),
        })
    }
}

/// Writes beside the file and renames: a stop in between loses neither token.
fn keeper(kept_in: &Path) -> Keeper {
    let kept_in = kept_in.to_owned();
    Keeper::new(move |token| {
        if let Err(error) = write(&kept_in, secrecy::ExposeSecret::expose_secret(token)) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                file = %kept_in.display(),
                "the new refresh token cannot be kept: after a restart the old one may be refused"
            );
        }
    })
}

fn write(kept_in: &Path, token: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let beside = kept_in.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(token.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, kept_in)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn source(oauth: &str) -> Source {
        let text = format!("api_url = 'https://acme.pipedrive.com'\n[oauth]\n{oauth}");
        toml_like(&text)
    }

    /// Reads a source the way the configuration does.
    fn toml_like(text: &str) -> Source {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("omni.toml");
        let text = text.replace("[oauth]", "[source.crm.oauth]");
        std::fs::write(&path, format!("[source.crm]\n{text}")).unwrap();
        let config: super::super::Config =
            stage::config::load_with(Some(&path), super::super::TABLES, &[]).unwrap();
        config.source.get("crm").unwrap().clone()
    }

    const GRANT: &str = "client_id = 'c'\nclient_secret = 's3cret'\nrefresh_token = 'r3fresh'\n";

    #[test]
    fn a_grant_opens_an_account_and_shows_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let kept_in = folder.path().join("refresh-token");
        let source = source(&format!("{GRANT}kept_in = '{}'", kept_in.display()));
        let account = source.account("crm").unwrap().unwrap();
        assert!(matches!(&account.credentials, Credentials::OAuth(_)));
        for shown in [format!("{account:?}"), format!("{source:?}")] {
            assert!(!shown.contains("s3cret") && !shown.contains("r3fresh"), "{shown}");
        }
    }

    #[test]
    fn a_refresh_token_that_was_kept_wins() {
        let folder = tempfile::tempdir().unwrap();
        let kept_in = folder.path().join("refresh-token");
        write(&kept_in, "newer").unwrap();
        let source = source(&format!("{GRANT}kept_in = '{}'", kept_in.display()));
        let Credentials::OAuth(grant) = source.account("crm").unwrap().unwrap().credentials else {
            unreachable!("it is a grant");
        };
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&grant.refresh_token),
            "newer"
        );
    }

    #[test]
    fn half_a_grant_or_two_credentials_are_refused() {
        let message = |source: &Source| source.account("crm").unwrap_err().to_string();
        assert_eq!(message(&source(GRANT)), "[source.crm.oauth] needs `kept_in`");
        let both =
            toml_like("api_url = 'https://a.pipedrive.com'\napi_token = 't'\n[oauth]\nclient_id = 'c'");
        assert!(message(&both).contains("both `api_token` and `oauth`"));
    }
}
