//! `/api/v2/{collection}` and `/api/v2/{collection}/{id}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::page::{self, Place};
use super::query::{Order, Query, Raw};
use super::{Company, Refusal, fields, found};
use crate::account::Book;
use crate::entity::{Entity, Object};
use crate::world::{World, locked};

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(collection): Path<String>,
    Parameters(raw): Parameters<Raw>,
) -> Result<Response, Refusal> {
    if let Some(definitions) = fields::of(&collection) {
        return Ok(listed(&definitions, None));
    }
    let query = Query::of(raw)?;
    let accounts = locked(&world.accounts);
    let book = accounts
        .get(&company)
        .map(crate::account::Account::book)
        .ok_or(NO_SUCH)?;
    let rows = rows(book, &collection, &query).ok_or(NO_SUCH)?;
    let (page, next) = page::cut(rows, query.limit, query.descending, query.cursor())?;
    let page: Vec<Value> = page.into_iter().map(Value::Object).collect();
    Ok(listed(&page, next.as_deref()))
}

pub(super) async fn one(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path((collection, id)): Path<(String, String)>,
    Parameters(raw): Parameters<Raw>,
) -> Result<Response, Refusal> {
    if let Some(definitions) = fields::of(&collection) {
        let field = definitions
            .into_iter()
            .find(|field| field["field_code"] == id.as_str());
        return field.map(found).ok_or(NO_SUCH);
    }
    let id: u64 = id
        .parse()
        .map_err(|_| Refusal(StatusCode::BAD_REQUEST, "id must be a number"))?;
    let query = Query::of(raw)?;
    let accounts = locked(&world.accounts);
    let book = accounts
        .get(&company)
        .map(crate::account::Account::book)
        .ok_or(NO_SUCH)?;
    let entity = held(book, &collection, id).ok_or(NO_SUCH)?;
    let mut state = entity.rest();
    if collection == "persons" {
        count_deals(book, id, query.include_fields(), &mut state);
    }
    Ok(found(Value::Object(state)))
}

const NO_SUCH: Refusal = Refusal(StatusCode::NOT_FOUND, "Not found");

fn listed(data: &[Value], next_cursor: Option<&str>) -> Response {
    Json(json!({"success": true, "data": data, "additional_data": {"next_cursor": next_cursor}}))
        .into_response()
}

fn held<'a>(book: &'a Book, collection: &str, id: u64) -> Option<&'a dyn Entity> {
    fn get<T: Entity>(shelf: &BTreeMap<u64, T>, id: u64) -> Option<&dyn Entity> {
        shelf.get(&id).map(|entity| entity as &dyn Entity)
    }
    match collection {
        "deals" => get(&book.deals, id),
        "persons" => get(&book.persons, id),
        "organizations" => get(&book.organizations, id),
        "activities" => get(&book.activities, id),
        "stages" => get(&book.stages, id),
        "pipelines" => get(&book.pipelines, id),
        _ => None,
    }
}

fn rows(book: &Book, collection: &str, query: &Query) -> Option<Vec<(Place, Object)>> {
    match collection {
        "deals" => Some(chosen(&book.deals, query)),
        "persons" => Some(chosen(&book.persons, query)),
        "organizations" => Some(chosen(&book.organizations, query)),
        "activities" => Some(chosen(&book.activities, query)),
        "stages" => Some(chosen(&book.stages, query)),
        "pipelines" => Some(chosen(&book.pipelines, query)),
        _ => None,
    }
}

fn chosen<T: Entity>(shelf: &BTreeMap<u64, T>, query: &Query) -> Vec<(Place, Object)> {
    let there = |entity: &T| entity.is_deleted() == query.wants_deleted();
    let mut rows = Vec::new();
    for (id, entity) in shelf
        .iter()
        .filter(|(id, entity)| there(entity) && query.takes(**id, *entity))
    {
        let state = entity.rest();
        if query.takes_written(&state) {
            let key = if query.order == Order::UpdateTime {
                entity.updated().micros()
            } else {
                0
            };
            rows.push(((key, *id), state));
        }
    }
    rows
}

/// Counts of deals, where `include_fields` asks for them.
fn count_deals(book: &Book, person: u64, wanted: Option<&str>, state: &mut Object) {
    let Some(wanted) = wanted else { return };
    let counts = book.deal_counts_of_person(person);
    let told = [
        ("open_deals_count", counts.open),
        ("won_deals_count", counts.won),
        ("lost_deals_count", counts.lost),
        ("closed_deals_count", counts.won + counts.lost),
    ];
    for (name, count) in told
        .into_iter()
        .filter(|(name, _)| wanted.split(',').any(|field| field == *name))
    {
        state.insert(name.to_owned(), json!(count));
    }
}
