//! How conversions by the Data Manager API are set up.

use event::flat::key;
use serde::{Deserialize, Serialize};
use stage::Secret;

use super::super::Refused;
use super::super::conversion::check_keys;
use super::super::google::{Access, ClickFields, is_id};
use crate::config::DestinationSettings;

pub(super) const TABLE: &str = "google_data_manager";
const SCOPE: &str = "https://www.googleapis.com/auth/datamanager";
/// Google takes so many destinations, here conversion actions, in a request.
const ACTIONS_MAX: usize = 10;

/// `[destination.<name>.google_data_manager]`; `secret` is the refresh token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The account that owns the conversion actions (`operatingAccount`), with or without hyphens.
    pub customer_id: String,
    /// The manager account that access comes through (`loginAccount`); empty: none.
    pub login_customer_id: String,
    /// Of the OAuth client that the refresh token was given to.
    pub client_id: String,
    /// Of the same client.
    pub client_secret: Secret,
    /// The key of a service account, as Google Cloud makes it (JSON), instead of client and refresh token.
    pub service_account: Secret,
    /// Where access tokens are given; empty: where Google gives them.
    pub token_url: String,
    /// Google checks what it gets and records nothing.
    pub validate_only: bool,
    /// Where the conversion happened.
    pub event_source: EventSource,
    /// What a person said to personalised advertising, if that is to be told.
    pub ad_personalization: Option<Personalization>,
    /// The flat field that is the click's id (`gclid`); it goes before the two below.
    pub gclid_field: String,
    /// The same of a click in an app on iOS (`gbraid`).
    pub gbraid_field: String,
    /// The same of a click on iOS (`wbraid`).
    pub wbraid_field: String,
    /// The flat field that has the session attributes of the web visit, as Google's script encodes them; empty: not sent.
    pub session_attributes_field: String,
    /// The flat field that is the person's e-mail address, sent as a hash; empty: not sent.
    pub email_field: String,
    /// The same of the phone number.
    pub phone_field: String,
}

/// Where a conversion happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSource {
    /// On the web.
    #[default]
    Web,
    /// In an app.
    App,
    /// In a shop.
    InStore,
    /// On the telephone.
    Phone,
    /// Elsewhere.
    Other,
}

impl EventSource {
    /// As the API has it.
    pub(super) const fn as_google_writes(self) -> &'static str {
        match self {
            Self::Web => "WEB",
            Self::App => "APP",
            Self::InStore => "IN_STORE",
            Self::Phone => "PHONE",
            Self::Other => "OTHER",
        }
    }
}

/// What a person said to personalised advertising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Personalization {
    /// Yes.
    Granted,
    /// No.
    Denied,
}

impl Personalization {
    /// As `ConsentStatus` has it.
    pub(super) const fn as_google_writes(self) -> &'static str {
        match self {
            Self::Granted => "CONSENT_GRANTED",
            Self::Denied => "CONSENT_DENIED",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            customer_id: String::new(),
            login_customer_id: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            service_account: Secret::default(),
            token_url: String::new(),
            validate_only: false,
            event_source: EventSource::default(),
            ad_personalization: None,
            gclid_field: "deal_custom_gclid".to_owned(),
            gbraid_field: "deal_custom_gbraid".to_owned(),
            wbraid_field: "deal_custom_wbraid".to_owned(),
            session_attributes_field: String::new(),
            email_field: key::CONTACT_EMAIL.to_owned(),
            phone_field: key::CONTACT_PHONE_NUMBER.to_owned(),
        }
    }
}

impl Settings {
    /// What leads to access tokens; the refresh token is the destination's `secret`.
    pub(super) fn access<'a>(&'a self, refresh_token: &'a Secret) -> Access<'a> {
        Access {
            table: TABLE,
            scope: SCOPE,
            refresh_token,
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            service_account: &self.service_account,
            token_url: &self.token_url,
        }
    }

    /// The flat fields that have a click's id.
    pub(super) fn click_fields(&self) -> ClickFields<'_> {
        ClickFields {
            gclid: &self.gclid_field,
            gbraid: &self.gbraid_field,
            wbraid: &self.wbraid_field,
        }
    }
}

/// Refuses what Google would refuse of every event.
pub(super) fn check(settings: &DestinationSettings, own: &Settings) -> Result<(), Refused> {
    let refused = |text: String| Err(Refused::Parameters(text));
    check_keys(&[
        ("google_data_manager.gclid_field", &own.gclid_field),
        ("google_data_manager.gbraid_field", &own.gbraid_field),
        ("google_data_manager.wbraid_field", &own.wbraid_field),
        (
            "google_data_manager.session_attributes_field",
            &own.session_attributes_field,
        ),
        ("google_data_manager.email_field", &own.email_field),
        ("google_data_manager.phone_field", &own.phone_field),
    ])?;
    if settings.events.is_empty() {
        return refused(
            "`events` must say which event is which conversion: its `name` is the id of a conversion action"
                .to_owned(),
        );
    }
    let mut actions: Vec<&str> = settings.events.iter().map(|named| named.name.as_str()).collect();
    if let Some(name) = actions.iter().find(|name| !is_id(name)) {
        return refused(format!(
            "`{name}` must be the id of a conversion action of `{TABLE}.customer_id`, digits alone"
        ));
    }
    actions.sort_unstable();
    actions.dedup();
    if actions.len() > ACTIONS_MAX {
        return refused(format!(
            "`events` names {} conversion actions, and Google takes {ACTIONS_MAX} in a request: make two destinations",
            actions.len()
        ));
    }
    Ok(())
}
