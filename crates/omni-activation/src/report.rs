//! What became of an attempt, as it goes on `omni.deliveries`.

use std::time::Duration;

use kafka::{Outgoing, Placement, Record, Topic};
use serde::Serialize;
use stage::clock;
use uuid::Uuid;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    Retry,
    GaveUp,
    Misconfigured,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry => "retry",
            Self::GaveUp => "gave_up",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// One attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) outcome: Outcome,
    /// Empty when delivered.
    pub(crate) reason: &'static str,
    /// None: there was no answer.
    pub(crate) status: Option<u16>,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) duration: Duration,
    /// What was answered, as it may be kept; of what was delivered the platform's receipt, if it gives one.
    pub(crate) answer: String,
}

/// A value of `omni.deliveries`.
#[derive(Debug, Serialize)]
struct Delivery<'a> {
    destination: &'a str,
    event_uuid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<u64>,
    outcome: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    status: Option<u16>,
    attempt: u32,
    duration_ms: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    answer: &'a str,
    /// RFC 3339.
    at: String,
}

/// The record that tells of an attempt, beside the event it is about: same partition, key and headers.
pub(crate) fn record(destination: &str, event_uuid: Uuid, about: &Record, attempt: &Attempt) -> Outgoing {
    let company = about.key.split(|byte| *byte == b':').next().unwrap_or_default();
    let delivery = Delivery {
        destination,
        event_uuid,
        company_id: std::str::from_utf8(company)
            .ok()
            .and_then(|company| company.parse().ok()),
        outcome: attempt.outcome.as_str(),
        reason: attempt.reason,
        status: attempt.status,
        attempt: attempt.number,
        answer: &attempt.answer,
        duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
        at: clock::rfc3339_micro(clock::now_micro()),
    };
    Outgoing {
        topic: Topic::Deliveries,
        placement: Placement::Partition(about.partition),
        key: about.key.clone(),
        // Texts and numbers only: this cannot fail.
        payload: Some(serde_json::to_vec(&delivery).unwrap_or_default()),
        headers: about.headers.clone(),
    }
}
