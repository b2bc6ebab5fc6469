//! Query parameters of a list, checked as Pipedrive checks them.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Refusal;
use crate::entity::{Entity, Object};
use crate::moment::Moment;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;
const IDS_MAX: usize = 100;
const CUSTOM_FIELDS_MAX: usize = 15;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw {
    limit: Option<usize>,
    cursor: Option<String>,
    ids: Option<String>,
    person_id: Option<u64>,
    org_id: Option<u64>,
    owner_id: Option<u64>,
    stage_id: Option<u64>,
    pipeline_id: Option<u64>,
    status: Option<String>,
    updated_since: Option<String>,
    updated_until: Option<String>,
    sort_by: Option<String>,
    sort_direction: Option<String>,
    include_fields: Option<String>,
    custom_fields: Option<String>,
    include_option_labels: Option<bool>,
    include_labels: Option<bool>,
}

/// How a list is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Id,
    AddTime,
    UpdateTime,
}

#[derive(Debug)]
pub(super) struct Query {
    pub limit: usize,
    pub descending: bool,
    ids: Option<Vec<u64>>,
    order: Order,
    since: Option<Moment>,
    until: Option<Moment>,
    statuses: Option<Vec<String>>,
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
        let since = time_of(raw.updated_since.as_deref()).map_err(|()| bad(NO_TIME))?;
        let until = time_of(raw.updated_until.as_deref()).map_err(|()| bad(NO_TIME))?;
        let order = match raw.sort_by.as_deref() {
            None | Some("id") => Order::Id,
            Some("add_time") => Order::AddTime,
            Some("update_time") => Order::UpdateTime,
            Some(_) => return Err(bad("sort_by is not supported")),
        };
        let descending = match raw.sort_direction.as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(bad("sort_direction must be asc or desc")),
        };
        let limit = raw.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(bad("limit must be between 1 and 500"));
        }
        let statuses = raw.status.as_deref().map(words);
        let is_status = |word: &String| matches!(word.as_str(), "open" | "won" | "lost" | "deleted");
        if statuses.iter().flatten().any(|word| !is_status(word)) {
            return Err(bad("status must be open, won, lost or deleted"));
        }
        if raw.custom_fields.as_deref().map_or(0, |text| words(text).len()) > CUSTOM_FIELDS_MAX {
            return Err(bad("custom_fields must be up to 15 keys"));
        }
        Ok(Self {
            limit,
            descending,
            ids,
            order,
            since,
            until,
            statuses,
            raw,
        })
    }

    /// Whether the entity is among those asked for.
    pub(super) fn takes(&self, id: u64, entity: &dyn Entity) -> bool {
        let points = entity.points();
        let raw = &self.raw;
        let within = self.since.is_none_or(|since| entity.updated() >= since)
            && self.until.is_none_or(|until| entity.updated() < until);
        let wants_deleted = self.statuses.iter().flatten().any(|word| word == "deleted");
        within
            && (!entity.is_deleted() || wants_deleted)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
            && raw.person_id.is_none_or(|person| points.person == Some(person))
            && raw
                .org_id
                .is_none_or(|organization| points.organization == Some(organization))
            && raw.owner_id.is_none_or(|owner| points.owner == owner)
            && (!self.is_about_state() || self.takes_written(&entity.rest()))
    }

    /// What comes before the id in the order asked for.
    pub(super) fn sort_key(&self, entity: &dyn Entity) -> i64 {
        match self.order {
            Order::Id => 0,
            Order::AddTime => entity.added().micros(),
            Order::UpdateTime => entity.updated().micros(),
        }
    }

    /// Leaves of the custom fields those that were asked for.
    pub(super) fn narrow(&self, state: &mut Object) {
        if let (Some(wanted), Some(Value::Object(fields))) =
            (self.raw.custom_fields.as_deref(), state.get_mut("custom_fields"))
        {
            let wanted = words(wanted);
            fields.retain(|key, _| wanted.contains(key));
        }
    }

    /// Options of custom fields with their labels.
    pub(super) fn says_options(&self) -> bool {
        self.raw.include_option_labels == Some(true)
    }

    /// The labels that `label_ids` means.
    pub(super) fn says_labels(&self) -> bool {
        self.raw.include_labels == Some(true)
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.raw.cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }

    /// Whether `include_fields` names this one.
    pub(super) fn includes(&self, field: &str) -> bool {
        let wanted = self.raw.include_fields.as_deref().unwrap_or_default();
        wanted.split(',').any(|wanted| wanted.trim() == field)
    }

    fn is_about_state(&self) -> bool {
        self.raw.stage_id.is_some() || self.raw.pipeline_id.is_some() || self.statuses.is_some()
    }

    fn takes_written(&self, state: &Object) -> bool {
        let number = |name: &str, wanted: Option<u64>| {
            wanted.is_none_or(|wanted| state.get(name).and_then(Value::as_u64) == Some(wanted))
        };
        let status = state.get("status").and_then(Value::as_str).unwrap_or_default();
        number("stage_id", self.raw.stage_id)
            && number("pipeline_id", self.raw.pipeline_id)
            && self
                .statuses
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|word| word == status))
    }
}

const NO_TIME: &str = "a time must be RFC 3339 without milliseconds";

fn parse_ids(text: &str) -> Option<Vec<u64>> {
    text.split(',').map(|id| id.trim().parse().ok()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

/// A time as Pipedrive's lists take it: milliseconds are refused.
pub(super) fn time_of(text: Option<&str>) -> Result<Option<Moment>, ()> {
    let Some(text) = text else { return Ok(None) };
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ())?;
    if text.contains('.') {
        return Err(());
    }
    Ok(Some(Moment::from_micros(time.unix_timestamp() * 1_000_000)))
}
