//! Notes: REST v1, for there is no other.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::part::Part;
use super::{Company, NO_SUCH, Refusal, found};
use crate::entity::Entity;
use crate::entity::note::Note;
use crate::world::{World, locked};

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let wanted =
        |note: &&Note| !note.deleted && part.person_id.is_none_or(|person| note.person == Some(person));
    let notes: Vec<&Note> = book.notes.values().filter(wanted).collect();
    Ok(part.of(notes, |note| Value::Object(note.rest())))
}

pub(super) async fn one(
    State(world): State<Arc<World>>,
    Extension(Company(company)): Extension<Company>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id: u64 = id
        .parse()
        .map_err(|_| Refusal(StatusCode::BAD_REQUEST, "id must be a number"))?;
    let accounts = locked(&world.accounts);
    let book = accounts.get(&company).ok_or(NO_SUCH)?.book();
    let note = book.notes.get(&id).filter(|note| !note.deleted).ok_or(NO_SUCH)?;
    Ok(found(Value::Object(note.rest())))
}
