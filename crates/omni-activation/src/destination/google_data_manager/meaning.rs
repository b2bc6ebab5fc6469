//! What Google's answers mean, for each event and for the destination. Pure.
//!
//! An answer of 200 says that a request was accepted: its `requestId` is kept, by which a person asks what became of it.

use serde::Deserialize;
use stage::outbound::StatusCode;

use super::super::answered::{judge_status, retry_after};
use super::super::conversion::{UNCONFIRMED, alike, judge_wordless};
use super::super::google::{busy, too_early};
use super::super::{Judged, Response, Told, Verdict};
use super::refusal::{Refusal, Violation, place};

/// None of a request with a wrong field is looked at; who is not named by it is asked for again without the others.
const IN_COMPANY: Verdict = Verdict::GiveUp { reason: "refused" };

/// `IngestEventsResponse`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Accepted {
    request_id: String,
    field_warnings: Vec<Warning>,
}

/// What Google passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Warning {
    reason: String,
    field: String,
    description: String,
}

/// What an answer says of each of so many events.
pub(super) fn of_each(response: &Response<'_>, count: usize, is_rehearsal: bool) -> Judged {
    if response.status == StatusCode::OK {
        return accepted(response, count, is_rehearsal);
    }
    let refusal = Refusal::of(response.body);
    if let Some(verdict) = of_all(&refusal, response) {
        let answer = refusal.words(refusal.violations.iter());
        if answer.is_empty() {
            return verdict.into();
        }
        return alike(count, Told { verdict, answer });
    }
    let told = |index: usize| {
        let own = || {
            refusal
                .violations
                .iter()
                .filter(move |one| one.index() == Some(index))
        };
        let verdict = own().next().map_or(IN_COMPANY, of_event);
        let answer = refusal.words(own());
        Told { verdict, answer }
    };
    Judged::Each((0..count).map(told).collect())
}

fn accepted(response: &Response<'_>, count: usize, is_rehearsal: bool) -> Judged {
    let accepted: Accepted = serde_json::from_slice(response.body).unwrap_or_default();
    if accepted.request_id.is_empty() {
        return UNCONFIRMED.into();
    }
    let mode = if is_rehearsal { " (validateOnly)" } else { "" };
    let receipt = format!("requestId {}{mode}", accepted.request_id);
    let told = |index: usize| {
        let own = accepted.field_warnings.iter();
        let own = own.filter(|warning| place(&warning.field).is_none_or(|place| place == index));
        let words = own.map(|one| format!("; {} {}: {}", one.reason, one.field, one.description));
        Told {
            verdict: Verdict::Delivered,
            answer: words.fold(receipt.clone(), |told, warning| told + &warning),
        }
    };
    Judged::Each((0..count).map(told).collect())
}

/// What is said of the request, whatever its events.
fn of_all(refusal: &Refusal, response: &Response<'_>) -> Option<Verdict> {
    let named = refusal.reasons().find_map(of_settings);
    let is_about_us = |violation: &Violation| violation.field.starts_with("destinations");
    let is_about_events = refusal
        .violations
        .iter()
        .any(|violation| violation.index().is_some());
    match response.status {
        StatusCode::TOO_MANY_REQUESTS => Some(busy(
            refusal.retry_delay.or_else(|| retry_after(response.headers)),
        )),
        // The token is old, and the session brings another.
        StatusCode::UNAUTHORIZED => Some(judge_status(response)),
        _ if named.is_some() => named,
        StatusCode::FORBIDDEN => Some(misconfigured("permission")),
        StatusCode::BAD_REQUEST if refusal.violations.iter().any(is_about_us) => {
            Some(misconfigured("account"))
        }
        StatusCode::BAD_REQUEST if is_about_events => None,
        _ => Some(judge_wordless(response)),
    }
}

/// What a reason means for all events, until the settings here or at Google are mended.
fn of_settings(reason: &str) -> Option<Verdict> {
    Some(match reason {
        "CONVERSION_ACTION_TOO_RECENTLY_CREATED" => too_early(),
        "INVALID_CONVERSION_ACTION_ID" | "INVALID_CONVERSION_ACTION_TYPE" => {
            misconfigured("conversion_action")
        }
        "EVENT_SOURCE_AND_DESTINATION_MISMATCH" => misconfigured("event_source"),
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"
        | "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"
        | "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"
        | "TERMS_AND_CONDITIONS_NOT_SIGNED" => misconfigured("enhanced_conversions"),
        "INVALID_DESTINATION"
        | "DESTINATION_ACCOUNT_TYPE_MISMATCH"
        | "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH"
        | "MISMATCHED_ACCOUNT_TYPE" => misconfigured("account"),
        "NOT_ALLOWLISTED" => misconfigured("not_allowlisted"),
        "SERVICE_DISABLED" | "API_DISABLED" | "CONSUMER_INVALID" => misconfigured("api_access"),
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => misconfigured("scope"),
        _ => return None,
    })
}

/// What a wrong field means for its event.
fn of_event(violation: &Violation) -> Verdict {
    let reason = match violation.reason.as_str() {
        "EVENT_TIME_INVALID" => "outside_window",
        "INVALID_AD_IDENTIFIER_FOR_ACCOUNT" => "other_account",
        _ if violation.field.contains("ad_identifiers") => "click_id",
        _ => "invalid",
    };
    Verdict::GiveUp { reason }
}

fn misconfigured(reason: &'static str) -> Verdict {
    Verdict::Misconfigured { reason }
}
