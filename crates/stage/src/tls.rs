//! TLS that a stage ends itself, with certificates that are read again when their files change.
//!
//! Promises: a pair that cannot be used never takes the place of one that can, and is told by log and metric; open connections go
//! on as they began; a handshake is bounded in time. Refuses: a key that is not the certificate's, a half-written pair (two
//! looks must be alike), a newcomer that has already ended.

mod certificate;
mod listener;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::ConfigError;
use crate::metrics::{Gauge, IntCounterVec};

pub use certificate::CertificateError;
use certificate::{Certificate, Content};
pub use listener::{Listener, Peer, Stream};

/// Where a certificate and its key are, PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate, and behind it those that lead to its authority.
    pub certificate: PathBuf,
    /// Its key: PKCS 8, PKCS 1 or SEC 1, without a password.
    pub key: PathBuf,
}

/// What is spoken inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 with who can.
    Http1And2,
}

/// What is told of a certificate: `omni_<stage>_certificate_expiry_timestamp_seconds` and
/// `omni_<stage>_certificate_reloads_total` by outcome (taken, refused).
#[derive(Clone, Debug)]
pub struct Figures {
    /// When it ends, seconds since 1970.
    pub expiry: Gauge,
    /// Changes of the files.
    pub reloads: IntCounterVec,
}

/// Why no connection can be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The pair at the start.
    #[error("the certificate cannot be used (`tls_certificate_file`, `tls_key_file`)")]
    Certificate(#[source] CertificateError),
    /// The library.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Ends TLS. Copies share the certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    in_use: Arc<InUse>,
    files: Files,
    opened_with: Content,
    figures: Figures,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Files {
    /// Both or none; `table` is where they are set.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for one without the other.
    pub fn of(
        table: &str,
        certificate: Option<&Path>,
        key: Option<&Path>,
    ) -> Result<Option<Self>, ConfigError> {
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(Some(Self {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(ConfigError::invalid(
                table,
                "`tls_certificate_file` needs its key: set `tls_key_file` too",
            )),
            (None, Some(_)) => Err(ConfigError::invalid(
                table,
                "`tls_key_file` needs its certificate: set `tls_certificate_file` too",
            )),
        }
    }
}

impl Tls {
    /// Reads the pair, which must be whole; one that has ended is told and taken, since nothing better is there.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(files: Files, protocols: Protocols, figures: Figures) -> Result<Self, TlsError> {
        let opened_with = certificate::look(&files).map_err(TlsError::Certificate)?;
        let read = certificate::certify(&files, &opened_with).map_err(TlsError::Certificate)?;
        if read.has_ended() {
            tracing::error!(path = %files.certificate.display(), "the certificate has ended: clients will refuse it");
        }
        figures.expiry.set(read.ends_at);
        let in_use = Arc::new(InUse(RwLock::new(Arc::clone(&read.pair))));
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&in_use) as _;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = match protocols {
            Protocols::Http1 => vec![b"http/1.1".to_vec()],
            Protocols::Http1And2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            in_use,
            files,
            opened_with,
            figures,
        })
    }

    /// The handshake of one connection.
    ///
    /// # Errors
    /// What the other side did wrong, or that it took longer than `within`.
    pub async fn accept(&self, stream: TcpStream, within: Duration) -> io::Result<TlsStream<TcpStream>> {
        let shaken = tokio::time::timeout(within, self.acceptor.accept(stream)).await;
        shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    fn take(&self, certificate: &Certificate) {
        *self.in_use.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&certificate.pair);
        self.figures.expiry.set(certificate.ends_at);
    }
}

/// The certificate that new connections get.
#[derive(Debug)]
struct InUse(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for InUse {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
