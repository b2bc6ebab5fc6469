//! An answer: its head first, then its body up to a limit.

use std::fmt;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::{OutboundError, OutboundSettings, Overlong, failed};

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

/// What stands above an answer's body, which is still to come. Dropped, it closes the connection.
pub struct Head {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    host: String,
    rest: reqwest::Response,
    settings: OutboundSettings,
}

/// Without the address: its query may carry a token.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Head {
    pub(super) fn new(host: String, mut answer: reqwest::Response, settings: OutboundSettings) -> Self {
        Self {
            status: answer.status(),
            headers: std::mem::take(answer.headers_mut()),
            host,
            rest: answer,
            settings,
        }
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// [`OutboundError`]: it is late, broken off, or too large.
    pub async fn body(self) -> Result<Bytes, OutboundError> {
        let Self {
            host,
            mut rest,
            settings,
            ..
        } = self;
        let limit_bytes = settings.answer_bytes_max;
        let mut body = BytesMut::new();
        while let Some(chunk) = rest
            .chunk()
            .await
            .map_err(|error| failed(&host, error, &settings))?
        {
            let room = limit_bytes - body.len();
            match settings.overlong {
                Overlong::Refused if chunk.len() > room => {
                    return Err(OutboundError::TooLarge { host, limit_bytes });
                }
                Overlong::Cut if chunk.len() > room => {
                    body.extend_from_slice(chunk.get(..room).unwrap_or_default());
                    break;
                }
                Overlong::Refused | Overlong::Cut => body.extend_from_slice(&chunk),
            }
        }
        Ok(body.freeze())
    }
}
