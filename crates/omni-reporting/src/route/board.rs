//! Boards, manifests, options, and one panel at a time, as JSON or CSV.
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;

use super::{Refused, Service, language};
use crate::access::{Denied, Grant, Within};
use crate::answer::Answer;
use crate::api::{
    BoardList, BoardRef, Company, Manifest, OptionItem, OptionList, PanelResult, PanelState, Variable,
};
use crate::board::Board;
use crate::desk::View;
use crate::export;
use crate::state;

pub(super) const CSV_ENDING: &str = ".csv";

pub(super) async fn list(
    State(service): State<Service>,
    Extension(grant): Extension<Grant>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let boards = service.desk.boards.now();
    let boards: Vec<_> = boards.iter().filter(|board| grant.opens(board).is_ok()).collect();
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
    let board = find(&service, &grant, &id)?;
    let language = language::chosen(query.as_deref(), &headers, |one| board.speaks(one));
    let mut manifest = shown(&board, board.told_in(&language), &grant);
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
    if !view.grant.may_choose(&variable) {
        return Err(Denied::Choice(variable).into());
    }
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
    if !view.grant.sees(&view.board, &panel.id) {
        return Err(Denied::Panel.into());
    }
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

/// What of a board the page needs for what its viewer may see and choose.
fn shown(board: &Board, told: &Manifest, grant: &Grant) -> Manifest {
    let mut manifest = told.clone();
    if let Some(held) = grant.held(&board.declared) {
        held.zone.name().clone_into(&mut manifest.timezone);
        manifest.currency.clone_from(&held.currency);
        manifest
            .variables
            .retain_mut(|variable| hold(variable, &held, grant));
    }
    manifest.panels.retain(|panel| grant.sees(board, &panel.id));
    for panel in &mut manifest.panels {
        let click = panel.filter_on_click.take();
        panel.filter_on_click = click.filter(|click| grant.may_choose(&click.variable));
    }
    for section in &mut manifest.sections {
        section.panels.retain(|panel| grant.sees(board, panel));
    }
    manifest.sections.retain(|section| !section.panels.is_empty());
    manifest.lists.retain(|list| grant.sees_list(board, &list.id));
    for panel in &mut manifest.panels {
        panel.drill.retain(|drill| grant.sees_list(board, &drill.list));
    }
    manifest
}

/// Whether the page is told of a variable. Period and comparison stand in words on it, chosen or not.
fn hold(variable: &mut Variable, held: &state::State, grant: &Grant) -> bool {
    if grant.may_choose(&variable.name) {
        return true;
    }
    variable.locked = true;
    match variable.name.as_str() {
        "period" => variable.default = Some(held.period.word()),
        "compare" => variable.default = Some(held.compare.word().into()),
        _ => return false,
    }
    true
}

pub(super) fn find(service: &Service, grant: &Grant, id: &str) -> Result<Arc<Board>, Refused> {
    let board = service
        .desk
        .board(id)
        .ok_or_else(|| Refused::not_found("no such board"))?;
    grant.opens(&board)?;
    Ok(board)
}

/// The viewer's choices, judged; also whether the chosen company may be seen.
pub(super) fn view(service: &Service, id: &str, grant: Grant, query: Option<&str>) -> Result<View, Refused> {
    let board = find(service, &grant, id)?;
    let asked = state::State::read(query.unwrap_or_default(), &board.declared)?;
    let state = grant.narrow(&asked, &board.declared, Within::Board)?;
    let view = View { board, state, grant };
    service.desk.company(&view)?;
    Ok(view)
}
