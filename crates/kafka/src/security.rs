//! `[kafka.security]`: how Omni is let in by Kafka.
//!
//! Promises: what cannot work is refused before a client is made, by the name of its key. Refuses: a password for a way that
//! asks for none, files that cannot be read, a client secret sent in the clear to another machine.
mod check;

use std::path::PathBuf;

use rdkafka::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::Error;

pub use check::Unfit;

/// TLS and SASL.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`.
    pub protocol: Protocol,
    /// Certificates that sign the brokers'; the system's when absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, when brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// What opens the key; never shown.
    #[serde(serialize_with = "masked")]
    pub key_password: Option<SecretString>,
    /// How we say who we are.
    pub sasl_mechanism: Option<Mechanism>,
    /// SASL user.
    pub sasl_user: Option<String>,
    /// SASL password; never shown.
    #[serde(serialize_with = "masked")]
    pub sasl_password: Option<SecretString>,
    /// `[kafka.security.oauth]`
    pub oauth: OAuth,
}

/// Where tokens for `OAUTHBEARER` come from: the client credentials grant of OAuth 2. They are fetched again before they end.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OAuth {
    /// The token endpoint; `https`, or `http` on this machine.
    pub token_url: Option<String>,
    /// Who asks.
    pub client_id: Option<String>,
    /// Its secret; never shown.
    #[serde(serialize_with = "masked")]
    pub client_secret: Option<SecretString>,
    /// What the token is asked for; nothing when absent.
    pub scope: Option<String>,
    /// Certificates that sign the token endpoint's; the system's when absent.
    pub ca_file: Option<PathBuf>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Neither TLS nor SASL.
    #[default]
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without TLS.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

/// A SASL mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Mechanism {
    /// The password as it is.
    #[serde(rename = "PLAIN")]
    Plain,
    /// A proof of the password, by SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// A proof of the password, by SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    /// A token.
    #[serde(rename = "OAUTHBEARER")]
    OAuthBearer,
}

impl Protocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }

    const fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    const fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl Mechanism {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }
}

impl Security {
    /// Refuses what cannot work; reads no certificate, but sees that its file can be read.
    ///
    /// # Errors
    /// [`Unfit`], which names the key and says what to change.
    pub fn check(&self) -> Result<(), Unfit> {
        check::all(self)
    }

    /// Puts it into a client's settings, once it is checked.
    pub(crate) fn apply(&self, client: &mut ClientConfig) -> Result<(), Error> {
        self.check().map_err(Error::Setting)?;
        client.set("security.protocol", self.protocol.as_str());
        let files = [
            ("ssl.ca.location", &self.ca_file),
            ("ssl.certificate.location", &self.certificate_file),
            ("ssl.key.location", &self.key_file),
            ("https.ca.location", &self.oauth.ca_file),
        ];
        for (key, file) in files {
            if let Some(file) = file {
                client.set(key, file.to_string_lossy());
            }
        }
        let texts = [
            ("sasl.username", &self.sasl_user),
            ("sasl.oauthbearer.token.endpoint.url", &self.oauth.token_url),
            ("sasl.oauthbearer.client.id", &self.oauth.client_id),
            ("sasl.oauthbearer.scope", &self.oauth.scope),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                client.set(key, text);
            }
        }
        let secrets = [
            ("ssl.key.password", &self.key_password),
            ("sasl.password", &self.sasl_password),
            ("sasl.oauthbearer.client.secret", &self.oauth.client_secret),
        ];
        for (key, secret) in secrets {
            if let Some(secret) = secret {
                client.set(key, secret.expose_secret());
            }
        }
        if let Some(mechanism) = self.sasl_mechanism {
            client.set("sasl.mechanisms", mechanism.as_str());
        }
        if self.sasl_mechanism == Some(Mechanism::OAuthBearer) {
            // librdkafka's own: it fetches tokens on a thread of its own, also for a client that nobody polls.
            client.set("sasl.oauthbearer.method", "oidc");
        }
        Ok(())
    }
}

/// As a person may see it.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.is_some() { "***" } else { "" })
}
