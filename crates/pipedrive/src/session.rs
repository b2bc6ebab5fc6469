//! What a request needs of the account: the address, and the header that opens it.

use secrecy::ExposeSecret;
use stage::outbound::OutboundSettings;
use stage::outbound::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::address::is_api;
use crate::oauth::Grant;
use crate::{Account, Credentials, Error};

/// Good for one request, and for as many as follow until Pipedrive says 401.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub base: Url,
    pub header: (HeaderName, HeaderValue),
    /// Grows with each access token; an API token has the first for ever.
    pub generation: u64,
}

/// Opens sessions.
#[derive(Debug)]
pub(crate) enum Door {
    Token(Session),
    OAuth(Box<Grant>),
}

impl Door {
    pub(crate) fn new(account: &Account, outbound: OutboundSettings) -> Result<Self, Error> {
        let base = account.api_url.clone();
        if !is_api(&base) {
            return Err(Error::Account { why: "address" });
        }
        match &account.credentials {
            Credentials::ApiToken(token) => Ok(Self::Token(Session {
                base,
                header: (
                    HeaderName::from_static("x-api-token"),
                    secret(token.expose_secret()).ok_or(Error::Account { why: "token" })?,
                ),
                generation: 1,
            })),
            Credentials::OAuth(oauth) if is_api(&oauth.token_url) => {
                Ok(Self::OAuth(Box::new(Grant::new(oauth.clone(), base, outbound)?)))
            }
            Credentials::OAuth(_) => Err(Error::Account { why: "token address" }),
        }
    }

    /// A session newer than `refused`, the generation that Pipedrive refused; 0 when none was.
    pub(crate) async fn open(&self, refused: u64) -> Result<Session, Error> {
        match self {
            Self::Token(session) => Ok(session.clone()),
            Self::OAuth(grant) => grant.open(refused).await,
        }
    }

    /// Whether a 401 can be answered with another session.
    pub(crate) fn renews(&self) -> bool {
        matches!(self, Self::OAuth(_))
    }
}

impl Session {
    pub(crate) fn bearer(base: Url, access_token: &str, generation: u64) -> Option<Self> {
        Some(Self {
            base,
            header: (AUTHORIZATION, secret(&format!("Bearer {access_token}"))?),
            generation,
        })
    }
}

/// A header value that no `Debug` shows.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
