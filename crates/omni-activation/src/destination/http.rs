//! `http`: the flat event, or what a mapping makes of it, signed as [Standard Webhooks](https://www.standardwebhooks.com) asks.
//!
//! `webhook-id` is the event's identity and so the idempotency key; without a secret there is no signature. With
//! `secret_previous` each request carries both signatures, so that a receiver may change its secret when it likes. With
//! `events_max` above 1 a request is a JSON array, and its id is made of those of its events.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stage::Secret;
use stage::outbound::Url;
use stage::outbound::header::{HeaderMap, HeaderName, HeaderValue};

use super::answered::judge_status;
use super::said::listed;
use super::signature::Signer;
use super::{Event, Judged, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit, headers};
use crate::answer;
use crate::config::{DestinationSettings, Profile};

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

pub(crate) const PROFILE: Profile = Profile {
    name: "http",
    has_address: false,
    tells_of_persons: false,
    retracts: false,
};

/// `[destination.<name>.http]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The secret before this one; signs as well, until the receiver has the new one.
    pub secret_previous: Secret,
    /// Most events in a request; above 1 its body is a JSON array.
    pub events_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            secret_previous: Secret::default(),
            events_max: Takes::ONE.events_max,
        }
    }
}

/// An HTTP endpoint.
pub struct Http {
    url: Url,
    headers: HeaderMap,
    signers: Vec<Signer>,
    takes: Takes,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("signatures", &self.signers.len())
            .finish_non_exhaustive()
    }
}

impl Http {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own = settings.http.clone().unwrap_or_default();
        if own.events_max == 0 {
            return Err(Refused::Parameters(
                "`http.events_max` must be at least 1".to_owned(),
            ));
        }
        let secrets = [
            ("secret", &settings.secret),
            ("http.secret_previous", &own.secret_previous),
        ];
        let given = secrets.into_iter().filter(|(_, secret)| !secret.is_empty());
        let signer =
            |(key, secret): (&'static str, &Secret)| Signer::new(secret.expose()).ok_or(Refused::Secret(key));
        Ok(Self {
            url: Url::parse(&settings.url).map_err(|_| Refused::Url)?,
            headers: headers::own(&settings.headers)?,
            signers: given.map(signer).collect::<Result<_, _>>()?,
            takes: Takes {
                events_max: own.events_max,
                ..Takes::ONE
            },
        })
    }
}

impl Protocol for Http {
    fn say(&self, event: &Event<'_>, mapped: &[u8], _: i64) -> Result<Said, Unfit> {
        Ok(Said {
            uuid: event.uuid,
            url: self.url.clone(),
            body: mapped.to_vec(),
        })
    }

    fn request(&self, said: &[&Said], now: &Now<'_>) -> Result<Request, Unfit> {
        let (id, body) = match said {
            [one] if self.takes.events_max == 1 => (one.uuid.to_string(), one.body.clone()),
            several => (id_of(several), listed(several)),
        };
        let mut headers = self.headers.clone();
        let sign = |signer: &Signer| signer.sign(&id, now.seconds, &body);
        let signatures: Vec<String> = self.signers.iter().map(sign).collect();
        if !signatures.is_empty() {
            headers.insert(WEBHOOK_SIGNATURE, text(&signatures.join(" "))?);
        }
        headers.insert(WEBHOOK_ID, text(&id)?);
        headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(now.seconds));
        Ok(Request::post(self.url.clone(), headers, body))
    }

    fn judge(&self, _: &[&Said], response: &Response<'_>) -> Judged {
        judge_status(response).into()
    }

    fn takes(&self) -> Takes {
        self.takes
    }

    /// Only the status counts; the rest is for people to read.
    fn hears_bytes_max(&self) -> usize {
        answer::BEGINNING_BYTES_MAX
    }
}

/// The same events have the same id, whenever they are sent.
fn id_of(said: &[&Said]) -> String {
    let mut hash = Sha256::new();
    for one in said {
        hash.update(one.uuid.as_bytes());
    }
    format!("batch_{:x}", hash.finalize())
}

fn text(value: &str) -> Result<HeaderValue, Unfit> {
    HeaderValue::from_str(value).map_err(|_| Unfit::NotFlat)
}
