import { describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import type { ListResult, ListSpec } from '../src/api/wire.ts';
import { ASK_MS, Asking, RETRY_MS } from '../src/lists/asking.ts';
import { behind, behindAll } from '../src/lists/drill.ts';
import { givenWords, listView } from '../src/lists/list_view.ts';
import { listQuery, pageQuery, parseChoices } from '../src/state/url.ts';
import { EN, HandClock, settled, spec } from './fixtures.ts';

const CAMPAIGNS = [
  { currency: 'EUR', source: 'google', campaign: 'spring', is_other: false },
  { currency: 'USD', source: 'google', campaign: 'autumn', is_other: false },
  { currency: 'EUR', source: 'google', campaign: 'webinar', is_other: false },
  { currency: 'EUR', source: '', campaign: '(other)', is_other: true },
];
const [SPRING = {}] = CAMPAIGNS;
const OTHER = CAMPAIGNS[3] ?? {};

describe('what stands behind a number', () => {
  test('is the list that its row narrows', () => {
    expect(behind(spec('won_by_campaign'), 'lost_deals', SPRING, CAMPAIGNS)).toEqual({
      id: 'closed_deals',
      given: { status: ['lost'], source: ['google'], campaign: ['spring'], shown: ['EUR'] },
      sort: null,
    });
    expect(behind(spec('won_by_campaign'), 'campaign', SPRING, CAMPAIGNS)).toBeNull();
  });

  test('of all others is what stands in no row of the same currency, pair by pair', () => {
    expect(behind(spec('won_by_campaign'), 'total_value', OTHER, CAMPAIGNS)?.given).toEqual({
      status: ['won'],
      shown: ['EUR'],
      not_source: ['google', 'google'],
      not_campaign: ['spring', 'webinar'],
    });
  });

  test('of a total is not narrowed to a row', () => {
    expect(behindAll(spec('won_value'), 'unconverted_deals')?.given).toEqual({
      status: ['won'],
      only: ['unconverted'],
    });
    expect(behind(spec('revenue_by_size'), 'won_value', { size: 'small' }, [])?.given).toEqual({
      status: ['won'],
      size: ['small'],
    });
  });
});

describe('the open list in the address', () => {
  const read = (search: string) => parseChoices(search, MANIFEST);

  test('comes back as it went, doubles and order kept', () => {
    const search =
      '?list=closed_deals&list.source=a%2Cb&list.status=won&list.not_source=x,x&list.not_campaign=1,2&list.sort=-value';
    const { opened } = read(search);
    expect(opened?.given.not_source).toEqual(['x', 'x']);
    expect(opened?.given.source).toEqual(['a,b']);
    expect(opened?.sort).toEqual({ key: 'value', direction: 'descending' });
    expect(read(pageQuery(read(search), MANIFEST)).opened).toEqual(opened);
  });

  test('what this board does not have is passed over', () => {
    expect(read('?list=gone').opened).toBeNull();
    expect(read('?list=closed_deals&list.owner=x&list.gone=1&list.sort=gone').opened).toEqual({
      id: 'closed_deals',
      given: {},
      sort: null,
    });
    expect(read('?list=closed_deals&list.owner=0').opened?.given).toEqual({ owner: ['0'] });
  });

  test('what a row gives stands in place of the board’s own choice', () => {
    const choices = read('?source=google,facebook&tz=Europe/Berlin&list=closed_deals&list.source=google');
    expect(choices.opened && listQuery(choices, choices.opened, MANIFEST, 50)).toBe(
      '?source=google&tz=Europe/Berlin&rows=50',
    );
    expect(pageQuery(choices, MANIFEST)).toContain('source=google,facebook');
  });
});

const LIST = MANIFEST.lists.find(list => list.id === 'closed_deals') as ListSpec;

function answered(rows: unknown[][], totals: unknown[][]): ListResult {
  const columns = [
    'deal_id',
    'title',
    'value',
    'value_currency',
    'converted_value',
    'currency',
    'is_unconverted',
    'link',
  ];
  const told = ['currency', 'is_whole', 'deals', 'value', 'average_value', 'unconverted_deals', 'win_rate'];
  const named = (names: string[]) => names.map(name => ({ name, type: 'String' }));
  return {
    list: 'closed_deals',
    as_of: '2026-11-24T12:00:00Z',
    computed_ms: 1,
    columns: named(columns),
    rows,
    total_columns: named(told),
    totals,
  };
}

describe('a list', () => {
  const view = (result: ListResult) => listView(result, LIST, EN);

  test('tells a missing rate, its own currency, and leads nowhere but to web addresses', () => {
    const { rows, heads } = view(
      answered(
        [
          ['1', 'A', '5', 'XBT', null, 'EUR', true, 'https://acme.pipedrive.com/deal/1'],
          ['2', 'B', '5', 'EUR', '5', 'EUR', false, 'javascript:alert(1)'],
        ],
        [['', true, '2', '5', '5', '1', 1]],
      ),
    );
    const at = (key: string) => heads.findIndex(head => head.key === key);
    expect(rows[0]?.cells[at('converted_value')]?.text).toBe('Not converted');
    expect(rows[0]?.cells[at('value')]?.full).toContain('XBT');
    expect(rows.map(row => row.cells[at('title')]?.link)).toEqual([
      'https://acme.pipedrive.com/deal/1',
      null,
    ]);
  });

  test('says how many of how many, and leaves out totals that say nothing', () => {
    const { counted, isCut, totals } = view(
      answered(
        [['1', 'A', '5', 'EUR', '5', 'EUR', false, '']],
        [
          ['', true, '1204', '99.5', '9', '0', 1],
          ['EUR', false, '1204', '99.5', '9', '0', 1],
        ],
      ),
    );
    expect(counted).toBe('Deals 1 of 1,204');
    expect(isCut).toBe(true);
    expect(totals.map(total => total.key)).toEqual(['value', 'average_value']);
  });

  test('amounts of two currencies stand side by side', () => {
    const { totals } = view(
      answered(
        [],
        [
          ['', true, '3', null, null, '0', 0.5],
          ['EUR', false, '2', '10', '5', '0', 0.5],
          ['USD', false, '1', '7', '7', '0', 0.5],
        ],
      ),
    );
    expect(totals.map(total => total.text)).toEqual(['€10 · US$7', '€5 · US$7', '50.0%']);
  });

  test('what it was given is told in words', () => {
    const opened = {
      id: 'closed_deals',
      given: { owner: ['3'], status: ['won'], only: ['unconverted'], shown: ['EUR'], not_source: ['a'] },
      sort: null,
    };
    expect(givenWords(opened, MANIFEST, EN, { owner: { 3: 'Ada' } })).toEqual([
      'Owner: Ada',
      'Status: won',
      'Only: not converted',
      'All other sources',
    ]);
  });
});

describe('asking for a list', () => {
  function started(answer: (rows: number) => Promise<ListResult>) {
    const clock = new HandClock();
    const rows: number[] = [];
    const ask = (count: number) => {
      rows.push(count);
      return answer(count);
    };
    return { clock, rows, asking: new Asking(ask, () => ({ message: 'away', id: null }), clock) };
  }
  const answer = async () => answered([], []);

  test('rows that land in a storm are asked about once a second', async () => {
    const { clock, rows, asking } = started(answer);
    await settled();
    for (let i = 0; i < 50; i += 1) asking.landed();
    await clock.turn(ASK_MS - 1);
    expect(rows).toHaveLength(1);
    await clock.turn(1);
    expect(rows).toHaveLength(2);
    await clock.turn(10 * ASK_MS);
    expect(rows).toHaveLength(2);
  });

  test('a failure keeps the rows and is tried again; a stop ends all', async () => {
    let isAway = false;
    const { clock, rows, asking } = started(() => (isAway ? Promise.reject(new Error('x')) : answer()));
    await settled();
    isAway = true;
    asking.landed();
    await clock.turn(ASK_MS);
    expect(asking.asked.value.failure?.message).toBe('away');
    expect(asking.asked.value.result).not.toBeNull();
    isAway = false;
    await clock.turn(RETRY_MS);
    expect(asking.asked.value.failure).toBeNull();
    asking.stop();
    asking.landed();
    await clock.turn(10 * RETRY_MS);
    expect(rows).toHaveLength(3);
  });

  test('more rows are asked for at once, and an older answer is passed over', async () => {
    const { rows, asking } = started(answer);
    asking.more();
    expect(asking.asked.value.isWaiting).toBe(true);
    await settled();
    expect(rows).toEqual([50, 250]);
    expect(asking.asked.value.isWaiting).toBe(false);
    asking.more();
    expect(asking.canShowMore).toBe(false);
  });
});
