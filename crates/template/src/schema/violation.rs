//! One reason why an event was refused, as `omni.rejected` carries it.
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;

/// The longest message kept, in characters: it may list what a schema allows.
const MESSAGE_CHARS_MAX: usize = 300;

/// Where (JSON path), which rule of which schema, and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `$.deal_value`, `$.event_permitted_user_ids[3]`.
    pub path: String,
    /// The keyword of the schema (`type`, `enum`, `required`, …), or `column` when the value fits the schema but not
    /// its column.
    pub rule: String,
    /// In words; never quotes the value.
    pub message: String,
    /// `id/version` of the template.
    pub schema_version: String,
}

impl Violation {
    /// A violation of ours.
    pub fn new(path: impl Into<String>, rule: &str, message: impl AsRef<str>, schema_version: &str) -> Self {
        Self {
            path: path.into(),
            rule: rule.to_owned(),
            message: message.as_ref().chars().take(MESSAGE_CHARS_MAX).collect(),
            schema_version: schema_version.to_owned(),
        }
    }

    pub(super) fn of(error: &ValidationError<'_>, schema_version: &str) -> Self {
        let mut path = String::from("$");
        for segment in error.instance_path() {
            push(&mut path, &segment);
        }
        if let ValidationErrorKind::Required { property } = error.kind()
            && let Some(property) = property.as_str()
        {
            path.push('.');
            path.push_str(property);
        }
        // The value stands beside it on record, and is shown to who may see it; a message is shown to everybody.
        Self::new(
            path,
            error.kind().keyword(),
            error.masked().to_string(),
            schema_version,
        )
    }
}

impl From<Violation> for event::outcome::Fault {
    fn from(violation: Violation) -> Self {
        Self {
            path: violation.path,
            rule: violation.rule,
            schema_version: Some(violation.schema_version),
            message: violation.message,
        }
    }
}

fn push(path: &mut String, segment: &LocationSegment<'_>) {
    match segment {
        LocationSegment::Property(name) => {
            path.push('.');
            path.push_str(name);
        }
        LocationSegment::Index(index) => {
            path.push('[');
            path.push_str(&index.to_string());
            path.push(']');
        }
    }
}
