//! Where rows that come from no topic are read: a file, or an address.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use stage::Secret;
use stage::outbound::{Addresses, Method, Outbound, OutboundError, OutboundSettings, Url};

/// Time for a whole download.
const CALL_MAX: Duration = Duration::from_mins(1);

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file.
    #[error("the file {path} cannot be read")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than what is read of one.
    #[error("the file {path} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// Which.
        path: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// No address.
    #[error("it is no address")]
    Address,
    /// The call failed.
    #[error("the address cannot be read")]
    Outbound(#[source] OutboundError),
    /// An answer that is none.
    #[error("the address answered {0}")]
    Status(u16),
}

/// A file or an address, and how it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// A path, or what begins with `http://` or `https://`.
    pub(crate) place: &'a str,
    /// Of the request.
    pub(crate) headers: Option<&'a BTreeMap<String, Secret>>,
    pub(crate) addresses: Addresses,
    pub(crate) bytes_max: usize,
}

impl Source<'_> {
    /// All of it.
    pub(crate) async fn read(&self) -> Result<Vec<u8>, SourceError> {
        if is_address(self.place) {
            self.download().await
        } else {
            self.file().await
        }
    }

    async fn file(&self) -> Result<Vec<u8>, SourceError> {
        let path = self.place.to_owned();
        let failed = |source| SourceError::File {
            path: path.clone(),
            source,
        };
        let size = tokio::fs::metadata(Path::new(&path)).await.map_err(failed)?.len();
        if size > self.bytes_max as u64 {
            return Err(SourceError::TooLarge {
                path,
                limit_bytes: self.bytes_max,
            });
        }
        tokio::fs::read(&path).await.map_err(failed)
    }

    async fn download(&self) -> Result<Vec<u8>, SourceError> {
        let url = Url::parse(self.place).map_err(|_| SourceError::Address)?;
        let outbound = Outbound::new(OutboundSettings {
            call_max: CALL_MAX,
            answer_bytes_max: self.bytes_max,
            addresses: self.addresses,
            ..OutboundSettings::default()
        })
        .map_err(SourceError::Outbound)?;
        let mut request = outbound.request(Method::GET, url);
        for (name, value) in self.headers.into_iter().flatten() {
            request = request.header(name, value.expose());
        }
        let answer = outbound.call(request).await.map_err(SourceError::Outbound)?;
        if !answer.status.is_success() {
            return Err(SourceError::Status(answer.status.as_u16()));
        }
        Ok(answer.body.to_vec())
    }
}

/// Whether a place is an address, not a file.
pub(crate) fn is_address(place: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

/// A place without its query, which may hold a key.
pub fn shown(place: &str) -> &str {
    if is_address(place) {
        place.split('?').next().unwrap_or_default()
    } else {
        place
    }
}
