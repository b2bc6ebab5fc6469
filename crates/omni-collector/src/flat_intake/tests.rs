//! Bodies and what is thought of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, header};
use event::{Action, Object};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::authenticate::Sources;
use crate::config;
use crate::token::TokenHash;

const RECEIVED_AT: i64 = 1_770_114_031_000_000;

fn source(companies: &[u64]) -> Authenticated {
    let hash = TokenHash::of(b"t").to_hex();
    let text = json!({"user": "u", "password": "p", "companies": companies, "flat_token_sha256": [hash]});
    let configured: config::Source = serde_json::from_value(text).unwrap();
    let sources = Sources::new(&BTreeMap::from([("tags".to_owned(), configured)]));
    let bearer = (header::AUTHORIZATION, HeaderValue::from_static("Bearer t"));
    sources.of_token(&HeaderMap::from_iter([bearer])).unwrap()
}

fn event(number: u128) -> Value {
    json!({
        "event_uuid": Uuid::from_u128(number), "event_ver": "7", "event_revision": 0, "event_name": "pipedrive_deal_updated",
        "event_action": "updated", "event_object": "deal", "event_id": 31, "event_company_id": 7,
        "event_timestamp": 1_770_114_030, "event_timestamp_micro": 1_770_114_030_000_000_i64, "event_source": "crm",
        "event_received_at": "2026-02-03T10:20:30.000000Z", "event_enriched_at": "2026-02-03T10:20:30.100000Z",
        "client_id": "dcid.1.2.3"
    })
}

fn judged(body: &[u8]) -> Result<Vec<Judged>, Refused> {
    judge(
        &Contract::flat().unwrap(),
        &source(&[]),
        RECEIVED_AT,
        body.to_vec(),
    )
}

/// The code of each that is refused, with the path of its first fault; `None` of one that fits.
fn refusals(body: &[u8]) -> Vec<Option<(&'static str, String)>> {
    let of = |judged: Judged| match judged.verdict {
        Verdict::Fits(_) => None,
        Verdict::Quarantined { code, faults } => Some((code, faults.first().unwrap().path.clone())),
    };
    judged(body).unwrap().into_iter().map(of).collect()
}

fn facts_of(judged: &Judged) -> &Facts {
    match &judged.verdict {
        Verdict::Fits(facts) => facts,
        Verdict::Quarantined { code, faults } => panic!("{code} {faults:?}"),
    }
}

#[test]
fn one_event_is_kept_as_the_whole_body() {
    let body = format!(" {}\n", event(1));
    let judged = judged(body.as_bytes()).unwrap().remove(0);
    assert_eq!(judged.bytes, body.as_bytes());
    let expected = Facts {
        event_uuid: Uuid::from_u128(1),
        company_id: 7,
        object: Object::Deal,
        action: Action::Updated,
        key: "7:deal:31".to_owned(),
        version: None,
        attempt: None,
        is_late: false,
    };
    assert_eq!(facts_of(&judged), &expected);
}

#[test]
fn of_a_list_each_event_has_its_own_bytes_in_order() {
    let first = r#"{ "event_uuid" : "x", "deal_value": 1200.50 }"#;
    let second = event(2).to_string();
    let body = format!("[\n{first} ,\t{second}]");
    let judged = judged(body.as_bytes()).unwrap();
    let bytes: Vec<_> = judged.iter().map(|one| one.bytes.as_slice()).collect();
    assert_eq!(bytes, [first.as_bytes(), second.as_bytes()]);
    assert!(matches!(
        judged.first().unwrap().verdict,
        Verdict::Quarantined { .. }
    ));
    assert_eq!(facts_of(judged.last().unwrap()).event_uuid, Uuid::from_u128(2));
}

#[test]
fn what_is_no_event_is_refused_alone() {
    let good = event(1);
    let mut bad = event(2);
    bad["deal_value"] = json!("much");
    let mut foreign = event(3);
    foreign.as_object_mut().unwrap().remove("event_uuid");
    let body = json!([good, bad, 7, good, foreign, null, []]);
    let path = |path: &str| Some((NOT_FLAT, path.to_owned()));
    let expected = [
        None,
        path("$.deal_value"),
        path("$"),
        None,
        path("$.event_uuid"),
        path("$"),
        path("$"),
    ];
    assert_eq!(refusals(body.to_string().as_bytes()), expected);
    assert_eq!(refusals(b"[]"), []);
}

#[test]
fn a_body_that_is_no_json_is_refused_whole() {
    let cut = format!("[{}", event(1));
    let bodies: [&[u8]; 8] = [
        b"",
        b" ",
        b"<html>",
        b"{",
        b"{}x",
        b"[1,]",
        b"\xff",
        cut.as_bytes(),
    ];
    for body in bodies {
        let expected = [Some((NOT_JSON, "$".to_owned()))];
        assert_eq!(refusals(body), expected, "{}", String::from_utf8_lossy(body));
    }
    for body in ["7", "null", "\"x\"", " true"] {
        assert_eq!(
            refusals(body.as_bytes()),
            [Some((NOT_FLAT, "$".to_owned()))],
            "{body}"
        );
    }
}

#[test]
fn a_list_holds_so_many_and_no_more() {
    let list = |events: usize| format!("[{}]", vec!["{}"; events].join(","));
    assert_eq!(judged(list(EVENTS_MAX).as_bytes()).unwrap().len(), EVENTS_MAX);
    assert_eq!(
        judged(list(EVENTS_MAX + 1).as_bytes()).unwrap_err(),
        Refused::TooMany
    );
}

#[test]
fn a_bound_source_speaks_for_its_companies_only() {
    let contract = Contract::flat().unwrap();
    let body = event(1).to_string().into_bytes();
    let judged = |companies: &[u64]| {
        let judged = judge(&contract, &source(companies), RECEIVED_AT, body.clone());
        judged.unwrap().remove(0)
    };
    assert_eq!(facts_of(&judged(&[7])).company_id, 7);
    match judged(&[8]).verdict {
        Verdict::Quarantined { code, faults } => {
            assert_eq!(
                (code, faults.first().unwrap().path.as_str()),
                ("company_not_allowed", "$.event_company_id")
            );
        }
        Verdict::Fits(_) => panic!("it spoke for another company"),
    }
}

#[test]
fn an_event_that_was_enriched_long_ago_is_late() {
    let mut old = event(1);
    old["event_enriched_at"] = json!("2026-02-02T14:20:30Z");
    let body = json!([event(2), old]).to_string();
    let judged = judged(body.as_bytes()).unwrap();
    let late: Vec<_> = judged.iter().map(|one| facts_of(one).is_late).collect();
    assert_eq!(late, [false, true]);
}

proptest! {
    /// Whatever is sent, every event has a verdict, and what is kept is a part of the body.
    #[test]
    fn any_bytes_are_judged(mut body in prop::collection::vec(any::<u8>(), 0..200), begin in 0..3_usize) {
        let begins: [&[u8]; 3] = [b"", b"[", b"[{},"];
        if let Some(begin) = begins.get(begin) {
            body.splice(0..0, begin.iter().copied());
        }
        for judged in judged(&body).unwrap() {
            prop_assert!(body.windows(judged.bytes.len().max(1)).any(|part| part == judged.bytes) || judged.bytes.is_empty());
        }
    }
}
