//! The table: property x version x kind x required.
//!
//! Required is what identity, order and tenancy need, and in v1 also who acted; the rest is
//! optional, because Pipedrive leaves it out in some versions and years (facts 1.3, 1.4).

use super::Rule;
use super::kind::PropertyKind::{self, Attempt, Boolean, BooleanOrText, EntityId, Filters, Id, Instant};
use super::kind::PropertyKind::{
    Mark, Micros, ObjectWord, OneOf, Seconds, State, Text, TextOrInteger, UserIds,
};
use super::kind::{ACTIONS_V1, ACTIONS_V2, SOURCES};
use crate::webhook::Version::{self, V1, V2};

const fn required(version: Version, property: &'static str, kind: PropertyKind, path: &'static str) -> Rule {
    Rule {
        property,
        version,
        kind,
        required: true,
        path,
    }
}

const fn optional(version: Version, property: &'static str, kind: PropertyKind, path: &'static str) -> Rule {
    Rule {
        property,
        version,
        kind,
        required: false,
        path,
    }
}

/// Every rule of both versions.
#[rustfmt::skip] // one line a rule
pub const RULES: &[Rule] = &[
    // The article's eighteen.
    required(V1, "v", Mark(V1), "$.v"),
    required(V1, "action", OneOf(ACTIONS_V1), "$.meta.action"),
    required(V1, "object", ObjectWord, "$.meta.object"),
    optional(V1, "change_source", OneOf(SOURCES), "$.meta.change_source"),
    required(V1, "id", EntityId, "$.meta.id"),
    required(V1, "company_id", Id, "$.meta.company_id"),
    required(V1, "user_id", Id, "$.meta.user_id"),
    optional(V1, "host", Text, "$.meta.host"),
    required(V1, "timestamp", Seconds, "$.meta.timestamp"),
    optional(V1, "timestamp_micro", Micros, "$.meta.timestamp_micro"),
    optional(V1, "permitted_user_ids", UserIds, "$.meta.permitted_user_ids"),
    optional(V1, "trans_pending", Boolean, "$.meta.trans_pending"),
    optional(V1, "is_bulk_update", Boolean, "$.meta.is_bulk_update"),
    optional(V1, "pipedrive_service_name", BooleanOrText, "$.meta.pipedrive_service_name"),
    optional(V1, "matches_filters", Filters, "$.matches_filters"),
    optional(V1, "webhook_id", TextOrInteger, "$.meta.webhook_id"),
    optional(V1, "send_activity_notifications", Boolean, "$.meta.send_activity_notifications"),
    optional(V1, "activity_notifications_language", Text, "$.meta.activity_notifications_language"),
    // The states they come with.
    optional(V1, "current", State, "$.current"),
    optional(V1, "previous", State, "$.previous"),
    // The counterparts in v2; six of the eighteen have none (facts 1.6).
    required(V2, "version", Mark(V2), "$.meta.version"),
    required(V2, "action", OneOf(ACTIONS_V2), "$.meta.action"),
    required(V2, "entity", ObjectWord, "$.meta.entity"),
    optional(V2, "change_source", OneOf(SOURCES), "$.meta.change_source"),
    required(V2, "entity_id", EntityId, "$.meta.entity_id"),
    required(V2, "company_id", Id, "$.meta.company_id"),
    optional(V2, "user_id", Id, "$.meta.user_id"),
    optional(V2, "host", Text, "$.meta.host"),
    required(V2, "timestamp", Instant, "$.meta.timestamp"),
    optional(V2, "permitted_user_ids", UserIds, "$.meta.permitted_user_ids"),
    optional(V2, "is_bulk_edit", Boolean, "$.meta.is_bulk_edit"),
    optional(V2, "webhook_id", TextOrInteger, "$.meta.webhook_id"),
    // What only v2 has and Omni relies on.
    optional(V2, "id", TextOrInteger, "$.meta.id"),
    optional(V2, "attempt", Attempt, "$.meta.attempt"),
    optional(V2, "data", State, "$.data"),
    optional(V2, "previous", State, "$.previous"),
];
