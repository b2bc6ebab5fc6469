//! What a change is about: the kind of entity, what happened to it, and its id.
//!
//! Words are those of webhooks v1, for both versions (DESIGN 4). An object or an id that this
//! page does not know is kept as it came, as long as it fits into a message key.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::number;

/// The longest object word and entity id that is taken, in bytes.
pub const WORD_BYTES_MAX: usize = 64;

/// The kind of entity, in Pipedrive's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Object {
    Deal,
    Person,
    Organization,
    Lead,
    Activity,
    ActivityType,
    Note,
    Product,
    Stage,
    Pipeline,
    User,
    /// Projects, tasks, field definitions and whatever comes next.
    Other(Box<str>),
}

impl Object {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Deal => "deal",
            Self::Person => "person",
            Self::Organization => "organization",
            Self::Lead => "lead",
            Self::Activity => "activity",
            Self::ActivityType => "activityType",
            Self::Note => "note",
            Self::Product => "product",
            Self::Stage => "stage",
            Self::Pipeline => "pipeline",
            Self::User => "user",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Object {
    fn from(word: &str) -> Self {
        match word {
            "deal" => Self::Deal,
            "person" => Self::Person,
            "organization" => Self::Organization,
            "lead" => Self::Lead,
            "activity" => Self::Activity,
            "activityType" => Self::ActivityType,
            "note" => Self::Note,
            "product" => Self::Product,
            "stage" => Self::Stage,
            "pipeline" => Self::Pipeline,
            "user" => Self::User,
            other => Self::Other(other.into()),
        }
    }
}

impl FromStr for Object {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(Self::from(word))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened, in the words of webhooks v1 and of the founding flat event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    Added,
    Updated,
    Deleted,
    Merged,
}

impl Action {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Merged => "merged",
        }
    }

    /// From the word of either version; v2's `change` is `updated` here (whether it is a merge,
    /// `meta.merged_from_id` says).
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "added" | "create" => Some(Self::Added),
            "updated" | "change" => Some(Self::Updated),
            "deleted" | "delete" => Some(Self::Deleted),
            "merged" => Some(Self::Merged),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The id of an entity: decimal digits, a UUID (leads), or another short word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(Box<str>);

impl EntityId {
    /// From text. Decimal text loses leading zeros, a UUID becomes lower case; anything else must
    /// be letters, digits, `-`, `_` or `.`, at most [`WORD_BYTES_MAX`] bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(number) = number::decimal_u64(text) {
            return Some(Self::from(number));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > WORD_BYTES_MAX || !text.chars().all(allowed) {
            return None;
        }
        // Digits that fit no u64 are no id of Pipedrive's.
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let hyphenated = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
        Some(Self(if hyphenated {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        }))
    }

    /// From JSON: a number, a text, or an object that stands where an id belongs (`{"id": ..}`).
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number::integer_u64(number).map(Self::from),
            Value::String(text) => Self::parse(text),
            Value::Object(map) => map
                .get("id")
                .or_else(|| map.get("value"))
                .and_then(Self::from_value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn as_u64(&self) -> Option<u64> {
        number::decimal_u64(&self.0)
    }

    /// An integer when decimal, else a text.
    pub fn to_json(&self) -> Value {
        self.as_u64().map_or_else(|| Value::from(&*self.0), Value::from)
    }
}

impl From<u64> for EntityId {
    fn from(id: u64) -> Self {
        Self(id.to_string().into())
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a word may stand in a message key: letters first, then letters, digits, `_`, `-` or `.`.
pub fn is_word(word: &str) -> bool {
    let tail = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    word.len() <= WORD_BYTES_MAX
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(tail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_the_same_as_number_text_or_object() {
        for value in [
            json!(12),
            json!("12"),
            json!("012"),
            json!({"id": 12}),
            json!({"value": "12"}),
        ] {
            assert_eq!(EntityId::from_value(&value).unwrap().to_string(), "12", "{value}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_in_lower_case() {
        let id = EntityId::parse("B1810230-6C0D-11ED-9826-A53D0EB706A5").unwrap();
        assert_eq!(id.as_str(), "b1810230-6c0d-11ed-9826-a53d0eb706a5");
        assert_eq!(id.as_u64(), None);
        assert_eq!(id.to_json(), json!("b1810230-6c0d-11ed-9826-a53d0eb706a5"));
        assert_eq!(EntityId::parse("Field_Code.1").unwrap().as_str(), "Field_Code.1");
        // As long as a UUID, but none: kept as it came.
        let word = "ABCDEFGH-IJKL-MNOP-QRST-UVWXYZ012345";
        assert_eq!(EntityId::parse(word).unwrap().as_str(), word);
        // A UUID without hyphens is a word like any other.
        let simple = "B18102306C0D11ED9826A53D0EB706A5";
        assert_eq!(EntityId::parse(simple).unwrap().as_str(), simple);
    }

    #[test]
    fn refuses_ids_that_would_break_a_key() {
        let long = "a".repeat(WORD_BYTES_MAX + 1);
        for text in ["", " ", "a:b", "a b", "99999999999999999999", "é", &long] {
            assert_eq!(EntityId::parse(text), None, "{text}");
        }
        assert!(EntityId::parse(&"a".repeat(WORD_BYTES_MAX)).is_some());
        for value in [
            json!(1.5),
            json!(-1),
            json!(null),
            json!([1]),
            json!(true),
            json!({}),
        ] {
            assert_eq!(EntityId::from_value(&value), None, "{value}");
        }
    }

    #[test]
    fn words_go_there_and_back() {
        let words =
            "deal person organization lead activity activityType note product stage pipeline user task";
        for word in words.split(' ') {
            let object = word.parse::<Object>().unwrap();
            assert_eq!(object.to_string(), word);
            assert_eq!(matches!(object, Object::Other(_)), word == "task");
        }
        for action in [Action::Added, Action::Updated, Action::Deleted, Action::Merged] {
            assert_eq!(Action::from_word(&action.to_string()), Some(action));
        }
        assert_eq!(Action::from_word("create"), Some(Action::Added));
        assert_eq!(Action::from_word("change"), Some(Action::Updated));
        assert_eq!(Action::from_word("delete"), Some(Action::Deleted));
        assert_eq!(Action::from_word("exploded"), None);
    }

    #[test]
    fn a_word_starts_with_a_letter_and_has_no_colon() {
        assert!(is_word("deal_product") && is_word("activityType") && is_word(&"a".repeat(WORD_BYTES_MAX)));
        for word in ["", "1deal", "a:b", "a b", "_a", &"a".repeat(WORD_BYTES_MAX + 1)] {
            assert!(!is_word(word), "{word}");
        }
    }
}
