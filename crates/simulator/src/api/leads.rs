//! Leads and what belongs to them: REST v1, with its paging by `start`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde_json::{Value, json};
use uuid::Uuid;

use super::part::Part;
use super::query::time_of;
use super::{Company, NO_SUCH, Refusal, fields, found};
use crate::account::Account;
use crate::catalogue::{LEAD_LABELS, LEAD_SOURCES};
use crate::entity::Entity;
use crate::entity::lead::Lead;
use crate::world::{World, locked};

pub(super) async fn open(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    list(&world, company, &part, |lead| !lead.archived)
}

pub(super) async fn archived(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    list(&world, company, &part, |lead| lead.archived)
}

/// The lead of that id, archived or not; one that became a deal is gone.
pub(super) async fn one(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = Uuid::parse_str(&id).map_err(|_| Refusal(StatusCode::BAD_REQUEST, "id must be a UUID"))?;
    let accounts = locked(&world.accounts);
    let lead = accounts
        .get(&company)
        .and_then(|account| account.book().leads.get(&id));
    lead.map(|lead| found(Value::Object(lead.rest()))).ok_or(NO_SUCH)
}

pub(super) async fn labels(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
) -> Result<Json<Value>, Refusal> {
    let accounts = locked(&world.accounts);
    let founded = accounts.get(&company).ok_or(NO_SUCH)?.founded().rfc3339_millis();
    let label = |(id, name, color): &(&str, &str, &str)| json!({"id": id, "name": name, "color": color, "add_time": founded, "update_time": founded});
    let labels: Vec<Value> = LEAD_LABELS.iter().map(label).collect();
    Ok(Json(json!({"success": true, "data": labels})))
}

pub(super) async fn sources() -> Json<Value> {
    let sources: Vec<Value> = LEAD_SOURCES.iter().map(|name| json!({"name": name})).collect();
    Json(json!({"success": true, "data": sources}))
}

/// Definitions in the form of v1; leads inherit the custom fields of deals.
pub(super) async fn definitions(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let accounts = locked(&world.accounts);
    let account = accounts.get(&company).ok_or(NO_SUCH)?;
    Ok(part.of(fields::of_leads(account), |field| field))
}

fn list(
    world: &World,
    company: u64,
    part: &Part,
    holds: impl Fn(&Lead) -> bool,
) -> Result<Response, Refusal> {
    let no_time = |()| {
        Refusal(
            StatusCode::BAD_REQUEST,
            "updated_since must be a time without milliseconds",
        )
    };
    let since = time_of(part.updated_since.as_deref()).map_err(no_time)?;
    let wanted = |lead: &&Lead| {
        holds(lead)
            && part.person_id.is_none_or(|person| lead.person == Some(person))
            && part
                .organization_id
                .is_none_or(|firm| lead.organization == Some(firm))
            && part.owner_id.is_none_or(|owner| lead.owner == owner)
            && since.is_none_or(|since| lead.updated >= since)
    };
    let accounts = locked(&world.accounts);
    let account: &Account = accounts.get(&company).ok_or(NO_SUCH)?;
    let mut leads: Vec<&Lead> = account.book().leads.values().filter(wanted).collect();
    leads.sort_by_key(|lead| (lead.added, lead.id));
    Ok(part.of(leads, |lead| Value::Object(lead.rest())))
}
