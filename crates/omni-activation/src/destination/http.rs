//! `http`: the flat event, or what a mapping makes of it, signed as [Standard Webhooks](https://www.standardwebhooks.com) asks.
//!
//! `webhook-id` is the event's identity and so the idempotency key; without a secret there is no signature.

use stage::outbound::Url;
use stage::outbound::header::{HeaderMap, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use super::{Event, Refused, Request, Unfit, own_headers};
use crate::config::DestinationSettings;

/// An HTTP endpoint.
pub struct Http {
    url: Url,
    headers: HeaderMap,
    signer: Option<Webhook>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http")
            .field("signed", &self.signer.is_some())
            .finish_non_exhaustive()
    }
}

impl Http {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let secret = settings.secret.expose();
        let signer = (!secret.is_empty())
            .then(|| Webhook::new(secret))
            .transpose()
            .map_err(|_| Refused::Secret)?;
        Ok(Self {
            url: Url::parse(&settings.url).map_err(|_| Refused::Url)?,
            headers: own_headers(&settings.headers)?,
            signer,
        })
    }

    pub(super) fn request(&self, event: &Event<'_>, body: &[u8], at_seconds: i64) -> Result<Request, Unfit> {
        let id = event.uuid.to_string();
        let mut headers = self.headers.clone();
        if let Some(signer) = &self.signer {
            let signature = signer.sign(&id, at_seconds, body).map_err(|_| Unfit::NotFlat)?;
            headers.insert(HEADER_WEBHOOK_SIGNATURE, text(&signature)?);
        }
        headers.insert(HEADER_WEBHOOK_ID, text(&id)?);
        headers.insert(HEADER_WEBHOOK_TIMESTAMP, HeaderValue::from(at_seconds));
        Ok(Request {
            url: self.url.clone(),
            headers,
            body: body.to_vec(),
        })
    }
}

fn text(value: &str) -> Result<HeaderValue, Unfit> {
    HeaderValue::from_str(value).map_err(|_| Unfit::NotFlat)
}
