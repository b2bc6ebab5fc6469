//! Right and wrong proofs, of both kinds.
#![allow(clippy::unwrap_used)]
use axum::http::HeaderValue;
use serde_json::json;

use super::*;

fn source(companies: &[u64]) -> Arc<Source> {
    let proofs = ["omni:s3cret", "omni:before"].map(|proof| Sha256::digest(proof).into());
    Arc::new(Source {
        name: "pipedrive".to_owned(),
        companies: companies.to_vec(),
        proofs,
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
fn the_password_before_is_let_in_while_it_is_replaced() {
    assert!(source(&[]).authenticate(&basic("omni:before")).is_ok());
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

/// Two tokens of `tags`, one of `lambda`, none of `crm`.
fn sources() -> Sources {
    let configured = |tokens: &[&str]| -> config::Source {
        let hashes = tokens
            .iter()
            .map(|token| TokenHash::of(token.as_bytes()).to_hex());
        let hashes: Vec<_> = hashes.collect();
        let text = json!({"user": "omni", "password": "s3cret", "flat_token_sha256": hashes});
        serde_json::from_value(text).unwrap()
    };
    Sources::new(&BTreeMap::from([
        ("crm".to_owned(), configured(&[])),
        ("lambda".to_owned(), configured(&["third"])),
        ("tags".to_owned(), configured(&["first", "second"])),
    ]))
}

#[test]
fn a_token_decides_the_source_and_an_old_and_a_new_one_hold_together() {
    for (header, name) in [
        ("Bearer first", "tags"),
        ("bearer  second ", "tags"),
        ("BEARER third", "lambda"),
    ] {
        let found = sources().of_token(&headers(header)).unwrap();
        assert_eq!(found.name(), name, "{header}");
    }
}

#[test]
fn every_other_token_is_refused_alike() {
    let wrong = [
        HeaderMap::new(),
        headers("Bearer"),
        headers("Bearer "),
        headers("Bearer firs"),
        headers("Bearer first second"),
        headers("Bearer omni:s3cret"),
        headers("first"),
        basic("omni:s3cret"),
        headers(&format!("Bearer {}", TokenHash::of(b"first").to_hex())),
        headers(&format!("Bearer {}", "x".repeat(HEADER_BYTES_MAX))),
    ];
    for given in wrong {
        let refused = sources().of_token(&given).unwrap_err();
        assert_eq!(refused, Refused::WrongToken, "{given:?}");
    }
}
