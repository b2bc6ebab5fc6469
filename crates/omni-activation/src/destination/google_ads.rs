//! `google_ads`: conversions of deals and leads, by click or person (enhanced conversions for leads), taken back where they
//! are no longer true.
//!
//! `POST /v26/customers/<id>:uploadClickConversions`, and `:uploadConversionAdjustments` for what `events` retract. What is
//! known by its order id came before, so an event may come twice. Sources: Google's `conversion_upload_service.proto`,
//! `conversion_adjustment_upload_service.proto` and their errors (github.com/googleapis/googleapis, google/ads/googleads/v23),
//! <https://developers.google.com/google-ads/api/docs/conversions/upload-offline>, `…/upload-adjustments`, and
//! <https://developers.google.com/google-ads/api/docs/sunset-dates> for the version.

mod failure;
mod meaning;
mod settings;
mod told;

use std::fmt;

use stage::Secret;
use stage::outbound::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use stage::outbound::{StatusCode, Url};

use super::google::{Account, Fields, GoogleLogin};
use super::headers::{own, sensitive};
use super::{
    Credential, Event, Judged, Login, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit,
};
use crate::config::{DestinationSettings, Profile};
use crate::naming::Naming;
use crate::value::ValueRule;
use told::Teller;

pub use settings::{Environment, Settings};

pub(crate) const PROFILE: Profile = Profile {
    name: "google_ads",
    has_address: true,
    tells_of_persons: true,
    retracts: true,
};

const HOST: &str = "https://googleads.googleapis.com";
/// Google takes 2,000 in a request. With so many an answer that refuses them all, each with its reason, is still read whole.
const OPERATIONS_MAX: usize = 200;

/// An account of Google Ads.
pub struct GoogleAds {
    conversions: Url,
    adjustments: Url,
    headers: HeaderMap,
    naming: Naming,
    value: ValueRule,
    account: Account,
    settings: Settings,
    is_mapped: bool,
    login: GoogleLogin,
}

impl fmt::Debug for GoogleAds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleAds")
            .field("account", &self.account)
            .field("validate_only", &self.settings.validate_only)
            .finish_non_exhaustive()
    }
}

impl GoogleAds {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own_settings = settings.google_ads.clone().unwrap_or_default();
        let account = Account::new("google_ads.customer_id", &own_settings.customer_id)?;
        settings::check(settings, &own_settings, &account)?;
        let base = if settings.url.is_empty() {
            HOST
        } else {
            settings.url.trim_end_matches('/')
        };
        let address = |method: &str| {
            let (version, account) = (&own_settings.api_version, account.id());
            Url::parse(&format!("{base}/{version}/customers/{account}:{method}")).map_err(|_| Refused::Url)
        };
        Ok(Self {
            conversions: address("uploadClickConversions")?,
            adjustments: address("uploadConversionAdjustments")?,
            headers: headers(settings, &own_settings)?,
            naming: settings.naming(),
            value: settings.value.clone(),
            login: GoogleLogin::new(&own_settings.access(&settings.secret))?,
            is_mapped: settings.map.is_some(),
            settings: own_settings,
            account,
        })
    }

    /// The list a request carries, by its address.
    fn list(&self, of: &Url) -> &'static str {
        if of == &self.adjustments {
            "conversionAdjustments"
        } else {
            "conversions"
        }
    }
}

fn headers(settings: &DestinationSettings, own_settings: &Settings) -> Result<HeaderMap, Refused> {
    let mut headers = own(&settings.headers)?;
    if !own_settings.login_customer_id.is_empty() {
        let manager = Account::new("google_ads.login_customer_id", &own_settings.login_customer_id)?;
        let refused = |_| Refused::Header("login-customer-id".to_owned());
        headers.insert(
            "login-customer-id",
            HeaderValue::from_str(manager.id()).map_err(refused)?,
        );
    }
    if !own_settings.developer_token.is_empty() {
        let token = sensitive(&own_settings.developer_token);
        let refused = || Refused::Header("developer-token".to_owned());
        headers.insert("developer-token", token.ok_or_else(refused)?);
    }
    Ok(headers)
}

impl Protocol for GoogleAds {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        let flat = event.fields()?;
        let named = self.naming.of(flat).ok_or(Unfit::NoName)?;
        let action = self.account.resource("conversionActions", &named.name);
        let teller = Teller {
            flat: Fields(flat),
            settings: &self.settings,
            account: &self.account,
            action: action.ok_or(Unfit::NoName)?,
            at_seconds,
        };
        let (url, body) = if named.retract {
            (&self.adjustments, teller.retraction()?)
        } else {
            let variables = if self.is_mapped { mapped } else { b"{}" };
            let money = self.value.of(event.flat);
            (&self.conversions, teller.conversion(money, variables)?)
        };
        Ok(Said {
            uuid: event.uuid,
            url: url.clone(),
            body,
        })
    }

    fn request(&self, said: &[&Said], now: &Now<'_>) -> Result<Request, Unfit> {
        let url = &said.first().ok_or(Unfit::NotFlat)?.url;
        let Some(Credential::Bearer(token)) = now.credential else {
            return Err(Unfit::NoCredential);
        };
        let bearer = Secret::from(format!("Bearer {}", token.expose()));
        let mut headers = self.headers.clone();
        headers.insert(AUTHORIZATION, sensitive(&bearer).ok_or(Unfit::NoCredential)?);
        let mut body = format!(r#"{{"{}":["#, self.list(url)).into_bytes();
        let parts: Vec<&[u8]> = said.iter().map(|one| one.body.as_slice()).collect();
        body.extend(parts.join(&b","[..]));
        let validate_only = self.settings.validate_only;
        body.extend(format!(r#"],"partialFailure":true,"validateOnly":{validate_only}}}"#).into_bytes());
        Ok(Request::post(url.clone(), headers, body))
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        if response.status == StatusCode::OK {
            meaning::of_each(response, said.len())
        } else {
            meaning::of_all(response).into()
        }
    }

    fn takes(&self) -> Takes {
        Takes {
            events_max: OPERATIONS_MAX,
            bytes_max: Takes::BYTES_MAX,
        }
    }

    fn login(&self) -> Option<&dyn Login> {
        Some(&self.login)
    }
}

#[cfg(test)]
mod tests;
