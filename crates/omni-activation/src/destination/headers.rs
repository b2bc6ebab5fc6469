//! Headers of requests, and what of an event is a word in them.

use std::collections::BTreeMap;

use stage::Secret;
use stage::outbound::header::{HeaderMap, HeaderName, HeaderValue};

use super::Refused;

/// The settings' own headers, marked so that nothing prints them.
pub(super) fn own(given: &BTreeMap<String, Secret>) -> Result<HeaderMap, Refused> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let refused = || Refused::Header(name.clone());
        let key: HeaderName = name.parse().map_err(|_| refused())?;
        headers.insert(key, sensitive(value).ok_or_else(refused)?);
    }
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Ok(headers)
}

pub(super) fn sensitive(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// An id as a word: a text or a number.
pub(super) fn word(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
