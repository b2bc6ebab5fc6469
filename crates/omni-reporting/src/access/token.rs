//! Tokens of embeds: what they say, how they are made, and when one is believed.
//!
//! A claim that nobody knows is refused rather than passed over: it was meant to restrict something. A token never goes
//! beyond the key that signed it.
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::keys::{EmbedKey, Ring};
use super::{origin, signature};

/// Longest time from a token's making to its end.
pub const TTL_MAX: Duration = Duration::from_mins(15);
/// How far the clock of whoever signs may be ahead of ours.
const AHEAD_SECONDS_MAX: u64 = 60;
/// Longest token that is read.
const BYTES_MAX: usize = 8 * 1024;

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Seconds since 1970 at which it was made.
    pub iat: u64,
    /// And from which on it is worth nothing.
    pub exp: u64,
    /// The board by its id.
    pub template: String,
    pub company: u64,
    /// Values by parameter: nothing else is ever asked with.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub lock: Map<String, Value>,
    /// Parameters that the viewer may choose: period and comparison when left out, all when `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// Whether the viewer may see who persons are.
    #[serde(default)]
    pub pii: bool,
    /// Pages of these origins may hold it, and renew it.
    pub origins: Vec<String>,
    /// Not empty: these panels alone, and those of `sections`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    // Names of the standard that change nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbelieved {
    #[error("the token is no token of an embed")]
    Malformed,
    #[error("the token is signed with a key that is not known here or was revoked")]
    Key,
    #[error("the token's signature is wrong")]
    Signature,
    #[error("the token has run out")]
    Expired,
    #[error("the token {0}")]
    Claim(String),
}

/// A token that was believed, and the id of its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    pub key: String,
    pub claims: Claims,
}

/// Signs.
pub fn sign(claims: &Claims, id: &str, key: &EmbedKey) -> Result<String, Unbelieved> {
    signature::install();
    let header = Header {
        kid: Some(id.to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let secret = secret(key)?;
    let secret = EncodingKey::from_secret(&secret).map_err(|_| Unbelieved::Key)?;
    jsonwebtoken::encode(&header, claims, &secret).map_err(|_| Unbelieved::Malformed)
}

/// Judges a token at `now`, in seconds since 1970.
pub fn judge(token: &str, ring: &Ring, now: u64) -> Result<Believed, Unbelieved> {
    signature::install();
    if token.len() > BYTES_MAX {
        return Err(Unbelieved::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unbelieved::Malformed)?;
    let id = header.kid.ok_or(Unbelieved::Key)?;
    let key = ring.embed.get(&id).ok_or(Unbelieved::Key)?;
    let secret = DecodingKey::from_secret(&secret(key)?).map_err(|_| Unbelieved::Key)?;
    let mut validation = Validation::new(Algorithm::HS256);
    // The times are held against a clock that is given, below.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &secret, &validation)
        .map_err(|error| unbelieved(&error))?
        .claims;
    check_times(&claims, now)?;
    check_ceiling(&claims, key)?;
    claims.locked()?;
    Ok(Believed { key: id, claims })
}

fn secret(key: &EmbedKey) -> Result<Vec<u8>, Unbelieved> {
    let secret = URL_SAFE_NO_PAD.decode(key.secret.expose());
    secret
        .ok()
        .filter(|secret| secret.len() >= 32)
        .ok_or(Unbelieved::Key)
}

fn unbelieved(error: &jsonwebtoken::errors::Error) -> Unbelieved {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => Unbelieved::Signature,
        ErrorKind::Json(error) => Unbelieved::Claim(format!("says what is not understood: {error}")),
        _ => Unbelieved::Malformed,
    }
}

fn check_times(claims: &Claims, now: u64) -> Result<(), Unbelieved> {
    if claims.exp <= now {
        return Err(Unbelieved::Expired);
    }
    if claims.iat > now + AHEAD_SECONDS_MAX {
        return Err(Unbelieved::Claim("is made in the future".to_owned()));
    }
    if claims.exp > claims.iat.saturating_add(TTL_MAX.as_secs()) {
        return Err(Unbelieved::Claim(format!(
            "holds for more than {} minutes",
            TTL_MAX.as_secs() / 60
        )));
    }
    Ok(())
}

fn check_ceiling(claims: &Claims, key: &EmbedKey) -> Result<(), Unbelieved> {
    let refused = |what: &str| Err(Unbelieved::Claim(format!("{what} its key does not allow")));
    if claims.company == 0 || !(key.companies.is_empty() || key.companies.contains(&claims.company)) {
        return refused("names a company");
    }
    if !(key.boards.is_empty() || key.boards.contains(&claims.template)) {
        return refused("names a board");
    }
    if claims.pii && !key.pii {
        return refused("shows who persons are, which");
    }
    let is_of_key = |text: &String| key.origins.contains(text) && origin::check(text).is_ok();
    if claims.origins.is_empty() || !claims.origins.iter().all(is_of_key) {
        return refused("names an origin");
    }
    Ok(())
}

impl Claims {
    /// The locked values as texts. A parameter that is locked to nothing is refused: it would be free.
    pub fn locked(&self) -> Result<BTreeMap<String, Vec<String>>, Unbelieved> {
        let mut locked = BTreeMap::new();
        for (name, value) in &self.lock {
            let values = match value {
                Value::Array(items) => items.iter().map(text).collect(),
                one => text(one).map(|one| vec![one]),
            };
            match values {
                Some(values) if !values.is_empty() => locked.insert(name.clone(), values),
                _ => return Err(Unbelieved::Claim(format!("locks {name} to nothing"))),
            };
        }
        Ok(locked)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "token/tests.rs"]
mod tests;
