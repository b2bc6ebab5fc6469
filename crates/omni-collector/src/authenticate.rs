//! Whose webhook it is: HTTP Basic, the only proof Pipedrive offers.
//!
//! What was sent is hashed and compared in constant time, so neither the place of the first wrong letter nor
//! the length of a secret can be measured. Secrets are kept as hashes only.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config;
use crate::respond::Refused;

/// No Basic header that could be right is longer.
const HEADER_BYTES_MAX: usize = 4 * 1024;

/// The configured sources by name.
#[derive(Debug)]
pub(crate) struct Sources(HashMap<String, Arc<Source>>);

/// One configured source.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    companies: Vec<u64>,
    /// Of `user:password`.
    proof: [u8; 32],
}

/// A source whose proof was right: only [`Source::authenticate`] makes one.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated(Arc<Source>);

impl Sources {
    pub(crate) fn new(configured: &BTreeMap<String, config::Source>) -> Sources {
        let sources = configured.iter().map(|(name, source)| {
            let proof = Sha256::digest(format!("{}:{}", source.user, source.password.expose()));
            let companies = source.companies.clone();
            (
                name.clone(),
                Arc::new(Source {
                    name: name.clone(),
                    companies,
                    proof: proof.into(),
                }),
            )
        });
        Sources(sources.collect())
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Source>, Refused> {
        self.0.get(name).ok_or(Refused::UnknownSource)
    }
}

impl Source {
    /// # Errors
    /// [`Refused::WrongSecret`], whatever is wrong about it.
    pub(crate) fn authenticate(self: &Arc<Self>, headers: &HeaderMap) -> Result<Authenticated, Refused> {
        let given = credentials(headers).ok_or(Refused::WrongSecret)?;
        let hash: [u8; 32] = Sha256::digest(given).into();
        if bool::from(hash.ct_eq(&self.proof)) {
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

/// `user:password` as sent.
fn credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    if value.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (scheme, encoded) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    STANDARD.decode(encoded.trim_ascii()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;

    use super::*;

    fn source(companies: &[u64]) -> Arc<Source> {
        let proof = Sha256::digest("omni:s3cret").into();
        Arc::new(Source {
            name: "pipedrive".to_owned(),
            companies: companies.to_vec(),
            proof,
        })
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    fn basic(text: &str) -> HeaderMap {
        headers(&format!("Basic {}", STANDARD.encode(text)))
    }

    #[test]
    fn the_right_pair_is_let_in_however_the_scheme_is_written() {
        assert!(source(&[]).authenticate(&basic("omni:s3cret")).is_ok());
        let lower = headers(&format!("basic  {}", STANDARD.encode("omni:s3cret")));
        assert!(source(&[]).authenticate(&lower).is_ok());
    }

    #[test]
    fn anything_else_is_refused_alike() {
        let wrong = [
            HeaderMap::new(),
            headers("Basic"),
            headers("Basic ???"),
            headers("Bearer s3cret"),
            basic("omni:s3cre"),
            basic("omni:s3cret "),
            basic("omni"),
            basic(":s3cret"),
            basic(""),
            basic(&"x".repeat(HEADER_BYTES_MAX)),
        ];
        for given in wrong {
            assert_eq!(
                source(&[]).authenticate(&given).unwrap_err(),
                Refused::WrongSecret,
                "{given:?}"
            );
        }
    }

    #[test]
    fn a_bound_source_speaks_for_its_companies_only() {
        let bound = source(&[7, 8]).authenticate(&basic("omni:s3cret")).unwrap();
        assert!(bound.speaks_for(8) && !bound.speaks_for(9));
        let open = source(&[]).authenticate(&basic("omni:s3cret")).unwrap();
        assert!(open.speaks_for(9));
    }
}
