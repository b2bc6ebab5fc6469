//! Who it was: at most ten hashes, SHA-256 in the encoding that the request names.
//!
//! <https://developers.google.com/data-manager/api/devguides/concepts/formatting>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::proto::{field, text};
use super::refusal::Violation;

/// Of one event.
const IDENTIFIERS_MAX: usize = 10;
const HASH_BYTES: usize = 32;
/// In the place of a hash.
const ADDRESS: &[u8] = b"address";

/// How hashes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
    /// It is not said.
    None,
}

impl Encoding {
    /// Of the request; it must say one where any event has persons.
    pub(super) fn of(named: Option<&str>, events: &[Value], wrong: &mut Vec<Violation>) -> Self {
        let has_persons = |event: &Value| {
            let event = event.as_object();
            event.is_some_and(|event| field(event, "userData").is_some())
        };
        match named {
            Some("HEX") => return Self::Hex,
            Some("BASE64") => return Self::Base64,
            None if events.iter().any(has_persons) => wrong.push(Violation::missing("encoding")),
            None => {}
            Some(_) => {
                let description = "Enum value cannot be used.";
                wrong.push(Violation::of("encoding", "INVALID_ENUM_VALUE", description));
            }
        }
        Self::None
    }

    fn bytes(self, hash: &str) -> Result<Vec<u8>, (&'static str, &'static str)> {
        match self {
            Self::Hex => hex(hash).ok_or(("INVALID_HEX_ENCODING", "The HEX encoded value is malformed.")),
            Self::Base64 => STANDARD.decode(hash).map_err(|_| {
                (
                    "INVALID_BASE64_ENCODING",
                    "The base64 encoded value is malformed.",
                )
            }),
            Self::None => Ok(vec![0; HASH_BYTES]),
        }
    }
}

/// The hashes of an event.
pub(super) fn all(
    event: &Map<String, Value>,
    encoding: Encoding,
    wrong: &mut Vec<Violation>,
) -> Vec<Vec<u8>> {
    let Some(user) = field(event, "userData").and_then(Value::as_object) else {
        return Vec::new();
    };
    let identifiers = field(user, "userIdentifiers").and_then(Value::as_array);
    let identifiers = identifiers.map(Vec::as_slice).unwrap_or_default();
    if identifiers.is_empty() {
        wrong.push(Violation::missing("user_data.user_identifiers"));
    }
    if identifiers.len() > IDENTIFIERS_MAX {
        let description = "Maximum number of user identifiers allowed is 10.";
        wrong.push(Violation::of(
            "user_data.user_identifiers",
            "TOO_MANY_USER_IDENTIFIERS",
            description,
        ));
    }
    let mut hashes = Vec::new();
    for (at, identifier) in identifiers.iter().enumerate() {
        match hash(identifier, encoding) {
            Ok(hash) => hashes.push(hash),
            Err((reason, description)) => {
                let field = format!("user_data.user_identifiers[{at}]");
                wrong.push(Violation::of(field, reason, description));
            }
        }
    }
    hashes
}

/// Exactly one of the three; of an address nothing is looked at.
fn hash(identifier: &Value, encoding: Encoding) -> Result<Vec<u8>, (&'static str, &'static str)> {
    let none = Map::new();
    let identifier = identifier.as_object().unwrap_or(&none);
    let hashed = [text(identifier, "emailAddress"), text(identifier, "phoneNumber")];
    let address = field(identifier, "address").map(|_| "");
    let mut given = hashed.into_iter().chain([address]).flatten();
    let (Some(hash), None) = (given.next(), given.next()) else {
        return Err(("REQUIRED_FIELD_MISSING", "Exactly one identifier must be there."));
    };
    if hash.is_empty() {
        return Ok(ADDRESS.to_vec());
    }
    let bytes = encoding.bytes(hash)?;
    if bytes.len() != HASH_BYTES {
        return Err(("INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed."));
    }
    Ok(bytes)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok()
        })
        .collect()
}
