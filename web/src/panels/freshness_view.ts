/**
 * How fresh the board is, counted up on the client from the server's watermarks.
 *
 * Heartbeats go through the whole pipe every 15 s, so silence (quiet) and failure (late, broken)
 * are told apart: quiet is when nothing came in and the heartbeat is young, silent when by the weeks before
 * something should have come in.
 */
import type { Fresh, PanelResult, PanelSpec } from '../api/wire.ts';
import { approximate } from '../format/number.ts';
import { ageSeconds, instant } from '../format/time.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import {
  encodeOf,
  labelOf,
  type Row,
  readField,
  readFields,
  rowsOf,
  show,
  type ViewContext,
} from './frame.ts';

export type Freshness = 'waiting' | 'fresh' | 'quiet' | 'silent' | 'late' | 'broken';

export interface Marks {
  eventAt: number | null;
  loadedAt: number | null;
  heartbeatAt: number | null;
  /** Events due since the last one; null while that is no matter. */
  eventsDue: number | null;
}

export interface Limits {
  quietSeconds: number;
  /** Three heartbeats missed. */
  lateSeconds: number;
  brokenSeconds: number;
}

export const USUAL_LIMITS: Limits = { quietSeconds: 60, lateSeconds: 45, brokenSeconds: 180 };

export interface FreshnessView extends Marks {
  state: Freshness;
  details: { key: string; label: string; text: string; list: Opened | null }[];
}

export function limitsOf(spec: PanelSpec | undefined): Limits {
  const encode = spec ? encodeOf(spec) : {};
  return {
    quietSeconds: approximate(encode.quiet_after_seconds) ?? USUAL_LIMITS.quietSeconds,
    lateSeconds: approximate(encode.late_after_seconds) ?? USUAL_LIMITS.lateSeconds,
    brokenSeconds: approximate(encode.broken_after_seconds) ?? USUAL_LIMITS.brokenSeconds,
  };
}

/** A load is a sign of life as good as a heartbeat. */
export function pulseOf(marks: Marks): number | null {
  return newest(marks.heartbeatAt, marks.loadedAt);
}

export function freshnessOf(marks: Marks, now: number, limits: Limits = USUAL_LIMITS): Freshness {
  const pulse = pulseOf(marks);
  if (pulse === null) return 'waiting';
  const silent = ageSeconds(pulse, now);
  if (silent > limits.brokenSeconds) return 'broken';
  if (silent > limits.lateSeconds) return 'late';
  if (marks.eventAt === null) return 'waiting';
  if (ageSeconds(marks.eventAt, now) <= limits.quietSeconds) return 'fresh';
  return marks.eventsDue === null ? 'quiet' : 'silent';
}

/** The stream's watermarks and the panel's own row; of each the newest. */
export function marksOf(fresh: Fresh | null, result: PanelResult | null, spec?: PanelSpec): Marks {
  const row: Row = (result ? rowsOf(result)[0] : undefined) ?? {};
  const encode = spec ? encodeOf(spec) : {};
  const mark = (key: string, usual: string) => instant(row[readField(encode[key])?.field ?? usual]);
  return {
    eventAt: newest(instant(fresh?.last_event_at), mark('last_event', 'last_event_at')),
    loadedAt: newest(instant(fresh?.last_loaded_at), mark('last_load', 'last_loaded_at')),
    heartbeatAt: newest(instant(fresh?.heartbeat_at), mark('heartbeat', 'heartbeat_at')),
    eventsDue: fresh?.events_due ?? null,
  };
}

function newest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

export function freshnessView(
  fresh: Fresh | null,
  result: PanelResult | null,
  spec: PanelSpec,
  context: ViewContext,
  now: number,
): FreshnessView {
  const marks = marksOf(fresh, result, spec);
  const row: Row = (result ? rowsOf(result)[0] : undefined) ?? {};
  return {
    ...marks,
    state: freshnessOf(marks, now, limitsOf(spec)),
    details: readFields(encodeOf(spec).details, 'seconds').map(field => ({
      key: field.field,
      label: labelOf(field, context),
      text: show(row, field, context),
      list: behind(spec, field.field, row, [row]),
    })),
  };
}
