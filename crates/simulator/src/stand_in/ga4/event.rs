//! What an event must have: a name, parameters that are few and short, and what its kind asks for.

use serde_json::{Map, Value};

use super::{Message, names};
use crate::stand_in::currency;

const PARAMETERS_MAX: usize = 25;
/// Characters of a parameter's text.
const TEXT_MAX: usize = 100;
const ITEMS_MAX: usize = 200;
/// The one parameter that is a list.
const ITEMS: &str = "items";
/// Google's recommended events that need a currency where they have a value
/// (<https://developers.google.com/analytics/devguides/collection/ga4/reference/events>).
const WORTH: &[&str] = &[
    "add_payment_info",
    "add_shipping_info",
    "add_to_cart",
    "add_to_wishlist",
    "begin_checkout",
    "close_convert_lead",
    "disqualify_lead",
    "generate_lead",
    "purchase",
    "qualify_lead",
    "refund",
    "remove_from_cart",
    "view_cart",
    "view_item",
    "working_lead",
];
/// Whose text may be longer.
const LONG: &[(&str, usize)] = &[
    ("page_location", 1_000),
    ("page_referrer", 420),
    ("page_title", 300),
];

pub(super) fn validate(event: &Value, at: usize, messages: &mut Vec<Message>) {
    let Some(event) = event.as_object() else {
        messages.push(Message::new(
            "events",
            "VALUE_INVALID",
            format!("Event at index: [{at}] is no object."),
        ));
        return;
    };
    let name = event.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        let description = format!("Event at index: [{at}] has no name.");
        messages.push(Message::new("events", "VALUE_REQUIRED", description));
    } else if let Err((code, why)) = names::event(name) {
        let description = format!("Event at index: [{at}] has invalid name [{name}]. {why}");
        messages.push(Message::new("events", code, description));
    }
    let none = Map::new();
    let parameters = match event.get("params") {
        None => &none,
        Some(Value::Object(parameters)) => parameters,
        Some(_) => {
            let description = format!("Event at index: [{at}] has params that are no object.");
            messages.push(Message::new("events.params", "VALUE_INVALID", description));
            return;
        }
    };
    if parameters.len() > PARAMETERS_MAX {
        let description = format!("Event at index: [{at}] can have a maximum of 25 params.");
        messages.push(Message::new(
            "events.params",
            "EXCEEDED_MAX_ENTITIES",
            description,
        ));
    }
    for (name, value) in parameters {
        parameter(name, value, at, messages);
    }
    commerce(name, parameters, at, messages);
}

fn parameter(name: &str, value: &Value, at: usize, messages: &mut Vec<Message>) {
    let path = format!("events.params.{name}");
    if let Err((code, why)) = names::parameter(name) {
        let description = format!("Event at index: [{at}] has invalid param name [{name}]. {why}");
        messages.push(Message::new(path.clone(), code, description));
    }
    let most = LONG
        .iter()
        .find(|(long, _)| *long == name)
        .map_or(TEXT_MAX, |(_, most)| *most);
    let problem = match value {
        Value::String(text) if text.chars().count() > most => Some((
            "VALUE_OUT_OF_BOUNDS",
            format!("must have at most {most} characters"),
        )),
        Value::String(_) | Value::Number(_) => None,
        Value::Array(items) if name == ITEMS => (items.len() > ITEMS_MAX).then(|| {
            (
                "EXCEEDED_MAX_ENTITIES",
                "can have at most 200 elements".to_owned(),
            )
        }),
        _ => Some(("VALUE_INVALID", "must be a string or a number".to_owned())),
    };
    messages.extend(problem.map(|(code, why)| {
        let description = format!("Event at index: [{at}] has an invalid value for [{name}]: it {why}.");
        Message::new(path, code, description)
    }));
}

/// The value of a recommended event has a currency, a purchase a transaction.
fn commerce(name: &str, parameters: &Map<String, Value>, at: usize, messages: &mut Vec<Message>) {
    let currency = parameters
        .get("currency")
        .map(|code| code.as_str().unwrap_or_default());
    if WORTH.contains(&name) && parameters.contains_key("value") && currency.is_none() {
        let description = format!("Event at index: [{at}] has a value and no currency.");
        messages.push(Message::new(
            "events.params.currency",
            "VALUE_REQUIRED",
            description,
        ));
    }
    if let Some(code) = currency.filter(|code| !currency::is_known(code)) {
        let description = format!("Event at index: [{at}] has a currency [{code}] that is none of ISO 4217.");
        messages.push(Message::new(
            "events.params.currency",
            "VALUE_INVALID",
            description,
        ));
    }
    if name == "purchase" && !parameters.contains_key("transaction_id") {
        let description = format!("Event at index: [{at}] is a purchase without a transaction_id.");
        messages.push(Message::new(
            "events.params.transaction_id",
            "VALUE_REQUIRED",
            description,
        ));
    }
}
