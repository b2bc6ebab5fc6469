//! `meta_conversions`: Meta's Conversions API, for ads on Facebook and Instagram.
//!
//! `POST /<version>/<pixel>/events`, up to 1,000 events in `data`; one that is wrong spoils the request. The access token is in
//! a header, so that no address holds it. Meta tells doubles by `event_id` (ours is the event's identity) and takes nothing
//! back. What it is known to refuse is not sent: events older than seven days (62 for `physical_store`), purchases without a
//! value in a currency, and people of whom it would know too little. The visitor's address and browser never leave.
//! (<https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api>, `…/parameters/server-event`,
//! `…/parameters/custom-data`, `…/conversion-leads-integration/payload-specification`.)

mod answer;
mod settings;
mod user;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::conversion::{self, Door, Platform, Properties, TAKES};
use super::{Event, Judged, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit};
use crate::config::{DestinationSettings, Profile};
pub use settings::{ActionSource, LimitedDataUse, Settings};

pub(crate) const PROFILE: Profile = Profile {
    name: "meta_conversions",
    has_address: true,
    tells_of_persons: true,
    retracts: false,
};

const HOST: &str = "https://graph.facebook.com";
/// Needs a value in a currency.
const PURCHASE: &str = "Purchase";
/// What `custom_data` says of events of a CRM.
const CRM: &str = "crm";

/// A pixel, or dataset.
#[derive(Debug)]
pub struct MetaConversions {
    platform: Platform,
    settings: Settings,
}

/// What a request says of all its events.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    test_event_code: &'a str,
}

/// An event as Meta reads it.
#[derive(Serialize)]
struct ServerEvent<'a> {
    event_name: &'a str,
    event_time: i64,
    event_id: Uuid,
    action_source: ActionSource,
    #[serde(skip_serializing_if = "str::is_empty")]
    event_source_url: &'a str,
    user_data: Map<String, Value>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    custom_data: Properties,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options_country: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_processing_options_state: Option<u32>,
}

impl MetaConversions {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own = settings.meta_conversions.clone().unwrap_or_default();
        own.check()?;
        settings::check_names(&settings.naming())?;
        let door = Door {
            host: HOST,
            path: &[&own.api_version, &own.pixel_id, "events"],
            token_header: "authorization",
            token_before: "Bearer ",
        };
        Ok(Self {
            platform: Platform::new(settings, &door)?,
            settings: own,
        })
    }

    /// What is told of the event beside who and when.
    fn custom_data(&self, name: &str, event: &Event<'_>, mapped: &[u8]) -> Result<Properties, Unfit> {
        let mut properties = self.platform.properties(event, mapped, |_| true)?;
        if name == PURCHASE && !(properties.has("value") && properties.has("currency")) {
            return Err(Unfit::NoValue);
        }
        if let Some(order) = conversion::text(event.fields()?, &self.settings.order_id_field) {
            properties.add("order_id", &order);
        }
        if self.settings.tells_leads() {
            properties.add("event_source", CRM);
            properties.add("lead_event_source", &self.settings.lead_event_source);
        }
        Ok(properties)
    }
}

impl Protocol for MetaConversions {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        let (settings, flat) = (&self.settings, event.fields()?);
        let name = self.platform.name(flat)?;
        let event_time = conversion::happened(flat, at_seconds);
        if at_seconds - event_time > settings.action_source.age_seconds_max() {
            return Err(Unfit::TooOld);
        }
        let limited = settings.limited_data_use;
        let told = ServerEvent {
            event_name: name,
            event_time,
            event_id: event.uuid,
            action_source: settings.action_source,
            event_source_url: &settings.event_source_url,
            user_data: user::data(flat, settings, at_seconds).ok_or(Unfit::NoClient)?,
            custom_data: self.custom_data(name, event, mapped)?,
            data_processing_options: limited.map(|_| ["LDU"]),
            data_processing_options_country: limited.map(|limited| limited.country),
            data_processing_options_state: limited.map(|limited| limited.state),
        };
        self.platform.say(event, &told)
    }

    fn request(&self, said: &[&Said], _: &Now<'_>) -> Result<Request, Unfit> {
        let head = Head {
            test_event_code: &self.settings.test_event_code,
        };
        self.platform.request(&head, said)
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        answer::judge(said.len(), response)
    }

    fn takes(&self) -> Takes {
        TAKES
    }
}
