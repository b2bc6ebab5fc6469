//! Whose request it is: HTTP Basic for webhooks, the only proof Pipedrive offers, and a bearer token for flat events.
//!
//! What was sent is hashed and compared in constant time, so neither the place of the first wrong letter nor
//! the length of a secret can be measured. Secrets are kept as hashes only.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use stage::Secret;

use crate::config;
use crate::respond::Refused;
use crate::token::TokenHash;

/// No header that could be right is longer.
const HEADER_BYTES_MAX: usize = 4 * 1024;

/// The configured sources by name, and by the tokens that speak for them.
#[derive(Debug)]
pub(crate) struct Sources {
    by_name: HashMap<String, Arc<Source>>,
    tokens: Vec<(TokenHash, Arc<Source>)>,
}

/// One configured source.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    companies: Vec<u64>,
    /// Of `user:password`, and of the password before, where that is still taken.
    proofs: [[u8; 32]; 2],
}

/// A source whose proof was right: only this room makes one.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated(Arc<Source>);

impl Sources {
    pub(crate) fn new(configured: &BTreeMap<String, config::Source>) -> Sources {
        let mut sources = Sources {
            by_name: HashMap::new(),
            tokens: Vec::new(),
        };
        for (name, configured) in configured {
            let proof = |password: &Secret| -> [u8; 32] {
                Sha256::digest(format!("{}:{}", configured.user, password.expose())).into()
            };
            let previous = Some(&configured.password_previous).filter(|password| !password.is_empty());
            let proofs = [&configured.password, previous.unwrap_or(&configured.password)].map(proof);
            let source = Arc::new(Source {
                name: name.clone(),
                companies: configured.companies.clone(),
                proofs,
            });
            let hashes = configured.flat_token_sha256.iter();
            sources
                .tokens
                .extend(hashes.map(|hash| (*hash, Arc::clone(&source))));
            sources.by_name.insert(name.clone(), source);
        }
        sources
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Source>, Refused> {
        self.by_name.get(name).ok_or(Refused::UnknownSource)
    }

    /// The source of a bearer token. All tokens are looked at, whichever is the one.
    ///
    /// # Errors
    /// [`Refused::WrongToken`], whatever is wrong about it.
    pub(crate) fn of_token(&self, headers: &HeaderMap) -> Result<Authenticated, Refused> {
        let given = TokenHash::of(credentials(headers, "bearer ").ok_or(Refused::WrongToken)?);
        let mut at = u64::MAX;
        for (number, (hash, _)) in (0..).zip(&self.tokens) {
            at.conditional_assign(&number, hash.ct_eq(&given));
        }
        let found = usize::try_from(at).ok().and_then(|at| self.tokens.get(at));
        let (_, source) = found.ok_or(Refused::WrongToken)?;
        Ok(Authenticated(Arc::clone(source)))
    }
}

impl Source {
    /// # Errors
    /// [`Refused::WrongSecret`], whatever is wrong about it.
    pub(crate) fn authenticate(self: &Arc<Self>, headers: &HeaderMap) -> Result<Authenticated, Refused> {
        let encoded = credentials(headers, "basic ");
        let given = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
        let hash: [u8; 32] = Sha256::digest(given.ok_or(Refused::WrongSecret)?).into();
        let [now, before] = self.proofs.map(|proof| hash.ct_eq(&proof));
        if bool::from(now | before) {
            Ok(Authenticated(Arc::clone(self)))
        } else {
            Err(Refused::WrongSecret)
        }
    }
}

impl Authenticated {
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it may speak for this company; one that is bound to none may for any.
    pub(crate) fn speaks_for(&self, company_id: u64) -> bool {
        self.0.companies.is_empty() || self.0.companies.contains(&company_id)
    }
}

/// What stands behind the scheme, which is written in small letters here and anyhow in the header.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h [u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    if value.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (given, rest) = value.split_at_checked(scheme.len())?;
    given
        .eq_ignore_ascii_case(scheme.as_bytes())
        .then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests;
