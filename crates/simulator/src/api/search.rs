//! Searches: what has the term in its name, in the envelope that the API description shows.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{self, Place};
use super::{Company, NO_SUCH, Refusal};
use crate::account::Book;
use crate::world::{World, locked};

const TERM_LENGTH_MIN: usize = 2;
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;
/// Every hit is as good as any other here.
const SCORE: f64 = 0.5;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    term: String,
    #[serde(default)]
    item_types: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Among deals, persons and organizations, or those of them that `item_types` names.
pub(super) async fn items(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let types = asked
        .item_types
        .clone()
        .unwrap_or_else(|| "deal,person,organization".to_owned());
    found(&world, company, &asked, &types)
}

pub(super) async fn collection(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(collection): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let kind = match collection.as_str() {
        "deals" => "deal",
        "persons" => "person",
        "organizations" => "organization",
        _ => return Err(NO_SUCH),
    };
    found(&world, company, &asked, kind)
}

fn found(world: &World, company: u64, asked: &Asked, types: &str) -> Result<Response, Refusal> {
    if asked.term.chars().count() < TERM_LENGTH_MIN {
        return Err(Refusal(
            StatusCode::BAD_REQUEST,
            "term must have at least 2 characters",
        ));
    }
    let term = asked.term.to_lowercase();
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let has = |text: &str| text.to_lowercase().contains(&term);
    let mut rows: Vec<(Place, Value)> = Vec::new();
    for kind in types.split(',') {
        match kind.trim() {
            "deal" => rows.extend(deals(book, &has)),
            "person" => rows.extend(persons(book, &has)),
            "organization" => rows.extend(organizations(book, &has)),
            _ => {}
        }
    }
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let cursor = asked.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    let (page, next) = page::cut(rows, limit, false, cursor)?;
    let items: Vec<Value> = page
        .into_iter()
        .map(|item| json!({"result_score": SCORE, "item": item}))
        .collect();
    let body = json!({"success": true, "data": {"items": items}, "additional_data": {"next_cursor": next}});
    Ok(axum::response::IntoResponse::into_response(Json(body)))
}

fn deals(book: &Book, has: &impl Fn(&str) -> bool) -> Vec<(Place, Value)> {
    let there = book
        .deals
        .values()
        .filter(|deal| !deal.deleted && has(&deal.title));
    let item = |deal: &crate::entity::deal::Deal| {
        json!({
            "id": deal.id, "type": "deal", "title": deal.title, "value": crate::entity::decimal(deal.value),
            "currency": deal.currency, "status": deal.status.as_str(), "visible_to": 3,
            "owner": {"id": deal.owner},
            "stage": book.stages.get(&deal.stage).map(|stage| json!({"id": stage.id, "name": stage.name})),
            "person": deal.person.and_then(|id| book.persons.get(&id))
                .map(|person| json!({"id": person.id, "name": person.name()})),
            "organization": organization(book, deal.organization), "custom_fields": [], "notes": [],
            "is_archived": deal.archived.is_some(),
        })
    };
    there.map(|deal| ((0, deal.id), item(deal))).collect()
}

fn persons(book: &Book, has: &impl Fn(&str) -> bool) -> Vec<(Place, Value)> {
    let named = |person: &&crate::entity::person::Person| {
        !person.deleted && (has(&person.name()) || person.email.as_deref().is_some_and(has))
    };
    let item = |person: &crate::entity::person::Person| {
        json!({
            "id": person.id, "type": "person", "name": person.name(),
            "phones": person.phone.iter().collect::<Vec<_>>(),
            "emails": person.email.iter().collect::<Vec<_>>(), "visible_to": 3,
            "owner": {"id": person.owner}, "organization": organization(book, person.organization),
            "custom_fields": [], "notes": [],
        })
    };
    let there = book.persons.values().filter(named);
    there.map(|person| ((0, person.id), item(person))).collect()
}

fn organizations(book: &Book, has: &impl Fn(&str) -> bool) -> Vec<(Place, Value)> {
    let there = book
        .organizations
        .values()
        .filter(|firm| !firm.deleted && has(&firm.name));
    let item = |firm: &crate::entity::organization::Organization| {
        json!({
            "id": firm.id, "type": "organization", "name": firm.name, "address": firm.address_line(),
            "visible_to": 3, "owner": {"id": firm.owner}, "custom_fields": [], "notes": [],
        })
    };
    there.map(|firm| ((0, firm.id), item(firm))).collect()
}

fn organization(book: &Book, id: Option<u64>) -> Option<Value> {
    let firm = book.organizations.get(&id?)?;
    Some(json!({"id": firm.id, "name": firm.name, "address": firm.address_line()}))
}
