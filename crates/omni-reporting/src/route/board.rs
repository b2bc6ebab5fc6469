//! Boards, manifests, options, and one panel at a time, as JSON or CSV.
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;

use super::{Refused, Service, language};
use crate::access::Grant;
use crate::answer::Answer;
use crate::api::{BoardList, BoardRef, Company, OptionItem, OptionList, PanelResult, PanelState};
use crate::board::Board;
use crate::desk::View;
use crate::export;

pub(super) const CSV_ENDING: &str = ".csv";

pub(super) async fn list(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let boards = service.desk.boards.now();
    let language = language::chosen(query.as_deref(), &headers, |one| {
        boards.iter().any(|board| board.speaks(one))
    });
    let boards = boards.iter().map(|board| {
        let manifest = board.told_in(&language);
        BoardRef {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            title: manifest.title.clone(),
        }
    });
    let list = BoardList {
        boards: boards.collect(),
    };
    language::answer(&list, &language, &headers)
}

pub(super) async fn manifest(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let board = find(&service, &id)?;
    let language = language::chosen(query.as_deref(), &headers, |one| board.speaks(one));
    let mut manifest = board.told_in(&language).clone();
    let with_rows = service.desk.watermarks.companies();
    let offered = grant.offered(&with_rows).iter();
    manifest.companies = offered
        .map(|company| Company {
            id: company.to_string(),
        })
        .collect();
    language::answer(&manifest, &language, &headers)
}

pub(super) async fn options(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path((id, variable)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Json<OptionList>, Refused> {
    let mut view = view(&service, &id, grant, query.as_deref())?;
    let board = Arc::clone(&view.board);
    let Some(options) = board.options.get(&variable) else {
        return Err(Refused::not_found("no such options"));
    };
    // What is chosen already must not narrow what can be chosen.
    if let Some(declared) = board.declared.variables.get(&variable) {
        view.state.values.insert(variable, declared.default.clone());
    }
    let asked = service.desk.ask(&view, &options.statement, options.limit)?;
    let answer = service.desk.answers.answer(&asked.question).await?;
    let rows: Vec<(String, String, String)> =
        serde_json::from_str(answer.rows.get()).map_err(|error| Refused::unreadable(&error))?;
    let options = rows
        .into_iter()
        .map(|(value, label, count)| OptionItem { value, label, count });
    Ok(Json(OptionList {
        options: options.collect(),
    }))
}

pub(super) async fn panel(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    Path((id, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let view = view(&service, &id, grant, query.as_deref())?;
    let wanted = name.strip_suffix(CSV_ENDING).unwrap_or(&name);
    let panel = view
        .board
        .panel(wanted)
        .ok_or_else(|| Refused::not_found("no such panel"))?;
    let answer = service.desk.panel(&view, panel).await??;
    if name.ends_with(CSV_ENDING) {
        return csv(&view, &panel.id, &answer);
    }
    Ok(Json(result(&panel.id, &answer)).into_response())
}

fn result<'a>(panel: &'a str, answer: &'a Answer) -> impl Serialize + use<'a> {
    PanelResult {
        panel,
        seq: None,
        as_of: &answer.as_of,
        computed_ms: answer.took.as_millis() as u64,
        state: PanelState::Ok,
        columns: &answer.columns,
        rows: &answer.rows,
        error: None,
    }
}

fn csv(view: &View, panel: &str, answer: &Answer) -> Result<Response, Refused> {
    let text = export::csv(answer).map_err(|error| Refused::unreadable(&error))?;
    Ok((named_file(view, panel, &answer.as_of), text).into_response())
}

/// A file of a panel or a list, named after it and the day it tells of.
pub(super) fn named_file(view: &View, name: &str, as_of: &str) -> [(HeaderName, String); 2] {
    let day: String = as_of.chars().take("2026-03-01".len()).collect();
    let disposition = format!("attachment; filename=\"{}_{name}_{day}.csv\"", view.board.id);
    [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ]
}

pub(super) fn find(service: &Service, id: &str) -> Result<Arc<Board>, Refused> {
    service
        .desk
        .board(id)
        .ok_or_else(|| Refused::not_found("no such board"))
}

/// The viewer's choices, judged; also whether the chosen company may be seen.
pub(super) fn view(service: &Service, id: &str, grant: Grant, query: Option<&str>) -> Result<View, Refused> {
    let board = find(service, id)?;
    let state = crate::state::State::read(query.unwrap_or_default(), &board.declared)?;
    let view = View { board, state, grant };
    service.desk.company(&view)?;
    Ok(view)
}
