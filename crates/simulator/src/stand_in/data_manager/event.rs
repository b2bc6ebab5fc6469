//! What one event must have.
//!
//! <https://developers.google.com/data-manager/api/devguides/events/google-ads/offline/send-events>

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::destination::Action;
use super::person::{self, Encoding};
use super::proto::{field, number, text};
use super::refusal::Violation;
use crate::moment::Moment;
use crate::stand_in::currency;

/// How far ahead a sender's clock may be, and how far back an event may lie, in seconds.
const AHEAD_MAX: i64 = 60;
const AGE_MAX: i64 = 90 * 24 * 60 * 60;
const SOURCES: &[&str] = &["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"];
const CLICKS: &[&str] = &["gclid", "gbraid", "wbraid"];

/// An event, as far as it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Ingested {
    /// The places of its destinations.
    pub to: Vec<usize>,
    pub transaction: Option<String>,
    /// Seconds since 1970.
    pub at: i64,
    pub click: Option<String>,
    /// Hashes.
    pub persons: Vec<Vec<u8>>,
}

pub(super) fn check(
    event: &Map<String, Value>,
    actions: &[Action],
    encoding: Encoding,
    now: Moment,
    wrong: &mut Vec<Violation>,
) -> Ingested {
    let persons = person::all(event, encoding, wrong);
    let ads = field(event, "adIdentifiers").and_then(Value::as_object);
    let ad = |name: &str| ads.and_then(|ads| text(ads, name)).map(str::to_owned);
    let click = CLICKS.iter().find_map(|name| ad(name));
    let is_anyone = click.is_some() || ad("sessionAttributes").is_some() || !persons.is_empty();
    if !is_anyone && wrong.is_empty() {
        let description = "Events data contains no user identifiers or ad identifiers.";
        wrong.push(Violation::of("", "NO_IDENTIFIERS_PROVIDED", description));
    }
    worth(event, wrong);
    source(event, wrong);
    Ingested {
        to: destinations(event, actions, wrong),
        transaction: text(event, "transactionId").map(str::to_owned),
        at: time(event, now, wrong),
        click,
        persons,
    }
}

/// Those that it names, or all.
fn destinations(event: &Map<String, Value>, actions: &[Action], wrong: &mut Vec<Violation>) -> Vec<usize> {
    let named = field(event, "destinationReferences").and_then(Value::as_array);
    let named = named.map(Vec::as_slice).unwrap_or_default();
    if named.is_empty() {
        return (0..actions.len()).collect();
    }
    let mut to = Vec::new();
    for (at, reference) in named.iter().enumerate() {
        let is_it = |action: &Action| action.reference.as_deref() == reference.as_str();
        match actions.iter().position(is_it) {
            Some(place) => to.push(place),
            None => wrong.push(Violation::of(
                format!("destination_references[{at}]"),
                "INVALID_DESTINATION",
                "This Destination is not valid.",
            )),
        }
    }
    to
}

fn time(event: &Map<String, Value>, now: Moment, wrong: &mut Vec<Violation>) -> i64 {
    const FIELD: &str = "event_timestamp";
    let Some(told) = text(event, "eventTimestamp") else {
        wrong.push(Violation::missing(FIELD));
        return 0;
    };
    // The parser takes a space for the `T`, as RFC 3339 leaves open and protocol buffers do not.
    let told = told
        .get(10..11)
        .filter(|between| *between == "T")
        .map_or("", |_| told);
    let Ok(at) = OffsetDateTime::parse(told, &Rfc3339).map(OffsetDateTime::unix_timestamp) else {
        wrong.push(Violation::of(FIELD, "INVALID_FORMAT", "Format is invalid."));
        return 0;
    };
    let now = now.seconds();
    if at > now + AHEAD_MAX || now - at > AGE_MAX {
        let description = "Event did not occur within the acceptable time window.";
        wrong.push(Violation::of(FIELD, "EVENT_TIME_INVALID", description));
    }
    at
}

fn source(event: &Map<String, Value>, wrong: &mut Vec<Violation>) {
    const FIELD: &str = "event_source";
    match text(event, "eventSource") {
        None => wrong.push(Violation::missing(FIELD)),
        Some(source) if !SOURCES.contains(&source) => {
            wrong.push(Violation::of(
                FIELD,
                "INVALID_ENUM_VALUE",
                "Enum value cannot be used.",
            ));
        }
        Some(_) => {}
    }
}

fn worth(event: &Map<String, Value>, wrong: &mut Vec<Violation>) {
    if field(event, "conversionValue").is_some_and(|value| number(value).is_none()) {
        let description = "Invalid number format.";
        wrong.push(Violation::of(
            "conversion_value",
            "INVALID_NUMBER_FORMAT",
            description,
        ));
    }
    if text(event, "currency").is_some_and(|code| !currency::is_known(code)) {
        let description = "The currency code is not supported.";
        wrong.push(Violation::of("currency", "INVALID_CURRENCY_CODE", description));
    }
}
