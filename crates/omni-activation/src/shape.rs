//! What of an event a destination gets: mapping, hashes, value.
//!
//! Pure. Without a mapping the flat event goes as it is, byte for byte; with one only what it lists leaves the house.
//! Numbers that are copied keep their digits.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use event::rule::FlatRule;
use event::{Map, flat};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::destination::Unfit;
use crate::person;
use crate::value::ValueRule;

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
    /// letters. What is no international phone number, or no e-mail address, is left out.
    pub hashed: BTreeMap<String, String>,
    /// How the event's value is called, which `[destination.<name>.value]` makes.
    pub value: Option<MoneyNames>,
}

/// What an amount and its currency are called.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyNames {
    /// The number.
    pub amount: String,
    /// The currency's code (ISO 4217).
    pub currency: String,
}

/// What of an event leaves, and how its value is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    mapping: Option<Mapping>,
    value: ValueRule,
}

impl Shape {
    pub(crate) fn new(mapping: Option<Mapping>, value: ValueRule) -> Self {
        Self { mapping, value }
    }

    /// The body of an event for a destination of this shape.
    ///
    /// # Errors
    /// [`Unfit`]: it is no flat JSON object.
    pub(crate) fn of<'e>(&self, flat: &'e [u8]) -> Result<Cow<'e, [u8]>, Unfit> {
        match &self.mapping {
            None => Ok(Cow::Borrowed(flat)),
            Some(mapping) => mapping.body(flat, &self.value).map(Cow::Owned),
        }
    }
}

impl Mapping {
    /// What is sent, by its name at the destination.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let keys = self.fields.keys().chain(self.constants.keys());
        let money = self
            .value
            .iter()
            .flat_map(|names| [&names.amount, &names.currency]);
        keys.chain(self.expressions.keys())
            .chain(self.hashed.keys())
            .chain(money)
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

    fn body(&self, flat: &[u8], value: &ValueRule) -> Result<Vec<u8>, Unfit> {
        let exact: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_slice(flat).map_err(|_| Unfit::NotFlat)?;
        let mut body: BTreeMap<&str, Cow<'_, RawValue>> = BTreeMap::new();
        for (name, key) in &self.fields {
            if let Some(value) = exact.get(key.as_str()) {
                body.insert(name, Cow::Borrowed(*value));
            }
        }
        if let Some(names) = &self.value
            && let Some(money) = value.of(flat)
        {
            let currency = to_raw_value(money.currency.code()).map_err(|_| Unfit::NotFlat)?;
            body.insert(&names.amount, Cow::Owned(money.number()));
            body.insert(&names.currency, Cow::Owned(currency));
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
                add(name, &person::hashed(&normal).into())?;
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
        return person::phone(text);
    }
    if key == flat::key::CONTACT_EMAIL {
        return person::email(text);
    }
    person::word(text)
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
        let shape = Shape::new(Some(mapping), ValueRule::default());
        String::from_utf8(shape.of(flat.as_bytes()).unwrap().into_owned()).unwrap()
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
        assert_eq!(Shape::default().of(FLAT.as_bytes()).unwrap(), FLAT.as_bytes());
    }

    #[test]
    fn a_value_has_its_currency_or_is_not_told() {
        let told = json!({"value": {"amount": "revenue", "currency": "revenue_in"}});
        assert_eq!(
            body(
                told.clone(),
                r#"{"deal_value":1234567890123456.789,"deal_currency":"EUR"}"#
            ),
            r#"{"revenue":1234567890123456.79,"revenue_in":"EUR"}"#
        );
        assert_eq!(body(told, FLAT), "{}");
    }

    #[test]
    fn persons_are_hashed_as_platforms_do() {
        let told = json!({"hashed": {"em": "contact_email", "ph": "contact_phone_number", "fn": "contact_first_name"}});
        // sha256sum of `ada@example.com` and of `+4930123456`.
        let expected = json!({
            "em": person::hashed("ada@example.com"),
            "ph": person::hashed("+4930123456"),
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
}
