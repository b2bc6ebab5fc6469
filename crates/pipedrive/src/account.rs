//! One account of Pipedrive: where its API is, and what opens it. Secrets show in no `Debug`.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use stage::outbound::Addresses;
use url::Url;

use crate::Access;
use crate::address::is_loopback;

/// Pipedrive's own address for access tokens.
pub const TOKEN_URL: &str = "https://oauth.pipedrive.com/oauth/token";

/// One account.
#[derive(Debug, Clone)]
pub struct Account {
    /// `https://<company>.pipedrive.com`, or any address that serves `/api/v2` below it. With OAuth 2 the
    /// `api_domain` that comes with an access token wins over it.
    pub api_url: Url,
    pub credentials: Credentials,
    /// Which addresses the API and the access tokens may be at. Where one is written as this machine's own (`127.0.0.1`,
    /// `localhost`), any.
    pub addresses: Addresses,
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
            addresses: Addresses::PublicOnly,
        }
    }

    /// Which addresses may be called. What says where it is on this machine is what the operator wrote, never an answer.
    pub(crate) fn addresses(&self) -> Addresses {
        let asked_first = match &self.credentials {
            Credentials::ApiToken(_) => &self.api_url,
            Credentials::OAuth(oauth) => &oauth.token_url,
        };
        if is_loopback(asked_first) {
            Addresses::Any
        } else {
            self.addresses
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn account(api_url: &str, token_url: Option<&str>) -> Account {
        let mut account = Account::with_token(api_url.parse().unwrap(), "t");
        if let Some(token_url) = token_url {
            account.credentials = Credentials::OAuth(OAuth {
                client_id: "app".to_owned(),
                client_secret: "s".into(),
                refresh_token: "r".into(),
                token_url: token_url.parse().unwrap(),
                keeper: Keeper::new(|_| {}),
            });
        }
        account
    }

    #[test]
    fn only_what_the_operator_wrote_of_this_machine_opens_addresses_inside() {
        let acme = "https://acme.pipedrive.com";
        for (api_url, token_url, expected) in [
            (acme, None, Addresses::PublicOnly),
            ("http://127.0.0.1:9", None, Addresses::Any),
            ("http://localhost:9", None, Addresses::Any),
            ("http://10.0.0.1", None, Addresses::PublicOnly),
            (acme, Some(TOKEN_URL), Addresses::PublicOnly),
            // With a grant the answer to it says where the API is.
            ("http://127.0.0.1:9", Some(TOKEN_URL), Addresses::PublicOnly),
            (acme, Some("http://127.0.0.1:9/oauth/token"), Addresses::Any),
        ] {
            let mut account = account(api_url, token_url);
            assert_eq!(account.addresses(), expected, "{api_url} {token_url:?}");
            account.addresses = Addresses::Any;
            assert_eq!(account.addresses(), Addresses::Any);
        }
    }
}
