//! The flat event: the one list of its keys, with type and origin (facts: flat-event).
//!
//! The list is closed. Adding a key is one line in [`FIELDS`], a change of the schema `flat`, and a
//! new version of a template; nothing else in the tree names a flat key.

mod catalogue;
pub mod key;
mod own;
mod patterns;

pub use catalogue::FIELDS;
pub use own::{FlatEvent, LATE_AFTER, is_late, strip_foreign};
pub(crate) use patterns::{CONTACT_CUSTOM, DEAL_CUSTOM, LEAD_CUSTOM, ORGANIZATION_CUSTOM};
pub use patterns::{EMAIL_SOURCE_PARTS, EMAIL_SOURCES_MAX, custom_key, email_source_key, slug};

use crate::entity::Object;

/// The JSON type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Text,
    /// Text of a UUID.
    Uuid,
    /// Text of decimal digits, for integers beyond 2^53.
    Digits,
    Integer,
    /// Integer for decimal ids, text for UUIDs.
    IntegerOrText,
    /// A number with all its digits.
    Decimal,
    Boolean,
    BooleanOrText,
    Integers,
    Texts,
    /// RFC 3339.
    Time,
    /// `YYYY-MM-DD`.
    Date,
    /// A scalar or a list of scalars: custom fields.
    Any,
}

/// Where in the enriched event's `request` a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Worked out by [`crate::flatten`].
    Made,
    /// `request` itself.
    Request,
    Meta,
    /// The state (`current`, of a deleted entity `previous`) of the event's own object.
    State(Own),
    /// `previous`, where it differs from `current`.
    Previous(Own),
    /// `personal_properties`.
    Contact,
    /// `organization_properties`.
    Organization,
    Marketing,
    Metrics,
    EmailValidation,
}

/// Objects that have keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Own {
    Deal,
    Lead,
    Activity,
    Note,
    Product,
    User,
    Stage,
    Pipeline,
    Person,
    Organization,
}

impl Own {
    pub const fn of(object: &Object) -> Option<Self> {
        Some(match object {
            Object::Deal => Self::Deal,
            Object::Lead => Self::Lead,
            Object::Activity => Self::Activity,
            Object::Note => Self::Note,
            Object::Product => Self::Product,
            Object::User => Self::User,
            Object::Stage => Self::Stage,
            Object::Pipeline => Self::Pipeline,
            Object::Person => Self::Person,
            Object::Organization => Self::Organization,
            Object::ActivityType | Object::Other(_) => return None,
        })
    }
}

/// One key of the flat event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    /// Whether the founding article has it.
    pub founding: bool,
    pub place: Place,
    /// Its key at that place; a dot goes one level down.
    pub key: &'static str,
}

/// The fixed field of that name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The type of any key the flat event may have: a fixed one, a custom field, a numbered source.
pub fn kind_of(name: &str) -> Option<FieldKind> {
    field(name)
        .map(|field| field.kind)
        .or_else(|| patterns::kind_of(name))
}

/// Whether a value of this key may say who somebody is: a contact's, a name, or a text that people write names into.
pub fn may_name_a_person(name: &str) -> bool {
    const STARTS: [&str; 4] = [
        "contact_",
        "email_validation_email",
        "email_validation_sources_",
        "note_",
    ];
    const ENDS: [&str; 3] = ["_title", "_subject", "_name"];
    let is_ours = name == key::EVENT_NAME;
    !is_ours
        && (STARTS.iter().any(|start| name.starts_with(start)) || ENDS.iter().any(|end| name.ends_with(end)))
}

/// Whether the founding article has the key (of the numbered sources it has the pattern).
pub fn is_founding(name: &str) -> bool {
    field(name).map_or_else(|| patterns::is_email_source(name), |field| field.founding)
}

#[cfg(test)]
mod tests;
