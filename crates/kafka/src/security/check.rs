//! What `[kafka.security]` may say together.
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Mechanism, OAuth, Protocol, Security};
type Checked = Result<(), Unfit>;

/// A key that cannot work as it is.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` {message}")]
pub struct Unfit {
    /// Within `[kafka.security]`.
    pub key: &'static str,
    /// What is wrong with it, and what to write instead.
    pub message: String,
}

pub(super) fn all(security: &Security) -> Checked {
    tls(security)?;
    match (security.protocol.has_sasl(), security.sasl_mechanism) {
        (true, None) => refuse(
            "sasl_mechanism",
            "is missing: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, as the broker has it",
        ),
        (true, Some(Mechanism::OAuthBearer)) => {
            unused_password(security)?;
            oauth(&security.oauth)
        }
        (true, Some(_)) => {
            unused_oauth(&security.oauth)?;
            password(security)
        }
        (false, Some(_)) => refuse("sasl_mechanism", &without_sasl(security.protocol)),
        (false, None) => {
            unused_password_key(security)
                .map_or(Ok(()), |key| refuse(key, &without_sasl(security.protocol)))?;
            unused_oauth(&security.oauth)
        }
    }
}

fn tls(security: &Security) -> Checked {
    let files = [
        ("ca_file", &security.ca_file),
        ("certificate_file", &security.certificate_file),
        ("key_file", &security.key_file),
    ];
    for (key, file) in files {
        let Some(file) = file else { continue };
        if !security.protocol.has_tls() {
            let protocol = security.protocol.as_str();
            return refuse(
                key,
                &format!(
                    "is of no use with `protocol = \"{protocol}\"`: take `ssl` or `sasl_ssl`, or leave it out"
                ),
            );
        }
        readable(key, file)?;
    }
    match (&security.certificate_file, &security.key_file) {
        (Some(_), None) => refuse(
            "key_file",
            "is missing: a certificate is of no use without its key",
        ),
        (None, Some(_)) => refuse(
            "certificate_file",
            "is missing: a key is of no use without its certificate",
        ),
        (None, None) if security.key_password.is_some() => {
            refuse("key_password", "opens no key: set `key_file`")
        }
        _ => Ok(()),
    }
}

fn password(security: &Security) -> Checked {
    if is_blank(security.sasl_user.as_ref()) {
        return refuse("sasl_user", "is missing");
    }
    if is_unset(security.sasl_password.as_ref()) {
        return refuse("sasl_password", "is missing: set it, or `sasl_password_file`");
    }
    Ok(())
}

fn oauth(oauth: &OAuth) -> Checked {
    match oauth.token_url.as_deref() {
        None | Some("") => return refuse("oauth.token_url", "is missing: where OAUTHBEARER gets its tokens"),
        Some(url) if url.starts_with("https://") || is_of_this_machine(url) => {}
        Some(_) => {
            return refuse(
                "oauth.token_url",
                "must begin with https://, or the client's secret can be read on its way",
            );
        }
    }
    if is_blank(oauth.client_id.as_ref()) {
        return refuse("oauth.client_id", "is missing");
    }
    if is_unset(oauth.client_secret.as_ref()) {
        return refuse(
            "oauth.client_secret",
            "is missing: set it, or `client_secret_file`",
        );
    }
    match &oauth.ca_file {
        Some(file) => readable("oauth.ca_file", file),
        None => Ok(()),
    }
}

fn is_of_this_machine(url: &str) -> bool {
    let host = url.strip_prefix("http://").unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| {
        let rest = host.strip_prefix(own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

fn unused_password(security: &Security) -> Checked {
    let unused = unused_password_key(security);
    unused.map_or(Ok(()), |key| {
        refuse(
            key,
            "is of no use with OAUTHBEARER: who we are is in the token, see `[kafka.security.oauth]`",
        )
    })
}

fn unused_password_key(security: &Security) -> Option<&'static str> {
    if security.sasl_user.is_some() {
        return Some("sasl_user");
    }
    security.sasl_password.is_some().then_some("sasl_password")
}

fn unused_oauth(oauth: &OAuth) -> Checked {
    let set = [
        ("oauth.token_url", oauth.token_url.is_some()),
        ("oauth.client_id", oauth.client_id.is_some()),
        ("oauth.client_secret", oauth.client_secret.is_some()),
        ("oauth.scope", oauth.scope.is_some()),
        ("oauth.ca_file", oauth.ca_file.is_some()),
    ];
    let unused = set.into_iter().find(|(_, is_set)| *is_set);
    unused.map_or(Ok(()), |(key, _)| {
        refuse(key, "is of no use without `sasl_mechanism = \"OAUTHBEARER\"`")
    })
}

fn without_sasl(protocol: Protocol) -> String {
    let (protocol, with) = match protocol {
        Protocol::Plaintext | Protocol::SaslPlaintext => (protocol.as_str(), "sasl_plaintext"),
        Protocol::Ssl | Protocol::SaslSsl => (protocol.as_str(), "sasl_ssl"),
    };
    format!("is of no use with `protocol = \"{protocol}\"`: take `{with}`, or leave it out")
}

fn readable(key: &'static str, file: &Path) -> Checked {
    match std::fs::File::open(file) {
        Ok(_) => Ok(()),
        Err(error) => refuse(key, &format!("{} cannot be read: {error}", file.display())),
    }
}

fn is_blank(text: Option<&String>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn is_unset(secret: Option<&SecretString>) -> bool {
    secret.is_none_or(|secret| secret.expose_secret().is_empty())
}

fn refuse(key: &'static str, message: &str) -> Checked {
    Err(Unfit {
        key,
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scram() -> Security {
        Security {
            protocol: Protocol::SaslSsl,
            sasl_mechanism: Some(Mechanism::ScramSha512),
            sasl_user: Some("omni".to_owned()),
            sasl_password: Some("hush".into()),
            ..Security::default()
        }
    }

    fn token() -> Security {
        Security {
            protocol: Protocol::SaslSsl,
            sasl_mechanism: Some(Mechanism::OAuthBearer),
            oauth: OAuth {
                token_url: Some("https://login.example.org/token".to_owned()),
                client_id: Some("omni".to_owned()),
                client_secret: Some("hush".into()),
                ..OAuth::default()
            },
            ..Security::default()
        }
    }

    fn refusal(security: &Security) -> String {
        security.check().unwrap_err().to_string()
    }

    #[test]
    fn what_works_is_taken() {
        for security in [Security::default(), scram(), token()] {
            security.check().unwrap();
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |change: fn(&mut Security)| {
            let mut security = scram();
            change(&mut security);
            refusal(&security)
        };
        for (refused, key) in [
            (without(|it| it.sasl_mechanism = None), "sasl_mechanism"),
            (without(|it| it.sasl_user = Some(" ".to_owned())), "sasl_user"),
            (without(|it| it.sasl_password = None), "sasl_password"),
            (
                without(|it| it.certificate_file = Some("/dev/null".into())),
                "key_file",
            ),
            (
                without(|it| it.key_file = Some("/dev/null".into())),
                "certificate_file",
            ),
            (
                without(|it| it.ca_file = Some("/nowhere/ca.pem".into())),
                "ca_file",
            ),
        ] {
            assert!(refused.starts_with(&format!("`{key}`")), "{refused}");
            assert!(!refused.contains("hush"), "{refused}");
        }
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        for protocol in [Protocol::Plaintext, Protocol::Ssl] {
            let security = Security { protocol, ..scram() };
            assert!(refusal(&security).contains("`sasl_mechanism`"), "{protocol:?}");
        }
        let security = Security {
            ca_file: Some("/dev/null".into()),
            ..Security::default()
        };
        assert!(refusal(&security).contains("`ca_file` is of no use"));
        let security = Security {
            oauth: token().oauth,
            ..scram()
        };
        assert!(refusal(&security).contains("`oauth.token_url` is of no use"));
        let security = Security {
            sasl_user: Some("omni".to_owned()),
            ..token()
        };
        assert!(refusal(&security).contains("`sasl_user` is of no use"));
    }

    #[test]
    fn a_secret_is_sent_in_the_clear_to_this_machine_alone() {
        let at = |url: &str| {
            let mut security = token();
            security.oauth.token_url = Some(url.to_owned());
            security.check().is_ok()
        };
        assert!(at("http://127.0.0.1:8080/token") && at("http://localhost/token"));
        assert!(
            !at("http://login.example.org/token") && !at("http://127.0.0.1.example.org/") && !at("token")
        );
    }
}
