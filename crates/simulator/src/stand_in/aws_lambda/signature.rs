//! Whether a request was signed by one of the keys that are known, for this service, just now.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::canonical::{Signed, hex};
use super::refusal::{self, Refusal};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the clocks may be apart.
const SKEW: Duration = Duration::minutes(5);
const SKEW_WORD: &str = "5 min.";

/// A key that may sign.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub secret: String,
    /// What temporary credentials carry along.
    pub token: Option<String>,
}

/// What the `Authorization` header says.
#[derive(Debug)]
struct Claimed<'a> {
    key_id: &'a str,
    /// `<date>/<region>/<service>/aws4_request`.
    scope: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
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
    let claimed = claimed(&header)?;
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
    in_time(&stamp, now)?;
    in_scope(&claimed, &stamp, service)?;
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

fn claimed(header: &str) -> Result<Claimed<'_>, Refusal> {
    let parts = header
        .strip_prefix(ALGORITHM)
        .ok_or_else(|| refusal::incomplete(format!("Unsupported AWS 'algorithm': {header:?}")))?;
    let part = |name: &str| {
        let found = parts.split(',').find_map(|part| {
            let (given, value) = part.trim().split_once('=')?;
            (given == name).then_some(value)
        });
        found
            .filter(|value| !value.is_empty())
            .ok_or_else(|| refusal::incomplete(format!("Authorization header requires '{name}' parameter.")))
    };
    let credential = part("Credential")?;
    let (key_id, scope) = credential.split_once('/').unwrap_or_default();
    let ["aws4_request", service, region, date] = scope.rsplit('/').collect::<Vec<_>>()[..] else {
        return Err(refusal::incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             '{credential}'"
        )));
    };
    Ok(Claimed {
        key_id,
        scope,
        date,
        region,
        service,
        signed_headers: part("SignedHeaders")?,
        signature: part("Signature")?,
    })
}

fn in_time(stamp: &str, now: OffsetDateTime) -> Result<(), Refusal> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let written = |at: OffsetDateTime| at.format(format).unwrap_or_default();
    let at = PrimitiveDateTime::parse(stamp, format)
        .map_err(|_| refusal::incomplete("Date must be in ISO-8601 'basic format'."))?
        .assume_utc();
    let (earliest, latest) = (now - SKEW, now + SKEW);
    if at < earliest {
        return Err(refusal::invalid(format!(
            "Signature expired: {stamp} is now earlier than {} ({} - {SKEW_WORD})",
            written(earliest),
            written(now)
        )));
    }
    if at > latest {
        return Err(refusal::invalid(format!(
            "Signature not yet current: {stamp} is still later than {} ({} + {SKEW_WORD})",
            written(latest),
            written(now)
        )));
    }
    Ok(())
}

fn in_scope(claimed: &Claimed<'_>, stamp: &str, service: &str) -> Result<(), Refusal> {
    if claimed.service != service {
        return Err(refusal::invalid(format!(
            "Credential should be scoped to correct service: '{service}'. "
        )));
    }
    if !is_region(claimed.region) {
        return Err(refusal::invalid(format!(
            "Credential should be scoped to a valid Region, not '{}'. ",
            claimed.region
        )));
    }
    if stamp.get(..8) != Some(claimed.date) {
        return Err(refusal::invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', \
             from '{stamp}'.",
            claimed.date,
            stamp.get(..8).unwrap_or_default()
        )));
    }
    Ok(())
}

/// `eu-central-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2 && words.iter().all(is_word) && number.parse::<u8>().is_ok()
        }
        None => false,
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
