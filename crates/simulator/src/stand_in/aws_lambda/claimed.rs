//! What a signed request says of its signature: whose key, for which day, region and service, over which headers.

use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::refusal::{self, Refusal};

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the clocks may be apart.
const SKEW: Duration = Duration::minutes(5);
const SKEW_WORD: &str = "5 min.";

/// What the `Authorization` header says.
#[derive(Debug)]
pub(super) struct Claimed<'a> {
    pub key_id: &'a str,
    /// `<date>/<region>/<service>/aws4_request`.
    pub scope: &'a str,
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    pub signed_headers: &'a str,
    pub signature: &'a str,
}

impl<'a> Claimed<'a> {
    pub(super) fn of(header: &'a str) -> Result<Self, Refusal> {
        let parts = header
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| refusal::incomplete(format!("Unsupported AWS 'algorithm': {header:?}")))?;
        let part = |name: &str| {
            let found = parts.split(',').find_map(|part| {
                let (given, value) = part.trim().split_once('=')?;
                (given == name).then_some(value)
            });
            found.filter(|value| !value.is_empty()).ok_or_else(|| {
                refusal::incomplete(format!("Authorization header requires '{name}' parameter."))
            })
        };
        let credential = part("Credential")?;
        let (key_id, scope) = credential.split_once('/').unwrap_or_default();
        let ["aws4_request", service, region, date] = scope.rsplit('/').collect::<Vec<_>>()[..] else {
            return Err(refusal::incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             '{credential}'"
            )));
        };
        Ok(Self {
            key_id,
            scope,
            date,
            region,
            service,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }

    /// For this service, a region, and the day of the request.
    pub(super) fn in_scope(&self, stamp: &str, service: &str) -> Result<(), Refusal> {
        if self.service != service {
            return Err(refusal::invalid(format!(
                "Credential should be scoped to correct service: '{service}'. "
            )));
        }
        if !is_region(self.region) {
            return Err(refusal::invalid(format!(
                "Credential should be scoped to a valid Region, not '{}'. ",
                self.region
            )));
        }
        if stamp.get(..8) != Some(self.date) {
            return Err(refusal::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', \
             from '{stamp}'.",
                self.date,
                stamp.get(..8).unwrap_or_default()
            )));
        }
        Ok(())
    }
}

/// Not more than five minutes from now.
pub(super) fn in_time(stamp: &str, now: OffsetDateTime) -> Result<(), Refusal> {
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
