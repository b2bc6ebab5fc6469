//! Subscriptions to webhooks: how the API lists them, adds one, removes one (REST v1; there is no call that changes one).

mod keep;
mod upkeep;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

pub use keep::{Change, Done, Kept};
pub use upkeep::{Cause, Step, upkeep};

use crate::address::under;
use crate::answer::{self, Asked};
use crate::client::{Request, Verb};
use crate::{Call, Client, Error, Priority, State};

/// Pipedrive's quota for one user; one more is refused with 422.
pub const WEBHOOKS_MAX: usize = 40;

const ENDPOINT: &str = "webhooks";
const LIST_TOKENS: u32 = 10;
const ADD_TOKENS: u32 = 10;
const REMOVE_TOKENS: u32 = 6;

/// Version of the envelope that a webhook posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Version {
    /// No leads, and actions `added`, `updated`, `deleted`, `merged`.
    #[serde(rename = "1.0")]
    V1,
    /// What Pipedrive gives who does not ask.
    #[default]
    #[serde(rename = "2.0")]
    V2,
}

/// A subscription as it is wanted.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Where it posts to: public, https, without redirects.
    pub url: Url,
    /// `*`, or an action of the version.
    pub action: String,
    /// `*`, or an object.
    pub object: String,
    pub version: Version,
    /// What Pipedrive's page calls it.
    pub name: String,
    /// Of the HTTP Basic credentials.
    pub user: String,
    pub password: SecretString,
    /// Whose rights decide what it tells of; the token's owner without it.
    pub user_id: Option<u64>,
}

/// A subscription as Pipedrive lists it. Its password is never told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Webhook {
    pub id: u64,
    pub url: String,
    pub action: String,
    pub object: String,
    pub version: Version,
    pub name: String,
    /// Whose rights decide what it tells of.
    pub user_id: Option<u64>,
    /// False once Pipedrive has removed it. A ban does not show.
    pub is_active: bool,
    pub http_auth_user: Option<String>,
    /// RFC 3339, as the next three.
    pub add_time: Option<String>,
    pub remove_time: Option<String>,
    /// Pipedrive's words.
    pub remove_reason: Option<String>,
    pub last_delivery_time: Option<String>,
    /// What the last delivery was answered; `None` also for one without an answer.
    pub last_http_status: Option<u16>,
}

impl Version {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }
}

impl Subscription {
    /// Whether this webhook is it, or was.
    pub fn is(&self, webhook: &Webhook) -> bool {
        let same_place = self.url.as_str().trim_end_matches('/') == webhook.url.trim_end_matches('/');
        let same_user = self.user_id.is_none() || self.user_id == webhook.user_id;
        let told = (self.action.as_str(), self.object.as_str(), self.version);
        same_place && same_user && told == (webhook.action.as_str(), webhook.object.as_str(), webhook.version)
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "subscription_url": self.url.as_str(),
            "event_action": self.action,
            "event_object": self.object,
            "version": self.version.as_str(),
            "name": self.name,
            "http_auth_user": self.user,
            "http_auth_password": self.password.expose_secret(),
        });
        if let (Some(user_id), Some(body)) = (self.user_id, body.as_object_mut()) {
            body.insert("user_id".to_owned(), user_id.into());
        }
        body
    }
}

impl Webhook {
    /// Whether it tells of what happens, as far as its listing says.
    pub fn is_live(&self) -> bool {
        self.is_active && self.remove_time.is_none()
    }

    /// Whether its last delivery was taken; `None` when there was none.
    pub fn is_taken(&self) -> Option<bool> {
        self.last_delivery_time.as_ref()?;
        Some(
            self.last_http_status
                .is_some_and(|status| (200..300).contains(&status)),
        )
    }

    /// As the API has it. Numbers may come as text, flags as numbers.
    fn of(row: &State) -> Result<Self, Error> {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| match row.get(key) {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64(),
            None => None,
        };
        let id = number("id").ok_or(Error::Malformed {
            endpoint: ENDPOINT,
            why: "a webhook without id",
        })?;
        let version = match text("version").as_deref() {
            Some("1.0" | "1") => Version::V1,
            _ => Version::V2,
        };
        Ok(Self {
            id,
            url: text("subscription_url").unwrap_or_default(),
            action: text("event_action").unwrap_or_default(),
            object: text("event_object").unwrap_or_default(),
            version,
            name: text("name").unwrap_or_default(),
            user_id: number("user_id"),
            is_active: row.get("is_active").and_then(Value::as_bool) == Some(true)
                || number("is_active") == Some(1),
            http_auth_user: text("http_auth_user"),
            add_time: text("add_time"),
            remove_time: text("remove_time"),
            remove_reason: text("remove_reason"),
            last_delivery_time: text("last_delivery_time"),
            last_http_status: number("last_http_status").and_then(|status| u16::try_from(status).ok()),
        })
    }
}

impl Client {
    /// All webhooks that the owner of the credentials may see, of whatever program. 10 tokens.
    pub async fn webhooks(&self, priority: Priority, deadline: Duration) -> Call<Vec<Webhook>> {
        let asked = Asked {
            endpoint: ENDPOINT,
            id: "list",
        };
        let request = Request {
            verb: Verb::Read,
            asked,
            tokens: LIST_TOKENS,
            priority,
        };
        let call = self
            .ask(request, |base| under(base, 1, &[ENDPOINT]), deadline)
            .await;
        let read = |body: Vec<u8>| {
            let data = answer::envelope(ENDPOINT, &body)?.data;
            answer::rows(ENDPOINT, data)?.iter().map(Webhook::of).collect()
        };
        Call {
            result: call.result.and_then(read),
            facts: call.facts,
        }
    }

    /// Adds a webhook. 10 tokens. It is sent once: after an error that is not [`Error::Rejected`] only the list says whether
    /// it is there.
    pub async fn add_webhook(
        &self,
        wanted: &Subscription,
        priority: Priority,
        deadline: Duration,
    ) -> Call<Webhook> {
        let asked = Asked {
            endpoint: ENDPOINT,
            id: "new",
        };
        let body = wanted.body();
        let request = Request {
            verb: Verb::Add(&body),
            asked,
            tokens: ADD_TOKENS,
            priority,
        };
        let call = self
            .ask(request, |base| under(base, 1, &[ENDPOINT]), deadline)
            .await;
        let read = |body: Vec<u8>| Webhook::of(&answer::state(asked, &body)?);
        Call {
            result: call.result.and_then(read),
            facts: call.facts,
        }
    }

    /// Removes a webhook; one that is gone already is an [`Error::NotFound`]. 6 tokens.
    pub async fn remove_webhook(&self, id: u64, priority: Priority, deadline: Duration) -> Call<()> {
        let id = id.to_string();
        let request = Request {
            verb: Verb::Remove,
            asked: Asked {
                endpoint: ENDPOINT,
                id: &id,
            },
            tokens: REMOVE_TOKENS,
            priority,
        };
        let address = |base: &Url| {
            let mut url = under(base, 1, &[ENDPOINT]);
            if let Ok(mut path) = url.path_segments_mut() {
                path.push(&id);
            }
            url
        };
        let call = self.ask(request, address, deadline).await;
        Call {
            result: call.result.map(|_| ()),
            facts: call.facts,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn webhook(text: &str) -> Webhook {
        Webhook::of(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_webhook_is_read_however_its_numbers_are_written() {
        let read = webhook(
            r#"{"id":"7","user_id":3,"is_active":1,"version":"1.0","event_action":"*","event_object":"deal",
                "subscription_url":"https://h/","last_http_status":"503","last_delivery_time":"2026-11-30T10:00:00.000Z"}"#,
        );
        assert_eq!((read.id, read.user_id, read.version), (7, Some(3), Version::V1));
        assert!(read.is_live());
        assert_eq!(read.is_taken(), Some(false));
        let removed = webhook(r#"{"id":7,"is_active":0,"remove_time":"2026-11-30T10:00:00.000Z"}"#);
        assert_eq!(
            (removed.is_live(), removed.is_taken(), removed.version),
            (false, None, Version::V2)
        );
    }

    #[test]
    fn a_subscription_knows_its_webhook_and_shows_no_password() {
        let wanted = Subscription {
            url: Url::parse("https://hooks.example.com/webhooks/pipedrive/crm").unwrap(),
            action: "*".to_owned(),
            object: "*".to_owned(),
            version: Version::V2,
            name: "Omni".to_owned(),
            user: "u".to_owned(),
            password: "s3cret".into(),
            user_id: None,
        };
        let mut own = Webhook {
            url: format!("{}/", wanted.url),
            action: "*".to_owned(),
            object: "*".to_owned(),
            user_id: Some(9),
            ..Webhook::default()
        };
        assert!(wanted.is(&own));
        own.version = Version::V1;
        assert!(!wanted.is(&own), "the other version is another subscription");
        assert!(!format!("{wanted:?}").contains("s3cret"));
        let body = wanted.body();
        assert_eq!(body.get("http_auth_password"), Some(&"s3cret".into()));
        assert!(body.get("user_id").is_none());
    }
}
