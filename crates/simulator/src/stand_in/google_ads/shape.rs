//! Names and words that the API's JSON may have: one it does not know and the whole request is refused.

use serde_json::{Map, Value};

use super::Call;
use super::failure::{self, Failure};
use super::written::{field, snake};

const REQUEST: &[&str] = &[
    "conversions",
    "conversionAdjustments",
    "partialFailure",
    "validateOnly",
    "jobId",
];
const CONVERSION: &[&str] = &[
    "gclid",
    "gbraid",
    "wbraid",
    "conversionAction",
    "conversionDateTime",
    "conversionValue",
    "currencyCode",
    "orderId",
    "externalAttributionData",
    "customVariables",
    "cartData",
    "userIdentifiers",
    "conversionEnvironment",
    "consent",
    "customerType",
    "userIpAddress",
    "sessionAttributesEncoded",
    "sessionAttributesKeyValuePairs",
];
const ADJUSTMENT: &[&str] = &[
    "gclidDateTimePair",
    "orderId",
    "conversionAction",
    "adjustmentDateTime",
    "adjustmentType",
    "restatementValue",
    "userIdentifiers",
    "userAgent",
];
const IDENTIFIER: &[&str] = &[
    "userIdentifierSource",
    "hashedEmail",
    "hashedPhoneNumber",
    "mobileId",
    "thirdPartyUserId",
    "addressInfo",
];
const CONSENT: &[&str] = &["adUserData", "adPersonalization"];
const CONSENT_WORDS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "GRANTED", "DENIED"];
const SOURCES: &[&str] = &["UNSPECIFIED", "UNKNOWN", "FIRST_PARTY", "THIRD_PARTY"];
const ENVIRONMENTS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "APP", "WEB"];
const TYPES: &[&str] = &[
    "UNSPECIFIED",
    "UNKNOWN",
    "RETRACTION",
    "RESTATEMENT",
    "ENHANCEMENT",
];

pub(super) fn check(call: Call, body: &Map<String, Value>) -> Result<(), Failure> {
    let other = match call {
        Call::Conversions => Call::Adjustments,
        Call::Adjustments => Call::Conversions,
    };
    let request: Vec<&str> = REQUEST
        .iter()
        .copied()
        .filter(|name| *name != other.list())
        .collect();
    named(body, &request, "")?;
    let operations = field(body, call.list()).and_then(Value::as_array);
    for (at, operation) in operations.into_iter().flatten().enumerate() {
        let path = format!("{}[{at}]", snake(call.list()));
        let Some(operation) = operation.as_object() else {
            return Err(failure::no_such_value(&path, operation));
        };
        match call {
            Call::Conversions => conversion(operation, &path)?,
            Call::Adjustments => adjustment(operation, &path)?,
        }
    }
    Ok(())
}

fn conversion(conversion: &Map<String, Value>, path: &str) -> Result<(), Failure> {
    named(conversion, CONVERSION, path)?;
    identifiers(conversion, path)?;
    word(conversion, "conversionEnvironment", ENVIRONMENTS, path)?;
    let Some(consent) = field(conversion, "consent") else {
        return Ok(());
    };
    let path = format!("{path}.consent");
    let consent = consent
        .as_object()
        .ok_or_else(|| failure::no_such_value(&path, consent))?;
    named(consent, CONSENT, &path)?;
    CONSENT
        .iter()
        .try_for_each(|name| word(consent, name, CONSENT_WORDS, &path))
}

fn adjustment(adjustment: &Map<String, Value>, path: &str) -> Result<(), Failure> {
    named(adjustment, ADJUSTMENT, path)?;
    identifiers(adjustment, path)?;
    word(adjustment, "adjustmentType", TYPES, path)
}

fn identifiers(operation: &Map<String, Value>, path: &str) -> Result<(), Failure> {
    let identifiers = field(operation, "userIdentifiers").and_then(Value::as_array);
    for (at, identifier) in identifiers.into_iter().flatten().enumerate() {
        let path = format!("{path}.user_identifiers[{at}]");
        let identifier = identifier
            .as_object()
            .ok_or_else(|| failure::no_such_value(&path, identifier))?;
        named(identifier, IDENTIFIER, &path)?;
        word(identifier, "userIdentifierSource", SOURCES, &path)?;
    }
    Ok(())
}

fn named(map: &Map<String, Value>, names: &[&str], path: &str) -> Result<(), Failure> {
    let is_known = |key: &str| names.iter().any(|name| *name == key || snake(name) == key);
    match map.keys().find(|key| !is_known(key)) {
        Some(stranger) => Err(failure::no_such_name(stranger, path)),
        None => Ok(()),
    }
}

fn word(map: &Map<String, Value>, name: &str, words: &[&str], path: &str) -> Result<(), Failure> {
    match field(map, name) {
        Some(value) if !value.as_str().is_some_and(|word| words.contains(&word)) => {
            Err(failure::no_such_value(&format!("{path}.{}", snake(name)), value))
        }
        _ => Ok(()),
    }
}
