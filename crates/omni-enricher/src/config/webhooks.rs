//! `[source.<name>.webhooks]`: the subscriptions of an account, and whether they are kept.

use pipedrive::{Subscription, Version};
use serde::{Deserialize, Serialize};
use stage::outbound::Url;
use stage::{ConfigError, Secret};

/// What a subscription can be to (Pipedrive's reference; projects and tasks have webhooks that no template reads).
const OBJECTS: [&str; 11] = [
    "*",
    "activity",
    "deal",
    "lead",
    "note",
    "organization",
    "person",
    "pipeline",
    "product",
    "stage",
    "user",
];
/// Pipedrive's limit.
const NAME_CHARS_MAX: usize = 255;

/// `[source.<name>.webhooks]`: what Pipedrive is asked to post, and where.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Where Pipedrive reaches the collector: `https://<your host>/webhooks/pipedrive/<name>`, public, without redirects.
    pub url: Option<String>,
    /// `2.0`, or `1.0`, which knows no leads.
    pub version: Version,
    /// `*`, or one subscription for each of these.
    pub objects: Vec<String>,
    /// `*`, or one of the version's: create, change, delete; in version 1.0 added, updated, deleted, merged.
    pub action: String,
    /// Whose rights decide what is told: a top-level administrator sees all. The token's owner without it.
    pub user_id: Option<u64>,
    /// What Pipedrive's page calls it.
    pub name: String,
    /// How often they are looked at where `manage_webhooks` is on: ten tokens each time, forty or seventy when nothing came for
    /// a while.
    pub check_seconds: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            url: None,
            version: Version::V2,
            objects: vec!["*".to_owned()],
            action: "*".to_owned(),
            user_id: None,
            name: "Omni".to_owned(),
            check_seconds: 3_600,
        }
    }
}

impl Webhooks {
    /// The subscriptions meant, proving themselves with these credentials.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key and what it may be.
    pub(super) fn subscriptions(
        &self,
        source: &str,
        user: &str,
        password: &Secret,
    ) -> Result<Vec<Subscription>, ConfigError> {
        let table = format!("source.{source}.webhooks");
        let refuse = |message: String| Err(ConfigError::invalid(&table, message));
        if user.is_empty() || password.is_empty() {
            let message =
                "needs `user` and `password` (or `password_file`): what Pipedrive is to prove itself with";
            return Err(ConfigError::invalid(&format!("source.{source}"), message));
        }
        let Some(url) = self.url.as_deref().and_then(|text| Url::parse(text).ok()) else {
            return refuse(format!(
                "`url` must be where Pipedrive reaches the collector, https://<your host>/webhooks/pipedrive/{source}"
            ));
        };
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return refuse("`url` must begin with https: Pipedrive posts nowhere else".to_owned());
        }
        let actions: &[&str] = match self.version {
            Version::V1 => &["*", "added", "updated", "deleted", "merged"],
            Version::V2 => &["*", "create", "change", "delete"],
        };
        if !actions.contains(&self.action.as_str()) {
            return refuse(format!(
                "`action` of version {} must be one of {}",
                self.version.as_str(),
                actions.join(", ")
            ));
        }
        let strange = |object: &&String| {
            !OBJECTS.contains(&object.as_str()) || (self.version == Version::V1 && object.as_str() == "lead")
        };
        if let Some(object) = self.objects.iter().find(strange) {
            return refuse(format!(
                "`objects` has `{object}`; version {} knows {}",
                self.version.as_str(),
                OBJECTS.join(", ")
            ));
        }
        if self.objects.is_empty() || !(1..=NAME_CHARS_MAX).contains(&self.name.chars().count()) {
            return refuse("needs at least one of `objects`, and a `name` of 1 to 255 characters".to_owned());
        }
        let subscription = |object: &String| Subscription {
            url: url.clone(),
            action: self.action.clone(),
            object: object.clone(),
            version: self.version,
            name: self.name.clone(),
            user: user.to_owned(),
            password: password.expose().into(),
            user_id: self.user_id,
        };
        Ok(self.objects.iter().map(subscription).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn webhooks(url: &str, objects: &[&str]) -> Webhooks {
        Webhooks {
            url: Some(url.to_owned()),
            objects: objects.iter().map(|object| (*object).to_owned()).collect(),
            ..Webhooks::default()
        }
    }

    fn refused(webhooks: &Webhooks) -> String {
        let refused = webhooks.subscriptions("crm", "u", &"p".into());
        refused.unwrap_err().to_string()
    }

    #[test]
    fn one_subscription_for_each_object() {
        let webhooks = webhooks("https://h/webhooks/pipedrive/crm", &["deal", "lead"]);
        let all = webhooks.subscriptions("crm", "u", &"p".into()).unwrap();
        let objects: Vec<_> = all.iter().map(|one| one.object.as_str()).collect();
        assert_eq!(objects, ["deal", "lead"]);
    }

    #[test]
    fn what_pipedrive_would_not_take_is_refused_with_the_remedy() {
        assert!(refused(&Webhooks::default()).contains("https://<your host>/webhooks/pipedrive/crm"));
        assert!(refused(&webhooks("http://hooks.example.com/", &["*"])).contains("must begin with https"));
        assert!(refused(&webhooks("https://h/", &["dael"])).contains("`dael`"));
        let first = Webhooks {
            version: Version::V1,
            ..webhooks("https://h/", &["lead"])
        };
        assert!(refused(&first).contains("version 1.0"));
        let action = Webhooks {
            action: "updated".to_owned(),
            ..webhooks("https://h/", &["*"])
        };
        assert!(refused(&action).contains("create, change, delete"));
        let none = webhooks("https://h/", &["*"]).subscriptions("crm", "u", &Secret::default());
        assert!(none.unwrap_err().to_string().contains("`password`"));
    }
}
