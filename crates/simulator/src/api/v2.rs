//! `/api/v2/{collection}`, `/api/v2/{collection}/{id}` and `/api/v2/deals/archived`.

use std::sync::Arc;

use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::counts::Counts;
use super::page;
use super::query::{Query, Raw};
use super::shelf::Shelf;
use super::{Company, NO_SUCH, Refusal, fields, found};
use crate::account::Account;
use crate::account::fields::Holder;
use crate::entity::Entity;
use crate::world::{World, locked};

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(collection): Path<String>,
    Parameters(raw): Parameters<Raw>,
) -> Result<Response, Refusal> {
    let query = Query::of(raw)?;
    if let Some(holder) = Holder::named(&collection) {
        let accounts = locked(&world.accounts);
        let fields = accounts.get(&company).ok_or(NO_SUCH)?.fields().of(holder);
        let rows = (1..).map(|place| (0, place)).zip(fields).collect();
        let (page, next) = page::cut(rows, query.limit, false, query.cursor())?;
        let page: Vec<Value> = page.into_iter().map(fields::written).collect();
        return Ok(listed(&page, next.as_deref()));
    }
    let shelf = Shelf::named(&collection).ok_or(NO_SUCH)?;
    page_of(&world, company, shelf, &query)
}

/// What the plain list of deals leaves out.
pub(super) async fn archived(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Parameters(raw): Parameters<Raw>,
) -> Result<Response, Refusal> {
    page_of(&world, company, Shelf::ArchivedDeals, &Query::of(raw)?)
}

pub(super) async fn one(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path((collection, id)): Path<(String, String)>,
    Parameters(raw): Parameters<Raw>,
) -> Result<Response, Refusal> {
    if let Some(holder) = Holder::named(&collection) {
        let accounts = locked(&world.accounts);
        let account = accounts.get(&company).ok_or(NO_SUCH)?;
        let field = account.fields().find(holder, &id).ok_or(NO_SUCH)?;
        return Ok(found(fields::written(field)));
    }
    let shelf = Shelf::named(&collection).ok_or(NO_SUCH)?;
    let id: u64 = id
        .parse()
        .map_err(|_| Refusal(StatusCode::BAD_REQUEST, "id must be a number"))?;
    let query = Query::of(raw)?;
    let accounts = locked(&world.accounts);
    let account = accounts.get(&company).ok_or(NO_SUCH)?;
    let entity = shelf.find(account.book(), id).ok_or(NO_SUCH)?;
    let counts = Counts::of(account.book(), shelf, &query);
    Ok(found(written(account, shelf, (id, entity), &query, &counts)))
}

fn page_of(world: &World, company: u64, shelf: Shelf, query: &Query) -> Result<Response, Refusal> {
    let accounts = locked(&world.accounts);
    let account = accounts.get(&company).ok_or(NO_SUCH)?;
    let mut rows = shelf.chosen(account.book(), query);
    let faults = locked(&world.faults).now().clone();
    if faults.sets_apart() {
        let collection = shelf.collection();
        rows.retain(|(_, (id, _))| faults.status_of(&format!("{collection}/{id}")).is_none());
    }
    let (page, next) = page::cut(rows, query.limit, query.descending, query.cursor())?;
    let counts = Counts::of(account.book(), shelf, query);
    let page: Vec<Value> = page
        .into_iter()
        .map(|held| written(account, shelf, held, query, &counts))
        .collect();
    Ok(listed(&page, next.as_deref()))
}

fn written(
    account: &Account,
    shelf: Shelf,
    (id, entity): (u64, &dyn Entity),
    query: &Query,
    counts: &Counts,
) -> Value {
    let mut state = entity.rest();
    query.narrow(&mut state);
    if let Some(holder) = shelf.holder() {
        if query.says_options() {
            fields::say_options(account, holder, &mut state);
        }
        if query.says_labels() {
            fields::say_labels(account, holder, &mut state);
        }
    }
    counts.add(account.book(), (shelf, id), query, &mut state);
    Value::Object(state)
}

pub(super) fn listed(data: &[Value], next_cursor: Option<&str>) -> Response {
    Json(json!({"success": true, "data": data, "additional_data": {"next_cursor": next_cursor}}))
        .into_response()
}
