//! Who may see what: one function, which every route asks.
//!
//! A request is let in by a token of an embed, by an API key, or by the way that the deployment has for people: whoever
//! sits at this machine, a password, or a proxy that names its user. A token or key that is wrong is refused; it never
//! falls back to what somebody without one may see. On loopback the name it is called by is checked too: a page of
//! somewhere else that points its own name at 127.0.0.1 would otherwise read the board. What a request may see is a
//! [`Grant`]; no handler can answer without one.
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};

pub mod config;
mod denied;
mod grant;
pub mod keys;
mod limit;
pub mod mint;
mod narrow;
pub mod origin;
mod peer;
mod signature;
pub mod token;
mod users;

pub use config::{Pii, Settings, SignIn};
pub use denied::{AccessError, Denied, Remedy};
pub use grant::{Grant, Who};
pub use narrow::Within;
pub use users::hash as password_hash;

use keys::{Keys, Scope};
use limit::Limit;
use peer::Networks;
use users::Users;

/// To whom the dashboard is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenTo {
    Loopback,
    Network,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// A file of the page: the same for everybody, with nothing in it.
    File,
    /// The page of an embed, which is empty until its token opens something.
    EmbedPage,
    /// The page for people, and what only they may do there.
    Page,
    /// What a board is made of, and what it shows.
    Read,
    /// A token for an embed.
    MakeToken,
}

/// What the deployment allows.
#[derive(Debug)]
pub struct Policy {
    open_to: OpenTo,
    /// Further names it may be called by.
    hosts: Vec<String>,
    /// Empty: every company.
    companies: Vec<u64>,
    sign_in: SignIn,
    user_header: HeaderName,
    proxies: Networks,
    pii: Pii,
    embed_origins: Vec<String>,
    users: Users,
    pub keys: Keys,
    requests: Limit,
    failures: Limit,
}

impl Policy {
    /// Reads the keys.
    pub fn new(config: &crate::Config) -> Result<Self, AccessError> {
        let (settings, reporting) = (&config.access, &config.reporting);
        Ok(Self {
            open_to: reporting.open_to,
            hosts: reporting.hosts.clone(),
            companies: reporting.companies.clone(),
            sign_in: settings.sign_in,
            user_header: settings.user_header.parse().map_err(|_| AccessError::Header)?,
            proxies: Networks::read(&settings.trusted_proxies).map_err(AccessError::Proxies)?,
            pii: settings.pii,
            embed_origins: settings.embed_origins.clone(),
            users: Users::new(&settings.user)?,
            keys: Keys::open(&settings.keys_file)?,
            requests: Limit::new(settings.requests_per_minute),
            failures: Limit::new(settings.failures_per_minute),
        })
    }

    /// Whether nobody is asked who they are, wherever they come from.
    pub fn is_open_to_all(&self) -> bool {
        self.open_to == OpenTo::Network && self.sign_in == SignIn::Open
    }

    /// Which pages may hold an embed that names this key, which is no secret.
    pub fn frame_ancestors(&self, key: Option<&str>) -> String {
        let keys = self.keys.now();
        let named = key.map(|id| keys.embed.get(id).map_or(&[][..], |key| &key.origins));
        origin::frame_ancestors(named.unwrap_or(&self.embed_origins))
    }

    /// Whether what let a request in would do so still, apart from its time.
    pub fn still(&self, grant: &Grant) -> bool {
        match grant.who() {
            Who::Embed(id) => self.keys.now().embed.contains_key(id),
            Who::ApiKey(id) => self.keys.now().api.contains_key(id),
            Who::Machine | Who::Anybody | Who::User(_) => true,
        }
    }

    /// Those of these companies that the deployment shows; all that it shows when there are none.
    fn within(&self, companies: &[u64]) -> Result<Vec<u64>, Denied> {
        if companies.is_empty() || self.companies.is_empty() {
            return Ok([companies, &self.companies].concat());
        }
        let mut both = companies.to_vec();
        both.retain(|company| self.companies.contains(company));
        // Nothing left must not become everything.
        if both.is_empty() {
            Err(Denied::Company)
        } else {
            Ok(both)
        }
    }
}

/// Judges a request by where it comes from, what it calls us, and what it brings along.
pub async fn authorise(
    policy: &Policy,
    peer: SocketAddr,
    request: &Parts,
    asks: Asks,
) -> Result<Grant, Denied> {
    let headers = &request.headers;
    if policy.open_to == OpenTo::Loopback {
        if !peer::is_loopback(peer.ip()) {
            return Err(Denied::Peer);
        }
        if !peer::called(&request.uri, headers).is_some_and(|host| peer::is_known(host, &policy.hosts)) {
            return Err(Denied::Host);
        }
    }
    let client = peer::client(peer.ip(), headers, &policy.proxies);
    if policy.is_counted(asks) && !policy.requests.take(client).await {
        return Err(Denied::TooMany);
    }
    if matches!(asks, Asks::File | Asks::EmbedPage) {
        return Ok(Grant::of(Who::Anybody, &[], false));
    }
    let grant = match bearer(headers) {
        Some(text) => policy.let_in(client, by_bearer(policy, text)).await?,
        None => by_person(policy, peer.ip(), client, headers).await?,
    };
    may(policy, &grant, asks)?;
    Ok(grant)
}

impl Policy {
    /// Whoever sits at this machine may ask as much as they like.
    fn is_counted(&self, asks: Asks) -> bool {
        asks != Asks::File && !(self.open_to == OpenTo::Loopback && self.sign_in == SignIn::Open)
    }

    /// Counts what is wrong, and listens to nobody who was wrong too often.
    async fn let_in(&self, client: IpAddr, judged: Result<Grant, Denied>) -> Result<Grant, Denied> {
        if self.failures.is_used_up(client).await {
            return Err(Denied::TooMany);
        }
        if judged.as_ref().is_err_and(Denied::is_wrong_proof) {
            self.failures.take(client).await;
        }
        judged
    }
}

/// The text after `Bearer`. One that is empty, or is no text, is still a token, and a wrong one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, text) = value.split_at_checked(6)?;
    let is_bearer =
        scheme.eq_ignore_ascii_case(b"bearer") && text.first().is_none_or(u8::is_ascii_whitespace);
    is_bearer.then(|| std::str::from_utf8(text).unwrap_or_default().trim())
}

fn by_bearer(policy: &Policy, text: &str) -> Result<Grant, Denied> {
    let ring = policy.keys.now();
    if keys::is_api_key(text) {
        let (id, key) = ring.api_key(text).ok_or(Denied::Key)?;
        let companies = policy.within(&key.companies)?;
        return Ok(Grant::of(Who::ApiKey(id.clone()), &companies, key.pii));
    }
    let believed = token::judge(text, &ring, since_1970().as_secs())?;
    let grant = Grant::of_token(believed)?;
    policy.within(&grant.companies)?;
    Ok(grant)
}

async fn by_person(
    policy: &Policy,
    peer: IpAddr,
    client: IpAddr,
    headers: &HeaderMap,
) -> Result<Grant, Denied> {
    let signed_in = policy.pii != Pii::Nobody;
    match policy.sign_in {
        SignIn::Open if policy.open_to == OpenTo::Loopback => {
            Ok(Grant::of(Who::Machine, &policy.companies, signed_in))
        }
        SignIn::Open => {
            let pii = policy.pii == Pii::Everybody;
            Ok(Grant::of(Who::Anybody, &policy.companies, pii))
        }
        SignIn::Basic => {
            if policy.failures.is_used_up(client).await {
                return Err(Denied::TooMany);
            }
            let judged = match policy.users.authenticate(headers).await {
                Ok(user) => of_user(policy, &user.name, signed_in),
                Err(denied) => Err(denied),
            };
            policy.let_in(client, judged).await
        }
        SignIn::Proxy => {
            if !policy.proxies.has(peer) {
                return Err(Denied::Proxy);
            }
            let mut named = headers.get_all(&policy.user_header).iter();
            let name = named.next().and_then(|value| value.to_str().ok()).map(str::trim);
            match (name, named.next()) {
                (Some(name), None) if !name.is_empty() => of_user(policy, name, signed_in),
                _ => Err(Denied::Unnamed),
            }
        }
    }
}

fn of_user(policy: &Policy, name: &str, pii: bool) -> Result<Grant, Denied> {
    let told = policy.users.named(name);
    let companies = policy.within(told.map_or(&[], |user| &user.companies))?;
    let pii = told.and_then(|user| user.pii).unwrap_or(pii);
    Ok(Grant::of(Who::User(name.to_owned()), &companies, pii))
}

/// Whether who was let in may do that.
fn may(policy: &Policy, grant: &Grant, asks: Asks) -> Result<(), Denied> {
    let has = |id: &String, scope| {
        let ring = policy.keys.now();
        ring.api.get(id).is_some_and(|key| key.scopes.contains(&scope))
    };
    let may = match (grant.who(), asks) {
        (Who::ApiKey(id), Asks::Read) => has(id, Scope::Read),
        (Who::ApiKey(id), Asks::MakeToken) => has(id, Scope::Tokens),
        (_, Asks::MakeToken) | (Who::ApiKey(_) | Who::Embed(_), Asks::Page) => false,
        _ => true,
    };
    if may { Ok(()) } else { Err(Denied::Scope) }
}

/// The time now.
pub fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
