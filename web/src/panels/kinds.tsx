/** Which body draws which kind. A kind that is not here is shown as its table. */
import type { ComponentType } from 'preact';
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { BarsBody } from './bars.tsx';
import { ColumnsBody } from './columns.tsx';
import { FeedBody } from './feed.tsx';
import { FreshnessBody } from './freshness.tsx';
import { FunnelBody } from './funnel.tsx';
import { ListingBody } from './listing.tsx';
import { StatBody } from './stat.tsx';
import { TableBody } from './table.tsx';

export interface BodyProps {
  result: PanelResult;
  spec: PanelSpec;
  /** The choices that the result answers; others mean that nothing of it is news. */
  question: string;
}

const BODIES: { [kind: string]: ComponentType<BodyProps> } = {
  stat: StatBody,
  bars: BarsBody,
  columns: ColumnsBody,
  funnel: FunnelBody,
  feed: FeedBody,
  freshness: FreshnessBody,
  table: ListingBody,
};

export function bodyOf(kind: string): ComponentType<BodyProps> {
  return BODIES[kind] ?? TableBody;
}

/** Kinds that show something sensible when the query gave no row. */
export function showsNothingAsZero(kind: string): boolean {
  return kind === 'stat' || kind === 'freshness';
}

/** A table needs no second form. */
export function hasTwin(kind: string): boolean {
  return kind in BODIES && kind !== 'table';
}
