//! Query parameters of a list, checked as Pipedrive checks them.

use axum::http::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Refusal;
use crate::entity::Entity;
use crate::moment::Moment;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;
const IDS_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw {
    limit: Option<usize>,
    pub cursor: Option<String>,
    ids: Option<String>,
    person_id: Option<u64>,
    org_id: Option<u64>,
    owner_id: Option<u64>,
    stage_id: Option<u64>,
    pipeline_id: Option<u64>,
    status: Option<String>,
    updated_since: Option<String>,
    sort_by: Option<String>,
    sort_direction: Option<String>,
    pub include_fields: Option<String>,
}

/// How a list is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Id,
    UpdateTime,
}

#[derive(Debug)]
pub(super) struct Query {
    pub limit: usize,
    pub ids: Option<Vec<u64>>,
    pub order: Order,
    pub descending: bool,
    since: Option<Moment>,
    raw: Raw,
}

impl Query {
    pub(super) fn of(raw: Raw) -> Result<Self, Refusal> {
        let bad = |why| Refusal(StatusCode::BAD_REQUEST, why);
        let ids = match raw.ids.as_deref().map(parse_ids) {
            None => None,
            Some(Some(ids)) if ids.len() <= IDS_MAX => Some(ids),
            Some(_) => return Err(bad("ids must be up to 100 numbers")),
        };
        let since = match raw.updated_since.as_deref().map(seconds_only) {
            None => None,
            Some(Some(moment)) => Some(moment),
            Some(None) => return Err(bad("updated_since must be RFC 3339 without milliseconds")),
        };
        let order = match raw.sort_by.as_deref() {
            None | Some("id") => Order::Id,
            Some("update_time") => Order::UpdateTime,
            Some(_) => return Err(bad("sort_by is not supported")),
        };
        let limit = raw.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(bad("limit must be between 1 and 500"));
        }
        let descending = raw.sort_direction.as_deref() == Some("desc");
        Ok(Self {
            limit,
            ids,
            order,
            descending,
            since,
            raw,
        })
    }

    /// What can be told without writing the entity down.
    pub(super) fn takes(&self, id: u64, entity: &dyn Entity) -> bool {
        let points = entity.points();
        let raw = &self.raw;
        self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
            && raw.person_id.is_none_or(|person| points.person == Some(person))
            && raw
                .org_id
                .is_none_or(|organization| points.organization == Some(organization))
            && raw.owner_id.is_none_or(|owner| points.owner == owner)
            && self.since.is_none_or(|since| entity.updated() >= since)
    }

    /// The rest, by the fields as written.
    pub(super) fn takes_written(&self, state: &crate::entity::Object) -> bool {
        let number = |name: &str, wanted: Option<u64>| {
            wanted.is_none_or(|wanted| state.get(name).and_then(serde_json::Value::as_u64) == Some(wanted))
        };
        let status = state.get("status").and_then(serde_json::Value::as_str);
        number("stage_id", self.raw.stage_id)
            && number("pipeline_id", self.raw.pipeline_id)
            && self
                .raw
                .status
                .as_deref()
                .is_none_or(|wanted| Some(wanted) == status)
    }

    /// Deleted ones are listed only to those who ask for them.
    pub(super) fn wants_deleted(&self) -> bool {
        self.raw.status.as_deref() == Some("deleted")
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.raw.cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }

    pub(super) fn include_fields(&self) -> Option<&str> {
        self.raw.include_fields.as_deref()
    }
}

fn parse_ids(text: &str) -> Option<Vec<u64>> {
    text.split(',').map(|id| id.trim().parse().ok()).collect()
}

fn seconds_only(text: &str) -> Option<Moment> {
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .filter(|_| !text.contains('.'))?;
    Some(Moment::from_micros(time.unix_timestamp() * 1_000_000))
}
