//! Google's token endpoint: an access token for a refresh token, or for an assertion that a service account signed.
//!
//! <https://developers.google.com/identity/protocols/oauth2/web-server#offline>,
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::key;
use super::tokens::Scope;
use crate::moment::Moment;
use crate::world::{World, locked};

const ASSERTION_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What the endpoint says no with: `error` and `error_description`.
#[derive(Debug)]
pub(super) struct Refusal(pub StatusCode, pub &'static str, pub String);

impl Refusal {
    pub(super) fn grant(why: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, "invalid_grant", why.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.1, "error_description": self.2});
        (self.0, Json(body)).into_response()
    }
}

pub(super) async fn token(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let of = |name: &str| form.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let granted = match of("grant_type") {
        Some("refresh_token") => refreshed(&world, of),
        Some(ASSERTION_GRANT) => match of("assertion") {
            Some(assertion) => key::verify(assertion, &key::token_uri(&headers), Moment::now()),
            None => Err(missing("assertion")),
        },
        Some(other) => {
            let why = format!("Invalid grant_type: {other}");
            Err(Refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type", why))
        }
        None => Err(missing("grant_type")),
    };
    let scopes = match granted {
        Ok(scopes) => scopes,
        Err(refusal) => return refusal.into_response(),
    };
    let life = world.config.stand_ins.google.token;
    let scope: Vec<&str> = scopes.iter().map(|scope| scope.url()).collect();
    let scope = scope.join(" ");
    let token = locked(&world.google_tokens).give(scopes, Moment::now(), life);
    let expires_in = life.as_secs().saturating_sub(1);
    Json(json!({"access_token": token, "expires_in": expires_in, "scope": scope, "token_type": "Bearer"}))
        .into_response()
}

fn missing(name: &str) -> Refusal {
    let why = format!("Missing required parameter: {name}");
    Refusal(StatusCode::BAD_REQUEST, "invalid_request", why)
}

/// A refresh token was given for everything.
fn refreshed<'a>(world: &World, of: impl Fn(&str) -> Option<&'a str>) -> Result<Vec<Scope>, Refusal> {
    let settings = &world.config.stand_ins;
    let client = |why: &str| Refusal(StatusCode::UNAUTHORIZED, "invalid_client", why.to_owned());
    if of("client_id") != Some(&settings.google.client_id) {
        return Err(client("The OAuth client was not found."));
    }
    if of("client_secret") != Some(&settings.token) {
        return Err(client("Unauthorized"));
    }
    match of("refresh_token") {
        None => Err(missing("refresh_token")),
        Some(token) if token != settings.token => Err(Refusal::grant("Token has been expired or revoked.")),
        Some(_) => Ok(Scope::ALL.to_vec()),
    }
}
