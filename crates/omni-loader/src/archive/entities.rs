//! `entities`: the last known state of each entity, and the words that belong to its id.
use event::enriched::{CompanySizes, organization_properties};
use event::flat::key;
use event::metrics::Metrics;
use event::state::{EntityRecord, Gone, OrganizationWords};
use event::{Document, EntityId, Object, moment};
use kafka::Record;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use template::row::decimal_of;
use template::{Row, Value};

use super::Columns;
use crate::origin::Origin;

pub(super) const TABLE: &str = "entities";
pub(super) const COLUMNS: Columns = &[
    ("event_company_id", "UInt64"),
    ("entity_object", "String"),
    ("entity_id", "String"),
    ("event_ver", "UInt64"),
    ("is_erased", "UInt8"),
    ("entity_gone", "String"),
    ("entity_merged_into", "String"),
    ("entity_name", "String"),
    ("entity_order", "UInt32"),
    ("entity_pipeline_id", "UInt64"),
    ("entity_probability", "Nullable(Decimal(18, 4))"),
    ("entity_owner_id", "UInt64"),
    ("entity_organization_id", "UInt64"),
    ("entity_industry", "String"),
    ("entity_company_size", "String"),
    ("entity_employee_count", "Nullable(UInt64)"),
    ("entity_country", "String"),
    ("entity_is_active", "Bool"),
    ("entity_add_time", "Nullable(DateTime64(6, 'UTC'))"),
    ("entity_update_time", "Nullable(DateTime64(6, 'UTC'))"),
    (key::METRICS_TOTAL_DEALS, "Nullable(UInt64)"),
    (key::METRICS_OPEN_DEALS, "Nullable(UInt64)"),
    (key::METRICS_WON_DEALS, "Nullable(UInt64)"),
    (key::METRICS_LOST_DEALS, "Nullable(UInt64)"),
    (key::METRICS_WON_VALUE, "Nullable(Decimal(18, 4))"),
    (key::METRICS_AVERAGE_DEAL_VALUE, "Nullable(Decimal(18, 4))"),
    (key::METRICS_CURRENCY, "LowCardinality(String)"),
    (key::METRICS_DEALS_IN_OTHER_CURRENCIES, "Nullable(UInt64)"),
    ("entity_state", "String"),
];

/// An erased entity's row outlives all that ever came of it.
const ERASED_VER: u64 = u64::MAX;

/// A tombstone erases; a record that cannot be read is kept as it came.
pub(super) fn row<'a>(record: &'a Record, origin: &Origin<'a>) -> Row<'a> {
    match EntityRecord::from_json(record.value()) {
        Ok(entity) => of_entity(&entity),
        Err(_) => bare(record, origin),
    }
}

fn bare<'a>(record: &'a Record, origin: &Origin<'a>) -> Row<'a> {
    let erased = record.payload.is_none();
    let mut row = vec![
        Value::UInt(origin.company_id.unwrap_or(0)),
        Value::text(origin.object.unwrap_or_default()),
        origin
            .id
            .map_or_else(|| Value::owned(record.key_text()), Value::text),
        Value::UInt(if erased { ERASED_VER } else { 0 }),
        Value::UInt(u64::from(erased)),
    ];
    row.extend(end(None));
    row.extend(words(&Object::Other("".into()), &Document::default(), None));
    row.extend(figures(None));
    row.push(Value::Text(record.value().into()));
    row
}

fn of_entity(entity: &EntityRecord) -> Row<'static> {
    let nothing = Document::default();
    let state = entity.state.as_ref().unwrap_or(&nothing);
    let mut row = vec![
        Value::UInt(entity.company_id),
        Value::owned(entity.object.to_string()),
        Value::owned(entity.id.to_string()),
        Value::UInt(entity.ver.0),
        Value::UInt(0),
    ];
    row.extend(end(entity.gone.as_ref()));
    row.extend(words(&entity.object, state, entity.words.as_ref()));
    row.extend(figures(entity.metrics.as_ref()));
    row.push(Value::owned(
        entity
            .state
            .as_ref()
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
    ));
    row
}

/// How it ended.
fn end(gone: Option<&Gone>) -> [Value<'static>; 2] {
    match gone {
        None => [Value::text(""), Value::text("")],
        Some(Gone::Deleted) => [Value::text("deleted"), Value::text("")],
        Some(Gone::Merged { into }) => [Value::text("merged"), Value::owned(into.to_string())],
    }
}

/// A contact's figures over its deals, as the enricher made them.
fn figures(metrics: Option<&Metrics>) -> [Value<'static>; 8] {
    let count = |of: fn(&Metrics) -> u64| metrics.map_or(Value::Null, |metrics| Value::UInt(of(metrics)));
    let money = |value: Option<Decimal>| {
        let units = value.and_then(|value| decimal_of(&value.to_string(), true).ok());
        units.map_or(Value::Null, Value::Decimal)
    };
    let currency = metrics.and_then(|metrics| metrics.currency.clone());
    [
        count(|metrics| metrics.total_deals),
        count(|metrics| metrics.open_deals),
        count(|metrics| metrics.won_deals),
        count(|metrics| metrics.lost_deals),
        money(metrics.map(|metrics| metrics.won_value)),
        money(metrics.and_then(|metrics| metrics.average_deal_value)),
        Value::owned(currency.unwrap_or_default()),
        count(|metrics| metrics.deals_in_other_currencies),
    ]
}

/// The words of a canonical state, in the order of the columns; those told beside it go before what it says itself.
fn words(object: &Object, state: &Document, told: Option<&OrganizationWords>) -> [Value<'static>; 13] {
    let organization = match object {
        Object::Organization => organization_properties(state, CompanySizes::default()).into(),
        _ => Document::default(),
    };
    [
        text(state, &["name", "title", "subject"]),
        Value::UInt(u64::from(
            number(state, &["order_nr", "stage_order_nr"])
                .and_then(|order| u32::try_from(order).ok())
                .unwrap_or(0),
        )),
        Value::UInt(number(state, &["pipeline_id"]).unwrap_or(0)),
        probability(state),
        Value::UInt(number(state, &["owner_id", "user_id"]).unwrap_or(0)),
        Value::UInt(number(state, &["org_id", "organization_id"]).unwrap_or(0)),
        told.map_or_else(
            || text(&organization, &["industry"]),
            |told| Value::owned(told.industry.clone()),
        ),
        told.map_or_else(
            || text(&organization, &["company_size"]),
            |told| Value::owned(told.company_size.clone()),
        ),
        number(&organization, &["employee_count"]).map_or(Value::Null, Value::UInt),
        text(&organization, &["country"]),
        Value::Bool(
            state
                .get("active_flag")
                .or_else(|| state.get("active"))
                .and_then(Json::as_bool)
                .unwrap_or(!state.is_empty()),
        ),
        moment_of(state, &["add_time", "created"]),
        moment_of(state, &["update_time", "modified"]),
    ]
}

fn first<'a>(state: &'a Document, keys: &[&str]) -> Option<&'a Json> {
    keys.iter()
        .find_map(|key| state.get(key).filter(|value| !value.is_null()))
}

fn text(state: &Document, keys: &[&str]) -> Value<'static> {
    Value::owned(
        first(state, keys)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
    )
}

fn number(state: &Document, keys: &[&str]) -> Option<u64> {
    EntityId::from_value(first(state, keys)?)?.as_u64()
}

/// A stage's is the default of its deals.
fn probability(state: &Document) -> Value<'static> {
    let percent = first(state, &["deal_probability", "probability"]).and_then(Json::as_number);
    percent
        .and_then(|percent| decimal_of(percent.as_str(), true).ok())
        .map_or(Value::Null, Value::Decimal)
}

fn moment_of(state: &Document, keys: &[&str]) -> Value<'static> {
    first(state, keys)
        .and_then(Json::as_str)
        .and_then(moment::parse)
        .map_or(Value::Null, Value::Micro)
}
