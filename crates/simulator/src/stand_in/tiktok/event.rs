//! What one event must have, by where it happened.
//!
//! <https://business-api.tiktok.com/portal/docs?id=1771101151059969>

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::refusal::Fault;
use crate::moment::Moment;

/// SHA-256 in 64 small hexadecimal digits, one or a list.
const HASHED: &[(&str, &str)] = &[
    ("email", "user.email"),
    ("phone", "user.phone"),
    ("external_id", "user.external_id"),
];
/// By any of which a visitor is known.
const VISITOR: &[&str] = &["email", "phone", "external_id", "ttclid", "ttp", "ip"];
/// How far ahead a sender's clock may be.
const AHEAD_MAX: Duration = Duration::from_mins(1);
/// The currencies whose amounts are counted.
const CURRENCIES: &str = "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF \
    IDR ILS INR ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK \
    SGD THB TRY TWD UAH USD VES VND ZAR";

/// Where an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Web,
    App,
    Offline,
    Crm,
}

impl Source {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "web" => Some(Self::Web),
            "app" => Some(Self::App),
            "offline" => Some(Self::Offline),
            "crm" => Some(Self::Crm),
            _ => None,
        }
    }
}

pub(super) fn check(source: Source, event: &Value, now: Moment) -> Result<(), Fault> {
    let none = Map::new();
    let event = event.as_object().unwrap_or(&none);
    let object = |key: &str| event.get(key).and_then(Value::as_object);
    text(event, "event").ok_or_else(|| Fault::missing("event"))?;
    in_time(event, now)?;
    if event.get("event_id").is_some_and(|id| !id.is_string()) {
        return Err(Fault::of("event_id", "Not a valid string."));
    }
    let user = object("user").unwrap_or(&none);
    is_hashed(user)?;
    fits_source(source, event, user)?;
    is_worth(object("properties").unwrap_or(&none))
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn in_time(event: &Map<String, Value>, now: Moment) -> Result<(), Fault> {
    let seconds = event.get("event_time").and_then(Value::as_i64);
    let seconds = seconds.ok_or_else(|| Fault::missing("event_time"))?;
    if seconds <= 0 || seconds > now.plus(AHEAD_MAX).seconds() {
        return Err(Fault::of(
            "event_time",
            "Must be seconds since 1970 that are not in the future.",
        ));
    }
    Ok(())
}

fn is_hashed(user: &Map<String, Value>) -> Result<(), Fault> {
    let is_hash = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    for (key, field) in HASHED {
        let fits = match user.get(*key) {
            None => true,
            Some(Value::Array(values)) => !values.is_empty() && values.iter().all(is_hash),
            Some(value) => is_hash(value),
        };
        if !fits {
            return Err(Fault::of(field, "Must be hashed with SHA-256."));
        }
    }
    match text(user, "ip") {
        Some(ip) if ip.parse::<IpAddr>().is_err() => Err(Fault::of("user.ip", "Not a valid IP address.")),
        _ => Ok(()),
    }
}

fn fits_source(source: Source, event: &Map<String, Value>, user: &Map<String, Value>) -> Result<(), Fault> {
    let of = |object: &str, key: &str| {
        let object = event.get(object).and_then(Value::as_object);
        object.and_then(|object| text(object, key)).is_some()
    };
    match source {
        Source::Web if !of("page", "url") => Err(Fault::missing("page.url")),
        Source::Web if !VISITOR.iter().any(|key| user.contains_key(*key)) => Err(Fault::missing("user")),
        Source::App if !of("app", "app_id") => Err(Fault::missing("app.app_id")),
        Source::Offline if !user.contains_key("email") && !user.contains_key("phone") => {
            Err(Fault::of("user", "An email or a phone number is required."))
        }
        Source::Crm if !of("lead", "lead_id") => Err(Fault::missing("lead.lead_id")),
        Source::Crm if !of("lead", "lead_event_source") => Err(Fault::missing("lead.lead_event_source")),
        _ => Ok(()),
    }
}

/// A value is a number and has a currency.
fn is_worth(properties: &Map<String, Value>) -> Result<(), Fault> {
    let currency = properties.get("currency");
    if let Some(value) = properties.get("value") {
        if !value.is_number() {
            return Err(Fault::of("properties.value", "Not a valid number."));
        }
        if currency.is_none() {
            return Err(Fault::missing("properties.currency"));
        }
    }
    match currency.map(|code| code.as_str().unwrap_or_default()) {
        Some(code) if !CURRENCIES.split(' ').any(|known| known == code) => {
            Err(Fault::of("properties.currency", "Not a supported currency."))
        }
        _ => Ok(()),
    }
}
