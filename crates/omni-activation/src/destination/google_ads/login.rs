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

use super::super::{Brought, Credential, Login, Refused, Request, Step};
use super::Settings;
use service::Service;

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The way to an access token.
pub(super) struct GoogleLogin {
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
    pub(super) fn new(refresh_token: &Secret, settings: &Settings) -> Result<Self, Refused> {
        let refused = |text: &str| Err(Refused::Parameters(text.to_owned()));
        let client = [
            refresh_token.is_empty(),
            settings.client_id.is_empty(),
            settings.client_secret.is_empty(),
        ];
        let grant = match (settings.service_account.is_empty(), client) {
            (true, [false, false, false]) => Grant::Refresh {
                client_id: settings.client_id.clone(),
                client_secret: settings.client_secret.clone(),
                token: refresh_token.clone(),
            },
            (false, [true, true, true]) => Grant::Service(Box::new(Service::new(&settings.service_account)?)),
            (true, _) => {
                return refused(
                    "`secret` (the refresh token), `google_ads.client_id` and `google_ads.client_secret` must be there, or \
                     `google_ads.service_account_file` alone",
                );
            }
            (false, _) => {
                return refused(
                    "has a `google_ads.service_account`: then neither `secret` nor a client belong there",
                );
            }
        };
        let given = match &grant {
            _ if !settings.token_url.is_empty() => settings.token_url.as_str(),
            Grant::Service(service) => &service.audience,
            Grant::Refresh { .. } => TOKEN_URL,
        };
        let url = Url::parse(given)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            return refused("`google_ads.token_url` must be an http or https address");
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
