//! What of an event a destination gets, and whether it gets it at all: filter, consent, mapping, hashes.
//!
//! Pure. Without a mapping the flat event goes as it is, byte for byte; with one only what it lists leaves the house.
//! Numbers that are copied keep their digits.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use event::rule::FlatRule;
use event::{Map, flat, phone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

use crate::destination::Unfit;

/// `[destination.<name>.map]`: what is sent, by its name at the destination.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// Keys of the flat event, as they are.
    pub fields: BTreeMap<String, String>,
    /// The same in every event.
    pub constants: BTreeMap<String, Value>,
    /// Computed from the flat event; null is left out.
    pub expressions: BTreeMap<String, FlatRule>,
    /// Keys of the flat event as SHA-256 in hexadecimal: a phone number in E.164, everything else trimmed and in small
    /// letters. What is no international phone number is left out.
    pub hashed: BTreeMap<String, String>,
}

/// Why an event is not for a destination; words of a closed set.
pub(crate) const FILTER: &str = "filter";
pub(crate) const CONSENT: &str = "consent";
pub(crate) const UNDECIDED: &str = "undecided";

/// What must be true of an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gates {
    filter: Option<FlatRule>,
    consent: Option<FlatRule>,
}

impl Gates {
    pub(crate) fn new(filter: Option<FlatRule>, consent: Option<FlatRule>) -> Self {
        Self { filter, consent }
    }

    /// Why the event does not pass. What cannot be decided does not: nothing leaves by mistake.
    pub(crate) fn refuse(&self, flat: &[u8]) -> Option<&'static str> {
        if self.filter.is_none() && self.consent.is_none() {
            return None;
        }
        let Ok(event) = serde_json::from_slice::<Map>(flat) else {
            return Some(UNDECIDED);
        };
        let gates = [(&self.filter, FILTER), (&self.consent, CONSENT)];
        gates
            .into_iter()
            .find_map(|(rule, reason)| match rule.as_ref()?.holds(&event) {
                Ok(true) => None,
                Ok(false) => Some(reason),
                Err(_) => Some(UNDECIDED),
            })
    }
}

impl Mapping {
    /// What is sent, by its name at the destination.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let keys = self.fields.keys().chain(self.constants.keys());
        keys.chain(self.expressions.keys())
            .chain(self.hashed.keys())
            .map(String::as_str)
    }

    /// What cannot be meant, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.names().find(|name| !seen.insert(*name)) {
            return Some(format!("`map` says twice what `{twice}` is"));
        }
        if seen.is_empty() {
            return Some(
                "`map` sends nothing: name what leaves, or leave it out to send the whole event".to_owned(),
            );
        }
        let keys = self.fields.values().chain(self.hashed.values());
        let unknown = keys.into_iter().find(|key| flat::kind_of(key).is_none());
        unknown.map(|key| format!("`map` sends `{key}`, which is no key of a flat event"))
    }

    fn body(&self, flat: &[u8]) -> Result<Vec<u8>, Unfit> {
        let exact: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_slice(flat).map_err(|_| Unfit::NotFlat)?;
        let mut body: BTreeMap<&str, Cow<'_, RawValue>> = BTreeMap::new();
        for (name, key) in &self.fields {
            if let Some(value) = exact.get(key.as_str()) {
                body.insert(name, Cow::Borrowed(*value));
            }
        }
        let mut add = |name, value: &Value| {
            if !value.is_null() {
                body.insert(name, Cow::Owned(to_raw_value(value).map_err(|_| Unfit::NotFlat)?));
            }
            Ok(())
        };
        for (name, value) in &self.constants {
            add(name, value)?;
        }
        for (name, key) in &self.hashed {
            let text = exact.get(key.as_str()).and_then(|value| text(value));
            if let Some(normal) = text.and_then(|text| normal(key, &text)) {
                add(name, &format!("{:x}", Sha256::digest(normal)).into())?;
            }
        }
        if !self.expressions.is_empty() {
            let event: Map = serde_json::from_slice(flat).map_err(|_| Unfit::NotFlat)?;
            for (name, expression) in &self.expressions {
                // Of this event it says nothing, as a key that is not there.
                add(name, &expression.value(&event).unwrap_or_default())?;
            }
        }
        serde_json::to_vec(&body).map_err(|_| Unfit::NotFlat)
    }
}

/// The body of an event for a destination with this mapping.
///
/// # Errors
/// [`Unfit`]: it is no flat JSON object.
pub(crate) fn shaped<'e>(mapping: Option<&Mapping>, flat: &'e [u8]) -> Result<Cow<'e, [u8]>, Unfit> {
    match mapping {
        None => Ok(Cow::Borrowed(flat)),
        Some(mapping) => mapping.body(flat).map(Cow::Owned),
    }
}

fn text(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// As platforms hash it, so that the same person has the same hash everywhere; none of an empty text.
fn normal(key: &str, text: &str) -> Option<String> {
    if matches!(
        key,
        flat::key::CONTACT_PHONE_NUMBER | flat::key::CONTACT_PHONE_RAW
    ) {
        return phone::to_e164(text);
    }
    let normal = text.trim().to_lowercase();
    (!normal.is_empty()).then_some(normal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const FLAT: &str = r#"{"event_object":"deal","deal_status":"won","deal_value":12345678901234567.89,"contact_email":" Ada@Example.COM ",
        "contact_phone_number":"+49 (0)30 123456","marketing_source":"google"}"#;

    fn mapping(told: Value) -> Mapping {
        serde_json::from_value(told).unwrap()
    }

    fn body(told: Value, flat: &str) -> String {
        let mapping = mapping(told);
        assert_eq!(mapping.fault(), None);
        String::from_utf8(shaped(Some(&mapping), flat.as_bytes()).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn only_what_is_listed_leaves_and_numbers_keep_their_digits() {
        let told = json!({
            "fields": {"value": "deal_value", "src": "marketing_source", "gone": "deal_title"},
            "constants": {"brand": "acme", "v": 2},
            "expressions": {"is_large": "deal_value > 1000.0", "nothing": "contact_id", "fails": "contact_id + 1"},
        });
        assert_eq!(
            body(told, FLAT),
            r#"{"brand":"acme","is_large":true,"src":"google","v":2,"value":12345678901234567.89}"#
        );
        assert_eq!(shaped(None, FLAT.as_bytes()).unwrap(), FLAT.as_bytes());
    }

    #[test]
    fn persons_are_hashed_as_platforms_do() {
        let told = json!({"hashed": {"em": "contact_email", "ph": "contact_phone_number", "fn": "contact_first_name"}});
        // sha256sum of `ada@example.com` and of `+4930123456`.
        let expected = json!({
            "em": format!("{:x}", Sha256::digest("ada@example.com")),
            "ph": format!("{:x}", Sha256::digest("+4930123456")),
        });
        assert_eq!(body(told.clone(), FLAT), expected.to_string());
        assert_eq!(
            body(
                told,
                r#"{"contact_phone_number":"030 123456","contact_email":" "}"#
            ),
            "{}"
        );
        let known = body(
            json!({"hashed": {"em": "contact_email"}}),
            r#"{"contact_email":"test@example.com"}"#,
        );
        assert_eq!(
            known,
            r#"{"em":"973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"}"#
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (told, part) in [
            (json!({}), "sends nothing"),
            (json!({"fields": {"a": "deal_valeu"}}), "`deal_valeu`"),
            (
                json!({"fields": {"a": "deal_value"}, "constants": {"a": 1}}),
                "says twice what `a` is",
            ),
        ] {
            let fault = mapping(told).fault().unwrap();
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn what_is_not_certain_does_not_leave() {
        let gates = |filter: &str, consent: &str| {
            let rule = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
            Gates::new(rule(filter), rule(consent)).refuse(FLAT.as_bytes())
        };
        assert_eq!(gates("", ""), None);
        assert_eq!(
            gates("deal_status == 'won'", "marketing_source == 'google'"),
            None
        );
        assert_eq!(gates("deal_status == 'lost'", ""), Some(FILTER));
        assert_eq!(gates("", "deal_custom_consent == 'yes'"), Some(CONSENT));
        assert_eq!(gates("contact_id > 3", ""), Some(UNDECIDED));
        assert_eq!(gates("deal_value", ""), Some(UNDECIDED));
    }
}
