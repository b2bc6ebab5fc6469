//! The one HTTP client for calls that leave Omni: Pipedrive, destinations, providers.
//!
//! Refuses private, loopback, link-local and metadata addresses after name resolution unless the settings
//! allow them; follows no redirect; uses no proxy of the environment; every call has a deadline and every
//! answer a greatest size. It makes one attempt: when to try again is the caller's to decide.

mod answer;
mod error;
mod guard;
mod public;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
pub use reqwest::{Method, Request, RequestBuilder, StatusCode, Url, header};

pub use answer::{Answer, Head};
pub use error::OutboundError;
pub use guard::Addresses;
pub use public::is_public;

use guard::Guard;

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub struct OutboundSettings {
    /// Time to connect, including TLS.
    pub connect_max: Duration,
    /// Time for the whole call, including the answer's body.
    pub call_max: Duration,
    /// How long a connection is kept for the next call. Shorter than the other side keeps it, or a call is sent into
    /// a connection that is just being closed.
    pub idle_max: Duration,
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

/// The client. Copies share its connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    guard: Guard,
    settings: OutboundSettings,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        OutboundSettings {
            connect_max: Duration::from_secs(3),
            call_max: Duration::from_secs(10),
            idle_max: Duration::from_secs(90),
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
        Self::guarded(settings, Guard::new(settings.addresses))
    }

    fn guarded(settings: OutboundSettings, guard: Guard) -> Result<Outbound, OutboundError> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(settings.connect_max)
            .timeout(settings.call_max)
            .pool_idle_timeout(settings.idle_max)
            .tcp_nodelay(true)
            .user_agent(concat!("omni/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guard.clone()))
            .build()
            .map_err(OutboundError::Client)?;
        Ok(Outbound {
            client,
            guard,
            settings,
        })
    }

    /// Begins a request; finish it with [`Outbound::call`], which checks its address.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends the request once and reads the whole answer.
    ///
    /// # Errors
    /// [`OutboundError`]; an answer with an error status is an [`Answer`].
    pub async fn call(&self, request: RequestBuilder) -> Result<Answer, OutboundError> {
        let mut head = self.begin(request).await?;
        Ok(Answer {
            status: head.status,
            headers: std::mem::take(&mut head.headers),
            body: head.body().await?,
        })
    }

    /// Sends the request once and reads the answer up to its body.
    ///
    /// # Errors
    /// [`OutboundError`]; an answer with an error status is a [`Head`].
    pub async fn begin(&self, request: RequestBuilder) -> Result<Head, OutboundError> {
        let request = request
            .build()
            .map_err(|source| OutboundError::Request(source.without_url()))?;
        let host = request.url().host_str().unwrap_or_default().to_owned();
        self.guard.check(request.url())?;
        match self.client.execute(request).await {
            Ok(answer) => Ok(Head::new(host, answer, self.settings)),
            Err(error) => Err(failed(&host, error, &self.settings)),
        }
    }
}

fn failed(host: &str, error: reqwest::Error, settings: &OutboundSettings) -> OutboundError {
    let host = host.to_owned();
    if guard::refused(&error) {
        OutboundError::Guarded { host }
    } else if error.is_timeout() {
        OutboundError::Late {
            host,
            limit_ms: settings.call_max.as_millis(),
        }
    } else {
        OutboundError::Unreachable {
            host,
            source: error.without_url(),
        }
    }
}

#[cfg(test)]
mod tests;
