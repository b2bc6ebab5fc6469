//! `google_data_manager`: conversions of deals and leads, by click or person (enhanced conversions for leads), by Google's Data
//! Manager API. Since June 2026 it is the way for who did not upload conversions by the Google Ads API before.
//!
//! `POST /v1/events:ingest`; a conversion action is a destination of the request, and each event names its own. An event whose
//! `transactionId` the action has restates it (value and currency), so one may come twice, and none is ever taken back. A
//! request with one wrong field is refused as a whole; one that is taken is looked at later, and by its `requestId` Google tells
//! what became of it, which nobody here asks. Sources: `ingestion_service.proto`, `event.proto`, `destination.proto`,
//! `error.proto` (github.com/googleapis/googleapis, google/ads/datamanager/v1),
//! <https://developers.google.com/data-manager/api/devguides/events/google-ads/offline/send-events>, `…/conversion-adjustments`,
//! `…/concepts/understand-errors`, `…/limits`.

mod meaning;
mod refusal;
mod settings;
mod told;

use std::fmt;

use serde::{Deserialize, Serialize};
use stage::Secret;
use stage::outbound::Url;
use stage::outbound::header::{AUTHORIZATION, HeaderMap};
use uuid::Uuid;

use super::google::{Account, Fields, GoogleLogin};
use super::headers::{own, sensitive};
use super::{
    Credential, Event, Judged, Login, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit,
};
use crate::config::{DestinationSettings, Profile};
use crate::naming::Naming;
use crate::value::ValueRule;
use settings::TABLE;
use told::{Teller, destination, listed_whole};

pub use settings::{EventSource, Personalization, Settings};

pub(crate) const PROFILE: Profile = Profile {
    name: "google_data_manager",
    has_address: true,
    tells_of_persons: true,
    retracts: false,
};

const HOST: &str = "https://datamanager.googleapis.com";
const PATH: &str = "v1/events:ingest";
/// Google takes 2,000 in a request. With so many an answer that refuses them all, each with its fields, is still read whole.
const EVENTS_MAX: usize = 200;

/// Conversion actions of one account.
pub struct ConversionActions {
    url: Url,
    headers: HeaderMap,
    naming: Naming,
    value: ValueRule,
    account: Account,
    manager: Option<Account>,
    settings: Settings,
    is_mapped: bool,
    login: GoogleLogin,
}

impl fmt::Debug for ConversionActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversionActions")
            .field("account", &self.account)
            .field("validate_only", &self.settings.validate_only)
            .finish_non_exhaustive()
    }
}

/// What a request says beside its events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    consent: told::Consent,
    encoding: &'static str,
    validate_only: bool,
}

/// Which conversion action an event names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referring<'a> {
    #[serde(borrow)]
    destination_references: [&'a str; 1],
}

impl ConversionActions {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own_settings = settings.google_data_manager.clone().unwrap_or_default();
        settings::check(settings, &own_settings)?;
        let account = |key: &str, written: &str| Account::new(&format!("{TABLE}.{key}"), written);
        let manager = Some(own_settings.login_customer_id.as_str()).filter(|id| !id.is_empty());
        let base = if settings.url.is_empty() {
            HOST
        } else {
            settings.url.trim_end_matches('/')
        };
        Ok(Self {
            url: Url::parse(&format!("{base}/{PATH}")).map_err(|_| Refused::Url)?,
            headers: own(&settings.headers)?,
            naming: settings.naming(),
            value: settings.value.clone(),
            account: account("customer_id", &own_settings.customer_id)?,
            manager: manager.map(|id| account("login_customer_id", id)).transpose()?,
            login: GoogleLogin::new(&own_settings.access(&settings.secret))?,
            is_mapped: settings.map.is_some(),
            settings: own_settings,
        })
    }

    fn teller<'a>(&'a self, flat: Fields<'a>, action: &'a str, at_seconds: i64) -> Teller<'a> {
        Teller {
            flat,
            settings: &self.settings,
            action,
            at_seconds,
        }
    }

    /// The conversion actions that these name, each once, as destinations.
    fn destinations(&self, said: &[&Said]) -> Result<Vec<told::Destination<'_>>, Unfit> {
        let mut actions: Vec<&str> = Vec::new();
        for one in said {
            let referring: Referring<'_> = serde_json::from_slice(&one.body).map_err(|_| Unfit::NotFlat)?;
            let [action] = referring.destination_references;
            let known = self.naming.names().find(|name| *name == action);
            let action = known.ok_or(Unfit::NoName)?;
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        let of = |action| destination(&self.account, self.manager.as_ref(), action);
        Ok(actions.into_iter().map(of).collect())
    }

    fn said(&self, uuid: Uuid, body: Vec<u8>) -> Said {
        Said {
            uuid,
            url: self.url.clone(),
            body,
        }
    }
}

impl Protocol for ConversionActions {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        let flat = event.fields()?;
        let named = self.naming.of(flat).ok_or(Unfit::NoName)?;
        let variables = if self.is_mapped { mapped } else { b"{}" };
        let teller = self.teller(Fields(flat), &named.name, at_seconds);
        let body = teller.conversion(self.value.of(event.flat), variables)?;
        Ok(self.said(event.uuid, body))
    }

    fn request(&self, said: &[&Said], now: &Now<'_>) -> Result<Request, Unfit> {
        let Some(Credential::Bearer(token)) = now.credential else {
            return Err(Unfit::NoCredential);
        };
        let bearer = Secret::from(format!("Bearer {}", token.expose()));
        let mut headers = self.headers.clone();
        headers.insert(AUTHORIZATION, sensitive(&bearer).ok_or(Unfit::NoCredential)?);
        let rest = Rest {
            consent: told::Consent::of(&self.settings),
            encoding: "HEX",
            validate_only: self.settings.validate_only,
        };
        let body = listed_whole(&self.destinations(said)?, said, &rest)?;
        Ok(Request::post(self.url.clone(), headers, body))
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        meaning::of_each(response, said.len(), self.settings.validate_only)
    }

    fn takes(&self) -> Takes {
        Takes {
            events_max: EVENTS_MAX,
            bytes_max: Takes::BYTES_MAX,
        }
    }

    fn login(&self) -> Option<&dyn Login> {
        Some(&self.login)
    }

    /// A conversion of nobody for each conversion action.
    fn rehearsal(&self, at_seconds: i64) -> Vec<Said> {
        let flat = event::Map::new();
        let mut actions: Vec<&str> = self.naming.names().collect();
        actions.sort_unstable();
        actions.dedup();
        let told = |action| self.teller(Fields(&flat), action, at_seconds).of_nobody().ok();
        let bodies = actions.into_iter().filter_map(told);
        bodies.map(|body| self.said(Uuid::nil(), body)).collect()
    }
}

#[cfg(test)]
mod tests;
