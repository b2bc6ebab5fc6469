//! AWS Signature Version 4 over a request, by Amazon's own library.
//!
//! What is signed must be what is sent: nothing may change the address, the headers or the body afterwards.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as signed};
use aws_sigv4::sign::v4::SigningParams;
use stage::Secret;
use stage::outbound::header::{HeaderName, HeaderValue};

use crate::destination::{Credential, Now, Request, Unfit};

/// The service's name in a signature, for the Invoke API and function URLs alike.
pub(super) const LAMBDA: &str = "lambda";
/// Says in the library's messages where keys come from.
const PROVIDER: &str = "omni";

/// Signs the request for a service in a region, with the keys and at the time of `now`.
///
/// # Errors
/// [`Unfit::NoCredential`]: there are no keys, or none that sign.
pub(super) fn sign(request: &mut Request, region: &str, service: &str, now: &Now<'_>) -> Result<(), Unfit> {
    let identity = keys(now)?.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(time(now.seconds))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| Unfit::NoCredential)?
        .into();
    for (name, mut value) in instructions(request, &params)? {
        value.set_sensitive(true);
        request.headers.insert(name, value);
    }
    Ok(())
}

/// The headers that make the request a signed one.
fn instructions(
    request: &Request,
    params: &aws_sigv4::http_request::SigningParams<'_>,
) -> Result<Vec<(HeaderName, HeaderValue)>, Unfit> {
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect::<Option<_>>()
        .ok_or(Unfit::NoCredential)?;
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(&request.body),
    );
    let (made, _) = signable
        .and_then(|signable| signed(signable, params))
        .map_err(|_| Unfit::NoCredential)?
        .into_parts();
    let made = made.headers().map(|(name, value)| {
        let name = HeaderName::try_from(name).ok()?;
        Some((name, HeaderValue::from_str(value).ok()?))
    });
    made.collect::<Option<_>>().ok_or(Unfit::NoCredential)
}

fn keys(now: &Now<'_>) -> Result<Credentials, Unfit> {
    match now.credential {
        Some(Credential::Aws {
            access_key_id,
            secret_access_key,
            session_token,
        }) => Ok(Credentials::new(
            access_key_id,
            secret_access_key.expose(),
            session_token.as_ref().map(Secret::expose).map(str::to_owned),
            None,
            PROVIDER,
        )),
        Some(Credential::Bearer(_)) | None => Err(Unfit::NoCredential),
    }
}

fn time(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests;
