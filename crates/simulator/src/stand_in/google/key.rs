//! The one service account there is: its key file, and what it signs.
//!
//! The key is in this repository for everybody to read and opens nothing.

use std::sync::LazyLock;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::oauth::Refusal;
use super::tokens::Scope;
use crate::moment::Moment;

const PEM: &str = include_str!("demo_key.pem");
const ACCOUNT: &str = "omni@demo.iam.gserviceaccount.com";
const KEY_ID: &str = "demo";
/// Google's own endpoint, which an assertion may name as well as this one.
const GOOGLES: &str = "https://oauth2.googleapis.com/token";
/// How far the clocks may be apart, and how long an assertion may live, in seconds.
const SKEW: i64 = 300;
const LIFE_MAX: i64 = 3_600;

/// `GET /google/service-account.json`: the key file, as Google's console gives it.
pub(super) async fn file(headers: HeaderMap) -> Response {
    Json(json!({
        "type": "service_account", "project_id": "demo", "private_key_id": KEY_ID, "private_key": PEM,
        "client_email": ACCOUNT, "client_id": "100000000000000000001", "token_uri": token_uri(&headers),
    }))
    .into_response()
}

/// The token endpoint, as the caller reaches it.
pub(super) fn token_uri(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    format!("http://{}/google/token", host.unwrap_or("127.0.0.1"))
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    scope: Option<String>,
    aud: String,
    iat: i64,
    exp: i64,
}

/// What an assertion asks to be allowed.
///
/// # Errors
/// Google's refusal of one that is not right.
pub(super) fn verify(assertion: &str, token_uri: &str, now: Moment) -> Result<Vec<Scope>, Refusal> {
    let [header, claims, signature] = assertion.split('.').collect::<Vec<_>>()[..] else {
        return Err(Refusal::grant("Invalid JWT: it must have three parts."));
    };
    let signed = assertion
        .get(..header.len() + 1 + claims.len())
        .unwrap_or_default();
    let (header, claims) = (part::<Header>(header)?, part::<Claims>(claims)?);
    if claims.iss != ACCOUNT {
        return Err(Refusal::grant("Invalid grant: account not found"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &*PUBLIC);
    let is_ours = header.alg == "RS256" && header.kid.is_none_or(|kid| kid == KEY_ID);
    if !is_ours || key.verify(signed.as_bytes(), &signature).is_err() {
        return Err(Refusal::grant("Invalid JWT Signature."));
    }
    let now = now.seconds();
    let is_short = claims.exp > claims.iat && claims.exp - claims.iat <= LIFE_MAX;
    if !is_short || claims.exp + SKEW <= now || claims.iat - SKEW > now {
        return Err(Refusal::grant(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat \
             and exp values in the JWT claim.",
        ));
    }
    if ![token_uri, GOOGLES].contains(&claims.aud.as_str()) {
        return Err(Refusal::grant("Invalid JWT: Failed audience check."));
    }
    let asked = claims.scope.unwrap_or_default();
    let asked = |scope: &Scope| asked.split(' ').any(|asked| asked == scope.url());
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(asked).collect();
    if !scopes.is_empty() {
        return Ok(scopes);
    }
    let why = "Invalid OAuth scope or ID token audience provided.".to_owned();
    Err(Refusal(axum::http::StatusCode::BAD_REQUEST, "invalid_scope", why))
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|_| Refusal::grant("Invalid JWT: it could not be read."))
}

/// The public half of the key.
static PUBLIC: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let base64: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap_or_default();
    RsaKeyPair::from_pkcs8(&der).map_or_else(|_| Vec::new(), |pair| pair.public_key().as_ref().to_vec())
});
