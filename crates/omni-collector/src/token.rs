//! Bearer tokens of senders of flat events: the configuration holds their hashes, never a token.
//!
//! A token that is made here has 256 random bits, so its SHA-256 cannot be guessed from; it begins with a word by which it is
//! found where it should not be.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use stage::Secret;
use subtle::{Choice, ConstantTimeEq};

const PREFIX: &str = "omni_flat_";
const SECRET_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
/// Digits of a hash that are shown, so that two can be told apart.
const SHOWN_DIGITS: usize = 8;

/// This system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("this system gives no random numbers")]
pub struct NoRandom;

/// SHA-256 of a token. Printed, only its first digits are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenHash([u8; HASH_BYTES]);

/// A new token.
///
/// # Errors
/// [`NoRandom`].
pub fn new() -> Result<Secret, NoRandom> {
    let mut secret = [0; SECRET_BYTES];
    SystemRandom::new().fill(&mut secret).map_err(|_| NoRandom)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)).into())
}

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &[u8]) -> TokenHash {
        TokenHash(Sha256::digest(token).into())
    }

    /// All of it, in hexadecimal: as the configuration wants it.
    pub fn to_hex(self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<TokenHash> {
        let digits = text.as_bytes();
        if digits.len() != 2 * HASH_BYTES || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut hash = [0; HASH_BYTES];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(TokenHash(hash))
    }

    /// Whether they are the same, found out in the same time whatever they are.
    pub(crate) fn ct_eq(&self, other: &TokenHash) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.to_hex().chars().take(SHOWN_DIGITS).collect();
        write!(f, "{shown}…")
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The text is not repeated: it may be the token itself.
        let wanted =
            "must be the SHA-256 of a token, 64 hexadecimal digits, as `omni access flat-token` prints it";
        TokenHash::from_hex(&text).ok_or_else(|| D::Error::custom(wanted))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_token_is_another_and_long() {
        let (one, other) = (new().unwrap(), new().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert!(one.expose().starts_with(PREFIX) && one.expose().len() == PREFIX.len() + 43);
    }

    #[test]
    fn a_hash_is_that_of_sha256sum_and_comes_back_from_its_digits() {
        // printf %s token | sha256sum
        let digits = "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0";
        let hash = TokenHash::of(b"token");
        assert_eq!(hash.to_hex(), digits);
        assert_eq!(TokenHash::from_hex(&digits.to_uppercase()), Some(hash));
        for bad in [
            "",
            "3c46",
            &digits[1..],
            &digits.replace('3', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(TokenHash::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_hash_is_shown_by_its_beginning() {
        let hash = TokenHash::of(b"token");
        assert_eq!(format!("{hash:?}"), "3c469e9d…");
        assert_eq!(serde_json::to_string(&hash).unwrap(), "\"3c469e9d…\"");
    }
}
