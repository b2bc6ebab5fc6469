//! The list behind a number: its first rows with the totals of all, or the whole of it as a file.
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::board::{CSV_ENDING, find, named_file};
use super::{Refused, Service};
use crate::access::{Denied, Grant, Within};
use crate::api::ListResult;
use crate::board::List;
use crate::desk::View;
use crate::export;
use crate::state;
use crate::state::query::Pairs;
use crate::state::slice::Slice;

pub(super) async fn list(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path((id, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let query = query.unwrap_or_default();
    let board = find(&service, &grant, &id)?;
    let wanted = name.strip_suffix(CSV_ENDING).unwrap_or(&name);
    let list = board.list(wanted).map(Arc::clone);
    let list = list.ok_or_else(|| Refused::not_found("no such list"))?;
    if !grant.sees_list(&board, &list.id) {
        return Err(Denied::Panel.into());
    }
    let asked = state::State::read(&query, &list.declared)?;
    let state = grant.narrow(&asked, &board.declared, Within::List)?;
    let view = View { board, state, grant };
    service.desk.company(&view)?;
    if name.ends_with(CSV_ENDING) {
        return whole(&service, &view, &list).await;
    }
    let slice = Slice::read(&Pairs::read(&query)?, |field| list.has_column(field))?;
    let listed = service.desk.list(&view, &list, &slice).await??;
    let result = ListResult {
        list: &list.id,
        as_of: &listed.rows.as_of,
        computed_ms: listed.rows.took.max(listed.totals.took).as_millis() as u64,
        columns: &listed.rows.columns,
        rows: &listed.rows.rows,
        total_columns: &listed.totals.columns,
        totals: &listed.totals.rows,
    };
    Ok(Json(result).into_response())
}

/// All rows, sent on as they come; it begins when the database has them all, so a file that begins is whole.
async fn whole(service: &Service, view: &View, list: &List) -> Result<Response, Refused> {
    let place = Arc::clone(&service.files).try_acquire_owned();
    let place = place.map_err(|_| Refused::busy("too many files are being made; try again soon"))?;
    let question = service.desk.whole(view, list)?;
    let pieces = service.desk.answers.pieces(&question).await?;
    let file = export::stream(pieces, place);
    Ok((
        named_file(
            view,
            &list.id,
            &stage::clock::rfc3339_micro(stage::clock::now_micro()),
        ),
        Body::from_stream(file),
    )
        .into_response())
}
