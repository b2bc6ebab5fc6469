//! The envelope of a webhook, borrowed from the body: what the collector needs and no more.
//!
//! `current`/`data` and `previous` stay raw text until somebody asks for the change. Which version
//! it is, the shape says (facts: v2 has `meta.version` "2.0", v1 has `v` 1), not the caller.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::Map;
use crate::prevalidate::Violation;

/// Which form of webhook came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    V1,
    V2,
}

impl Version {
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "1" | "1.0" => Some(Self::V1),
            "2" | "2.0" => Some(Self::V2),
            _ => None,
        }
    }

    pub(crate) fn from_value(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::String(text) => Self::from_text(text.trim()),
            Value::Number(number) => Self::from_text(number.as_str()),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// Why a body is no webhook that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("body is not json: {0}")]
    NotJson(String),
    #[error("body is json but no webhook: {0}")]
    NotAWebhook(String),
    #[error("body is a webhook of neither version 1 nor 2")]
    UnknownVersion,
    #[error("webhook fails prevalidation in {} places", .0.len())]
    Invalid(Vec<Violation>),
}

impl Refusal {
    /// The word that goes on record with what was refused.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "not_json",
            Self::NotAWebhook(_) => "not_a_webhook",
            Self::UnknownVersion => "unknown_version",
            Self::Invalid(_) => "prevalidation",
        }
    }
}

/// The envelope of either version.
#[derive(Debug)]
pub struct Webhook<'a> {
    version: Version,
    envelope: Envelope<'a>,
}

#[derive(Debug, Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    v: Option<Value>,
    #[serde(default)]
    meta: Map,
    #[serde(borrow, default)]
    current: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    previous: Option<&'a RawValue>,
    #[serde(default)]
    matches_filters: Option<Value>,
    #[serde(default)]
    retry: Option<Value>,
}

impl Envelope<'_> {
    /// The version the body says it is.
    fn marked(&self) -> Option<Version> {
        let v = || Version::from_value(self.v.as_ref()).or_else(|| Version::from_value(self.meta.get("v")));
        if Version::from_value(self.meta.get("version")) == Some(Version::V2) {
            return Some(Version::V2);
        }
        v().filter(|version| *version == Version::V1)
    }

    /// The version whose rules a body without a good mark is judged by (and refused).
    fn shaped(&self) -> Option<Version> {
        if self.meta.contains_key("entity") {
            return Some(Version::V2);
        }
        self.meta.contains_key("object").then_some(Version::V1)
    }
}

impl<'a> Webhook<'a> {
    /// Reads the envelope. Refuses what is not JSON, no object, or of no known version; the rules
    /// of [`crate::prevalidate`] are asked separately.
    pub fn parse(body: &'a [u8]) -> Result<Self, Refusal> {
        // Once, and not for each text.
        let body = std::str::from_utf8(body)
            .map_err(|error| Refusal::NotJson(format!("no UTF-8 from byte {} on", error.valid_up_to())))?;
        let envelope: Envelope<'a> = serde_json::from_str(body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Refusal::NotAWebhook(place(&error)),
            _ => Refusal::NotJson(place(&error)),
        })?;
        // serde reads a list into a struct as well.
        if !body.trim_ascii_start().starts_with('{') {
            return Err(Refusal::NotAWebhook("is no object".to_owned()));
        }
        let version = envelope
            .marked()
            .or_else(|| envelope.shaped())
            .ok_or(Refusal::UnknownVersion)?;
        Ok(Self { version, envelope })
    }

    pub const fn version(&self) -> Version {
        self.version
    }

    /// `meta` as received.
    pub const fn meta(&self) -> &Map {
        &self.envelope.meta
    }

    /// v1's `current`, v2's `data`; `None` when absent or null.
    pub const fn current(&self) -> Option<&'a RawValue> {
        match self.version {
            Version::V1 => self.envelope.current,
            Version::V2 => self.envelope.data,
        }
    }

    pub const fn previous(&self) -> Option<&'a RawValue> {
        self.envelope.previous
    }

    /// v1's `v`, wherever it stands.
    pub fn v(&self) -> Option<&Value> {
        self.envelope.v.as_ref().or_else(|| self.envelope.meta.get("v"))
    }

    /// v1's filters: the top level's, else the copy in `meta`.
    pub fn matches_filters(&self) -> Option<&Value> {
        let copy = || {
            self.envelope
                .meta
                .get("matches_filters")
                .filter(|value| !value.is_null())
        };
        self.envelope.matches_filters.as_ref().or_else(copy)
    }

    /// Which attempt this is, from 1: v1's `retry` + 1, v2's `attempt`.
    pub fn attempt(&self) -> Option<u32> {
        let (value, first) = match self.version {
            Version::V1 => (self.envelope.retry.as_ref(), 1),
            Version::V2 => (self.envelope.meta.get("attempt"), 0),
        };
        let number = crate::number::value_u64(value?)?;
        u32::try_from(number).ok()?.checked_add(first)
    }

    pub(crate) fn into_meta(self) -> (Map, Option<Value>) {
        let filters = self.matches_filters().cloned();
        (self.envelope.meta, filters)
    }
}

/// Where and why, without the body's own text (which may hold a person's data).
fn place(error: &serde_json::Error) -> String {
    let why = match error.classify() {
        serde_json::error::Category::Eof => "ends too early",
        serde_json::error::Category::Syntax => "bad syntax",
        serde_json::error::Category::Data => "unexpected shape",
        serde_json::error::Category::Io => "unreadable",
    };
    format!("{why} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn code(body: &str) -> &'static str {
        Webhook::parse(body.as_bytes()).map_or_else(|refusal| refusal.code(), |_| "ok")
    }

    #[test]
    fn the_shape_tells_the_version() {
        for body in [
            r#"{"v":1,"meta":{}}"#,
            r#"{"meta":{"v":1}}"#,
            r#"{"v":"1","meta":{}}"#,
        ] {
            assert_eq!(
                Webhook::parse(body.as_bytes()).unwrap().version(),
                Version::V1,
                "{body}"
            );
        }
        for body in [
            r#"{"meta":{"version":"2.0"}}"#,
            r#"{"meta":{"version":2}}"#,
            r#"{"v":1,"meta":{"version":"2.0"}}"#,
        ] {
            assert_eq!(
                Webhook::parse(body.as_bytes()).unwrap().version(),
                Version::V2,
                "{body}"
            );
        }
        for body in [
            r#"{"v":2,"meta":{}}"#,
            r#"{"meta":{"version":"3.0"}}"#,
            "{}",
            r#"{"meta":{"version":"1.0"}}"#,
        ] {
            assert_eq!(code(body), "unknown_version", "{body}");
        }
        // Without a good mark the shape decides whose rules refuse it.
        for (body, version) in [
            (r#"{"v":3,"meta":{"object":"deal"}}"#, Version::V1),
            (r#"{"v":2,"meta":{"object":"deal"}}"#, Version::V1),
            (r#"{"meta":{"version":"3.0","entity":"deal"}}"#, Version::V2),
        ] {
            assert_eq!(
                Webhook::parse(body.as_bytes()).unwrap().version(),
                version,
                "{body}"
            );
        }
    }

    #[test]
    fn tells_what_is_no_json_from_what_is_no_webhook() {
        for body in ["", "<html>", r#"{"v":1"#, r#"{"v":1,}"#, "\u{0}"] {
            assert_eq!(code(body), "not_json", "{body}");
        }
        assert_eq!(Webhook::parse(b"\xff\xfe").unwrap_err().code(), "not_json");
        for body in [
            "[]",
            " [1, {\"v\": 1}]",
            "7",
            r#"{"v":1,"meta":[]}"#,
            r#"{"v":1,"meta":{},"v":1}"#,
        ] {
            assert_eq!(code(body), "not_a_webhook", "{body}");
        }
    }

    #[test]
    fn a_refusal_never_quotes_the_body() {
        let refusal = Webhook::parse(br#"{"v":1,"meta":"jack@example.com"}"#).unwrap_err();
        assert!(!refusal.to_string().contains("jack"), "{refusal}");
        assert!(refusal.to_string().contains("line 1"), "{refusal}");
    }

    #[test]
    fn current_is_the_received_text() {
        let v1 = br#"{"v":1,"meta":{},"current": {"value":10.50},"previous":null,"retry":2}"#;
        let webhook = Webhook::parse(v1).unwrap();
        assert_eq!(webhook.current().unwrap().get(), r#"{"value":10.50}"#);
        assert!(webhook.previous().is_none());
        assert_eq!(webhook.attempt(), Some(3));
        let v2 =
            br#"{"data":{"id":1},"previous":{"id": 2},"meta":{"version":"2.0","attempt":2},"current":7}"#;
        let webhook = Webhook::parse(v2).unwrap();
        assert_eq!(webhook.current().unwrap().get(), r#"{"id":1}"#);
        assert_eq!(webhook.previous().unwrap().get(), r#"{"id": 2}"#);
        assert_eq!(webhook.attempt(), Some(2));
    }

    #[test]
    fn filters_stand_at_the_top_or_in_meta() {
        let filters = |body: &str| {
            Webhook::parse(body.as_bytes())
                .unwrap()
                .matches_filters()
                .map(Value::to_string)
        };
        assert_eq!(
            filters(r#"{"v":1,"meta":{"matches_filters":{"current":[2]}}}"#).unwrap(),
            r#"{"current":[2]}"#
        );
        let both = r#"{"v":1,"matches_filters":{"current":[1]},"meta":{"matches_filters":{"current":[2]}}}"#;
        assert_eq!(filters(both).unwrap(), r#"{"current":[1]}"#);
        assert_eq!(
            filters(r#"{"v":1,"matches_filters":null,"meta":{"matches_filters":null}}"#),
            None
        );
    }

    #[test]
    fn v_is_found_where_it_stands() {
        let v = |body: &str| Webhook::parse(body.as_bytes()).unwrap().v().map(Value::to_string);
        assert_eq!(v(r#"{"meta":{"v":1}}"#).unwrap(), "1");
        assert_eq!(v(r#"{"meta":{"version":"2.0"}}"#), None);
    }
}
