//! Names that Google takes and names that are its own.
//!
//! <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference#reserved_names>

/// Events that only Google's own code sends.
const EVENTS: &[&str] = &[
    "ad_activeview",
    "ad_click",
    "ad_exposure",
    "ad_impression",
    "ad_query",
    "adunit_exposure",
    "app_clear_data",
    "app_install",
    "app_remove",
    "app_update",
    "error",
    "first_open",
    "first_visit",
    "in_app_purchase",
    "notification_dismiss",
    "notification_foreground",
    "notification_open",
    "notification_receive",
    "os_update",
    "screen_view",
    "session_start",
    "user_engagement",
];
const PREFIXES: &[&str] = &["firebase_", "ga_", "google_", "gtag."];
/// User properties that are Google's.
const PROPERTIES: &[&str] = &[
    "first_open_time",
    "first_visit_time",
    "last_deep_link_referrer",
    "user_id",
];

/// Why a name cannot be: a code, and the rest of a sentence.
pub(super) type Refused = (&'static str, String);

pub(super) fn event(name: &str) -> Result<(), Refused> {
    if EVENTS.contains(&name) {
        return Err(("NAME_RESERVED", "Event name is reserved.".to_owned()));
    }
    word(name, 40)
}

pub(super) fn parameter(name: &str) -> Result<(), Refused> {
    word(name, 40)
}

pub(super) fn property(name: &str) -> Result<(), Refused> {
    if PROPERTIES.contains(&name) {
        return Err(("NAME_RESERVED", "User property name is reserved.".to_owned()));
    }
    word(name, 24)
}

/// A letter, then letters, digits and `_`.
fn word(name: &str, length_max: usize) -> Result<(), Refused> {
    let invalid = |why: &str| Err(("NAME_INVALID", why.to_owned()));
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return invalid("Names must start with an alphabetic character.");
    }
    if let Some(prefix) = PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
        return Err((
            "NAME_RESERVED",
            format!("Names must not start with the reserved prefix [{prefix}]."),
        ));
    }
    if !name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    {
        return invalid("Names must contain only alphanumeric characters and underscores.");
    }
    if name.len() > length_max {
        return invalid(&format!("Names must be {length_max} characters or fewer."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_names_are_googles_own() {
        let code = |name: &str| event(name).err().map(|(code, _)| code);
        assert_eq!(code("purchase"), None);
        for own in ["session_start", "ga_x", "google_x", "firebase_x"] {
            assert_eq!(code(own), Some("NAME_RESERVED"), "{own}");
        }
        for wrong in ["", "_x", "1a", "a-b", "ä", &"a".repeat(41)] {
            assert_eq!(code(wrong), Some("NAME_INVALID"), "{wrong}");
        }
        assert!(event(&"a".repeat(40)).is_ok() && property(&"a".repeat(25)).is_err());
    }
}
