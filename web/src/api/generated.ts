// Made by `cargo test -p omni-reporting the_pages_types` from crates/omni-reporting/src/api.rs. Do not edit.

export type BoardList = { boards: Array<BoardRef>, };

export type BoardRef = { id: string, version: string, title: string, };

export type Manifest = { id: string, version: string, title: string, timezone: string, currency: string,
/**
 * Words of the board by dotted key: `panel.won_value.empty`, `column.won_deals`, `note.unconverted_deals`.
 */
texts: { [key in string]: string }, variables: Array<Variable>, sections: Array<Section>, panels: Array<Panel>,
/**
 * What stands behind the panels' numbers.
 */
lists: Array<List>,
/**
 * The companies the viewer may choose from; the first is shown when none is chosen.
 */
companies: Array<Company>, };

export type Variable = { name: string, control: string, type: string, one_of: Array<string>, default: string | null, label: string,
/**
 * Whether `options/{name}` answers.
 */
has_options: boolean,
/**
 * The token of an embed holds it to its default: shown, not chosen.
 */
locked: boolean, };

export type Section = { id: string, title: string, panels: Array<string>, };

export type Panel = { id: string, kind: string, title: string, definition: string,
/**
 * Which time decides whether a deal is in the period: `won`, `created`, `now`, `event`.
 */
anchor: string | null, span: Span,
/**
 * Which column goes where in the drawing, as the kind wants it.
 */
encode: { [key: string]: unknown }, notes: Array<string>, filter_on_click: FilterOnClick | null,
/**
 * The lists behind its numbers.
 */
drill: Array<Drill>, };

export type Span = { wide: number, medium: number, narrow: number, };

export type FilterOnClick = { variable: string, field: string, };

export type Drill = { list: string,
/**
 * Columns of the panel by the list's total that is the same number; empty where it has none like it.
 */
numbers: { [key in string]: string },
/**
 * Values by variable or parameter of the list, as they stand here.
 */
set: { [key in string]: string },
/**
 * Columns of the number's row, whose values are given.
 */
from: { [key in string]: string },
/**
 * For the row of all others: columns whose values in the rows beside it are given, in place of what `from` takes of them.
 */
other: { [key in string]: string }, };

export type List = { id: string, title: string,
/**
 * What is said when it has no row.
 */
empty: string,
/**
 * The column that tells one row from another.
 */
key: string,
/**
 * The column of the currency that amounts are told in.
 */
group: string | null, columns: Array<ListColumn>, totals: Array<ListTotal>, parameters: Array<ListParameter>, };

export type ListColumn = { field: string,
/**
 * As in `encode`.
 */
format: string,
/**
 * Amounts: the column with their currency.
 */
currency: string | null,
/**
 * Amounts: the flag that says why there is none.
 */
missing: string | null,
/**
 * The column with an address to open; an empty one is no link.
 */
link: string | null, };

export type ListTotal = { name: string, format: string, label: string, };

export type ListParameter = { name: string, type: string, };

export type ListResult = { list: string,
/**
 * The data are as of this instant.
 */
as_of: string, computed_ms: number, columns: Array<Column>, rows: unknown[][], total_columns: Array<Column>,
/**
 * One row for all rows, flagged `is_whole`, then one a currency.
 */
totals: unknown[][], };

export type Company = { id: string, };

export type OptionList = { options: Array<OptionItem>, };

export type OptionItem = { value: string, label: string,
/**
 * How many deals have it.
 */
count: string, };

export type PanelResult = { panel: string,
/**
 * Grows with each push of this server; null in an answer to a plain request.
 */
seq: number | null,
/**
 * The data are as of this instant.
 */
as_of: string, computed_ms: number, state: PanelState, columns: Array<Column>, rows: unknown[][],
/**
 * When `state` is `failed`; columns and rows are then those of the last good answer, or empty.
 */
error: PanelError | null, };

export type PanelState = "ok" | "failed";

export type Column = { name: string, type: string, };

export type PanelError = { message: string, id: string, };

export type Hello = {
/**
 * `id/version`.
 */
template: string, template_hash: string, server_time: string,
/**
 * Names this stream where the page tells what is on its screen.
 */
stream: string,
/**
 * The panels that this stream will answer.
 */
panels: Array<string>, };

export type OnScreen = {
/**
 * The id that `hello` brought.
 */
stream: string, panels: Array<string>, };

export type Fresh = { last_event_at: string | null, last_loaded_at: string | null, heartbeat_at: string | null,
/**
 * Webhooks that were due since the last one, where so many are missing that somebody should look.
 */
events_due: number | null, server_time: string, };

export type Ping = { server_time: string, };

export type Reload = {
/**
 * `id/version`.
 */
template: string,
/**
 * Of the template now in force.
 */
template_hash: string, };

export type Setup = {
/**
 * Where Pipedrive should send; empty when the deployment does not say.
 */
sources: Array<SetupSource>,
/**
 * The company of the test deal, when one can be sent.
 */
test_company: string | null, };

export type SetupSource = { name: string, url: string, user: string, };

export type TestSent = { event_uuid: string, };

export type ErrorBody = { error: ErrorDetail, };

export type ErrorDetail = {
/**
 * `invalid_parameter`, `unauthorized`, `forbidden`, `not_found`, `too_many_requests`, `busy`, `failed`.
 */
code: string, message: string,
/**
 * The parameter that was refused.
 */
parameter: string | null,
/**
 * Finds the details in the server's log.
 */
id: string | null, };
