//! What travels between this server and the page. `web/src/api/generated.ts` is made of these types by a test.
//!
//! 64-bit numbers and decimals are JSON strings; times are RFC 3339.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;

/// `GET /api/v1/boards`.
#[derive(Debug, Serialize, TS)]
pub struct BoardList {
    pub boards: Vec<BoardRef>,
}

/// One board by name.
#[derive(Debug, Clone, Serialize, TS)]
pub struct BoardRef {
    pub id: String,
    pub version: String,
    pub title: String,
}

/// `GET /api/v1/boards/{id}`: all the page must know to draw a board without its data.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Manifest {
    pub id: String,
    pub version: String,
    pub title: String,
    pub timezone: String,
    pub currency: String,
    /// Words of the board by dotted key: `panel.won_value.empty`, `column.won_deals`, `note.unconverted_deals`.
    pub texts: BTreeMap<String, String>,
    pub variables: Vec<Variable>,
    pub sections: Vec<Section>,
    pub panels: Vec<Panel>,
    /// What stands behind the panels' numbers.
    pub lists: Vec<List>,
    /// The companies the viewer may choose from; the first is shown when none is chosen.
    pub companies: Vec<Company>,
}

/// A choice the viewer has.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Variable {
    pub name: String,
    pub control: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub one_of: Vec<String>,
    pub default: Option<String>,
    pub label: String,
    /// Whether `options/{name}` answers.
    pub has_options: bool,
    /// The token of an embed holds it to its default: shown, not chosen.
    pub locked: bool,
}

/// Panels under one title.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub panels: Vec<String>,
}

/// One panel, without its answer.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Panel {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub definition: String,
    /// Which time decides whether a deal is in the period: `won`, `created`, `now`, `event`.
    pub anchor: Option<String>,
    pub span: Span,
    /// Which column goes where in the drawing, as the kind wants it.
    #[ts(type = "{ [key: string]: unknown }")]
    pub encode: serde_json::Map<String, serde_json::Value>,
    pub notes: Vec<String>,
    pub filter_on_click: Option<FilterOnClick>,
    /// The lists behind its numbers.
    pub drill: Vec<Drill>,
}

/// Which list stands behind which numbers of a panel, and what it is given.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Drill {
    pub list: String,
    /// Columns of the panel by the list's total that is the same number; empty where it has none like it.
    pub numbers: BTreeMap<String, String>,
    /// Values by variable or parameter of the list, as they stand here.
    pub set: BTreeMap<String, String>,
    /// Columns of the number's row, whose values are given.
    pub from: BTreeMap<String, String>,
    /// For the row of all others: columns whose values in the rows beside it are given, in place of what `from` takes of them.
    pub other: BTreeMap<String, String>,
}

/// A list behind numbers, without its rows.
#[derive(Debug, Clone, Serialize, TS)]
pub struct List {
    pub id: String,
    pub title: String,
    /// What is said when it has no row.
    pub empty: String,
    /// The column that tells one row from another.
    pub key: String,
    /// The column of the currency that amounts are told in.
    pub group: Option<String>,
    pub columns: Vec<ListColumn>,
    pub totals: Vec<ListTotal>,
    pub parameters: Vec<ListParameter>,
}

/// One column of a list.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ListColumn {
    pub field: String,
    /// As in `encode`.
    pub format: String,
    /// Amounts: the column with their currency.
    pub currency: Option<String>,
    /// Amounts: the flag that says why there is none.
    pub missing: Option<String>,
    /// The column with an address to open; an empty one is no link.
    pub link: Option<String>,
}

/// What all rows of a list come to.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ListTotal {
    pub name: String,
    pub format: String,
    pub label: String,
}

/// What a panel may give a list beside the board's choices.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ListParameter {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// `GET …/lists/{list}`: its first rows, and what all of them come to.
#[derive(Debug, Serialize, TS)]
pub struct ListResult<'a> {
    pub list: &'a str,
    /// The data are as of this instant.
    pub as_of: &'a str,
    #[ts(type = "number")]
    pub computed_ms: u64,
    pub columns: &'a [Column],
    #[ts(type = "unknown[][]")]
    pub rows: &'a RawValue,
    pub total_columns: &'a [Column],
    /// One row for all rows, flagged `is_whole`, then one a currency.
    #[ts(type = "unknown[][]")]
    pub totals: &'a RawValue,
}

/// Width in columns of 12, 6, and 1.
#[derive(Debug, Clone, Copy, Serialize, TS)]
pub struct Span {
    pub wide: u8,
    pub medium: u8,
    pub narrow: u8,
}

/// What a click on a mark adds to the board's filters.
#[derive(Debug, Clone, Serialize, TS)]
pub struct FilterOnClick {
    pub variable: String,
    pub field: String,
}

/// A company whose data the board can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Company {
    pub id: String,
}

/// `GET …/options/{variable}`.
#[derive(Debug, Serialize, TS)]
pub struct OptionList {
    pub options: Vec<OptionItem>,
}

/// One value a variable may take.
#[derive(Debug, Serialize, TS)]
pub struct OptionItem {
    pub value: String,
    pub label: String,
    /// How many deals have it.
    pub count: String,
}

/// `GET …/panels/{panel}` and the stream's event `panel`: the same bytes but for `seq`.
#[derive(Debug, Serialize, TS)]
pub struct PanelResult<'a> {
    pub panel: &'a str,
    /// Grows with each push of this server; null in an answer to a plain request.
    #[ts(type = "number | null")]
    pub seq: Option<u64>,
    /// The data are as of this instant.
    pub as_of: &'a str,
    #[ts(type = "number")]
    pub computed_ms: u64,
    pub state: PanelState,
    pub columns: &'a [Column],
    #[ts(type = "unknown[][]")]
    pub rows: &'a RawValue,
    /// When `state` is `failed`; columns and rows are then those of the last good answer, or empty.
    pub error: Option<PanelError>,
}

/// Whether the last attempt to answer succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum PanelState {
    Ok,
    Failed,
}

/// A column of a result, with its ClickHouse type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// Why a panel has no new answer; `id` finds the details in the server's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PanelError {
    pub message: String,
    pub id: String,
}

/// The stream's first event.
#[derive(Debug, Serialize, TS)]
pub struct Hello<'a> {
    /// `id/version`.
    pub template: &'a str,
    pub template_hash: &'a str,
    pub server_time: String,
    /// Names this stream where the page tells what is on its screen.
    pub stream: String,
    /// The panels that this stream will answer.
    pub panels: Vec<&'a str>,
}

/// What is on a viewer's screen: those panels come first when not all can be kept new at once.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OnScreen {
    /// The id that `hello` brought.
    pub stream: String,
    pub panels: Vec<String>,
}

/// The stream's event `fresh`: how far the company's data reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Fresh {
    pub last_event_at: Option<String>,
    pub last_loaded_at: Option<String>,
    pub heartbeat_at: Option<String>,
    /// Webhooks that were due since the last one, where so many are missing that somebody should look.
    pub events_due: Option<u32>,
    pub server_time: String,
}

/// The stream's event `reload`: the template changed, so the manifest is to be asked for again. The stream ends soon.
#[derive(Debug, Serialize, TS)]
pub struct Reload<'a> {
    /// `id/version`.
    pub template: &'a str,
    /// Of the template now in force.
    pub template_hash: &'a str,
}

/// The stream's event `ping`, every 15 s.
#[derive(Debug, Serialize, TS)]
pub struct Ping {
    pub server_time: String,
}

/// The stream's last event, when what let the viewer in does so no more.
#[derive(Debug, Serialize, TS)]
pub struct Ended {
    pub server_time: String,
}

/// `GET /api/v1/setup`: what a new installation is told.
#[derive(Debug, Serialize, TS)]
pub struct Setup {
    /// Where Pipedrive should send; empty when the deployment does not say.
    pub sources: Vec<SetupSource>,
    /// The company of the test deal, when one can be sent.
    pub test_company: Option<String>,
}

/// A source as it is set up in Pipedrive; its password is known there and to the collector.
#[derive(Debug, Serialize, TS)]
pub struct SetupSource {
    pub name: String,
    pub url: String,
    pub user: String,
}

/// `POST /api/v1/setup/test-event`: what went in.
#[derive(Debug, Serialize, TS)]
pub struct TestSent {
    pub event_uuid: String,
}

/// The body of every refused request.
#[derive(Debug, Serialize, TS)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

/// What was refused, and why.
#[derive(Debug, Serialize, TS)]
pub struct ErrorDetail {
    /// `invalid_parameter`, `unauthorized`, `forbidden`, `not_found`, `too_many_requests`, `busy`, `failed`.
    pub code: String,
    pub message: String,
    /// The parameter that was refused.
    pub parameter: Option<String>,
    /// Finds the details in the server's log.
    pub id: Option<String>,
}

#[cfg(test)]
mod tests;
