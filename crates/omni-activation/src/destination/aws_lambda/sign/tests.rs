//! Amazon's own vectors, signed by what signs our requests. Where they come from: `tests/vectors/README.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use stage::clock;
use stage::outbound::Url;
use stage::outbound::header::HeaderMap;

use super::*;

/// Of all vectors.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/aws_signature_v4");
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(vector: &Path, name: &str) -> String {
    std::fs::read_to_string(vector.join(name)).unwrap_or_default()
}

/// A request as a vector writes it, but for the headers that signing adds.
fn request(vector: &Path) -> Request {
    let text = read(vector, "request.txt");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (line, fields) = head.split_once('\n').unwrap();
    let (method, path) = line.trim_end_matches(" HTTP/1.1").split_once(' ').unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in fields.lines().filter_map(|field| field.split_once(':')) {
        if name != "X-Amz-Date" {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
    }
    let host = headers.get("host").unwrap().to_str().unwrap().to_owned();
    Request {
        method: method.parse().unwrap(),
        url: Url::parse(&format!("https://{host}{path}")).unwrap(),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

/// What the vector says of a header once the request is signed.
fn signed_header(vector: &Path, name: &str) -> Option<String> {
    let text = read(vector, "header-signed-request.txt");
    let found = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned())
}

/// `20150830T123600Z`
fn seconds(stamp: &str) -> i64 {
    let part = |from: usize, to: usize| stamp.get(from..to).unwrap();
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    );
    clock::parse_rfc3339_micro(&text).unwrap() / 1_000_000
}

fn credential(vector: &Path, id: &str) -> Credential {
    let context: Value = serde_json::from_str(&read(vector, "context.json")).unwrap_or_default();
    Credential::Aws {
        access_key_id: id.to_owned(),
        secret_access_key: SECRET.into(),
        session_token: context
            .pointer("/credentials/token")
            .map(|token| token.as_str().unwrap().into()),
    }
}

/// Signs a vector's request; its `Authorization`, and the one it must be.
fn compared(vector: &Path) -> (String, String) {
    let expected = signed_header(vector, "authorization").unwrap();
    let scope = expected.split_once("Credential=").unwrap().1;
    let scope: Vec<&str> = scope.split_once(',').unwrap().0.split('/').collect();
    let credential = credential(vector, scope[0]);
    let mut request = request(vector);
    // These have the body's hash among the headers.
    if signed_header(vector, "x-amz-content-sha256").is_some() {
        let hash = format!("{:x}", Sha256::digest(&request.body));
        request
            .headers
            .insert("x-amz-content-sha256", hash.parse().unwrap());
    }
    let now = Now {
        seconds: seconds(&signed_header(vector, "x-amz-date").unwrap()),
        credential: Some(&credential),
    };
    sign(&mut request, scope[2], scope[3], &now).unwrap();
    let became = request.headers.get("authorization").unwrap();
    assert!(became.is_sensitive());
    (became.to_str().unwrap().to_owned(), expected)
}

#[test]
fn every_vector_of_amazon_is_signed_as_amazon_signs_it() {
    let vectors = vectors();
    for vector in &vectors {
        let (became, expected) = compared(vector);
        assert_eq!(became, expected, "{}", vector.display());
    }
    assert!(vectors.len() >= 28, "{} vectors", vectors.len());
}

#[test]
fn without_keys_that_sign_nothing_is_signed() {
    let bearer = Credential::Bearer("token".into());
    for credential in [None, Some(&bearer)] {
        let mut request = request(&vectors()[0]);
        let now = Now {
            seconds: 0,
            credential,
        };
        let refused = sign(&mut request, "eu-central-1", LAMBDA, &now);
        assert_eq!(refused, Err(Unfit::NoCredential));
        assert!(request.headers.get("authorization").is_none());
    }
}
