import { describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import { kioskText, readKiosk, screensOf } from '../src/state/kiosk.ts';

describe('a wall screen', () => {
  test('has two rows of tiles or one of anything higher, and shows every panel once', () => {
    const screens = screensOf(MANIFEST);
    expect(screens.slice(0, 3).map(screen => screen.panels.map(panel => panel.id))).toEqual([
      ['won_value', 'win_rate', 'open_pipeline', 'freshness', 'sales_velocity', 'sales_cycle'],
      ['won_by_source', 'live_activity'],
      ['won_by_campaign'],
    ]);
    expect(screens.map(screen => screen.rows)[0]).toBe(2);
    const shown = screens.flatMap(screen => screen.panels.map(panel => panel.id));
    expect(shown).toEqual(MANIFEST.sections.flatMap(section => section.panels));
  });

  test('leaves texts out: they tell what is not shown', () => {
    const panels = MANIFEST.panels.map(panel =>
      panel.id === 'forecast' ? { ...panel, kind: 'text' } : panel,
    );
    const shown = screensOf({ ...MANIFEST, panels }).flatMap(screen => screen.panels.map(panel => panel.id));
    expect(shown).toEqual(
      MANIFEST.sections.flatMap(section => section.panels).filter(panel => panel !== 'forecast'),
    );
  });

  test.each([
    ['1', 20],
    ['45', 45],
    ['2', 5],
    ['99999', 3600],
    ['0', null],
    ['yes', null],
    [null, null],
  ])('the address says %s: %s seconds', (text, seconds) => {
    expect(readKiosk(text)).toBe(seconds);
    if (seconds !== null) expect(readKiosk(kioskText(seconds))).toBe(seconds);
  });
});
