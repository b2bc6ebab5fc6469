//! The first minute: where Pipedrive should send, and a deal of our own that shows the way works.
//!
//! The test goes in through the front door, as a webhook with HTTP Basic, so whoever sees it arrive knows that all stages
//! stand. It belongs to a company of its own where the board may show any, so no real number ever holds it; the second
//! event deletes it again. User and password stay on this side.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stage::outbound::{
    Addresses, Method, Outbound, OutboundError, OutboundSettings, StatusCode, Url, header,
};
use stage::{ConfigError, Secret};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use uuid::Uuid;

mod deal;

/// No account of Pipedrive's has such a number, and it comes after those that have.
pub const COMPANY: u64 = 9_000_000_000_000;
/// The collector waits this long for its broker, and a little more.
const CALL_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(3);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// `[reporting.setup]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the collector is reached from the internet (`https://hooks.example.com`), as an empty board tells it; empty: it
    /// says so in general words.
    pub collector_url: String,
    /// Where this server reaches the collector to send a test event; empty: at `collector_url`.
    pub collector_internal_url: String,
    /// The source that is told, and that the test event is sent as.
    pub source: String,
    /// Its user.
    pub user: String,
    /// Its password, to send a test event; or `password_file`. Empty: no test event.
    pub password: Secret,
}

/// What may be done with the test deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestEvent {
    Send,
    Remove,
}

/// Why a test event did not go in.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error("no collector, source and password are configured for it (`[reporting.setup]`)")]
    NotConfigured,
    #[error("one is on its way")]
    Busy,
    #[error("the collector cannot be reached")]
    Unreachable(#[source] OutboundError),
    #[error("the collector answers {0}")]
    Refused(StatusCode),
}

/// What the board tells and sends.
#[derive(Debug)]
pub struct Setup {
    settings: Settings,
    company: u64,
    currency: String,
    /// One at a time.
    door: Option<Mutex<Door>>,
}

#[derive(Debug)]
struct Door {
    outbound: Outbound,
    url: Url,
}

impl Settings {
    /// # Errors
    /// An address that is none, or one without a source.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |message: &str| Err(ConfigError::invalid("reporting.setup", message));
        for (key, url) in [
            ("collector_url", &self.collector_url),
            ("collector_internal_url", &self.collector_internal_url),
        ] {
            let is_http = |url: Url| url.host().is_some() && matches!(url.scheme(), "http" | "https");
            if !url.is_empty() && !Url::parse(url).is_ok_and(is_http) {
                return refuse(&format!("`{key}` must be an address with http or https"));
            }
        }
        if !self.collector_url.is_empty() && self.source.is_empty() {
            return refuse("`source` must name the source that `collector_url` is for");
        }
        Ok(())
    }

    /// Where the source's webhooks go, seen from here or there.
    fn address(&self, base: &str) -> Option<Url> {
        if base.is_empty() || self.source.is_empty() {
            return None;
        }
        let path = format!(
            "{}/webhooks/pipedrive/{}",
            base.trim_end_matches('/'),
            self.source
        );
        Url::parse(&path).ok()
    }
}

impl Setup {
    /// `companies`: the only ones that are shown; then the test deal must be of the first of them.
    ///
    /// # Errors
    /// Without TLS there is no client.
    pub fn new(settings: &Settings, companies: &[u64], currency: &str) -> Result<Self, OutboundError> {
        let base = match settings.collector_internal_url.as_str() {
            "" => &settings.collector_url,
            internal => internal,
        };
        let has_proof = !settings.user.is_empty() && !settings.password.expose().is_empty();
        let door = match settings.address(base).filter(|_| has_proof) {
            Some(url) => Some(Mutex::new(Door {
                outbound: Outbound::new(OutboundSettings {
                    connect_max: CONNECT_MAX,
                    call_max: CALL_MAX,
                    answer_bytes_max: ANSWER_BYTES_MAX,
                    // The operator names the address, and most collectors are beside this server.
                    addresses: Addresses::Any,
                    ..OutboundSettings::default()
                })?,
                url,
            })),
            None => None,
        };
        Ok(Self {
            settings: settings.clone(),
            company: companies.first().copied().unwrap_or(COMPANY),
            currency: currency.to_owned(),
            door,
        })
    }

    /// Where Pipedrive should send, and the user it should name.
    pub fn address(&self) -> Option<(String, &str, &str)> {
        let url = self.settings.address(&self.settings.collector_url)?;
        Some((url.to_string(), &self.settings.source, &self.settings.user))
    }

    /// The company of the test deal, when one can be sent.
    pub fn test_company(&self) -> Option<u64> {
        self.door.as_ref().map(|_| self.company)
    }

    /// Posts the event to the collector; once it is answered 2xx it is on its way.
    ///
    /// # Errors
    /// [`NotSent`], with what the collector said.
    pub async fn send(&self, event: TestEvent) -> Result<Uuid, NotSent> {
        let door = self.door.as_ref().ok_or(NotSent::NotConfigured)?;
        let door = door.try_lock().map_err(|_| NotSent::Busy)?;
        let uuid = Uuid::new_v4();
        let body = deal::body(
            event,
            self.company,
            &self.currency,
            uuid,
            OffsetDateTime::now_utc(),
        );
        let request = door
            .outbound
            .request(Method::POST, door.url.clone())
            .basic_auth(&self.settings.user, Some(self.settings.password.expose()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = door.outbound.call(request).await.map_err(NotSent::Unreachable)?;
        if answer.status.is_success() {
            tracing::info!(event.uuid = %uuid, "a test event was sent");
            Ok(uuid)
        } else {
            Err(NotSent::Refused(answer.status))
        }
    }
}

#[cfg(test)]
mod tests;
