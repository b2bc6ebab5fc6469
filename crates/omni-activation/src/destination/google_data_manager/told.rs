//! What is told of an event, and the request it stands in. Pure.
//!
//! Whose it is: one click id, `gclid` before `gbraid` before `wbraid`; with a `gclid`, or with no click id, the person's
//! hashed e-mail address and phone number too. Beside the other two nothing that tells of a person goes, as with Google's
//! other API: here it would be found wrong when nobody looks any more.

use serde::Serialize;
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;

use super::super::Unfit;
use super::super::google::{Account, Click, Fields, when};
use super::super::said::{Said, listed};
use super::{Personalization, Rest, Settings};
use crate::person;
use crate::value::Money;

const GOOGLE_ADS: &str = "GOOGLE_ADS";
/// Nobody's: <https://www.rfc-editor.org/rfc/rfc2606>.
const NOBODY: &str = "omni-check@example.com";

/// Tells one event.
pub(super) struct Teller<'a> {
    pub(super) flat: Fields<'a>,
    pub(super) settings: &'a Settings,
    /// The conversion action's id.
    pub(super) action: &'a str,
    pub(super) at_seconds: i64,
}

/// `Event`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Conversion<'a> {
    destination_references: [&'a str; 1],
    transaction_id: String,
    event_timestamp: String,
    event_source: &'static str,
    #[serde(skip_serializing_if = "AdIdentifiers::is_empty")]
    ad_identifiers: AdIdentifiers,
    #[serde(skip_serializing_if = "UserData::is_empty")]
    user_data: UserData,
    #[serde(rename = "conversionValue", skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_variables: Vec<Variable>,
}

/// `AdIdentifiers`
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct AdIdentifiers {
    #[serde(flatten)]
    click: Option<Click>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_attributes: Option<String>,
}

impl AdIdentifiers {
    fn is_empty(&self) -> bool {
        self.click.is_none() && self.session_attributes.is_none()
    }
}

/// `UserData`
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserData {
    user_identifiers: Vec<Identifier>,
}

impl UserData {
    fn is_empty(&self) -> bool {
        self.user_identifiers.is_empty()
    }
}

/// `UserIdentifier`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Identifier {
    EmailAddress(String),
    PhoneNumber(String),
}

/// `CustomVariable`, by its name.
#[derive(Serialize)]
struct Variable {
    variable: String,
    value: String,
}

/// What the destination's `consent` stands for, of all events of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    ad_user_data: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_personalization: Option<&'static str>,
}

impl Consent {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            ad_user_data: Personalization::Granted.as_google_writes(),
            ad_personalization: settings.ad_personalization.map(Personalization::as_google_writes),
        }
    }
}

/// `Destination`: a conversion action, by which events name it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Destination<'a> {
    reference: &'a str,
    operating_account: ProductAccount<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_account: Option<ProductAccount<'a>>,
    product_destination_id: &'a str,
}

/// `ProductAccount`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductAccount<'a> {
    account_type: &'static str,
    account_id: &'a str,
}

/// A conversion action of this account, reached through that one.
pub(super) fn destination<'a>(
    account: &'a Account,
    manager: Option<&'a Account>,
    action: &'a str,
) -> Destination<'a> {
    let of = |account: &'a Account| ProductAccount {
        account_type: GOOGLE_ADS,
        account_id: account.id(),
    };
    Destination {
        reference: action,
        operating_account: of(account),
        login_account: manager.map(of),
        product_destination_id: action,
    }
}

impl Teller<'_> {
    /// A conversion; `variables` are its custom variables, a JSON object.
    pub(super) fn conversion(self, money: Option<Money>, variables: &[u8]) -> Result<Vec<u8>, Unfit> {
        let won = self.flat.won();
        let click = Click::of(&self.flat, self.settings.click_fields());
        let is_alone = click.as_ref().is_some_and(Click::is_alone);
        let (user_data, custom_variables) = if is_alone {
            (UserData::default(), Vec::new())
        } else {
            (self.user_data(), named(variables)?)
        };
        let ad_identifiers = AdIdentifiers {
            click,
            session_attributes: self.flat.word(&self.settings.session_attributes_field),
        };
        if ad_identifiers.is_empty() && user_data.is_empty() {
            return Err(Unfit::NoClient);
        }
        written(&Conversion {
            transaction_id: self.flat.order_id(won)?,
            event_timestamp: timestamp(won.or_else(|| self.flat.at()), self.at_seconds)?,
            ad_identifiers,
            user_data,
            value: money.map(|money| money.number()),
            currency: money.map(|money| money.currency.code()),
            custom_variables,
            ..self.bare()
        })
    }

    /// A conversion of nobody, to see whether one would be taken.
    pub(super) fn of_nobody(self) -> Result<Vec<u8>, Unfit> {
        let tells_persons = !(self.settings.email_field.is_empty() && self.settings.phone_field.is_empty());
        let mut told = self.bare();
        "omni-check".clone_into(&mut told.transaction_id);
        told.event_timestamp = timestamp(Some(self.at_seconds), self.at_seconds)?;
        if tells_persons {
            let nobody = Identifier::EmailAddress(person::hashed(NOBODY));
            told.user_data.user_identifiers.push(nobody);
        } else {
            told.ad_identifiers.click = Some(Click::Gclid("omni-check".to_owned()));
        }
        written(&told)
    }

    /// What is the same of all.
    fn bare(&self) -> Conversion<'_> {
        Conversion {
            destination_references: [self.action],
            transaction_id: String::new(),
            event_timestamp: String::new(),
            event_source: self.settings.event_source.as_google_writes(),
            ad_identifiers: AdIdentifiers::default(),
            user_data: UserData::default(),
            value: None,
            currency: None,
            custom_variables: Vec::new(),
        }
    }

    fn user_data(&self) -> UserData {
        let email = self.flat.email(&self.settings.email_field);
        let phone = self.flat.phone(&self.settings.phone_field);
        let hashes = [
            email.map(|email| Identifier::EmailAddress(person::hashed(&email))),
            phone.map(|phone| Identifier::PhoneNumber(person::hashed(&phone))),
        ];
        UserData {
            user_identifiers: hashes.into_iter().flatten().collect(),
        }
    }
}

fn named(mapped: &[u8]) -> Result<Vec<Variable>, Unfit> {
    let worded = Fields::variables(mapped)?.into_iter();
    Ok(worded
        .map(|(variable, value)| Variable { variable, value })
        .collect())
}

/// RFC 3339.
fn timestamp(seconds: Option<i64>, now_seconds: i64) -> Result<String, Unfit> {
    when(seconds, now_seconds)?
        .format(&Rfc3339)
        .map_err(|_| Unfit::TooOld)
}

/// `IngestEventsRequest`: events are written already.
pub(super) fn listed_whole(
    destinations: &[Destination<'_>],
    said: &[&Said],
    rest: &Rest,
) -> Result<Vec<u8>, Unfit> {
    let (destinations, rest) = (written(&destinations)?, written(rest)?);
    // Without its `{`: it stands behind the lists.
    let rest = rest.get(1..).unwrap_or_default();
    let parts: [&[u8]; 6] = [
        br#"{"destinations":"#,
        &destinations,
        br#","events":"#,
        &listed(said),
        b",",
        rest,
    ];
    Ok(parts.concat())
}

fn written(told: &impl Serialize) -> Result<Vec<u8>, Unfit> {
    serde_json::to_vec(told).map_err(|_| Unfit::NotFlat)
}
