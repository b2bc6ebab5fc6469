//! A broker that is spoken to by TLS and SASL alone, with rights of each user: for the tests.
//!
//! Beside that port there is one where a certificate of the client's says who it is, and one for the broker itself, where
//! everybody may do everything.

use std::ffi::OsString;
use std::path::PathBuf;

/// Says what somebody may not do and tried.
const DENIED_LOGGER: &str = "-Dorg.slf4j.simpleLogger.log.kafka.authorizer.logger=info";

/// How it is secured.
#[derive(Clone)]
pub struct Secured {
    /// The broker's key and certificate in one file, PEM.
    pub certificate: PathBuf,
    /// Who signs the certificates of clients, PEM.
    pub authority: PathBuf,
    /// Users of SCRAM-SHA-512 with their passwords, made when the data are.
    pub users: Vec<(String, String)>,
    /// Keys that sign tokens, a JWKS; without it there is no OAUTHBEARER.
    pub keys: Option<PathBuf>,
    pub inner_port: u16,
    pub certified_port: u16,
}

impl std::fmt::Debug for Secured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secured").finish_non_exhaustive()
    }
}

impl Secured {
    /// What the JVM must be told.
    pub(super) fn options(&self) -> Vec<OsString> {
        let keys = self.keys.as_ref().map(|keys| {
            let allowed = "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls";
            format!("{allowed}=file://{}", keys.display()).into()
        });
        [DENIED_LOGGER.into()].into_iter().chain(keys).collect()
    }

    /// What makes the users, when the data are made.
    pub(super) fn format_arguments(&self) -> Vec<OsString> {
        let users = self.users.iter().flat_map(|(name, password)| {
            let user = format!("SCRAM-SHA-512=[name={name},password={password}]");
            ["--add-scram".to_owned(), user]
        });
        users.map(OsString::from).collect()
    }

    /// `port` is where SASL over TLS is spoken.
    pub(super) fn listeners(&self, port: u16, advertised: u16, controller_port: u16) -> String {
        let Self {
            inner_port,
            certified_port,
            ..
        } = self;
        let mechanisms = if self.keys.is_some() {
            "SCRAM-SHA-512,OAUTHBEARER"
        } else {
            "SCRAM-SHA-512"
        };
        format!(
            "\
listeners=SASL_SSL://127.0.0.1:{port},SSL://127.0.0.1:{certified_port},PLAINTEXT://127.0.0.1:{inner_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=SASL_SSL://127.0.0.1:{advertised},SSL://127.0.0.1:{certified_port},PLAINTEXT://127.0.0.1:{inner_port},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms={mechanisms}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.ssl.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
{tokens}",
            certificate = self.certificate.display(),
            authority = self.authority.display(),
            tokens = self.tokens(),
        )
    }

    fn tokens(&self) -> String {
        let Some(keys) = &self.keys else {
            return String::new();
        };
        let oauth = "org.apache.kafka.common.security.oauthbearer.OAuthBearer";
        let listener = "listener.name.sasl_ssl.oauthbearer";
        format!(
            "\
{listener}.sasl.jaas.config={oauth}LoginModule required;
{listener}.sasl.server.callback.handler.class={oauth}ValidatorCallbackHandler
sasl.oauthbearer.jwks.endpoint.url=file://{keys}
sasl.oauthbearer.expected.audience=kafka
# A client whose token ends must bring another, or is cut off.
{listener}.connections.max.reauth.ms=3600000
",
            keys = keys.display()
        )
    }
}
