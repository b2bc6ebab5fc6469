//! Sends one call: a place in the window, a slot among the calls under way, the deadline over all of it.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use url::{Host, Url};

use crate::answer::{self, Asked, Envelope};
use crate::{Budget, Call, Config, Error, Facts, Kind, State, endpoint, lead};

/// A transient failure is repeated this often inside the deadline.
const REPEATS_MAX: u32 = 1;
/// Pause before the repetition when Pipedrive asked for none.
const REPEAT_PAUSE: Duration = Duration::from_millis(100);

/// One account: where its API is, and the token that opens it.
#[derive(Debug, Clone)]
pub struct Account {
    /// `https://<company>.pipedrive.com`, or any address that serves `/api/v2` below it.
    pub api_url: Url,
    pub api_token: SecretString,
}

/// The API of one account. Share it (by reference or `Arc`): its limits hold for all who use it.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    budget: Budget,
    under_way: Semaphore,
    pub(crate) config: Config,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.base.host_str())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for one account.
    pub fn new(account: &Account, config: Config) -> Result<Self, Error> {
        let base = account.api_url.clone();
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(Error::Account { why: "address" });
        }
        let mut token = HeaderValue::from_str(account.api_token.expose_secret())
            .map_err(|_| Error::Account { why: "token" })?;
        token.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static("x-api-token"), token),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ]);
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("omni/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms));
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(|source| Error::Client { source })?,
            base,
            budget: Budget::new(config.burst_requests_max),
            under_way: Semaphore::new(config.in_flight_max.clamp(1, Semaphore::MAX_PERMITS)),
            config,
        })
    }

    /// The entity as the API has it now, in the shape of REST v2 (a soft-deleted one has `is_deleted`).
    ///
    /// The id is decimal text, a lead's a UUID. The deadline counts from now and covers waiting for our own
    /// limits, the request, one repetition, and reading the answer.
    pub async fn get(&self, kind: Kind, id: &str, deadline: Duration) -> Call<State> {
        let asked = Asked {
            endpoint: kind.endpoint(),
            id,
        };
        if !kind.takes(id) {
            let result = Err(Error::BadId {
                endpoint: asked.endpoint,
            });
            return Call {
                result,
                facts: Facts::of(asked.endpoint),
            };
        }
        let url = kind.address(&self.base, id);
        let call = self.ask(asked, url, kind.tokens(), deadline).await;
        let result = call
            .result
            .and_then(|envelope| state(asked, envelope))
            .map(|state| match kind {
                Kind::Lead => lead::in_v2_shape(state),
                _ => state,
            });
        Call {
            result,
            facts: call.facts,
        }
    }

    /// Who the token belongs to: user and `company_id`, `company_domain`, `company_name`. Proves the token.
    pub async fn me(&self, deadline: Duration) -> Call<State> {
        let asked = Asked {
            endpoint: "me",
            id: "me",
        };
        let url = endpoint::under(&self.base, 1, &["users", "me"]);
        let call = self.ask(asked, url, Kind::User.tokens(), deadline).await;
        Call {
            result: call.result.and_then(|envelope| state(asked, envelope)),
            facts: call.facts,
        }
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// One request with its repetition, within the deadline.
    pub(crate) async fn ask(
        &self,
        asked: Asked<'_>,
        url: Url,
        tokens: u32,
        deadline: Duration,
    ) -> Call<Envelope> {
        let start = Instant::now();
        let until = start + deadline;
        let mut facts = Facts::of(asked.endpoint);
        let attempts = self.attempts(asked, &url, tokens, until, &mut facts);
        let result = match timeout_at(until, attempts).await {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout {
                endpoint: asked.endpoint,
                deadline,
            }),
        };
        facts.took = start.elapsed();
        Call { result, facts }
    }

    async fn attempts(
        &self,
        asked: Asked<'_>,
        url: &Url,
        tokens: u32,
        until: Instant,
        facts: &mut Facts,
    ) -> Result<Envelope, Error> {
        let start = Instant::now();
        if let Some(refusal) = self
            .budget
            .held(start)
            .filter(|refusal| start + refusal.retry_after() >= until)
        {
            return Err(refusal.into());
        }
        let Ok(_slot) = self.under_way.acquire().await else {
            return Err(Error::Unavailable {
                endpoint: asked.endpoint,
                status: 0,
            });
        };
        facts.waited += start.elapsed();
        loop {
            self.turn(until, facts).await?;
            facts.requests += 1;
            facts.tokens += tokens;
            let error = match self.once(asked, url, facts).await {
                Ok(envelope) => return Ok(envelope),
                Err(error) => error,
            };
            self.budget.hear(Instant::now(), &error);
            match pause_before_repeat(&error) {
                Some(pause) if facts.requests <= REPEATS_MAX && Instant::now() + pause < until => {
                    sleep(pause).await;
                }
                _ => return Err(error),
            }
        }
    }

    /// Waits for a place in the window; a place given before a hold began is not used.
    async fn turn(&self, until: Instant, facts: &mut Facts) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let place = self.budget.take(Instant::now(), until)?;
            sleep_until(place).await;
            if self.budget.held(Instant::now()).is_none() {
                break;
            }
        }
        facts.waited += start.elapsed();
        Ok(())
    }

    async fn once(&self, asked: Asked<'_>, url: &Url, facts: &mut Facts) -> Result<Envelope, Error> {
        let unreachable = |source: reqwest::Error| Error::Unreachable {
            endpoint: asked.endpoint,
            source: source.without_url(),
        };
        let mut answer = self.http.get(url.clone()).send().await.map_err(unreachable)?;
        answer::note(answer.headers(), facts);
        if let Some(error) = answer::refusal(asked, answer.status().as_u16(), answer.headers()) {
            return Err(error);
        }
        let limit_bytes = self.config.answer_bytes_max;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(Error::TooLarge {
                    endpoint: asked.endpoint,
                    limit_bytes,
                });
            }
            body.extend_from_slice(&chunk);
        }
        answer::envelope(asked, &body)
    }
}

fn pause_before_repeat(error: &Error) -> Option<Duration> {
    match error {
        Error::Unavailable { .. } | Error::Unreachable { .. } => Some(REPEAT_PAUSE),
        Error::RateLimited {
            limit: crate::Limit::Burst,
            retry_after,
        } => Some(*retry_after),
        _ => None,
    }
}

fn state(asked: Asked<'_>, envelope: Envelope) -> Result<State, Error> {
    match envelope.data {
        Value::Object(state) => Ok(state),
        Value::Null => Err(Error::NotFound {
            endpoint: asked.endpoint,
            id: asked.id.to_owned(),
        }),
        _ => Err(Error::Malformed {
            endpoint: asked.endpoint,
            why: "data is no object",
        }),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
