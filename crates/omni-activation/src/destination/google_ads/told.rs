//! What is told of an event: a conversion, or that one is taken back. Pure.
//!
//! Whose it is: one click id, `gclid` before `gbraid` before `wbraid`; with a `gclid`, or with no click id, the person's
//! hashed e-mail address and phone number too. Google refuses persons and custom variables beside the other two
//! (`VALUE_MUST_BE_UNSET`, <https://developers.google.com/google-ads/api/docs/conversions/upload-offline>).

use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::super::Unfit;
use super::super::google::{Account, Click, Fields, when};
use super::{Environment, Settings};
use crate::person;
use crate::value::Money;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]+00:00");

/// Tells one event.
pub(super) struct Teller<'a> {
    pub(super) flat: Fields<'a>,
    pub(super) settings: &'a Settings,
    pub(super) account: &'a Account,
    /// The conversion action's resource name.
    pub(super) action: String,
    pub(super) at_seconds: i64,
}

/// A conversion, as its request lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClickConversion {
    #[serde(flatten)]
    click: Option<Click>,
    conversion_action: String,
    conversion_date_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_code: Option<&'static str>,
    order_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_variables: Vec<Variable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_environment: Option<&'static str>,
    consent: Consent,
}

/// `UserIdentifier`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identifier {
    user_identifier_source: &'static str,
    #[serde(flatten)]
    hash: Hash,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Hash {
    HashedEmail(String),
    HashedPhoneNumber(String),
}

/// `CustomVariable`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Variable {
    conversion_custom_variable: String,
    value: String,
}

/// What the destination's `consent` stands for. `adPersonalization` is for lists of persons alone (`consent.proto`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Consent {
    ad_user_data: &'static str,
}

/// The same of an adjustment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConversionAdjustment {
    adjustment_type: &'static str,
    conversion_action: String,
    order_id: String,
    adjustment_date_time: String,
}

impl Teller<'_> {
    /// A conversion; `variables` are its custom variables, a JSON object.
    pub(super) fn conversion(self, money: Option<Money>, variables: &[u8]) -> Result<Vec<u8>, Unfit> {
        let won = self.flat.won();
        let click = Click::of(&self.flat, self.settings.click_fields());
        let is_alone = click.as_ref().is_some_and(Click::is_alone);
        let (user_identifiers, custom_variables) = if is_alone {
            (Vec::new(), Vec::new())
        } else {
            (self.identifiers(), self.variables(variables)?)
        };
        if click.is_none() && user_identifiers.is_empty() {
            return Err(Unfit::NoClient);
        }
        written(&ClickConversion {
            click,
            conversion_date_time: written_time(when(won.or_else(|| self.flat.at()), self.at_seconds)?)?,
            conversion_value: money.map(|money| money.number()),
            currency_code: money.map(|money| money.currency.code()),
            order_id: self.flat.order_id(won)?,
            user_identifiers,
            custom_variables,
            conversion_environment: self.settings.environment.map(Environment::as_google_writes),
            consent: Consent {
                ad_user_data: "GRANTED",
            },
            conversion_action: self.action,
        })
    }

    /// That a conversion is taken back.
    pub(super) fn retraction(self) -> Result<Vec<u8>, Unfit> {
        written(&ConversionAdjustment {
            adjustment_type: "RETRACTION",
            order_id: self.flat.order_id(self.flat.had_been_won())?,
            adjustment_date_time: written_time(when(self.flat.at(), self.at_seconds)?)?,
            conversion_action: self.action,
        })
    }

    fn identifiers(&self) -> Vec<Identifier> {
        let email = self.flat.email(&self.settings.email_field);
        let phone = self.flat.phone(&self.settings.phone_field);
        let hashes = [
            email.map(|email| Hash::HashedEmail(person::hashed(&email))),
            phone.map(|phone| Hash::HashedPhoneNumber(person::hashed(&phone))),
        ];
        let own = |hash| Identifier {
            user_identifier_source: "FIRST_PARTY",
            hash,
        };
        hashes.into_iter().flatten().map(own).collect()
    }

    fn variables(&self, mapped: &[u8]) -> Result<Vec<Variable>, Unfit> {
        let variable = |(name, value): (String, String)| {
            Some(Variable {
                conversion_custom_variable: self.account.resource("conversionCustomVariables", &name)?,
                value,
            })
        };
        let worded = Fields::variables(mapped)?.into_iter();
        Ok(worded.filter_map(variable).collect())
    }
}

/// In UTC, as Google writes it.
fn written_time(at: OffsetDateTime) -> Result<String, Unfit> {
    at.format(TIME).map_err(|_| Unfit::TooOld)
}

fn written(told: &impl Serialize) -> Result<Vec<u8>, Unfit> {
    serde_json::to_vec(told).map_err(|_| Unfit::NotFlat)
}
