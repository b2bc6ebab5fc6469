//! Where rates are read: a file, or an address.
use std::path::Path;
use std::time::Duration;

use stage::outbound::{Addresses, Method, Outbound, OutboundError, OutboundSettings, Url};

use super::settings::Settings;

/// Bytes of a source: thirty currencies over thirty years are three million.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Time for a whole download.
const CALL_MAX: Duration = Duration::from_mins(1);

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("the file {path} cannot be read")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the file {path} is larger than {BYTES_MAX} bytes")]
    TooLarge { path: String },
    #[error("`source` of [rates] is no address")]
    Address,
    #[error("the address cannot be read")]
    Outbound(#[source] OutboundError),
    #[error("the address answered {0}")]
    Status(u16),
    #[error("it is no UTF-8")]
    NotText,
}

/// The whole text.
pub(super) async fn read(settings: &Settings) -> Result<String, SourceError> {
    let is_address = ["http://", "https://"]
        .iter()
        .any(|scheme| settings.source.starts_with(scheme));
    let bytes = if is_address {
        download(settings).await?
    } else {
        file(&settings.source).await?
    };
    String::from_utf8(bytes).map_err(|_| SourceError::NotText)
}

async fn file(path: &str) -> Result<Vec<u8>, SourceError> {
    let failed = |source| SourceError::File {
        path: path.to_owned(),
        source,
    };
    let size = tokio::fs::metadata(Path::new(path)).await.map_err(failed)?.len();
    if size > BYTES_MAX as u64 {
        return Err(SourceError::TooLarge {
            path: path.to_owned(),
        });
    }
    tokio::fs::read(path).await.map_err(failed)
}

async fn download(settings: &Settings) -> Result<Vec<u8>, SourceError> {
    let url = Url::parse(&settings.source).map_err(|_| SourceError::Address)?;
    let outbound = Outbound::new(OutboundSettings {
        call_max: CALL_MAX,
        answer_bytes_max: BYTES_MAX,
        addresses: if settings.allow_private_addresses {
            Addresses::Any
        } else {
            Addresses::PublicOnly
        },
        ..OutboundSettings::default()
    })
    .map_err(SourceError::Outbound)?;
    let request = outbound.request(Method::GET, url);
    let answer = outbound.call(request).await.map_err(SourceError::Outbound)?;
    if !answer.status.is_success() {
        return Err(SourceError::Status(answer.status.as_u16()));
    }
    Ok(answer.body.to_vec())
}
