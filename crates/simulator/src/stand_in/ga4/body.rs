//! What a request must have beside its events: a client, a time, properties of the user, consent.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Message, event, names};
use crate::moment::Moment;

const KEYS: &[&str] = &[
    "client_id",
    "user_id",
    "timestamp_micros",
    "user_properties",
    "user_data",
    "consent",
    "non_personalized_ads",
    "user_location",
    "ip_override",
    "device",
    "user_agent",
    "validation_behavior",
    "events",
];
const EVENTS_MAX: usize = 25;
const PROPERTIES_MAX: usize = 25;
/// Characters of a user property's value.
const PROPERTY_MAX: usize = 36;
/// How far back an event may lie.
const AGE_MAX: Duration = Duration::from_hours(72);
/// How far ahead a sender's clock may be.
const AHEAD_MAX: Duration = Duration::from_mins(1);

pub(super) fn validate(body: &Map<String, Value>, now: Moment, messages: &mut Vec<Message>) {
    for key in body.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        let description =
            format!("Unable to parse Measurement Protocol JSON payload. Cannot find field: {key}.");
        messages.push(Message::new(key.as_str(), "VALUE_INVALID", description));
    }
    let client = body.get("client_id").and_then(Value::as_str);
    if client.is_none_or(str::is_empty) {
        messages.push(Message::new(
            "client_id",
            "VALUE_REQUIRED",
            "Measurement requires a client_id.",
        ));
    }
    time(body, now, messages);
    properties(body, messages);
    consent(body, messages);
    let Some(events) = body.get("events").and_then(Value::as_array) else {
        messages.push(Message::new(
            "events",
            "VALUE_REQUIRED",
            "Measurement requires a list of events.",
        ));
        return;
    };
    if events.is_empty() || events.len() > EVENTS_MAX {
        let description = "A request must have from 1 to 25 events.";
        messages.push(Message::new("events", "EXCEEDED_MAX_ENTITIES", description));
    }
    for (at, event) in events.iter().enumerate() {
        event::validate(event, at, messages);
    }
}

fn time(body: &Map<String, Value>, now: Moment, messages: &mut Vec<Message>) {
    let Some(given) = body.get("timestamp_micros") else {
        return;
    };
    let micros = given
        .as_i64()
        .or_else(|| given.as_str().and_then(|text| text.parse().ok()));
    let problem = match micros {
        None => Some((
            "VALUE_INVALID",
            "timestamp_micros must be a number of microseconds.",
        )),
        Some(at) if at < now.minus(AGE_MAX).micros() => Some((
            "VALUE_OUT_OF_BOUNDS",
            "timestamp_micros must be within the last 72 hours.",
        )),
        Some(at) if at > now.plus(AHEAD_MAX).micros() => Some((
            "VALUE_OUT_OF_BOUNDS",
            "timestamp_micros must not be in the future.",
        )),
        Some(_) => None,
    };
    messages.extend(problem.map(|(code, why)| Message::new("timestamp_micros", code, why)));
}

fn properties(body: &Map<String, Value>, messages: &mut Vec<Message>) {
    let Some(properties) = body.get("user_properties").and_then(Value::as_object) else {
        return;
    };
    if properties.len() > PROPERTIES_MAX {
        let description = "A request can have a maximum of 25 user properties.";
        messages.push(Message::new(
            "user_properties",
            "EXCEEDED_MAX_ENTITIES",
            description,
        ));
    }
    for (name, property) in properties {
        let path = format!("user_properties.{name}");
        if let Err((code, why)) = names::property(name) {
            messages.push(Message::new(
                path.clone(),
                code,
                format!("User property [{name}]: {why}"),
            ));
        }
        let value = property.get("value").unwrap_or(&Value::Null);
        let fits = match value {
            Value::String(text) => text.chars().count() <= PROPERTY_MAX,
            Value::Number(_) => true,
            _ => false,
        };
        if !fits {
            let description = format!("User property [{name}] must have a value of at most 36 characters.");
            messages.push(Message::new(path, "VALUE_OUT_OF_BOUNDS", description));
        }
    }
}

fn consent(body: &Map<String, Value>, messages: &mut Vec<Message>) {
    let Some(consent) = body.get("consent").and_then(Value::as_object) else {
        return;
    };
    for (name, value) in consent {
        let is_name = matches!(name.as_str(), "ad_user_data" | "ad_personalization");
        let is_value = matches!(value.as_str(), Some("GRANTED" | "DENIED"));
        if !is_name || !is_value {
            let path = format!("consent.{name}");
            let description = "consent has ad_user_data and ad_personalization, each GRANTED or DENIED.";
            messages.push(Message::new(path, "VALUE_INVALID", description));
        }
    }
}
