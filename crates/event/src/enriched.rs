//! The enriched event: the article's nested shape, `{"request": {..}}`, for both webhook versions,
//! with v1's words in `meta`; what only v2 has stays there by its v2 name (DESIGN 5).
//!
//! Nothing is looked up here. What was looked up comes as [`Additions`]; what did not arrive is
//! listed in `meta.missing`.

mod properties;

use serde_json::{Value, json};

use crate::change::{Change, Permitted};
use crate::entity::{Action, Object};
use crate::header::Headers;
use crate::metrics::Metrics;
use crate::{Map, moment};

pub use properties::{CompanySizes, contact_properties, organization_properties};

/// Under this key of a state, of `personal_properties` and of `organization_properties` stand the
/// custom fields by their names, with option labels for option ids.
pub const CUSTOM_FIELDS_BY_NAME: &str = "custom_fields_by_name";

/// What the account knows about the change, found by the enricher.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// `personal_properties` ([`contact_properties`]).
    pub contact: Option<Map>,
    /// `organization_properties` ([`organization_properties`]).
    pub organization: Option<Map>,
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

/// The enriched event of a change.
pub fn compose(change: &Change, headers: &Headers, additions: &Additions, enriched_at_micro: i64) -> Value {
    let mut request = Map::new();
    put(&mut request, "v", Some(change.version.number()));
    put(&mut request, "matches_filters", change.matches_filters.clone());
    put(
        &mut request,
        "meta",
        Some(meta(change, headers, additions, enriched_at_micro)),
    );
    let (current, previous) = states(change, additions);
    request.insert("current".to_owned(), current.map_or(Value::Null, Value::Object));
    put(&mut request, "previous", previous);
    let own = |object: Object| (change.object == object).then(|| change.state()).flatten();
    let contact = || own(Object::Person).map(|person| contact_properties(person, None));
    let organization =
        || own(Object::Organization).map(|state| organization_properties(state, CompanySizes::default()));
    put(
        &mut request,
        "personal_properties",
        additions.contact.clone().or_else(contact),
    );
    put(
        &mut request,
        "organization_properties",
        additions.organization.clone().or_else(organization),
    );
    put(
        &mut request,
        "marketing",
        additions.marketing.as_ref().map(marketing),
    );
    put(
        &mut request,
        "metrics",
        additions.metrics.as_ref().map(Metrics::to_map),
    );
    put(
        &mut request,
        "email_validation",
        additions.email_validation.clone(),
    );
    put(&mut request, "type", Some(change.event_type()));
    put(&mut request, "platform", Some("PipedriveRequest"));
    json!({ "request": request })
}

fn put(map: &mut Map, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

fn meta(change: &Change, headers: &Headers, additions: &Additions, enriched_at_micro: i64) -> Map {
    let mut meta = change.meta.clone();
    put(&mut meta, "action", Some(change.action.as_str()));
    put(&mut meta, "object", Some(change.object.as_str()));
    put(&mut meta, "id", Some(change.id.to_json()));
    put(&mut meta, "company_id", Some(change.company_id));
    put(&mut meta, "user_id", change.user_id);
    put(&mut meta, "host", change.host.clone());
    put(&mut meta, "change_source", change.change_source.clone());
    put(&mut meta, "is_bulk_update", change.is_bulk);
    put(
        &mut meta,
        "permitted_user_ids",
        match &change.permitted {
            Permitted::Unknown => None,
            Permitted::Everyone => Some(json!(["*"])),
            Permitted::Users(users) => Some(json!(users)),
        },
    );
    put(&mut meta, "timestamp", Some(change.time_micro / 1_000_000));
    put(&mut meta, "timestamp_micro", Some(change.time_micro));
    put(&mut meta, "webhook_id", change.webhook_id.clone());
    put(&mut meta, "attempt", change.attempt.or(headers.attempt));
    put(
        &mut meta,
        "merged_to_id",
        change.merged_into.as_ref().map(crate::EntityId::to_json),
    );
    put(
        &mut meta,
        "merged_from_id",
        change.merged_from.as_ref().map(crate::EntityId::to_json),
    );
    put(&mut meta, "uuid", Some(change.uuid.to_string()));
    put(&mut meta, "ver", Some(change.ver.to_string()));
    put(&mut meta, "revision", Some(change.revision));
    put(&mut meta, "source", Some(headers.source.clone()));
    put(
        &mut meta,
        "received_at",
        Some(moment::to_rfc3339(headers.received_at_micro)),
    );
    put(
        &mut meta,
        "enriched_at",
        Some(moment::to_rfc3339(enriched_at_micro)),
    );
    put(
        &mut meta,
        "missing",
        (!additions.missing.is_empty()).then(|| additions.missing.clone()),
    );
    meta
}

/// The states, with the names of what they hold the ids of beside those ids, as v1 has them. A
/// deleted entity has only its last state, so the names go there.
fn states(change: &Change, additions: &Additions) -> (Option<Map>, Option<Map>) {
    let (mut current, mut previous) = (change.current.clone(), change.previous.clone());
    let last = match &mut current {
        Some(current) => Some(current),
        None if change.action == Action::Deleted => previous.as_mut(),
        None => None,
    };
    if let Some(state) = last {
        put(state, "owner_name", additions.owner_name.clone());
        put(state, "pipeline_name", additions.pipeline_name.clone());
        put(state, CUSTOM_FIELDS_BY_NAME, additions.custom_fields.clone());
        if let Some(stage) = &additions.stage {
            put(state, "stage_name", stage.name.clone());
            put(
                state,
                "stage_order_nr",
                stage
                    .order
                    .filter(|_| state.get("stage_order_nr").is_none_or(Value::is_null)),
            );
        }
    }
    if let Some(previous) = previous.as_mut().filter(|_| current.is_some()) {
        put(previous, "stage_name", additions.previous_stage_name.clone());
    }
    (current, previous)
}

fn marketing(marketing: &Marketing) -> Map {
    let mut map = Map::new();
    put(&mut map, "source", marketing.source.clone());
    put(&mut map, "campaign", marketing.campaign.clone());
    put(&mut map, "medium", marketing.medium.clone());
    put(&mut map, "origin", marketing.origin.clone());
    map
}

#[cfg(test)]
mod tests;
