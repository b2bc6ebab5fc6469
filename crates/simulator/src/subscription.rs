//! Webhook subscriptions: the account's own, made at the start, and those that the API adds.

mod standing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::{Value, json};

use crate::change::{Change, Subscriber, Version};
use crate::config::Webhooks;
use crate::moment::Moment;

pub use standing::Patience;
pub(crate) use standing::{Attempt, Standing};

/// Pipedrive's limit for one user; one more is answered with 422.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 40;

#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub id: u64,
    pub company: u64,
    pub owner: u64,
    pub url: Url,
    pub webhooks: Webhooks,
    /// `*` or an action of the subscription's version.
    pub action: String,
    /// `*` or an object.
    pub object: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub name: String,
    pub added: Moment,
    pub standing: Standing,
}

impl Subscription {
    /// The version in which this subscription hears of the change, if at all.
    pub(crate) fn version_for(&self, change: &Change) -> Option<Version> {
        let version = match self.webhooks {
            Webhooks::V1 => Version::V1,
            Webhooks::Mix if change.is_told_by(Version::V1) && change.uuid.as_u128() & 1 == 0 => Version::V1,
            Webhooks::V2 | Webhooks::Mix => Version::V2,
        };
        let (v1, v2) = (change.action.v1(), change.action.v2());
        let wanted = self.action == "*" || self.action == if version == Version::V1 { v1 } else { v2 };
        let about = self.object == "*" || self.object == change.object();
        let company = self.company == change.company;
        (company && wanted && about && change.is_told_by(version)).then_some(version)
    }

    /// Whether it is this one, which may have changed since.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (self.company, self.id) == (other.company, other.id)
    }

    pub(crate) fn subscriber(&self) -> Subscriber {
        Subscriber {
            webhook: self.id,
            owner: self.owner,
        }
    }

    pub(crate) fn authorization(&self) -> Option<String> {
        let (user, password) = (
            self.user.as_deref()?,
            self.password.as_deref().unwrap_or_default(),
        );
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// As `GET /v1/webhooks` lists it.
    pub(crate) fn listed(&self) -> Value {
        let (removed, last) = (
            self.standing.removed.map(Moment::rfc3339_millis),
            self.standing.last,
        );
        json!({
            "id": self.id, "company_id": self.company, "owner_id": self.owner, "user_id": self.owner,
            "event_action": self.action, "event_object": self.object, "subscription_url": self.url.as_str(),
            "version": if self.webhooks == Webhooks::V1 { "1.0" } else { "2.0" },
            "is_active": u8::from(removed.is_none()),
            "add_time": self.added.rfc3339_millis(), "remove_time": removed, "type": "general",
            "http_auth_user": self.user, "http_auth_password": self.password.as_ref().map(|_| "***"),
            "remove_reason": removed.as_ref().map(|_| "no successful deliveries"),
            "last_delivery_time": last.map(|attempt| attempt.at.rfc3339_millis()),
            "last_http_status": last.and_then(|attempt| attempt.status), "admin_id": self.owner,
            "name": self.name,
        })
    }
}
