//! Google's refusals as they are answered: a `google.rpc.Status` under `error`, whose details say which field is wrong and why,
//! and which request it was. Pure.
//!
//! One wrong field, and nothing of the request is looked at. A field of an event is named by its place: `events[3].currency`, or
//! `events.events[3].currency` (<https://developers.google.com/data-manager/api/devguides/concepts/understand-errors>).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::super::google::seconds;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    error: Status,
}

/// `google.rpc.Status`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    details: Vec<Value>,
}

/// An `ErrorInfo`, a `BadRequest`, a `RequestInfo` or a `RetryInfo`: each has fields of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    reason: String,
    field_violations: Vec<Violation>,
    request_id: String,
    retry_delay: Option<String>,
}

/// What is wrong with a field.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Violation {
    pub(super) field: String,
    description: String,
    /// Of `ErrorReason`.
    pub(super) reason: String,
}

/// A refusal, read.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    message: String,
    /// Why, of the whole request.
    pub(super) reason: String,
    pub(super) violations: Vec<Violation>,
    request_id: String,
    pub(super) retry_delay: Option<Duration>,
}

impl Refusal {
    /// Of an answer's body; of one in other words nothing.
    pub(super) fn of(body: &[u8]) -> Self {
        let error = serde_json::from_slice::<Answer>(body).unwrap_or_default().error;
        let mut refusal = Self {
            message: error.message,
            ..Self::default()
        };
        for detail in error.details {
            // Of another kind it is none of ours.
            let detail: Detail = serde_json::from_value(detail).unwrap_or_default();
            refusal.violations.extend(detail.field_violations);
            if refusal.reason.is_empty() {
                refusal.reason = detail.reason;
            }
            if refusal.request_id.is_empty() {
                refusal.request_id = detail.request_id;
            }
            let delay = detail.retry_delay.as_deref().and_then(seconds);
            refusal.retry_delay = refusal.retry_delay.or(delay);
        }
        refusal
    }

    /// Every reason that is given.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        let of_fields = self.violations.iter().map(|violation| violation.reason.as_str());
        of_fields.chain(std::iter::once(self.reason.as_str()))
    }

    /// In words, as far as it is about these fields; without any of them, what is said of the request.
    pub(super) fn words<'v>(&self, of: impl Iterator<Item = &'v Violation>) -> String {
        let mut words: Vec<String> = of.map(Violation::words).collect();
        if words.is_empty() {
            let said = [self.reason.as_str(), self.message.as_str()];
            let said: Vec<&str> = said.into_iter().filter(|text| !text.is_empty()).collect();
            words.extend((!said.is_empty()).then(|| said.join(": ")));
        }
        if !self.request_id.is_empty() {
            words.push(format!("requestId {}", self.request_id));
        }
        words.join("; ")
    }
}

impl Violation {
    /// The event it is about; none: all.
    pub(super) fn index(&self) -> Option<usize> {
        place(&self.field)
    }

    fn words(&self) -> String {
        let what = [self.reason.as_str(), self.field.as_str()];
        let what: Vec<&str> = what.into_iter().filter(|text| !text.is_empty()).collect();
        format!("{}: {}", what.join(" "), self.description)
    }
}

/// The place of an event in a field's path.
pub(super) fn place(field: &str) -> Option<usize> {
    let (_, rest) = field.split_once("events[")?;
    rest.split_once(']')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_an_event_has_a_place() {
        for (field, expected) in [
            ("events[3].currency", Some(3)),
            ("events.events[12].user_data.user_identifiers[1]", Some(12)),
            ("events[0]", Some(0)),
            ("events", None),
            ("events[x]", None),
            ("destinations[0].product_destination_id", None),
            ("", None),
        ] {
            assert_eq!(place(field), expected, "{field}");
        }
    }
}
