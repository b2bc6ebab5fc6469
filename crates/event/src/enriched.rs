//! The enriched event: the article's nested shape, `{"request": {..}}`, for both webhook versions,
//! with v1's words in `meta`; what only v2 has stays there by its v2 name (DESIGN 5).
//!
//! Nothing is looked up here. What was looked up comes as [`Additions`]; what did not arrive is
//! listed in `meta.missing`.

mod properties;
mod written;

use std::sync::Arc;

use serde_json::Value;

use crate::Map;
use crate::change::Change;
use crate::document::Document;
use crate::header::Headers;
use crate::metrics::Metrics;

pub use properties::{CompanySizes, contact_properties, organization_properties};

/// Under this key of a state, of `personal_properties` and of `organization_properties` stand the
/// custom fields by their names, with option labels for option ids.
pub const CUSTOM_FIELDS_BY_NAME: &str = "custom_fields_by_name";
/// Under this key of a state stand the names of its labels, beside their ids.
pub const LABEL_NAMES: &str = "label_names";

/// What the account knows about the change, found by the enricher.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// `personal_properties` ([`contact_properties`]).
    pub contact: Option<Arc<Document>>,
    /// `organization_properties` ([`organization_properties`]).
    pub organization: Option<Arc<Document>>,
    pub owner_name: Option<String>,
    pub stage: Option<StageFacts>,
    /// Of the stage before, where the change moved a deal.
    pub previous_stage_name: Option<String>,
    pub pipeline_name: Option<String>,
    pub marketing: Option<Marketing>,
    pub metrics: Option<Metrics>,
    pub email_validation: Option<Map>,
    /// Of the event's own entity, by name.
    pub custom_fields: Option<Map>,
    /// Names of the labels of the event's own entity, in their order.
    pub label_names: Option<Vec<String>>,
    /// Lookups that did not succeed, e.g. `organization`.
    pub missing: Vec<String>,
}

/// What is known of a stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageFacts {
    pub name: Option<String>,
    pub order: Option<u64>,
}

/// Where a deal or lead came from, and which part of the mapping said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marketing {
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub medium: Option<String>,
    /// E.g. `deal_custom_field`, `deal_channel`, `lead`, `contact`.
    pub origin: Option<String>,
}

/// The enriched event of a change, as JSON text.
pub fn compose(change: &Change, headers: &Headers, additions: &Additions, enriched_at_micro: i64) -> Vec<u8> {
    let event = written::Enriched {
        change,
        headers,
        additions,
        at_micro: enriched_at_micro,
    };
    event.to_json()
}

fn put(map: &mut Map, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests;
