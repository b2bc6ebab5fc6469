//! How an event ends: loaded, rejected or filtered, each on record.
//!
//! A rejected one keeps the value that was refused, whole; a filtered one keeps its rule. Messages
//! never quote a person's data, the value may.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The three ways an accepted event can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Loaded,
    Rejected,
    Filtered,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Rejected => "rejected",
            Self::Filtered => "filtered",
        }
    }
}

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// JSON path, e.g. `$.meta.company_id`.
    pub path: String,
    pub rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    pub message: String,
}

impl From<&crate::prevalidate::Violation> for Fault {
    fn from(violation: &crate::prevalidate::Violation) -> Self {
        Self {
            path: violation.path.to_owned(),
            rule: violation.rule.clone(),
            schema_version: None,
            message: violation.message.clone(),
        }
    }
}

/// The faults of a refused body, for its record.
pub fn faults_of(refusal: &crate::Refusal) -> Vec<Fault> {
    match refusal {
        crate::Refusal::Invalid(violations) => violations.iter().map(Fault::from).collect(),
        other => vec![Fault {
            path: "$".to_owned(),
            rule: other.code().to_owned(),
            schema_version: None,
            message: other.to_string(),
        }],
    }
}

/// A value of `omni.rejected`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The stage that refused, e.g. `collector`.
    pub stage: String,
    pub code: String,
    pub errors: Vec<Fault>,
    pub event_uuid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The topic it was read from; none when it never reached one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// What was refused: its text, or base64 of its bytes, as `value_encoding` says.
    pub value: String,
    #[serde(default, skip_serializing_if = "ValueEncoding::is_text")]
    pub value_encoding: ValueEncoding,
}

/// How a refused value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueEncoding {
    #[default]
    Text,
    /// Of bytes that are not UTF-8.
    Base64,
}

impl ValueEncoding {
    // The signature serde asks for.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_text(&self) -> bool {
        *self == Self::Text
    }

    /// The value as it goes on record.
    pub fn write(bytes: &[u8]) -> (String, Self) {
        std::str::from_utf8(bytes).map_or_else(
            |_| (STANDARD.encode(bytes), Self::Base64),
            |text| (text.to_owned(), Self::Text),
        )
    }
}

/// A value of `omni.filtered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filtered {
    pub event_uuid: Uuid,
    pub stage: String,
    /// E.g. `duplicate`, `no_template`, or the name of a configured rule.
    pub rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
}

/// The rule of a double; it never settles the original in the ledger.
pub const DUPLICATE: &str = "duplicate";

impl Rejected {
    /// The bytes as they were refused; `None` for base64 that is none.
    pub fn refused_bytes(&self) -> Option<Vec<u8>> {
        match self.value_encoding {
            ValueEncoding::Text => Some(self.value.clone().into_bytes()),
            ValueEncoding::Base64 => STANDARD.decode(&self.value).ok(),
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn from_json(value: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }
}

impl Filtered {
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn from_json(value: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rejected(bytes: &[u8]) -> Rejected {
        let (value, value_encoding) = ValueEncoding::write(bytes);
        Rejected {
            stage: "collector".into(),
            code: "not_json".into(),
            errors: faults_of(&crate::Refusal::UnknownVersion),
            event_uuid: Uuid::from_u128(3),
            company_id: Some(u64::MAX),
            source: Some("crm".into()),
            topic: None,
            received_at: None,
            value,
            value_encoding,
        }
    }

    #[test]
    fn what_was_refused_comes_back_byte_for_byte() {
        for bytes in [b"{\"a\":1.50}".as_slice(), b"\xff\x00\xfe", b""] {
            let read = Rejected::from_json(&rejected(bytes).to_json()).unwrap();
            assert_eq!(read, rejected(bytes));
            assert_eq!(read.refused_bytes().unwrap(), bytes);
        }
        let broken = Rejected {
            value: "?".into(),
            value_encoding: ValueEncoding::Base64,
            ..rejected(b"")
        };
        assert_eq!(broken.refused_bytes(), None);
        assert!(
            !String::from_utf8(rejected(b"{}").to_json())
                .unwrap()
                .contains("value_encoding")
        );
    }

    #[test]
    fn every_violation_becomes_a_fault() {
        let refusal = crate::Change::from_webhook(br#"{"v":1,"meta":{}}"#).unwrap_err();
        let faults = faults_of(&refusal);
        assert!(
            faults
                .iter()
                .any(|fault| fault.path == "$.meta.company_id" && fault.rule == "v1.company_id")
        );
        assert!(faults.len() > 3);
        let whole = faults_of(&crate::Refusal::UnknownVersion);
        assert_eq!(
            whole.first().map(|fault| fault.rule.as_str()),
            Some("unknown_version")
        );
    }

    #[test]
    fn what_was_filtered_says_by_which_rule() {
        let filtered = Filtered {
            event_uuid: Uuid::from_u128(3),
            stage: "enricher".into(),
            rule: DUPLICATE.into(),
            company_id: Some(7),
            object: None,
            id: None,
            source: None,
            received_at: None,
        };
        let text = String::from_utf8(filtered.to_json()).unwrap();
        let uuid = "00000000-0000-0000-0000-000000000003";
        let expected =
            format!(r#"{{"event_uuid":"{uuid}","stage":"enricher","rule":"duplicate","company_id":7}}"#);
        assert_eq!(text, expected);
        assert_eq!(Filtered::from_json(text.as_bytes()).unwrap(), filtered);
        assert_eq!(Outcome::Loaded.as_str(), "loaded");
        assert_eq!(Outcome::Rejected.as_str(), "rejected");
        assert_eq!(Outcome::Filtered.as_str(), "filtered");
    }
}
