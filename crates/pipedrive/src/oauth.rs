//! Access tokens of OAuth 2, renewed before they end and after a 401, one renewal at a time.
//!
//! Promises: a refresh token that replaces the one before is handed to its keeper even when the call that
//! needed it was given up meanwhile; a refused grant is not asked about again for a minute.
//! Source: Pipedrive's pages on OAuth authorization (access tokens last 3,600 s).

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use stage::outbound::{Method, Outbound, OutboundSettings, header};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::Error;
use crate::account::OAuth;
use crate::address::{is_api, is_loopback};
use crate::session::Session;

const ENDPOINT: &str = "oauth_token";
/// One renewal, whoever waits for it.
const RENEWAL_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Renewed so long before its end, or a tenth of its life when that is less.
const MARGIN: Duration = Duration::from_mins(5);
/// What Pipedrive documents, where an answer does not say.
const LIFE: Duration = Duration::from_hours(1);
const REFUSED_PAUSE: Duration = Duration::from_mins(1);
const FAILED_PAUSE: Duration = Duration::from_secs(2);

/// A grant and the access token that is in use.
#[derive(Debug)]
pub(crate) struct Grant {
    oauth: OAuth,
    api_url: Url,
    outbound: Outbound,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    refresh_token: SecretString,
    session: Option<(Session, Instant)>,
    generation: u64,
    /// Goes on when the call that began it is given up; whoever comes next takes its result.
    renewal: Option<JoinHandle<Result<Renewed, Error>>>,
    /// After a failure: until when none is tried, and whether the grant was refused.
    pause: Option<(Instant, bool)>,
}

#[derive(Debug)]
struct Renewed {
    access_token: SecretString,
    life: Duration,
    refresh_token: Option<SecretString>,
    api_url: Option<Url>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    api_domain: Option<String>,
}

impl Grant {
    pub(crate) fn new(oauth: OAuth, api_url: Url, outbound: OutboundSettings) -> Result<Self, Error> {
        let outbound = Outbound::new(OutboundSettings {
            call_max: RENEWAL_MAX,
            answer_bytes_max: ANSWER_BYTES_MAX,
            ..outbound
        });
        let state = State {
            refresh_token: oauth.refresh_token.clone(),
            session: None,
            generation: 0,
            renewal: None,
            pause: None,
        };
        Ok(Self {
            oauth,
            api_url,
            outbound: outbound.map_err(|source| Error::Client { source })?,
            state: Mutex::new(state),
        })
    }

    /// The session in use when it is newer than `refused` and far from its end, else a new one.
    pub(crate) async fn open(&self, refused: u64) -> Result<Session, Error> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some((session, good_until)) = &state.session
            && session.generation > refused
            && *good_until > now
        {
            return Ok(session.clone());
        }
        if let Some((until, for_good)) = state.pause.filter(|(until, _)| *until > now) {
            return Err(if for_good {
                Error::Unauthorized
            } else {
                Error::Open {
                    retry_after: until - now,
                }
            });
        }
        let renewal = match state.renewal.take() {
            Some(under_way) => under_way,
            None => tokio::spawn(renew(
                self.outbound.clone(),
                self.oauth.clone(),
                state.refresh_token.clone(),
            )),
        };
        let ended = state.renewal.insert(renewal).await;
        state.renewal = None;
        match ended.unwrap_or(Err(unavailable(0))) {
            Ok(renewed) => state.begin(renewed, &self.api_url),
            Err(error) => {
                let for_good = matches!(error, Error::Unauthorized);
                let pause = if for_good { REFUSED_PAUSE } else { FAILED_PAUSE };
                state.pause = Some((Instant::now() + pause, for_good));
                Err(error)
            }
        }
    }
}

impl State {
    fn begin(&mut self, renewed: Renewed, api_url: &Url) -> Result<Session, Error> {
        if let Some(token) = renewed.refresh_token {
            self.refresh_token = token;
        }
        let base = renewed.api_url.unwrap_or_else(|| api_url.clone());
        let generation = self.generation + 1;
        let session = Session::bearer(base, renewed.access_token.expose_secret(), generation);
        let session = session.ok_or(malformed("access_token"))?;
        let margin = MARGIN.min(renewed.life / 10);
        let good_until = Instant::now() + renewed.life.saturating_sub(margin);
        self.generation = generation;
        self.session = Some((session.clone(), good_until));
        self.pause = None;
        Ok(session)
    }
}

async fn renew(outbound: Outbound, oauth: OAuth, refresh_token: SecretString) -> Result<Renewed, Error> {
    let asked = timeout(RENEWAL_MAX, ask(&outbound, &oauth, &refresh_token)).await;
    let answer = asked.unwrap_or(Err(Error::Timeout {
        endpoint: ENDPOINT,
        deadline: RENEWAL_MAX,
    }))?;
    let changed = answer
        .refresh_token
        .filter(|token| !token.is_empty() && token != refresh_token.expose_secret());
    let changed = changed.map(SecretString::from);
    if let Some(token) = &changed {
        oauth.keeper.keep(token);
    }
    let api_url = match answer.api_domain.filter(|domain| !domain.is_empty()) {
        Some(domain) => Some(api_url(&domain)?),
        None => None,
    };
    Ok(Renewed {
        access_token: answer.access_token.into(),
        life: answer.expires_in.map_or(LIFE, Duration::from_secs),
        refresh_token: changed,
        api_url,
    })
}

async fn ask(outbound: &Outbound, oauth: &OAuth, refresh_token: &SecretString) -> Result<Answer, Error> {
    let failed = |source| Error::outbound(ENDPOINT, source);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", refresh_token.expose_secret())
        .finish();
    let request = outbound
        .request(Method::POST, oauth.token_url.clone())
        .basic_auth(&oauth.client_id, Some(oauth.client_secret.expose_secret()))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    let head = outbound.begin(request).await.map_err(failed)?;
    match head.status.as_u16() {
        200..=299 => {}
        // RFC 6749, section 5.2: the grant or the client is refused.
        400 | 401 | 403 => return Err(Error::Unauthorized),
        status => return Err(unavailable(status)),
    }
    let body = head.body().await.map_err(failed)?;
    serde_json::from_slice(&body).map_err(|_| malformed("not a token"))
}

/// Only TLS, unless it is this machine: the access token goes there.
fn api_url(domain: &str) -> Result<Url, Error> {
    Url::parse(domain)
        .ok()
        .filter(|url| is_api(url) && (url.scheme() == "https" || is_loopback(url)))
        .ok_or(malformed("api_domain"))
}

fn malformed(why: &'static str) -> Error {
    Error::Malformed {
        endpoint: ENDPOINT,
        why,
    }
}

fn unavailable(status: u16) -> Error {
    Error::Unavailable {
        endpoint: ENDPOINT,
        status,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_goes_to_tls_or_this_machine_only() {
        for good in [
            "https://acme.pipedrive.com",
            "http://127.0.0.1:9",
            "http://localhost",
        ] {
            assert!(api_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://acme.pipedrive.com",
            "ftp://127.0.0.1",
            "acme.pipedrive.com",
            "",
        ] {
            assert!(api_url(bad).is_err(), "{bad}");
        }
    }
}
