//! What one event must have.
//!
//! <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/server-event> and
//! `…/parameters/custom-data`; Limited Data Use:
//! <https://developers.facebook.com/docs/marketing-apis/data-processing-options>.

use std::time::Duration;

use serde_json::{Map, Value};

use super::customer;
use super::refusal::Fault;
use crate::moment::Moment;
use crate::stand_in::currency;

const AGE_MAX: Duration = Duration::from_hours(7 * 24);
/// Of sales in a shop.
const STORE_AGE_MAX: Duration = Duration::from_hours(62 * 24);
/// How far ahead a sender's clock may be.
const AHEAD_MAX: Duration = Duration::from_mins(1);
const SOURCES: &[&str] = &[
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
];

pub(super) fn check(event: &Value, now: Moment) -> Result<(), Fault> {
    let event = event
        .as_object()
        .ok_or_else(|| Fault::of("Invalid Event", "Each element of data must be an object."))?;
    let name = text(event, "event_name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::missing("event_name"))?;
    let source = text(event, "action_source").ok_or_else(|| Fault::missing("action_source"))?;
    if !SOURCES.contains(&source) {
        return Err(Fault::of(
            "Invalid Action Source",
            format!("action_source must be one of {}.", SOURCES.join(", ")),
        ));
    }
    in_time(event, source, now)?;
    let user = event.get("user_data").and_then(Value::as_object);
    let user = user.ok_or_else(|| Fault::missing("user_data"))?;
    customer::check(user)?;
    fits_source(event, user, source)?;
    is_worth(event, name)?;
    processing(event)?;
    match event.get("event_id") {
        Some(id) if !id.is_string() => Err(Fault::of("Invalid Event ID", "event_id must be a string.")),
        _ => Ok(()),
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str)
}

fn in_time(event: &Map<String, Value>, source: &str, now: Moment) -> Result<(), Fault> {
    let seconds = event.get("event_time").and_then(Value::as_i64);
    let seconds = seconds.ok_or_else(|| Fault::missing("event_time"))?;
    let age = if source == "physical_store" {
        STORE_AGE_MAX
    } else {
        AGE_MAX
    };
    if seconds < now.minus(age).seconds() {
        return Err(Fault::too_old());
    }
    if seconds > now.plus(AHEAD_MAX).seconds() {
        return Err(Fault::of(
            "Event Timestamp In The Future",
            "The timestamp for this event is in the future. It is a number of seconds since 1970, in GMT.",
        ));
    }
    Ok(())
}

fn fits_source(event: &Map<String, Value>, user: &Map<String, Value>, source: &str) -> Result<(), Fault> {
    let is_there = |map: &Map<String, Value>, key: &str| text(map, key).is_some_and(|text| !text.is_empty());
    match source {
        "website" if !is_there(user, "client_user_agent") => {
            Err(Fault::missing("user_data.client_user_agent"))
        }
        "website" if !is_there(event, "event_source_url") => Err(Fault::missing("event_source_url")),
        "business_messaging" if !is_there(event, "messaging_channel") => {
            Err(Fault::missing("messaging_channel"))
        }
        "app" if !event.get("app_data").is_some_and(Value::is_object) => Err(Fault::missing("app_data")),
        _ => Ok(()),
    }
}

/// A purchase has a value and a currency; what has either has it right.
fn is_worth(event: &Map<String, Value>, name: &str) -> Result<(), Fault> {
    let none = Map::new();
    let custom = match event.get("custom_data") {
        None => &none,
        Some(Value::Object(custom)) => custom,
        Some(_) => return Err(Fault::of("Invalid Custom Data", "custom_data must be an object.")),
    };
    match custom.get("value") {
        None if name == "Purchase" => return Err(Fault::missing("custom_data.value")),
        Some(value) if !value.is_number() => {
            return Err(Fault::of("Invalid Value", "custom_data.value must be a number."));
        }
        _ => {}
    }
    match custom.get("currency") {
        None if name == "Purchase" => Err(Fault::missing("custom_data.currency")),
        None => Ok(()),
        Some(code) => {
            let code = code.as_str().unwrap_or_default().to_uppercase();
            let known = currency::is_known(&code);
            known.then_some(()).ok_or_else(|| {
                Fault::of(
                    "Invalid Currency",
                    "custom_data.currency must be a currency code of ISO 4217.",
                )
            })
        }
    }
}

/// Limited Data Use, with a place or without.
fn processing(event: &Map<String, Value>) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Fault::of("Invalid Data Processing Options", why));
    let place = |key: &str| event.get(key).map(Value::as_u64);
    let Some(options) = event.get("data_processing_options") else {
        return Ok(());
    };
    let Some(options) = options.as_array() else {
        return wrong("data_processing_options must be an array.");
    };
    if options.iter().any(|option| option != "LDU") {
        return wrong("data_processing_options can be empty or [\"LDU\"].");
    }
    match (
        place("data_processing_options_country"),
        place("data_processing_options_state"),
    ) {
        (None, None) | (Some(Some(0 | 1)), Some(Some(0 | 1_000..=1_099))) => Ok(()),
        _ => wrong("country must be 0 or 1 and state 0 or the code of a state, each with the other."),
    }
}
