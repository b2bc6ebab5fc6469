//! What Google's errors mean, for each event and for the destination. Pure.
//!
//! Whatever is not named in an answer of 200 was taken. What came before was taken too.

use std::time::Duration;

use stage::outbound::StatusCode;

use super::super::answered::{judge_status, retry_after};
use super::super::google::{again, busy, too_early};
use super::super::{Judged, Response, Told, Verdict, Whose};
use super::failure::{Answer, Failure};

/// What an answer of 200 says of each of so many events.
pub(super) fn of_each(response: &Response<'_>, count: usize) -> Judged {
    let Ok(answer) = serde_json::from_slice::<Answer>(response.body) else {
        return again("unreadable", Whose::Event).into();
    };
    let Some(status) = answer.partial_failure_error else {
        return Verdict::Delivered.into();
    };
    let failures = status.failures();
    if failures.is_empty() {
        return again("unreadable", Whose::Event).into();
    }
    let told = |place: usize| {
        let of_it = |failure: &&Failure| failure.index().is_none_or(|index| index == place);
        told(failures.iter().filter(of_it), status.retry_delay())
    };
    Judged::Each((0..count).map(told).collect())
}

/// The gravest of an event's failures, and all of them in words.
fn told<'f>(failures: impl Iterator<Item = &'f Failure>, delay: Option<Duration>) -> Told {
    let mut gravest = Verdict::Delivered;
    let mut answer = Vec::new();
    for failure in failures {
        let verdict = means(failure.code(), delay);
        if weight(verdict) > weight(gravest) {
            gravest = verdict;
        }
        answer.push(failure.said());
    }
    if gravest == Verdict::Delivered {
        answer.clear();
    }
    Told {
        verdict: gravest,
        answer: answer.join("; "),
    }
}

/// What an answer of another status says of all events.
pub(super) fn of_all(response: &Response<'_>) -> Verdict {
    let answer: Answer = serde_json::from_slice(response.body).unwrap_or_default();
    let status = answer.error.unwrap_or_default();
    let delay = status.retry_delay().or_else(|| retry_after(response.headers));
    let of_settings = |failure: Failure| {
        let verdict = means(failure.code(), delay);
        matches!(verdict, Verdict::Misconfigured { .. }).then_some(verdict)
    };
    match response.status {
        StatusCode::TOO_MANY_REQUESTS => busy(delay),
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            let named = status.failures().into_iter().find_map(of_settings);
            named.unwrap_or_else(|| match response.status {
                StatusCode::FORBIDDEN => PERMISSION,
                _ => judge_status(response),
            })
        }
        // Of these 401: the token is old, and the session brings another.
        _ => judge_status(response),
    }
}

const PERMISSION: Verdict = Verdict::Misconfigured { reason: "permission" };

/// What an error means for its event, by its name.
fn means(code: &str, delay: Option<Duration>) -> Verdict {
    let give_up = |reason| Verdict::GiveUp { reason };
    let misconfigured = |reason| Verdict::Misconfigured { reason };
    match code {
        // It came before.
        "ORDER_ID_ALREADY_IN_USE" | "CLICK_CONVERSION_ALREADY_EXISTS" | "CONVERSION_ALREADY_RETRACTED" => {
            Verdict::Delivered
        }
        "TOO_RECENT_EVENT" | "TOO_RECENT_CALL" | "TOO_RECENT_CONVERSION" | "TOO_RECENT_CONVERSION_ACTION" => {
            too_early()
        }
        // None of them was taken: alone each is.
        "DUPLICATE_ORDER_ID"
        | "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"
        | "DUPLICATE_ADJUSTMENT_IN_REQUEST" => again("twice_in_request", Whose::Event),
        "TRANSIENT_ERROR" | "INTERNAL_ERROR" | "DEADLINE_EXCEEDED" | "CONCURRENT_MODIFICATION" => {
            again("server_error", Whose::Event)
        }
        "RESOURCE_EXHAUSTED" | "RESOURCE_TEMPORARILY_EXHAUSTED" => busy(delay),
        "EXPIRED_EVENT" | "EXPIRED_CALL" | "CONVERSION_EXPIRED" => give_up("expired"),
        "CONVERSION_PRECEDES_EVENT" | "CONVERSION_PRECEDES_CALL" | "ADJUSTMENT_PRECEDES_CONVERSION" => {
            give_up("precedes")
        }
        "UNPARSEABLE_GCLID" | "UNPARSEABLE_GBRAID" | "UNPARSEABLE_WBRAID" => give_up("click_id"),
        "EVENT_NOT_FOUND" | "CLICK_NOT_FOUND" | "CONVERSION_NOT_FOUND" => give_up("not_found"),
        "UNAUTHORIZED_CUSTOMER" | "INVALID_CUSTOMER_FOR_CLICK" => give_up("other_account"),
        "CONVERSION_TRACKING_NOT_ENABLED_AT_IMPRESSION_TIME" => give_up("not_tracked"),
        "NO_CONVERSION_ACTION_FOUND"
        | "INVALID_CONVERSION_ACTION"
        | "INVALID_CONVERSION_ACTION_TYPE"
        | "EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION"
        | "ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION"
        | "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER" => {
            misconfigured("conversion_action")
        }
        "CUSTOM_VARIABLE_NOT_ENABLED" => misconfigured("custom_variable"),
        "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"
        | "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"
        | "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS" => misconfigured("enhanced_conversions"),
        "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE" => misconfigured("not_allowlisted"),
        "UNSUPPORTED_VERSION" => misconfigured("version"),
        "INVALID_CUSTOMER_ID"
        | "CUSTOMER_NOT_FOUND"
        | "CUSTOMER_NOT_ENABLED"
        | "LOGIN_CUSTOMER_ID_PARAMETER_MISSING"
        | "INVALID_LOGIN_CUSTOMER_ID"
        | "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION" => misconfigured("account"),
        "DEVELOPER_TOKEN_PARAMETER_MISSING"
        | "DEVELOPER_TOKEN_NOT_APPROVED"
        | "DEVELOPER_TOKEN_NOT_ON_ALLOWLIST"
        | "DEVELOPER_TOKEN_PROHIBITED"
        | "DEVELOPER_TOKEN_INVALID"
        | "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"
        | "PROJECT_DISABLED"
        | "CLOUD_PROJECT_NOT_FOUND"
        | "MISSING_TOS" => misconfigured("api_access"),
        "USER_PERMISSION_DENIED" | "ACTION_NOT_PERMITTED" | "AUTHORIZATION_ERROR" => PERMISSION,
        _ => give_up("invalid"),
    }
}

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Delivered => 0,
        Verdict::Retry { .. } => 1,
        Verdict::Misconfigured { .. } => 2,
        Verdict::GiveUp { .. } => 3,
    }
}
