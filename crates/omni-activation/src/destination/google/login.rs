//! How access tokens of Google are come to (OAuth 2.0): by the refresh token of a person, or by the key of a service account,
//! which signs a claim of its own (RFC 7523). Pure.
//!
//! <https://developers.google.com/identity/protocols/oauth2/web-server#offline> and `…/oauth2/service-account`.

mod service;

use std::fmt;

use serde::Deserialize;
use stage::Secret;
use stage::outbound::Url;
use stage::outbound::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use url::form_urlencoded::Serializer;

use crate::destination::{Brought, Credential, Login, Refused, Request, Step};
use service::Service;

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What of a kind's settings leads to access tokens: a refresh token with its client, or the key of a service account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    /// The kind's table of settings.
    pub(crate) table: &'static str,
    /// What a service account asks to be allowed; a refresh token was given for it.
    pub(crate) scope: &'static str,
    pub(crate) refresh_token: &'a Secret,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a Secret,
    pub(crate) service_account: &'a Secret,
    /// Where tokens are given; empty: where Google gives them.
    pub(crate) token_url: &'a str,
}

/// The way to an access token.
pub(crate) struct GoogleLogin {
    url: Url,
    grant: Grant,
}

enum Grant {
    Refresh {
        client_id: String,
        client_secret: Secret,
        token: Secret,
    },
    Service(Box<Service>),
}

/// What the token endpoint answers.
#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: i64,
}

impl fmt::Debug for GoogleLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = match self.grant {
            Grant::Refresh { .. } => "refresh_token",
            Grant::Service(_) => "service_account",
        };
        f.debug_struct("GoogleLogin")
            .field("grant", &grant)
            .finish_non_exhaustive()
    }
}

impl GoogleLogin {
    /// # Errors
    /// [`Refused`]: neither, or both, or a key that is none.
    pub(crate) fn new(access: &Access<'_>) -> Result<Self, Refused> {
        let table = access.table;
        let refused = |text: String| Err(Refused::Parameters(text));
        let client = [
            access.refresh_token.is_empty(),
            access.client_id.is_empty(),
            access.client_secret.is_empty(),
        ];
        let grant = match (access.service_account.is_empty(), client) {
            (true, [false, false, false]) => Grant::Refresh {
                client_id: access.client_id.to_owned(),
                client_secret: access.client_secret.clone(),
                token: access.refresh_token.clone(),
            },
            (false, [true, true, true]) => Grant::Service(Box::new(Service::new(access)?)),
            (true, _) => {
                return refused(format!(
                    "`secret` (the refresh token), `{table}.client_id` and `{table}.client_secret` must be there, or \
                     `{table}.service_account_file` alone"
                ));
            }
            (false, _) => {
                return refused(format!(
                    "has a `{table}.service_account`: then neither `secret` nor a client belong there"
                ));
            }
        };
        let given = match &grant {
            _ if !access.token_url.is_empty() => access.token_url,
            Grant::Service(service) => &service.audience,
            Grant::Refresh { .. } => TOKEN_URL,
        };
        let url = Url::parse(given)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            return refused(format!("`{table}.token_url` must be an http or https address"));
        };
        Ok(Self { url, grant })
    }

    fn ask(&self, at_seconds: i64) -> Option<Request> {
        let mut form = Serializer::new(String::new());
        match &self.grant {
            Grant::Refresh {
                client_id,
                client_secret,
                token,
            } => form
                .append_pair("grant_type", "refresh_token")
                .append_pair("client_id", client_id)
                .append_pair("client_secret", client_secret.expose())
                .append_pair("refresh_token", token.expose()),
            Grant::Service(service) => form
                .append_pair("grant_type", JWT_BEARER)
                .append_pair("assertion", &service.claim(at_seconds)?),
        };
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        Some(Request::post(
            self.url.clone(),
            headers,
            form.finish().into_bytes(),
        ))
    }
}

impl Login for GoogleLogin {
    fn step(&self, before: &[Brought], at_seconds: i64) -> Step {
        let Some(answer) = before.first() else {
            return match self.ask(at_seconds) {
                Some(request) => Step::Ask(Box::new(request)),
                None => Step::Refused("credential_key"),
            };
        };
        match answer.status.as_u16() {
            200 => serde_json::from_slice::<Granted>(&answer.body).map_or(
                Step::Later("credential_answer"),
                |granted| Step::Have {
                    credential: Credential::Bearer(granted.access_token),
                    until_seconds: Some(at_seconds + granted.expires_in),
                },
            ),
            408 | 429 | 500.. => Step::Later("credential_away"),
            // `invalid_grant`: it was revoked, or is older than Google keeps it.
            _ => Step::Refused("credential_refused"),
        }
    }

    fn example(&self) -> Credential {
        Credential::Bearer(Secret::from("access-token"))
    }
}

#[cfg(test)]
mod tests;
