//! Users and leads: REST v1, with its paging by `start`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Company, Refusal, found};
use crate::account::{Account, Book};
use crate::entity::Entity;
use crate::world::{World, locked};

const NO_SUCH: Refusal = Refusal(StatusCode::NOT_FOUND, "Not found");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    start: usize,
    limit: Option<usize>,
    person_id: Option<u64>,
    organization_id: Option<u64>,
    owner_id: Option<u64>,
}

type Asker = (State<Arc<World>>, Extension<Company>);

fn in_book<T>(
    (State(world), Extension(Company(company))): Asker,
    read: impl FnOnce(&Book) -> T,
) -> Result<T, Refusal> {
    locked(&world.accounts)
        .get(&company)
        .map(Account::book)
        .map(read)
        .ok_or(NO_SUCH)
}

pub(super) async fn users(
    world: State<Arc<World>>,
    company: Extension<Company>,
) -> Result<Response, Refusal> {
    let users = in_book((world, company), |book| {
        book.users
            .values()
            .map(|user| Value::Object(user.rest()))
            .collect()
    })?;
    Ok(found(Value::Array(users)))
}

pub(super) async fn user(
    world: State<Arc<World>>,
    company: Extension<Company>,
    Path(id): Path<u64>,
) -> Result<Response, Refusal> {
    let user = in_book((world, company), |book| book.users.get(&id).map(Entity::rest))?;
    user.map(|user| found(Value::Object(user))).ok_or(NO_SUCH)
}

/// The administrator, and whose account it is.
pub(super) async fn me(world: State<Arc<World>>, company: Extension<Company>) -> Result<Response, Refusal> {
    let id = company.0.0;
    let admin = in_book((world, company), |book| {
        book.users.values().next().map(Entity::rest)
    })?;
    let mut me = admin.ok_or(NO_SUCH)?;
    let more = json!({
        "is_you": true, "company_id": id, "company_name": format!("Simulated {id}"),
        "company_domain": format!("company{id}"), "company_country": "DE", "company_industry": "Software",
        "language": {"language_code": "en", "country_code": "GB"},
    });
    me.extend(crate::entity::object(more));
    Ok(found(Value::Object(me)))
}

pub(super) async fn leads(
    world: State<Arc<World>>,
    company: Extension<Company>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let limit = part.limit.unwrap_or(100).clamp(1, 500);
    let (page, more) = in_book((world, company), |book| {
        let mut leads: Vec<_> = book
            .leads
            .values()
            .filter(|lead| !lead.archived)
            .filter(|lead| part.person_id.is_none_or(|person| lead.person == Some(person)))
            .filter(|lead| {
                part.organization_id
                    .is_none_or(|firm| lead.organization == Some(firm))
            })
            .filter(|lead| part.owner_id.is_none_or(|owner| lead.owner == owner))
            .collect();
        leads.sort_by_key(|lead| (lead.added, lead.id));
        let more = leads.len() > part.start + limit;
        let page = leads
            .into_iter()
            .skip(part.start)
            .take(limit)
            .map(|lead| Value::Object(lead.rest()));
        (page.collect::<Vec<Value>>(), more)
    })?;
    let pagination = json!({
        "start": part.start, "limit": limit, "more_items_in_collection": more,
        "next_start": more.then_some(part.start + limit),
    });
    let body = json!({"success": true, "data": page, "additional_data": {"pagination": pagination}});
    Ok(Json(body).into_response())
}

pub(super) async fn lead(
    world: State<Arc<World>>,
    company: Extension<Company>,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    let lead = in_book((world, company), |book| book.leads.get(&id).map(Entity::rest))?;
    lead.map(|lead| found(Value::Object(lead))).ok_or(NO_SUCH)
}
