//! One account of Pipedrive: where its API is, and what opens it. Secrets show in no `Debug`.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use crate::Access;

/// Pipedrive's own address for access tokens.
pub const TOKEN_URL: &str = "https://oauth.pipedrive.com/oauth/token";

/// One account.
#[derive(Debug, Clone)]
pub struct Account {
    /// `https://<company>.pipedrive.com`, or any address that serves `/api/v2` below it. With OAuth 2 the
    /// `api_domain` that comes with an access token wins over it.
    pub api_url: Url,
    pub credentials: Credentials,
}

/// What opens an account.
#[derive(Debug, Clone)]
pub enum Credentials {
    ApiToken(SecretString),
    OAuth(OAuth),
}

/// An OAuth 2 grant, as the installation of an app gave it.
#[derive(Debug, Clone)]
pub struct OAuth {
    pub client_id: String,
    pub client_secret: SecretString,
    /// Ends 60 days after its last use.
    pub refresh_token: SecretString,
    /// Where access tokens come from; [`TOKEN_URL`] unless told otherwise.
    pub token_url: Url,
    /// Told each refresh token that replaces the one before.
    pub keeper: Keeper,
}

/// Writes a new refresh token down, so that it outlives the process.
#[derive(Clone)]
pub struct Keeper(Arc<dyn Fn(&SecretString) + Send + Sync>);

impl Account {
    /// An account that an API token opens.
    pub fn with_token(api_url: Url, api_token: impl Into<SecretString>) -> Self {
        Self {
            api_url,
            credentials: Credentials::ApiToken(api_token.into()),
        }
    }

    pub(crate) fn access(&self) -> Access {
        match self.credentials {
            Credentials::ApiToken(_) => Access::ApiToken,
            Credentials::OAuth(_) => Access::OAuth,
        }
    }
}

impl Keeper {
    /// It is called before the new access token is used, and must not block for long.
    pub fn new(keep: impl Fn(&SecretString) + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    pub(crate) fn keep(&self, refresh_token: &SecretString) {
        (self.0)(refresh_token);
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}
