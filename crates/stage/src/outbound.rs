//! The one HTTP client for calls that leave Omni: Pipedrive, destinations, providers.
//!
//! Refuses private, loopback, link-local and metadata addresses after name resolution unless the settings
//! allow them; follows no redirect; uses no proxy of the environment; every call has a deadline and every
//! answer a greatest size. It makes one attempt: when to try again is the caller's to decide.

mod guard;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
pub use reqwest::{Method, Request, RequestBuilder, StatusCode, Url, header};

pub use guard::{Addresses, is_public};

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub struct OutboundSettings {
    /// Time to connect, including TLS.
    pub connect_max: Duration,
    /// Time for the whole call, including the answer's body.
    pub call_max: Duration,
    /// The greatest answer read, after decompression.
    pub answer_bytes_max: usize,
    /// What becomes of a longer one.
    pub overlong: Overlong,
    /// Which addresses may be called.
    pub addresses: Addresses,
}

/// What becomes of an answer that is longer than is read of any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlong {
    /// It is no answer: [`OutboundError::TooLarge`].
    Refused,
    /// Its beginning is the answer; the rest is not read, and the connection is closed.
    Cut,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: header::HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

/// Why there is no answer. Messages never hold the query of an address: it may carry a token.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client could not be made.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The request is no request (address, header).
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The address is one that outbound calls must not reach.
    #[error(
        "{host} is not a public address, and only those may be called (`allow_private_addresses = true` lifts it)"
    )]
    Guarded {
        /// The host refused.
        host: String,
    },
    /// Not answered within the deadline.
    #[error("{host} did not answer within {limit_ms} ms")]
    Late {
        /// The host called.
        host: String,
        /// The deadline.
        limit_ms: u128,
    },
    /// The answer is larger than allowed.
    #[error("{host} answered more than {limit_bytes} bytes")]
    TooLarge {
        /// The host called.
        host: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// No connection, a broken one, or no HTTP.
    #[error("cannot reach {host}")]
    Unreachable {
        /// The host called.
        host: String,
        /// What the client said.
        #[source]
        source: reqwest::Error,
    },
}

/// The client. Copies share its connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    settings: OutboundSettings,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        OutboundSettings {
            connect_max: Duration::from_secs(3),
            call_max: Duration::from_secs(10),
            answer_bytes_max: 4 * 1024 * 1024,
            overlong: Overlong::Refused,
            addresses: Addresses::PublicOnly,
        }
    }
}

impl Outbound {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`OutboundError::Client`] when TLS cannot be set up.
    pub fn new(settings: OutboundSettings) -> Result<Outbound, OutboundError> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(settings.connect_max)
            .timeout(settings.call_max)
            .tcp_nodelay(true)
            .user_agent(concat!("omni/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guard::Resolver::new(settings.addresses)))
            .build()
            .map_err(OutboundError::Client)?;
        Ok(Outbound { client, settings })
    }

    /// Begins a request; finish it with [`Outbound::call`].
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends the request once and reads the whole answer.
    ///
    /// # Errors
    /// [`OutboundError`]; an answer with an error status is an [`Answer`].
    pub async fn call(&self, request: RequestBuilder) -> Result<Answer, OutboundError> {
        let request = request
            .build()
            .map_err(|source| OutboundError::Request(source.without_url()))?;
        let host = request.url().host_str().unwrap_or_default().to_owned();
        guard::check(request.url(), self.settings.addresses)?;
        let mut answer = self
            .client
            .execute(request)
            .await
            .map_err(|error| self.failed(&host, error))?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(&host, error))? {
            let limit_bytes = self.settings.answer_bytes_max;
            let room = limit_bytes - body.len();
            match self.settings.overlong {
                Overlong::Refused if chunk.len() > room => {
                    return Err(OutboundError::TooLarge { host, limit_bytes });
                }
                Overlong::Cut if chunk.len() > room => {
                    body.extend(chunk.iter().take(room));
                    break;
                }
                Overlong::Refused | Overlong::Cut => body.extend_from_slice(&chunk),
            }
        }
        Ok(Answer {
            status,
            headers,
            body: body.freeze(),
        })
    }

    fn failed(&self, host: &str, error: reqwest::Error) -> OutboundError {
        let host = host.to_owned();
        if guard::refused(&error) {
            OutboundError::Guarded { host }
        } else if error.is_timeout() {
            OutboundError::Late {
                host,
                limit_ms: self.settings.call_max.as_millis(),
            }
        } else {
            OutboundError::Unreachable {
                host,
                source: error.without_url(),
            }
        }
    }
}

#[cfg(test)]
mod tests;
