//! A certificate and its key, read from their files and held against each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::Files;

/// No certificate with all that lead to its authority is larger.
const FILE_BYTES_MAX: usize = 256 * 1024;

/// Why a pair cannot be used. No text of a key is told.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is no PEM of the kind.
    #[error("{} holds no {what} in PEM", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// A certificate cannot be read.
    #[error("{} holds a certificate that cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificate do not belong together, or the key is of no kind that is known.
    #[error("{} is not the key of {}", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the library said.
        #[source]
        source: rustls::Error,
    },
    /// It has ended.
    #[error("the certificate in {} has ended", path.display())]
    Ended {
        /// The file.
        path: PathBuf,
    },
}

/// A pair that can be used.
pub(super) struct Certificate {
    pub(super) pair: Arc<CertifiedKey>,
    /// When the first of the chain ends, seconds since 1970.
    pub(super) ends_at: f64,
}

/// What the files held at one look.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    pub(super) fn has_ended(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.ends_at <= now.as_secs_f64()
    }
}

/// Reads both files.
pub(super) fn look(files: &Files) -> Result<Content, CertificateError> {
    let bytes = |path: &Path| {
        let failed = |source| CertificateError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::read(path).map_err(failed)?;
        if bytes.len() > FILE_BYTES_MAX {
            return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
        }
        Ok(bytes)
    };
    Ok(Content {
        certificate: bytes(&files.certificate)?,
        key: bytes(&files.key)?,
    })
}

/// Makes a pair of what they hold.
pub(super) fn certify(files: &Files, content: &Content) -> Result<Certificate, CertificateError> {
    let missing = |path: &Path, what| CertificateError::Content {
        path: path.to_owned(),
        what,
    };
    let chain = CertificateDer::pem_slice_iter(&content.certificate).collect::<Result<Vec<_>, pem::Error>>();
    let chain = chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| missing(&files.certificate, "certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&content.key).map_err(|_| missing(&files.key, "private key"))?;
    let ends_at = first_end(&chain).ok_or_else(|| CertificateError::Unreadable {
        path: files.certificate.clone(),
    })?;
    let pair = CertifiedKey::from_der(chain, key, &ring::default_provider());
    let pair = pair.map_err(|source| CertificateError::Mismatch {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })?;
    Ok(Certificate {
        pair: Arc::new(pair),
        ends_at,
    })
}

fn first_end(chain: &[CertificateDer<'_>]) -> Option<f64> {
    let ends = chain.iter().map(|der| {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        Some(certificate.validity().not_after.timestamp())
    });
    let first = ends.collect::<Option<Vec<i64>>>()?.into_iter().min()?;
    Some(first as f64)
}
