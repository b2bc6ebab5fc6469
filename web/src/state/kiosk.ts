/**
 * A board on a wall: which panels share a screen, and how long each screen stays.
 *
 * A screen holds two rows of tiles or one row of anything higher, so that all of it is read from
 * afar; what a section has beyond that comes on the next screen.
 */
import type { Manifest, PanelSpec, Section } from '../api/wire.ts';

/** How long a screen stays when the address does not say; and what it may say. */
export const SECONDS_USUAL = 20;
const SECONDS_MIN = 5;
const SECONDS_MAX = 3600;

/** `kiosk=1`, or the seconds a screen stays: `kiosk=45`. */
export function readKiosk(text: string | null): number | null {
  if (text === null || !/^\d{1,5}$/.test(text) || Number(text) === 0) return null;
  if (text === '1') return SECONDS_USUAL;
  return Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, Number(text)));
}

export function kioskText(seconds: number): string {
  return seconds === SECONDS_USUAL ? '1' : String(seconds);
}

export interface Screen {
  section: Section;
  panels: PanelSpec[];
  rows: number;
}

const COLUMNS = 12;
const LOW_ROWS_MAX = 2;
const LOW = ['stat', 'freshness'];

export function screensOf(manifest: Manifest): Screen[] {
  const panels = new Map(manifest.panels.map(panel => [panel.id, panel]));
  return manifest.sections.flatMap(section => {
    const known = section.panels
      .map(id => panels.get(id))
      .filter(panel => panel !== undefined && panel.kind !== 'text') as PanelSpec[];
    const screens: (Screen & { isLow: boolean })[] = [];
    for (const row of rowsOf(known)) {
      const isLow = row.every(panel => LOW.includes(panel.kind));
      const last = screens[screens.length - 1];
      if (isLow && last?.isLow && last.rows < LOW_ROWS_MAX) {
        last.panels.push(...row);
        last.rows += 1;
      } else screens.push({ section, panels: row, rows: 1, isLow });
    }
    return screens.map(({ isLow: _, ...screen }) => screen);
  });
}

function rowsOf(panels: PanelSpec[]): PanelSpec[][] {
  const rows: PanelSpec[][] = [];
  let room = 0;
  for (const panel of panels) {
    const wide = Math.min(COLUMNS, panel.span?.wide ?? COLUMNS);
    if (wide > room) {
      rows.push([]);
      room = COLUMNS;
    }
    rows[rows.length - 1]?.push(panel);
    room -= wide;
  }
  return rows;
}
