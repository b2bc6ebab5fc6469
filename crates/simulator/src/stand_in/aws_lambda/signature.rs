//! Whether a request was signed by one of the keys that are known, for this service, just now.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::canonical::{Signed, hex};
use super::claimed::{self, ALGORITHM, Claimed};
use super::refusal::{self, Refusal};

/// A key that may sign.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub secret: String,
    /// What temporary credentials carry along.
    pub token: Option<String>,
}

/// # Errors
/// Amazon's refusal.
pub(super) fn verify(
    request: &Signed<'_>,
    service: &str,
    now: OffsetDateTime,
    find: impl FnOnce(&str) -> Result<Key, Refusal>,
) -> Result<(), Refusal> {
    let header = request
        .header("authorization")
        .ok_or_else(refusal::missing_token)?;
    let claimed = Claimed::of(&header)?;
    let stamp = request
        .header("x-amz-date")
        .or_else(|| request.header("date"))
        .ok_or_else(|| {
            refusal::incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            )
        })?;
    for name in ["host", "x-amz-date"] {
        let is_signed = claimed.signed_headers.split(';').any(|signed| signed == name);
        if request.header(name).is_some() && !is_signed {
            return Err(refusal::invalid(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )));
        }
    }
    claimed::in_time(&stamp, now)?;
    claimed.in_scope(&stamp, service)?;
    let key = find(claimed.key_id)?;
    if request.header("x-amz-security-token") != key.token {
        return Err(refusal::unrecognized());
    }
    let canonical = request.canonical(claimed.signed_headers);
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{stamp}\n{}\n{digest}", claimed.scope);
    let made = signed_with(&key.secret, &claimed, &to_sign);
    let given = unhex(claimed.signature);
    // Compared in constant time.
    let is_right = given.is_some_and(|given| made.verify_slice(&given).is_ok());
    if is_right {
        Ok(())
    } else {
        Err(refusal::mismatch(&canonical, &to_sign))
    }
}

/// The string to sign under a key that is made for one day, region and service.
fn signed_with(secret: &str, claimed: &Claimed<'_>, to_sign: &str) -> Hmac<Sha256> {
    let start = format!("AWS4{secret}").into_bytes();
    let steps = [claimed.date, claimed.region, claimed.service, "aws4_request"];
    let key = steps.iter().fold(start, |key, step| {
        keyed(&key, step).finalize().into_bytes().to_vec()
    });
    keyed(&key, to_sign)
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(text.as_bytes());
    mac
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests;
