//! Hunter's e-mail verifier: answers the same for the same address, always.
//!
//! The mailbox decides what cannot be had by chance: `pending@` is still running (202), `unsure@` met a strange
//! server (222), `forbidden@` came too fast (403), `throttled@` is one too many (429), `claimed@` asked not to be
//! processed (451); all else is drawn from the address itself. The key `invalid` is nobody's (401).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::verifier as refusal;
use crate::verifications::Admission;
use crate::world::{World, locked};

/// A key that nobody has.
const WRONG_KEY: &str = "invalid";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    email: Option<String>,
    api_key: Option<String>,
}

const FREE_MAIL: &[&str] = &["gmail.com", "gmx.de", "outlook.com", "mail.example"];

pub(super) async fn verify(
    State(world): State<Arc<World>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let limits = locked(&world.limits).clone();
    let admission = locked(&world.verifications).arrived(Instant::now(), &limits);
    let email = asked.email.clone().unwrap_or_default();
    let answer = answered(&world, &asked, &headers, admission).await;
    locked(&world.verifications).answered(&email, answer.status());
    answer
}

async fn answered(world: &World, asked: &Asked, headers: &HeaderMap, admission: Admission) -> Response {
    let email = asked.email.as_deref().unwrap_or_default();
    let (trouble, slow) = locked(&world.faults).verifier();
    if let Some(answer) = trouble.answer(email, slow).await {
        return answer;
    }
    if key_of(asked, headers).is_none_or(|key| key == WRONG_KEY) {
        return refusal::unauthorized();
    }
    if email.is_empty() {
        return refusal::refused(400, "wrong_params", "You are missing the email parameter");
    }
    let Some((mailbox, domain)) = email.split_once('@').filter(|(_, domain)| domain.contains('.')) else {
        return refusal::refused(400, "invalid_email", "The email you provided is not valid");
    };
    match (admission, mailbox) {
        (Admission::Throttled, _) | (_, "forbidden") => refusal::throttled(),
        (Admission::UsedUp, _) | (_, "throttled") => refusal::used_up(),
        (_, "pending") => refusal::pending(email),
        (_, "unsure") => refusal::unsure(),
        (_, "claimed") => refusal::claimed(),
        _ => Json(json!({"data": verdict(email, domain), "meta": {"params": {"email": email}}}))
            .into_response(),
    }
}

/// From the query, a header of its own, or as a bearer token.
fn key_of<'a>(asked: &'a Asked, headers: &'a HeaderMap) -> Option<&'a str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    asked
        .api_key
        .as_deref()
        .or_else(|| header("x-api-key"))
        .or_else(bearer)
        .filter(|key| !key.is_empty())
}

fn verdict(email: &str, domain: &str) -> Value {
    let drawn = draw(email);
    let webmail = FREE_MAIL.contains(&domain);
    let (status, result, score) = match drawn % 20 {
        _ if webmail => ("webmail", "deliverable", 70 + drawn % 20),
        0 | 1 => ("invalid", "undeliverable", drawn % 15),
        2..=4 => ("accept_all", "risky", 45 + drawn % 25),
        5 => ("disposable", "risky", 20 + drawn % 20),
        6 => ("unknown", "risky", 40),
        _ => ("valid", "deliverable", 85 + drawn % 16),
    };
    let there = status != "invalid";
    json!({
        "status": status, "result": result, "score": score, "email": email, "regexp": true, "gibberish": false,
        "disposable": status == "disposable", "webmail": webmail, "mx_records": there, "smtp_server": there,
        "smtp_check": matches!(status, "valid" | "webmail"), "accept_all": status == "accept_all", "block": false,
        "sources": sources(domain, drawn),
    })
}

/// Pages on which the address was seen; many addresses were seen nowhere.
fn sources(domain: &str, drawn: u64) -> Vec<Value> {
    let seen = (drawn >> 8) % 4;
    let page = |number: u64| {
        json!({
            "domain": domain, "uri": format!("https://{domain}/team/{number}"), "extracted_on": "2025-03-14",
            "last_seen_on": "2026-08-02", "still_on_page": number.is_multiple_of(2),
        })
    };
    (0..seen).map(page).collect()
}

/// FNV-1a: the same on every machine.
fn draw(text: &str) -> u64 {
    text.to_lowercase()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
