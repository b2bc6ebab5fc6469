//! Who signed a request to Lambda.

use axum::http::{HeaderMap, Method, Uri};
use time::OffsetDateTime;

use super::canonical::Signed;
use super::refusal::Refusal;
use super::signature::{self, Key};
use crate::moment::Moment;
use crate::world::{World, locked};

const SERVICE: &str = "lambda";

/// A request as the server took it.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// The configured key, or credentials that were handed out and are still good.
///
/// # Errors
/// Amazon's refusal.
pub(super) fn verify(world: &World, asked: &Asked<'_>) -> Result<(), Refusal> {
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    let mut headers: Vec<(String, String)> = asked.headers.iter().map(header).collect();
    // Over HTTP/2 the host is part of the address.
    if let (None, Some(authority)) = (asked.headers.get("host"), asked.uri.authority()) {
        headers.push(("host".to_owned(), authority.to_string()));
    }
    let request = Signed {
        method: asked.method.as_str(),
        path: asked.uri.path(),
        query: asked.uri.query().unwrap_or_default(),
        headers,
        body: asked.body,
    };
    signature::verify(&request, SERVICE, OffsetDateTime::now_utc(), |id| key(world, id))
}

fn key(world: &World, access_key_id: &str) -> Result<Key, Refusal> {
    let configured = &world.config.stand_ins.aws;
    if access_key_id == configured.access_key_id {
        return Ok(Key {
            secret: configured.secret_access_key.clone(),
            token: None,
        });
    }
    locked(&world.aws).key(access_key_id, Moment::now())
}
