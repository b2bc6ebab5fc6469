//! Names that the API's JSON may have: one it does not know and the whole request is refused.

use serde_json::{Map, Value};

use super::proto::{field, snake};
use super::refusal::{self, Refusal};

const REQUEST: &[&str] = &[
    "destinations",
    "events",
    "consent",
    "validateOnly",
    "encoding",
    "encryptionInfo",
];
const DESTINATION: &[&str] = &[
    "reference",
    "loginAccount",
    "linkedAccount",
    "operatingAccount",
    "productDestinationId",
];
const ACCOUNT: &[&str] = &["product", "accountId", "accountType"];
const EVENT: &[&str] = &[
    "destinationReferences",
    "transactionId",
    "eventTimestamp",
    "lastUpdatedTimestamp",
    "userData",
    "thirdPartyUserData",
    "consent",
    "adIdentifiers",
    "currency",
    "conversionValue",
    "conversionCount",
    "eventSource",
    "eventDeviceInfo",
    "cartData",
    "customVariables",
    "experimentalFields",
    "userProperties",
    "eventName",
    "clientId",
    "userId",
    "appInstanceId",
    "additionalEventParameters",
    "eventLocation",
];
const AD_IDENTIFIERS: &[&str] = &[
    "sessionAttributes",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "impressionId",
    "matchId",
    "mobileDeviceId",
    "encryptedUserIds",
    "landingPageDeviceInfo",
];
const USER_DATA: &[&str] = &["userIdentifiers"];
const IDENTIFIER: &[&str] = &["emailAddress", "phoneNumber", "address"];
const CONSENT: &[&str] = &["adUserData", "adPersonalization"];
const VARIABLE: &[&str] = &["variable", "value", "destinationReferences"];

pub(super) fn check(body: &Map<String, Value>) -> Result<(), Refusal> {
    named(body, REQUEST, "")?;
    object(body, "consent", CONSENT, "")?;
    each(body, "destinations", "", |destination, path| {
        named(destination, DESTINATION, path)?;
        ["loginAccount", "linkedAccount", "operatingAccount"]
            .iter()
            .try_for_each(|name| object(destination, name, ACCOUNT, path))
    })?;
    each(body, "events", "", event)
}

fn event(event: &Map<String, Value>, path: &str) -> Result<(), Refusal> {
    named(event, EVENT, path)?;
    object(event, "consent", CONSENT, path)?;
    object(event, "adIdentifiers", AD_IDENTIFIERS, path)?;
    object(event, "userData", USER_DATA, path)?;
    each(event, "customVariables", path, |variable, path| {
        named(variable, VARIABLE, path)
    })?;
    let Some(user) = field(event, "userData").and_then(Value::as_object) else {
        return Ok(());
    };
    each(user, "userIdentifiers", &below(path, "userData"), |one, path| {
        named(one, IDENTIFIER, path)
    })
}

fn below(path: &str, name: &str) -> String {
    match path {
        "" => snake(name),
        path => format!("{path}.{}", snake(name)),
    }
}

fn named(map: &Map<String, Value>, names: &[&str], path: &str) -> Result<(), Refusal> {
    let is_known = |key: &str| names.iter().any(|name| *name == key || snake(name) == key);
    match map.keys().find(|key| !is_known(key)) {
        None => Ok(()),
        Some(stranger) if path.is_empty() => Err(refusal::no_json(&format!(
            "Unknown name \"{stranger}\": Cannot find field."
        ))),
        Some(stranger) => Err(refusal::no_json(&format!(
            "Unknown name \"{stranger}\" at '{path}': Cannot find field."
        ))),
    }
}

/// The object of this name, where there is one.
fn object(map: &Map<String, Value>, name: &str, names: &[&str], path: &str) -> Result<(), Refusal> {
    match field(map, name) {
        None => Ok(()),
        Some(Value::Object(inner)) => named(inner, names, &below(path, name)),
        Some(other) => Err(no_such_value(&below(path, name), other)),
    }
}

/// Each object of the list of this name, where there is one.
fn each(
    map: &Map<String, Value>,
    name: &str,
    path: &str,
    check: impl Fn(&Map<String, Value>, &str) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let path = below(path, name);
    match field(map, name) {
        None => Ok(()),
        Some(Value::Array(list)) => list.iter().enumerate().try_for_each(|(at, one)| {
            let path = format!("{path}[{at}]");
            let one = one.as_object().ok_or_else(|| no_such_value(&path, one))?;
            check(one, &path)
        }),
        Some(other) => Err(no_such_value(&path, other)),
    }
}

fn no_such_value(path: &str, value: &Value) -> Refusal {
    refusal::no_json(&format!("Invalid value at '{path}', {value}"))
}
