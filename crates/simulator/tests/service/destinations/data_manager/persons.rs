//! Persons: hashes in the encoding that the request names, ten at most.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulator::Config;

use super::{Caller, HASH, body, event, running, violation, violations, with};

fn person(identifiers: &[Value]) -> Value {
    let event = with(event("o-1"), "/adIdentifiers", Value::Null);
    with(event, "/userData", json!({"userIdentifiers": identifiers}))
}

#[tokio::test]
async fn persons_are_hashes_as_the_request_encodes_them() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let (email, phone) = (json!({"emailAddress": HASH}), json!({"phone_number": HASH}));
    let bytes: Vec<u8> = (0..32).collect();
    let base64 = json!({"emailAddress": STANDARD.encode(bytes)});
    let of = |encoding: &str, identifiers: &[Value]| {
        with(body(&[person(identifiers)]), "/encoding", json!(encoding))
    };
    for taken in [
        of("HEX", &[email.clone(), phone]),
        of("HEX", &[json!({"emailAddress": HASH.to_uppercase()})]),
        of("BASE64", std::slice::from_ref(&base64)),
    ] {
        let (status, answer) = caller.ingest(&taken).await;
        assert_eq!(status, 200, "{answer}");
    }
    let first = "events[0].user_data.user_identifiers[0]";
    let all = "events[0].user_data.user_identifiers";
    for (refused, reason, field) in [
        (
            of("HEX", &[json!({"emailAddress": "anna@firm.example"})]),
            "INVALID_HEX_ENCODING",
            first,
        ),
        (
            of("HEX", &[json!({"emailAddress": "62a1"})]),
            "INVALID_SHA256_FORMAT",
            first,
        ),
        (of("HEX", &[base64]), "INVALID_HEX_ENCODING", first),
        (
            of("BASE64", &[json!({"emailAddress": "-"})]),
            "INVALID_BASE64_ENCODING",
            first,
        ),
        (of("HEX", &[json!({})]), "REQUIRED_FIELD_MISSING", first),
        (
            of("HEX", &[json!({"emailAddress": HASH, "phoneNumber": HASH})]),
            "REQUIRED_FIELD_MISSING",
            first,
        ),
        (of("HEX", &[]), "REQUIRED_FIELD_MISSING", all),
        (
            of("HEX", &vec![email.clone(); 11]),
            "TOO_MANY_USER_IDENTIFIERS",
            all,
        ),
        (
            with(of("HEX", &[email]), "/encoding", Value::Null),
            "REQUIRED_FIELD_MISSING",
            "encoding",
        ),
    ] {
        let answer = caller.ingest(&refused).await;
        assert_eq!(violations(&answer), [violation(reason, field)], "{refused}");
    }
    running.stop().await;
}
