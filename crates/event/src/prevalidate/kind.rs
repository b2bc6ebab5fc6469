//! What a property may be, judged on its JSON value alone.

use serde_json::Value;

use crate::entity::{Action, EntityId, is_word};
use crate::moment;
use crate::number::value_u64;
use crate::webhook::Version;

/// The kinds of the table. Where the article says String and Pipedrive sends a number, both fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyKind {
    /// The mark of a version: `1` or `"2.0"`, as number or text.
    Mark(Version),
    /// One of the listed words.
    OneOf(&'static [&'static str]),
    /// A kind of entity: a word that fits into a message key.
    ObjectWord,
    /// An entity's id: whole number, decimal text, UUID or short word.
    EntityId,
    /// A company's or user's id: whole number from 1, or its decimal text.
    Id,
    /// Text, at most 255 bytes.
    Text,
    /// Text or a whole number.
    TextOrInteger,
    Boolean,
    /// `false`, `true` or a name.
    BooleanOrText,
    /// Seconds since 1970 as number or digits.
    Seconds,
    /// Microseconds since 1970 as number or digits.
    Micros,
    /// RFC 3339, or seconds as number or digits.
    Instant,
    /// A list of user ids (numbers or digits) or of `"*"`.
    UserIds,
    /// An object or an (empty) list.
    Filters,
    /// Whole number from 1.
    Attempt,
    /// The state of an entity: an object, a list of them, or null.
    State,
}

const TEXT_BYTES_MAX: usize = 255;

impl PropertyKind {
    /// Whether a value that is there (not null) fits.
    pub fn fits(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Mark(version) => Version::from_value(Some(value)) == Some(version),
            Self::OneOf(words) => text.is_some_and(|text| words.contains(&text)),
            Self::ObjectWord => text.is_some_and(is_word),
            Self::EntityId => !value.is_object() && EntityId::from_value(value).is_some(),
            Self::Id | Self::Attempt => value_u64(value).is_some_and(|id| id > 0),
            Self::Text => text.is_some_and(|text| text.len() <= TEXT_BYTES_MAX),
            Self::TextOrInteger => Self::Text.fits(value) || value_u64(value).is_some(),
            Self::Boolean => value.is_boolean(),
            Self::BooleanOrText => value.is_boolean() || Self::Text.fits(value),
            Self::Seconds => is_moment(value, 1_000_000),
            Self::Micros => is_moment(value, 1),
            Self::Instant => {
                is_moment(value, 1_000_000) || text.is_some_and(|text| moment::parse(text.trim()).is_some())
            }
            Self::UserIds => value.as_array().is_some_and(|items| items.iter().all(is_user_id)),
            Self::Filters => value.is_object() || value.is_array(),
            Self::State => value.is_object() || value.is_array() || value.is_null(),
        }
    }

    /// The message for a value that does not fit.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Mark(_) => "is not the version's mark",
            Self::OneOf(_) => "is not one of the known words",
            Self::ObjectWord => "is no word for a kind of entity",
            Self::EntityId => "is no id of an entity",
            Self::Id => "is no positive whole number",
            Self::Text => "is no text of at most 255 bytes",
            Self::TextOrInteger => "is neither text nor a whole number",
            Self::Boolean => "is neither true nor false",
            Self::BooleanOrText => "is neither true, false nor text",
            Self::Seconds => "is no time in seconds",
            Self::Micros => "is no time in microseconds",
            Self::Instant => "is no time, neither as text nor in seconds",
            Self::UserIds => "is no list of user ids",
            Self::Filters => "is no object of filter ids",
            Self::Attempt => "is no attempt's number from 1",
            Self::State => "is neither an object, a list nor null",
        }
    }
}

/// The actions of a version, as its webhooks say them.
pub(super) const ACTIONS_V1: &[&str] = &[
    Action::Added.as_str(),
    Action::Updated.as_str(),
    Action::Deleted.as_str(),
    Action::Merged.as_str(),
];
pub(super) const ACTIONS_V2: &[&str] = &["create", "change", "delete"];
pub(super) const SOURCES: &[&str] = &["app", "api"];

fn is_moment(value: &Value, micros_per_unit: u64) -> bool {
    let micros = value_u64(value).and_then(|units| units.checked_mul(micros_per_unit));
    micros
        .and_then(|micros| i64::try_from(micros).ok())
        .is_some_and(moment::is_in_range)
}

fn is_user_id(value: &Value) -> bool {
    value == "*" || value_u64(value).is_some()
}
