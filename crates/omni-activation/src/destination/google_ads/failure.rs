//! Google's errors as they are answered, of a whole request and of each event in it. Pure.
//!
//! A request whose events fail one by one is answered 200: `partialFailureError` is a `google.rpc.Status` whose details are
//! `GoogleAdsFailure`s, and each error says by `location` which event it is about. Whatever is not named there was taken. A
//! request that fails as a whole has the same under `error`. Names: `errors.proto`, `conversion_upload_error.proto`,
//! `conversion_adjustment_upload_error.proto` and their like (github.com/googleapis/googleapis, google/ads/googleads/v23/errors).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::super::google::seconds;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Answer {
    pub(super) partial_failure_error: Option<Status>,
    pub(super) error: Option<Status>,
}

/// `google.rpc.Status`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    details: Vec<Value>,
}

/// A `GoogleAdsFailure`, or a `google.rpc.RetryInfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    errors: Vec<Failure>,
    retry_delay: Option<String>,
}

/// `GoogleAdsError`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Failure {
    /// One name by its kind: `{"conversionUploadError": "EXPIRED_EVENT"}`.
    error_code: BTreeMap<String, String>,
    message: String,
    location: Location,
    details: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Location {
    field_path_elements: Vec<Element>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Element {
    index: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    quota_error_details: Quota,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Quota {
    retry_delay: Option<String>,
}

impl Status {
    fn details(&self) -> impl Iterator<Item = Detail> {
        // Of another kind it is none of ours.
        self.details
            .iter()
            .map(|detail| serde_json::from_value(detail.clone()).unwrap_or_default())
    }

    pub(super) fn failures(&self) -> Vec<Failure> {
        self.details().flat_map(|detail| detail.errors).collect()
    }

    pub(super) fn retry_delay(&self) -> Option<Duration> {
        let delay = |detail: Detail| {
            let quota = |failure: Failure| failure.details.quota_error_details.retry_delay;
            detail
                .retry_delay
                .or_else(|| detail.errors.into_iter().find_map(quota))
        };
        seconds(&self.details().find_map(delay)?)
    }
}

impl Failure {
    pub(super) fn code(&self) -> &str {
        self.error_code.values().next().map_or("UNKNOWN", String::as_str)
    }

    /// The event it is about; none: all.
    pub(super) fn index(&self) -> Option<usize> {
        self.location
            .field_path_elements
            .iter()
            .find_map(|element| element.index)
    }

    pub(super) fn said(&self) -> String {
        format!("{}: {}", self.code(), self.message)
    }
}
