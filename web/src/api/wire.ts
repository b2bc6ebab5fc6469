/**
 * The shapes that travel between reporting and the page, by the names the page uses.
 *
 * Money and 64-bit ids are decimal text and stay text; cells and `encode` are `unknown` until a
 * view has looked at them.
 */
export interface BoardRef {
  id: string;
  version: string;
  title: string;
}

export interface BoardList {
  boards: BoardRef[];
}

export interface Variable {
  name: string;
  control: string;
  type: string;
  one_of: string[];
  default: string | null;
  label: string;
  has_options: boolean;
}

export interface Section {
  id: string;
  title: string;
  panels: string[];
}

export interface FilterOnClick {
  variable: string;
  field: string;
}

export interface PanelSpec {
  id: string;
  kind: string;
  title: string;
  definition: string;
  anchor: string | null;
  span: { wide: number; medium: number; narrow: number };
  encode: { [key: string]: unknown };
  notes: string[];
  filter_on_click: FilterOnClick | null;
}

export interface Company {
  id: string;
}

export interface Manifest {
  id: string;
  version: string;
  title: string;
  timezone: string;
  currency: string;
  texts: { [key: string]: string };
  variables: Variable[];
  sections: Section[];
  panels: PanelSpec[];
  companies: Company[];
}

export interface Option {
  value: string;
  label: string;
  count: string;
}

export interface Options {
  options: Option[];
}

export interface Column {
  name: string;
  type: string;
}

export interface PanelError {
  message: string;
  id: string;
}

export interface PanelResult {
  panel: string;
  seq: number | null;
  as_of: string;
  computed_ms: number;
  state: 'ok' | 'failed';
  columns: Column[];
  rows: unknown[][];
  error: PanelError | null;
}

export interface Hello {
  template: string;
  template_hash: string;
  server_time: string;
  panels: string[];
}

export interface Fresh {
  last_event_at: string | null;
  last_loaded_at: string | null;
  heartbeat_at: string | null;
  server_time: string;
}

export interface Ping {
  server_time: string;
}

/** What `/api/v1/setup` may tell a new installation; every part may be missing. */
export interface Setup {
  sources?: { name: string; url?: string | null; user?: string | null }[];
  webhook_url?: string | null;
  user?: string | null;
}
