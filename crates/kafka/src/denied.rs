//! Why a broker does not let us in, from what librdkafka says of it, and what to change.
use std::fmt;

use rdkafka::types::RDKafkaErrorCode;

use crate::error::Class;

/// Longest text of librdkafka's that is kept.
const SAID_CHARS_MAX: usize = 300;

/// A connection that failed for more than that nobody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Why.
    pub reason: Reason,
    /// In librdkafka's words.
    said: String,
}

/// What kept us out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The broker does not take user and password.
    Credentials,
    /// The broker does not have the mechanism.
    Mechanism,
    /// The broker does not take the token.
    Token,
    /// The token endpoint gave none.
    NoToken,
    /// Nobody we trust signed the broker's certificate, or it is out of date: librdkafka does not tell these apart.
    Authority,
    /// The broker's certificate is for another name.
    HostName,
    /// The broker wants a certificate of ours, or another.
    OurCertificate,
    /// One side speaks TLS and the other does not, or SASL is expected.
    Protocol,
}

/// Words of librdkafka and OpenSSL, and what they mean; the first that is found counts.
const WORDS: &[(&str, Reason)] = &[
    ("Failed to acquire SASL OAUTHBEARER token", Reason::NoToken),
    ("Failed to retrieve OIDC token", Reason::NoToken),
    ("Unsupported SASL mechanism", Reason::Mechanism),
    ("unsupported sasl mechanism", Reason::Mechanism),
    ("SASL mechanism handshake failed", Reason::Mechanism),
    ("invalid_token", Reason::Token),
    ("OAUTHBEARER", Reason::Token),
    ("SASL authentication error", Reason::Credentials),
    ("Authentication failed", Reason::Credentials),
    ("certificate verify failed", Reason::Authority),
    ("self-signed certificate", Reason::Authority),
    ("unable to get local issuer certificate", Reason::Authority),
    (
        "client SSL authentication might be required",
        Reason::OurCertificate,
    ),
    ("alert certificate required", Reason::OurCertificate),
    ("alert bad certificate", Reason::OurCertificate),
    ("alert unknown ca", Reason::OurCertificate),
    ("wrong version number", Reason::Protocol),
    ("incorrect security.protocol configuration", Reason::Protocol),
    ("connecting to a PLAINTEXT broker listener", Reason::Protocol),
    ("verify that security.protocol", Reason::Protocol),
    ("might require SASL authentication", Reason::Protocol),
    // Closed before the first answer: what a port that wants TLS does with one who speaks without.
    ("in state APIVERSION_QUERY", Reason::Protocol),
];

impl Denied {
    /// The same words, with what was found out about them.
    pub(crate) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// What an error event of the client means; `None` when a broker is merely away.
    pub(crate) fn from_event(code: Option<RDKafkaErrorCode>, said: &str) -> Option<Self> {
        let found = WORDS.iter().find(|(words, _)| said.contains(words));
        let reason = match (found, code) {
            (Some((_, reason)), _) => *reason,
            (None, Some(RDKafkaErrorCode::Authentication)) => Reason::Credentials,
            (None, Some(RDKafkaErrorCode::SSL)) => Reason::Authority,
            _ => return None,
        };
        Some(Self {
            reason,
            said: said.chars().take(SAID_CHARS_MAX).collect(),
        })
    }
}

impl Reason {
    /// Whether waiting may heal it. A broker that is killed at a certain moment looks as if it spoke another protocol, and a token
    /// endpoint may be away.
    pub(crate) const fn class(self) -> Class {
        match self {
            Self::NoToken | Self::Protocol => Class::Retry,
            Self::Credentials
            | Self::Mechanism
            | Self::Token
            | Self::Authority
            | Self::HostName
            | Self::OurCertificate => Class::Fatal,
        }
    }

    /// What to change.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Credentials => {
                "the broker refused user and password: see `[kafka.security] sasl_user` and `sasl_password`, and that the broker \
                 has this user for this `sasl_mechanism`"
            }
            Self::Mechanism => {
                "the broker does not have this mechanism: see `[kafka.security] sasl_mechanism` and the broker's \
                 `sasl.enabled.mechanisms`"
            }
            Self::Token => {
                "the broker refused the token: see issuer, audience and scope at the token endpoint, and \
                 `[kafka.security.oauth] scope`"
            }
            Self::NoToken => {
                "no token came: see `[kafka.security.oauth] token_url`, `client_id`, `client_secret` and `ca_file`"
            }
            Self::Authority => {
                "nobody we trust signed the broker's certificate, or it is out of date: set `[kafka.security] ca_file` to the \
                 certificate of who signed it, or renew it at the broker"
            }
            Self::HostName => {
                "the broker's certificate is for another name: call it in `[kafka] bootstrap`, and let the broker advertise \
                 itself, by a name that is in its certificate"
            }
            Self::OurCertificate => {
                "the broker wants a certificate from us, or another: see `[kafka.security] certificate_file` and `key_file`"
            }
            Self::Protocol => {
                "the port speaks another protocol: see `[kafka.security] protocol` (`plaintext`, `ssl`, `sasl_plaintext`, \
                 `sasl_ssl`) and the port in `[kafka] bootstrap`"
            }
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason.remedy(), self.said)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_broker_that_is_away_denies_nothing() {
        let said = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";
        let code = Some(RDKafkaErrorCode::BrokerTransportFailure);
        assert_eq!(Denied::from_event(code, said), None);
    }

    #[test]
    fn what_looks_like_another_protocol_may_be_a_broker_that_was_killed() {
        let said = "Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication";
        let code = Some(RDKafkaErrorCode::BrokerTransportFailure);
        let denied = Denied::from_event(code, said).unwrap();
        assert_eq!(
            (denied.reason, denied.reason.class()),
            (Reason::Protocol, Class::Retry)
        );
    }
}
