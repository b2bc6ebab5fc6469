//! Answers of Omni, and of what may stand before it.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use stage::outbound::StatusCode;

use super::*;

/// An answer to events of the places 4 and 7.
fn judged(status: u16, body: &str) -> Result<Verdict, Failure> {
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: header::HeaderMap::from_iter([(header::RETRY_AFTER, "3".parse().unwrap())]),
        body: body.to_owned().into(),
    };
    let batch = Batch {
        body: b"[{},{}]".to_vec(),
        indexes: vec![4, 7],
    };
    judge(&answer, &batch)
}

#[test]
fn a_refusal_has_its_place_in_the_payload_and_omnis_words() {
    let said = json!({ "accepted": 1, "refused": [{ "index": 1, "code": "not_flat", "errors": [] }] });
    for status in [207, 422] {
        let verdict = judged(status, &said.to_string()).unwrap();
        assert_eq!(verdict.taken, 1);
        let refused = serde_json::to_value(&verdict.refused).unwrap();
        assert_eq!(refused, json!([{ "index": 7, "code": "not_flat", "errors": [] }]));
    }
}

#[test]
fn a_success_without_a_list_is_a_success() {
    for body in ["", "ok", r#"{"accepted":2,"refused":[]}"#] {
        assert_eq!(judged(200, body).unwrap().taken, 2);
    }
}

#[test]
fn a_refusal_that_names_no_event_loses_none() {
    let foreign = json!({ "refused": [{ "index": 2 }] }).to_string();
    let doubled = json!({ "refused": [{ "index": 0 }, { "index": 0 }, { "index": 1 }] }).to_string();
    for body in ["", "<html>", r#"{"error":"half_body"}"#, &foreign, &doubled] {
        let failure = judged(400, body).unwrap_err();
        assert!(matches!(failure, Failure::NoIntake { .. }), "{body}: {failure}");
    }
}

#[test]
fn who_asks_for_another_try_says_when() {
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        let failure = judged(status, "").unwrap_err();
        assert_eq!(
            (failure.kind(), failure.status(), failure.retry_after()),
            ("Omni.TryAgain", 503, Some("3"))
        );
    }
    for status in [301, 401, 403, 404, 405, 413, 415] {
        let failure = judged(status, "").unwrap_err();
        assert_eq!(
            (failure.kind(), failure.status(), failure.retry_after()),
            ("Omni.Misconfigured", 502, None)
        );
    }
}
