//! The one constructor of a ClickHouse client, and what all statements have in common.
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use clickhouse::{Client, Compression};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::builderstates::WantsSchemes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;
use url::Url;

use crate::{Config, Error};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_mins(1);
/// Below the server's `keep_alive_timeout` of 3 s, so that it never closes a socket that we are about to use.
const POOL_IDLE_MAX: Duration = Duration::from_secs(2);
const POOL_IDLE_SOCKETS_MAX: usize = 16;

/// A connection pool to one database. Copies share it.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) client: Client,
    pub(crate) config: Arc<Config>,
    /// Server's clock minus ours, in milliseconds; unknown until first asked.
    pub(crate) clock_ahead_ms: Arc<AtomicI64>,
}

/// No clock is so wrong: means "not asked yet".
pub(crate) const CLOCK_UNKNOWN: i64 = i64::MIN;

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Config {
            url, database, user, ..
        } = &*self.config;
        formatter
            .debug_struct("Warehouse")
            .field("url", url)
            .field("database", database)
            .field("user", user)
            .finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Makes the pool; connects on the first statement.
    pub fn connect(config: &Config) -> Result<Self, Error> {
        let invalid = |key: &'static str, message: String| Error::Config { key, message };
        let url = Url::parse(&config.url).map_err(|error| invalid("url", error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(
                "url",
                format!("{} is neither http nor https", url.scheme()),
            ));
        }
        if !is_plain_name(&config.database) {
            return Err(invalid(
                "database",
                "a database is named by letters, digits and _".to_owned(),
            ));
        }
        if !config.cluster.is_empty() && !is_plain_name(&config.cluster) {
            return Err(invalid(
                "cluster",
                "a cluster is named by letters, digits and _".to_owned(),
            ));
        }
        Ok(Self {
            client: client(config)?,
            config: Arc::new(config.clone()),
            clock_ahead_ms: Arc::new(AtomicI64::new(CLOCK_UNKNOWN)),
        })
    }

    /// The database all tables are in.
    pub fn database(&self) -> &str {
        &self.config.database
    }
}

fn client(config: &Config) -> Result<Client, Error> {
    let mut tcp = HttpConnector::new();
    // A chunked insert's last packet would wait for a delayed acknowledgement.
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_connect_timeout(Some(CONNECT_MAX));
    tcp.enforce_http(false);
    let https = trusting(config)?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    let http = HttpClient::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE_MAX)
        .pool_max_idle_per_host(POOL_IDLE_SOCKETS_MAX)
        .build(https);
    let mut client = Client::with_http_client(http)
        .with_url(&config.url)
        .with_database(&config.database)
        .with_user(&config.user)
        .with_compression(Compression::Lz4)
        .with_product_info("omni", env!("CARGO_PKG_VERSION"));
    if let Some(password) = &config.password {
        client = client.with_password(password.expose_secret());
    }
    for (name, value) in &config.settings {
        client = client.with_setting(name, value);
    }
    Ok(client)
}

/// Whose signature on the server's certificate counts: the file's alone where there is one, else the system's.
fn trusting(config: &Config) -> Result<HttpsConnectorBuilder<WantsSchemes>, Error> {
    let invalid = |message: String| Error::Config {
        key: "ca_file",
        message,
    };
    let Some(file) = &config.ca_file else {
        return HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| Error::Config {
                key: "url",
                message: format!("no system certificates: {error}"),
            });
    };
    if !config.url.starts_with("https:") {
        return Err(invalid(
            "is of no use with http: let `url` begin with https".to_owned(),
        ));
    }
    let unread = |error: pem::Error| invalid(format!("{} cannot be read: {error}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(unread)? {
        let added = roots.add(certificate.map_err(unread)?);
        added.map_err(|error| invalid(format!("{}: {error}", file.display())))?;
    }
    if roots.is_empty() {
        return Err(invalid(format!("{} holds no certificate in PEM", file.display())));
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls))
}

/// Names that need no quoting, and hold no surprise.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
