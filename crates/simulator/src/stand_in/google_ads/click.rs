//! Whose conversion it is: one id of a click, or hashes of whoever clicked, or both.

use serde_json::{Map, Value};

use super::conversion::UPLOAD;
use super::operation::OperationError;
use super::written;

/// Of one conversion.
const IDENTIFIERS_MAX: usize = 5;
/// How ids of clicks begin that Google would refuse, with why.
const CLICKS: &[(&str, &str, &str)] = &[
    (
        "unknown",
        "EVENT_NOT_FOUND",
        "The imported event could not be attributed to a click.",
    ),
    (
        "expired",
        "EXPIRED_EVENT",
        "The click occurred before this conversion's click-through window.",
    ),
    (
        "recent",
        "TOO_RECENT_EVENT",
        "The click occurred less than 6 hours ago. Retry after 6 hours have passed.",
    ),
    (
        "early",
        "CONVERSION_PRECEDES_EVENT",
        "The imported event has a conversion_date_time that precedes the click.",
    ),
];
/// How hashes begin that belong to nobody who clicked.
const NOBODY: &str = "0000";

/// One id of a click, or hashes of whoever clicked, or both.
pub(super) fn check(conversion: &Map<String, Value>) -> Result<(), OperationError> {
    let [gclid, gbraid, wbraid] = ["gclid", "gbraid", "wbraid"].map(|name| written::text(conversion, name));
    if gbraid.is_some() && wbraid.is_some() {
        let message = "Can't use both gbraid and wbraid parameters. Use only 1 and try again.";
        return Err(OperationError::whole((UPLOAD, "GBRAID_WBRAID_BOTH_SET"), message));
    }
    if gclid.is_some() && (gbraid.is_some() || wbraid.is_some()) {
        return Err(OperationError::unwanted("gclid"));
    }
    let known = people(conversion)?;
    for (field, click, unparsed) in [
        ("gclid", gclid, "UNPARSEABLE_GCLID"),
        ("gbraid", gbraid, "UNPARSEABLE_GBRAID"),
        ("wbraid", wbraid, "UNPARSEABLE_WBRAID"),
    ] {
        let Some(click) = click else { continue };
        let is_id = click
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_id {
            let message = format!("The imported {field} could not be decoded.");
            return Err(OperationError::new((UPLOAD, unparsed), field, message).triggered_by(click));
        }
        let refused = CLICKS.iter().find(|(begin, _, _)| click.starts_with(begin));
        return match refused {
            Some((_, name, message)) => {
                Err(OperationError::new((UPLOAD, name), field, *message).triggered_by(click))
            }
            None => Ok(()),
        };
    }
    match known {
        None => Err(OperationError::missing("gclid")),
        Some(true) => Ok(()),
        Some(false) => Err(OperationError::new(
            (UPLOAD, "CLICK_NOT_FOUND"),
            "userIdentifiers",
            "The email address or phone number for this event can't be matched to a click.",
        )),
    }
}

/// Whether any of the identifiers is of somebody who clicked; none where there are none.
fn people(conversion: &Map<String, Value>) -> Result<Option<bool>, OperationError> {
    const FIELD: &str = "userIdentifiers";
    let Some(people) = written::field(conversion, FIELD).and_then(Value::as_array) else {
        return Ok(None);
    };
    if people.len() > IDENTIFIERS_MAX {
        let message = "Too many user identifiers: at most 5 for each conversion.";
        return Err(OperationError::new(
            ("collectionSizeError", "TOO_MANY"),
            FIELD,
            message,
        ));
    }
    let mut known = None;
    for person in people.iter().filter_map(Value::as_object) {
        let hash = hash(person)?;
        known = Some(known == Some(true) || !hash.starts_with(NOBODY));
    }
    Ok(known)
}

fn hash(person: &Map<String, Value>) -> Result<&str, OperationError> {
    const FIELD: &str = "userIdentifiers";
    let given: Vec<&Value> = [
        "hashedEmail",
        "hashedPhoneNumber",
        "mobileId",
        "thirdPartyUserId",
        "addressInfo",
    ]
    .iter()
    .filter_map(|name| written::field(person, name))
    .collect();
    let hashed = ["hashedEmail", "hashedPhoneNumber"]
        .iter()
        .find_map(|name| written::text(person, name));
    let (Some(hash), 1) = (hashed, given.len()) else {
        let message =
            "The provided user identifiers are not supported. Use only hashed email or phone number.";
        return Err(OperationError::new(
            (UPLOAD, "UNSUPPORTED_USER_IDENTIFIER"),
            FIELD,
            message,
        ));
    };
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hash {
        return Ok(hash);
    }
    let message =
        "Make sure you hash user provided data using SHA-256 and normalize it according to the guidelines.";
    Err(OperationError::new(
        (UPLOAD, "INVALID_USER_IDENTIFIER"),
        FIELD,
        message,
    ))
}
