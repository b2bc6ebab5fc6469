/**
 * The shapes that travel between reporting and the page, as the page reads them.
 *
 * Money and 64-bit ids are decimal text and stay text; nothing here is ever added up.
 */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Cell = Json;

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
  one_of?: string[] | null;
  default?: Json;
  label?: string | null;
}

export interface Section {
  id: string;
  title: string;
  panels: string[];
}

export interface Span {
  wide: number;
  medium: number;
  narrow: number;
}

export interface FilterOnClick {
  variable: string;
  field: string;
}

export interface PanelSpec {
  id: string;
  kind: string;
  title: string;
  definition?: string | null;
  empty?: string | null;
  anchor?: string | null;
  span?: Partial<Span> | null;
  encode?: { [key: string]: Json } | null;
  notes?: string[] | null;
  filter_on_click?: FilterOnClick | null;
}

export interface Company {
  id: string | number;
  name?: string | null;
}

export interface Manifest {
  id: string;
  version: string;
  title: string;
  timezone: string;
  currency: string;
  /** The board's own words, nested or with dots in the keys. */
  texts?: { [key: string]: Json } | null;
  variables: Variable[];
  sections: Section[];
  panels: PanelSpec[];
  companies?: (Company | string | number)[] | null;
}

export interface Option {
  value: string;
  label?: string | null;
  count?: number | string | null;
}

export interface Options {
  options: Option[];
}

export interface Column {
  name: string;
  type: string;
}

export interface PanelError {
  code?: string;
  message?: string;
  id?: string;
}

export interface PanelResult {
  panel: string;
  seq?: number | string | null;
  as_of: string;
  computed_ms?: number | null;
  state: 'ok' | 'failed';
  columns: Column[];
  rows: Cell[][];
  error?: PanelError | string | null;
}

export interface Hello {
  template: string;
  template_hash: string;
  server_time: string;
  panels?: Json;
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
