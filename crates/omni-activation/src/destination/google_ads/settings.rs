//! How an account of Google Ads is set up.

use event::flat::key;
use serde::{Deserialize, Serialize};
use stage::Secret;

use super::super::Refused;
use super::super::conversion::check_keys;
use super::super::google::{Access, Account, ClickFields};
use crate::config::DestinationSettings;

const SCOPE: &str = "https://www.googleapis.com/auth/adwords";

/// `[destination.<name>.google_ads]`; `secret` is the refresh token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The account that owns the conversion actions, with or without hyphens.
    pub customer_id: String,
    /// The manager account that access comes through; empty: none.
    pub login_customer_id: String,
    /// Of the OAuth client that the refresh token was given to.
    pub client_id: String,
    /// Of the same client.
    pub client_secret: Secret,
    /// The key of a service account, as Google Cloud makes it (JSON), instead of client and refresh token.
    pub service_account: Secret,
    /// Where access tokens are given; empty: where Google gives them.
    pub token_url: String,
    /// Ignored by Google since September 2026; sent where there is one.
    pub developer_token: Secret,
    /// The version of the API; Google keeps each for a year.
    pub api_version: String,
    /// Google checks what it gets and records nothing.
    pub validate_only: bool,
    /// The flat field that is the click's id (`gclid`); it goes before the two below.
    pub gclid_field: String,
    /// The same of a click in an app on iOS (`gbraid`).
    pub gbraid_field: String,
    /// The same of a click on iOS (`wbraid`); what was told by it cannot be taken back.
    pub wbraid_field: String,
    /// The flat field that is the person's e-mail address, sent as a hash; empty: not sent.
    pub email_field: String,
    /// The same of the phone number.
    pub phone_field: String,
    /// Where the conversion happened, if that is to be said.
    pub environment: Option<Environment>,
}

/// Where a conversion happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// In an app.
    App,
    /// On the web.
    Web,
}

impl Environment {
    /// As `ConversionEnvironment` has it.
    pub(super) const fn as_google_writes(self) -> &'static str {
        match self {
            Self::App => "APP",
            Self::Web => "WEB",
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
            developer_token: Secret::default(),
            api_version: "v26".to_owned(),
            validate_only: false,
            gclid_field: "deal_custom_gclid".to_owned(),
            gbraid_field: "deal_custom_gbraid".to_owned(),
            wbraid_field: "deal_custom_wbraid".to_owned(),
            email_field: key::CONTACT_EMAIL.to_owned(),
            phone_field: key::CONTACT_PHONE_NUMBER.to_owned(),
            environment: None,
        }
    }
}

impl Settings {
    /// Everything that is secret and may come back in an answer.
    pub(crate) fn secrets(&self) -> [&Secret; 2] {
        [&self.client_secret, &self.developer_token]
    }

    /// What leads to access tokens; the refresh token is the destination's `secret`.
    pub(super) fn access<'a>(&'a self, refresh_token: &'a Secret) -> Access<'a> {
        Access {
            table: "google_ads",
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
pub(super) fn check(
    settings: &DestinationSettings,
    own: &Settings,
    account: &Account,
) -> Result<(), Refused> {
    let refused = |text: String| Err(Refused::Parameters(text));
    let is_version = own
        .api_version
        .strip_prefix('v')
        .is_some_and(|number| number.parse::<u16>().is_ok());
    if !is_version {
        return refused("`google_ads.api_version` must be written as \"v26\"".to_owned());
    }
    check_keys(&[
        ("google_ads.gclid_field", &own.gclid_field),
        ("google_ads.gbraid_field", &own.gbraid_field),
        ("google_ads.wbraid_field", &own.wbraid_field),
        ("google_ads.email_field", &own.email_field),
        ("google_ads.phone_field", &own.phone_field),
    ])?;
    if settings.events.is_empty() {
        return refused(
            "`events` must say which event is which conversion: its `name` is the id of a conversion action"
                .to_owned(),
        );
    }
    let actions = settings
        .events
        .iter()
        .map(|named| ("conversionActions", &named.name));
    let mapped: Vec<String> = settings
        .map
        .iter()
        .flat_map(|map| map.names().map(str::to_owned))
        .collect();
    let variables = mapped.iter().map(|name| ("conversionCustomVariables", name));
    for (of, name) in actions.chain(variables) {
        if account.resource(of, name).is_none() {
            return refused(format!(
                "`{name}` must be an id, digits alone, or its whole name `customers/…/{of}/…`"
            ));
        }
    }
    Ok(())
}
