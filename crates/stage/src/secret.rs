//! A password, token or key that is used and never shown.
//!
//! `Debug` and `Serialize` give `"***"`, an unset one `""`; only [`Secret::expose`] gives the text. In the
//! configuration it is written as `<key>` or read from the file named by `<key>_file` (see [`crate::config`]).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

const MASK: &str = "***";

/// A text that is wiped from memory when dropped and masked wherever it is printed.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself: for the call that needs it, never for a log line or a message.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    fn mask(&self) -> &'static str {
        if self.is_empty() { "" } else { MASK }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(SecretString::from(text))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.mask())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.mask())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(SecretVisitor)
    }
}

/// Also takes whole numbers: inside a tagged enum serde has lost that `12345` was meant as text.
struct SecretVisitor;

impl Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Secret, E> {
        Ok(Secret::from(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Secret, E> {
        Ok(Secret::from(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Secret, E> {
        Ok(Secret::from(number.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn is_masked_in_debug_and_in_json() {
        let secret = Secret::from("open sesame");
        assert_eq!(format!("{secret:?}"), "\"***\"");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.expose(), "open sesame");
    }

    #[test]
    fn an_unset_secret_looks_unset() {
        assert_eq!(format!("{:?}", Secret::default()), "\"\"");
    }
}
