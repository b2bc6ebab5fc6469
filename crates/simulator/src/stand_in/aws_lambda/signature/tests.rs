//! The verifier against Amazon's published test vectors: signed requests, as they go over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use time::Duration;
use time::macros::datetime;

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNED_AT: OffsetDateTime = datetime!(2015-08-30 12:36:00 UTC);

/// A request line, headers, an empty line, and the body.
fn request(text: &str) -> Signed<'_> {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let target = target.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_lowercase(), value.to_owned())
    };
    Signed {
        method,
        path,
        query,
        headers: lines.map(header).collect(),
        body: body.as_bytes(),
    }
}

fn judged(request: &Signed<'_>, now: OffsetDateTime, secret: &str) -> Result<(), Refusal> {
    let token = request.header("x-amz-security-token");
    verify(request, "service", now, |id| {
        if id != "AKIDEXAMPLE" {
            return Err(refusal::unrecognized());
        }
        Ok(Key {
            secret: secret.to_owned(),
            token,
        })
    })
}

fn vectors() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stand_in/aws_lambda/vectors");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn the_published_vectors_are_taken() {
    let vectors = vectors();
    assert!(vectors.len() >= 16, "the vectors were found");
    for (name, text) in vectors {
        let judged = judged(&request(&text), SIGNED_AT, SECRET);
        assert!(judged.is_ok(), "{name}: {judged:?}");
    }
}

#[test]
fn a_request_that_was_changed_after_it_was_signed_is_refused() {
    for (name, text) in vectors() {
        let wrong = judged(&request(&text), SIGNED_AT, "another").unwrap_err();
        assert_eq!(
            (wrong.status, wrong.kind),
            (403, "InvalidSignatureException"),
            "{name}"
        );
        let mut changed = request(&text);
        changed.body = b"changed";
        assert!(judged(&changed, SIGNED_AT, SECRET).is_err(), "{name}: the body");
        changed = request(&text);
        changed.method = "PUT";
        assert!(judged(&changed, SIGNED_AT, SECRET).is_err(), "{name}: the method");
        changed = request(&text);
        changed.path = "/elsewhere";
        assert!(judged(&changed, SIGNED_AT, SECRET).is_err(), "{name}: the path");
        changed = request(&text);
        changed.query = "other=1";
        assert!(judged(&changed, SIGNED_AT, SECRET).is_err(), "{name}: the query");
    }
}

#[test]
fn clocks_may_be_five_minutes_apart() {
    let (_, text) = vectors().remove(0);
    let request = request(&text);
    for minutes in [-5, 5] {
        let now = SIGNED_AT + Duration::minutes(minutes);
        assert!(judged(&request, now, SECRET).is_ok(), "{minutes}");
    }
    let late = judged(&request, SIGNED_AT + Duration::seconds(301), SECRET).unwrap_err();
    assert_eq!((late.status, late.kind), (403, "InvalidSignatureException"));
    assert_eq!(
        late.message,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    let early = judged(&request, SIGNED_AT - Duration::seconds(301), SECRET).unwrap_err();
    assert!(
        early
            .message
            .starts_with("Signature not yet current: 20150830T123600Z is still later than")
    );
}

/// The header of a vector, changed.
fn with(text: &str, from: &str, to: &str) -> Refusal {
    assert!(text.contains(from), "{from}");
    judged(&request(&text.replace(from, to)), SIGNED_AT, SECRET).unwrap_err()
}

#[test]
fn what_the_header_lacks_is_said() {
    let vectors = vectors();
    let (_, text) = vectors.iter().find(|(name, _)| name == "get-vanilla").unwrap();
    let kind = |from, to| with(text, from, to).kind;
    assert_eq!(
        kind("Authorization:", "X:"),
        "MissingAuthenticationTokenException"
    );
    assert_eq!(kind("AWS4-HMAC-SHA256", "Basic"), "IncompleteSignatureException");
    for part in ["Credential=", "SignedHeaders=", "Signature="] {
        let refused = with(text, part, "Other=");
        assert_eq!(
            (refused.status, refused.kind),
            (403, "IncompleteSignatureException"),
            "{part}"
        );
    }
    assert_eq!(kind("/aws4_request", ""), "IncompleteSignatureException");
    assert_eq!(kind("X-Amz-Date", "X"), "IncompleteSignatureException");
    assert_eq!(kind("AKIDEXAMPLE", "AKIDUNKNOWN"), "UnrecognizedClientException");
    for (from, to, told) in [
        (
            "us-east-1/service",
            "us-east-1/lambda",
            "correct service: 'service'",
        ),
        ("us-east-1", "nowhere", "valid Region"),
        ("/20150830/", "/20150831/", "does not match"),
        (
            "SignedHeaders=host;",
            "SignedHeaders=",
            "'host' must be a 'SignedHeader'",
        ),
    ] {
        let refused = with(text, from, to);
        assert_eq!(refused.kind, "InvalidSignatureException");
        assert!(refused.message.contains(told), "{}", refused.message);
    }
}

#[test]
fn temporary_credentials_need_their_token() {
    let vectors = vectors();
    let (_, text) = vectors.iter().find(|(name, _)| name == "get-vanilla").unwrap();
    let refused = verify(&request(text), "service", SIGNED_AT, |_| {
        Ok(Key {
            secret: SECRET.to_owned(),
            token: Some("6e86".to_owned()),
        })
    });
    assert_eq!(refused.unwrap_err().kind, "UnrecognizedClientException");
}
