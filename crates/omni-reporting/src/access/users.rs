//! HTTP Basic: users of the configuration, their passwords kept as Argon2 hashes.
//!
//! A password that was right is remembered for some minutes as a hash under a key of this process, because Argon2 takes
//! long on purpose and a browser sends the password with each request. An unknown name costs as much as a wrong password.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moka::future::Cache;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::Semaphore;

use super::Denied;
use super::config;

/// No Basic header that could be right is longer.
const HEADER_BYTES_MAX: usize = 4 * 1024;
const REMEMBERED: Duration = Duration::from_mins(5);
const REMEMBERED_MAX: u64 = 1_000;
/// Hashes computed at once: each takes some 20 MiB and a core.
const HASHED_AT_ONCE: usize = 2;

/// The configured users.
#[derive(Debug)]
pub(super) struct Users {
    by_name: HashMap<String, Arc<User>>,
    /// Compared with when there is no such user.
    nobody: String,
    /// Users by the keyed hash of what they sent.
    known: Cache<[u8; 32], Arc<User>>,
    key: hmac::Key,
    hashing: Semaphore,
}

/// A user who may prove who they are.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) companies: Vec<u64>,
    pub(super) pii: Option<bool>,
    hash: String,
}

/// The hash of a password, as the configuration wants it.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

impl Users {
    pub(super) fn new(told: &BTreeMap<String, config::User>) -> Result<Self, super::AccessError> {
        let user = |(name, user): (&String, &config::User)| {
            let user = User {
                name: name.clone(),
                companies: user.companies.clone(),
                pii: user.pii,
                hash: user.password_hash.expose().to_owned(),
            };
            (name.clone(), Arc::new(user))
        };
        let random = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Ok(Self {
            by_name: told.iter().map(user).collect(),
            nobody: hash("").map_err(|_| super::AccessError::Random)?,
            known: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(REMEMBERED)
                .build(),
            key: random.map_err(|_| super::AccessError::Random)?,
            hashing: Semaphore::new(HASHED_AT_ONCE),
        })
    }

    pub(super) fn named(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// Who sent this header.
    pub(super) async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<User>, Denied> {
        let given = credentials(headers)?;
        let proof: [u8; 32] = hmac::sign(&self.key, given.as_bytes())
            .as_ref()
            .try_into()
            .map_err(|_| Denied::Credentials)?;
        if let Some(user) = self.known.get(&proof).await {
            return Ok(user);
        }
        let (name, password) = given.split_once(':').ok_or(Denied::Credentials)?;
        let user = self.by_name.get(name);
        let hash = user.map_or(&self.nobody, |user| &user.hash).clone();
        let password = password.to_owned();
        let place = self.hashing.acquire().await.map_err(|_| Denied::Credentials)?;
        let is_right = tokio::task::spawn_blocking(move || is_right(&password, &hash)).await;
        drop(place);
        match (user, is_right) {
            (Some(user), Ok(true)) => {
                self.known.insert(proof, Arc::clone(user)).await;
                Ok(Arc::clone(user))
            }
            _ => Err(Denied::Credentials),
        }
    }
}

fn is_right(password: &str, hash: &str) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// `user:password` as sent.
fn credentials(headers: &HeaderMap) -> Result<String, Denied> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Denied::Unknown)?;
    let value = value.as_bytes();
    let (scheme, encoded) = value.split_at_checked(6).ok_or(Denied::Credentials)?;
    if value.len() > HEADER_BYTES_MAX || !scheme.eq_ignore_ascii_case(b"basic ") {
        return Err(Denied::Credentials);
    }
    let bytes = STANDARD
        .decode(encoded.trim_ascii())
        .map_err(|_| Denied::Credentials)?;
    String::from_utf8(bytes).map_err(|_| Denied::Credentials)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn users() -> Users {
        let told = config::User {
            password_hash: hash("right").unwrap().into(),
            companies: vec![7],
            pii: Some(false),
        };
        Users::new(&BTreeMap::from([("ada".to_owned(), told)])).unwrap()
    }

    async fn sent(users: &Users, value: &str) -> Result<String, Denied> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        users.authenticate(&headers).await.map(|user| user.name.clone())
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[tokio::test]
    async fn the_right_password_of_a_known_user_opens_again_and_again() {
        let users = users();
        for _ in 0..3 {
            assert_eq!(sent(&users, &basic("ada:right")).await, Ok("ada".to_owned()));
        }
        assert_eq!(users.known.iter().count(), 1);
    }

    #[tokio::test]
    async fn anything_else_is_refused_alike() {
        let users = users();
        for wrong in ["ada:wrong", "ada:", "eve:right", "ada", "", ":"] {
            assert_eq!(
                sent(&users, &basic(wrong)).await,
                Err(Denied::Credentials),
                "{wrong}"
            );
        }
        for wrong in ["Basic ***", "Digest x", "Basic"] {
            assert_eq!(sent(&users, wrong).await, Err(Denied::Credentials), "{wrong}");
        }
        let nothing = users.authenticate(&HeaderMap::new()).await.map(drop);
        assert_eq!(nothing, Err(Denied::Unknown));
    }
}
