import { describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import { barsView } from '../src/panels/bars_view.ts';
import { emptyWords } from '../src/panels/empty.ts';
import { feedView } from '../src/panels/feed_view.ts';
import { freshnessOf, limitsOf, marksOf } from '../src/panels/freshness_view.ts';
import { funnelView } from '../src/panels/funnel_view.ts';
import { notesOf } from '../src/panels/notes.ts';
import { pinnedOrder } from '../src/panels/pinned.ts';
import { stepTo } from '../src/panels/roving.ts';
import { statView } from '../src/panels/stat_view.ts';
import { tableView } from '../src/panels/table_view.ts';
import { defaultChoices } from '../src/state/url.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string | undefined) => (text ?? '').replace(/\s/g, ' ');

describe('a number tile', () => {
  const columns = {
    currency: 'String',
    won_value: 'Decimal(38, 4)',
    won_deals: 'UInt64',
    average_value: 'Nullable(Decimal(38, 4))',
    previous_value: 'Nullable(Decimal(38, 4))',
    change: 'Nullable(Float64)',
    spark_at: "Array(DateTime('Europe/Warsaw'))",
    spark_value: 'Array(Decimal(38, 4))',
  };
  const days = ['2026-11-23 00:00:00', '2026-11-24 00:00:00'];
  const view = (rows: unknown[][], compare: 'previous' | 'off' = 'previous') =>
    statView(result('won_value', columns, rows), spec('won_value'), EN, compare);

  test('shows figure, change and facts', () => {
    const made = view([
      ['EUR', '1527182.5000', '141', '11229.2800', '1472000.0000', 0.0375, days, ['1.0000', '2.0000']],
    ]);
    expect(made.figure.full).toBe('€1,527,182.50');
    expect(made.change).toEqual({ text: '+3.8%', tone: 'up', versus: 'vs previous period' });
    expect(made.facts.map(fact => fact.text)).toEqual(['141', '€11,229']);
    expect(made.spark).toEqual({ points: [1, 2], unfinished: true });
  });

  test('a run that ended before now is finished', () => {
    const old = ['2026-10-01 00:00:00', '2026-10-02 00:00:00'];
    expect(view([['EUR', '1', '1', '1', '1', 0, old, ['1', '2']]]).spark?.unfinished).toBe(false);
  });

  test('nothing won is zero, not nothing', () => {
    const made = view([]);
    expect(made.figure.full).toBe('€0.00');
    expect(made.facts.map(fact => fact.text)).toEqual(['0', '–']);
  });

  test.each([null, '0.0000'])('an earlier value of %s is no change', previous => {
    expect(view([['EUR', '5', '1', '5', previous, null, days, ['1', '2']]]).change).toEqual({
      text: '–',
      tone: 'none',
      versus: 'no earlier period',
    });
  });

  test('comparison off shows no change', () => {
    expect(view([['EUR', '5', '1', '5', '4', 0.25, days, ['1', '2']]], 'off').change).toBeNull();
  });

  test('amounts of currencies without rates are not added, their counts are', () => {
    const made = view([
      ['EUR', '5.0000', '3', '5', null, null, days, []],
      ['USD', '7.0000', '2', '7', null, null, days, []],
      ['GBP', '1.0000', '1', '1', null, null, days, []],
      ['PLN', '1.0000', '1', '1', null, null, days, []],
    ]);
    expect(made.figure.full).toBe('€5.00');
    expect(made.facts.map(fact => [fact.label, plain(fact.text)])).toEqual([
      ['Won deals', '7'],
      ['Average value', '€5'],
      ['Other currencies', 'US$7 · £1 · 1 more'],
    ]);
  });

  test('a share of the figure is between nothing and all', () => {
    const made = statView(
      result(
        'open_pipeline',
        { currency: 'String', open_value: 'Decimal(38,4)', weighted_value: 'Decimal(38,4)' },
        [['EUR', '200.0000', '68.0000']],
      ),
      spec('open_pipeline'),
      EN,
      'off',
    );
    expect(made.share).toEqual({ part: 0.34, text: 'Weighted value: 34.0%' });
  });
});

describe('bars by source', () => {
  const columns = {
    currency: 'String',
    source: 'String',
    won_deals: 'UInt64',
    total_value: 'Nullable(Decimal(38, 4))',
    average_value: 'Nullable(Decimal(38, 4))',
    unconverted_deals: 'UInt64',
    is_other: 'Bool',
    sources: 'UInt64',
  };
  const rows = [
    ['EUR', 'google', '48', '400.0000', '10.0000', '1', false, '1'],
    ['EUR', '(not set)', '4', '100.0000', '40.0000', '0', false, '1'],
    ['EUR', 'radio', '1', null, null, '1', false, '1'],
    ['EUR', '(other)', '7', '20.0000', '2.0000', '0', true, '123'],
  ];
  const made = barsView(result('won_by_source', columns, rows), spec('won_by_source'), EN, ['google']);

  test('each column has its own scale from zero', () => {
    expect(made.rows.map(row => row.bars.map(bar => bar.share))).toEqual([
      [1, 0.25],
      [0.25, 1],
      [null, null],
      [0.05, 0.05],
    ]);
  });

  test('no converted value is a dash, not a zero', () => {
    expect(made.rows[2]?.bars.map(bar => bar.text)).toEqual(['–', '–']);
  });

  test('a row filters by its source, the rest of them does not', () => {
    expect(made.rows.map(row => row.value)).toEqual(['google', '(not set)', 'radio', null]);
    expect(made.rows.map(row => row.isChosen)).toEqual([true, false, false, false]);
  });

  test('a row says what a press does, and has every digit at hand', () => {
    expect(made.rows.map(row => row.press)).toEqual([
      'remove the filter google',
      'filter the board by (not set)',
      'filter the board by radio',
      '',
    ]);
    expect(made.rows[1]?.bars.map(bar => bar.full)).toEqual(['€100.00', '€40.00']);
  });

  test('currencies have scales of their own', () => {
    const native = barsView(
      result('won_by_source', columns, [
        ['EUR', 'google', '1', '10.0000', '10.0000', '0', false, '1'],
        ['JPY', 'google', '1', '9000.0000', '9000.0000', '0', false, '1'],
      ]),
      spec('won_by_source'),
      EN,
      [],
    );
    expect(native.rows.map(row => [row.label, row.currency, row.bars[0]?.share])).toEqual([
      ['google', 'EUR', 1],
      ['google', 'JPY', 1],
    ]);
    expect(new Set(native.rows.map(row => row.key)).size).toBe(2);
  });

  test('the small print says what was left out, and of how many the top are', () => {
    expect(notesOf(result('won_by_source', columns, rows), spec('won_by_source'), EN)).toEqual([
      '2 not converted: no rate for their currency on that day',
      'Top 3 of 126, the rest as (other)',
    ]);
  });

  test('there is no small print when there is nothing to say', () => {
    expect(notesOf(result('won_by_source', columns, rows.slice(1, 2)), spec('won_by_source'), EN)).toEqual(
      [],
    );
  });
});

describe('bars with a share', () => {
  const columns = {
    status: 'String',
    contacts: 'UInt64',
    share: 'Nullable(Float64)',
    disposable_contacts: 'UInt64',
    blocked_contacts: 'UInt64',
    unchecked_contacts: 'UInt64',
    deliverable_share: 'Nullable(Float64)',
  };
  const made = barsView(
    result('email_quality', columns, [
      ['valid', '15', 0.75, '2', '1', '3', 0.882],
      ['webmail', '5', 0.25, '2', '1', '3', 0.882],
    ]),
    spec('email_quality'),
    EN,
    [],
  );

  test('tell it beside the number, and need no bar', () => {
    expect(made.head).toEqual({ label: 'Status', count: 'Contacts', portion: 'Share', bars: [] });
    expect(made.rows.map(row => [row.count, row.portion, row.bars])).toEqual([
      ['15', '75.0%', []],
      ['5', '25.0%', []],
    ]);
  });

  test('have beneath what is true of all rows together, once', () => {
    expect(made.facts.map(fact => [fact.label, fact.text])).toEqual([
      ['Disposable', '2'],
      ['Blocked', '1'],
      ['Not checked', '3'],
      ['Deliverable', '88.2%'],
    ]);
  });
});

describe('the funnel', () => {
  const columns = {
    pipeline: 'String',
    stage_id: 'UInt64',
    stage: 'String',
    reached_deals: 'UInt64',
    from_previous: 'Nullable(Float64)',
    from_first: 'Nullable(Float64)',
    open_deals: 'UInt64',
    open_currencies: 'Array(String)',
    open_values: 'Array(Nullable(Decimal(38,4)))',
  };
  const made = funnelView(
    result('pipeline_by_stage', columns, [
      ['Sales', '1', 'Qualified', '10', null, 1, '4', ['EUR', 'USD'], ['1200.0000', '50.0000']],
      ['Sales', '2', 'Demo', '5', 0.5, 0.5, '0', [], []],
      ['Service', '9', 'New', '3', null, 1, '1', ['EUR'], [null]],
    ]),
    spec('pipeline_by_stage'),
    EN,
  );

  test('keeps the stages in their order, each pipeline on its own scale', () => {
    expect(made.rows.map(row => [row.group, row.label, row.share, row.before])).toEqual([
      ['Sales', 'Qualified', 1, 1],
      [null, 'Demo', 0.5, 1],
      ['Service', 'New', 1, 1],
    ]);
  });

  test('conversions are the query’s, and the first stage has none', () => {
    expect(made.rows.map(row => [row.step, row.total])).toEqual([
      [null, null],
      ['50.0%', '50.0%'],
      [null, null],
    ]);
  });

  test('open amounts of several currencies stand side by side', () => {
    expect(made.rows.map(row => plain(row.value))).toEqual(['€1,200 · US$50', '–', '–']);
  });
});

describe('the feed', () => {
  const columns = {
    at: 'DateTime64(6)',
    event_uuid: 'UUID',
    what: 'String',
    events: 'UInt64',
    deal_id: 'UInt64',
    title: 'String',
    value: 'Nullable(Decimal(18,4))',
    previous_value: 'Nullable(Decimal(18,4))',
    currency: 'String',
    status: 'String',
    stage: 'String',
    previous_stage: 'String',
    lost_reason: 'String',
    owner: 'String',
    actor: 'String',
  };
  const line = (what: string, more: { [name: string]: unknown } = {}) => {
    const row: { [name: string]: unknown } = {
      at: '2026-11-24T12:00:00Z',
      event_uuid: 'u',
      what,
      events: '1',
      deal_id: '7',
      title: 'Acme',
      value: '22944.0000',
      previous_value: '20000.0000',
      currency: 'USD',
      stage: 'Demo',
      previous_stage: 'Qualified',
      lost_reason: 'price',
      owner: 'Ada',
      actor: '',
      ...more,
    };
    return feedView(
      result('live_activity', columns, [Object.keys(columns).map(name => row[name])]),
      spec('live_activity'),
      EN,
    )[0];
  };

  test.each([
    ['won', 'won', 'US$22,944'],
    ['lost', 'lost: price', 'US$22,944'],
    ['moved', 'Qualified › Demo', null],
    ['added', 'created · Demo', 'US$22,944'],
    ['revalued', 'US$20,000 › US$22,944', null],
    ['merged_away', 'merged', null],
    ['something_new', 'updated', null],
  ])('%s reads "%s"', (what, words, amount) => {
    expect(line(what)).toMatchObject({ what: words, amount, title: 'Acme', who: 'Ada' });
  });

  test('a deal entered when it was won already is told as won', () => {
    expect(line('added', { status: 'won' })).toMatchObject({ what: 'created · won', tone: 'won' });
  });

  test('a deal without a title has its number', () => {
    expect(line('won', { title: '' })?.title).toBe('Deal 7');
  });

  test('many at once are one line that says how many', () => {
    expect(line('updated', { events: '250' })?.title).toBe('250 changed at once');
  });

  test('holds fifty lines', () => {
    const rows = Array.from({ length: 80 }, (_, i) => [
      '2026-11-24T12:00:00Z',
      `u${i}`,
      'won',
      '1',
      String(i),
    ]);
    expect(feedView(result('live_activity', columns, rows), spec('live_activity'), EN)).toHaveLength(50);
  });
});

describe('freshness', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const ago = (seconds: number) => now - seconds * 1000;
  const limits = limitsOf(spec('freshness'));

  test.each([
    ['waiting', null, null, null],
    ['waiting', null, null, ago(5)],
    ['fresh', ago(5), ago(4), ago(5)],
    ['quiet', ago(900), ago(900), ago(5)],
    ['late', ago(100), ago(100), ago(50)],
    ['broken', ago(400), ago(400), ago(301)],
  ])('is %s', (state, eventAt, loadedAt, heartbeatAt) => {
    expect(freshnessOf({ eventAt, loadedAt, heartbeatAt }, now, limits)).toBe(state);
  });

  test('takes the newer of what the stream and the panel say', () => {
    const row = result('freshness', { last_event_at: 'x', last_loaded_at: 'x', heartbeat_at: 'x' }, [
      ['2026-11-24 11:00:00', null, '2026-11-24 11:59:00.5'],
    ]);
    const fresh = {
      last_event_at: '2026-11-24T11:30:00Z',
      last_loaded_at: null,
      heartbeat_at: null,
      server_time: '',
    };
    expect(marksOf(fresh, row, spec('freshness'))).toEqual({
      eventAt: Date.parse('2026-11-24T11:30:00Z'),
      loadedAt: null,
      heartbeatAt: Date.parse('2026-11-24T11:59:00.500Z'),
    });
  });
});

describe('the table twin', () => {
  test('has full figures of each column', () => {
    const made = tableView(
      result(
        'won_by_source',
        { source: 'String', won_deals: 'UInt64', total_value: 'Nullable(Decimal(38, 4))' },
        [
          ['google', '48', '451613.2500'],
          ['(not set)', '1', null],
        ],
      ),
      spec('won_by_source'),
      EN,
    );
    expect(made.columns.map(column => column.label)).toEqual(['Source', 'Won deals', 'Total value']);
    expect(made.rows[0]?.cells).toEqual(['google', '48', '€451,613.25']);
  });

  test('a lone row is told downwards, and its run over time follows', () => {
    const made = tableView(
      result(
        'won_value',
        {
          currency: 'String',
          won_value: 'Decimal(38,4)',
          won_deals: 'UInt64',
          change: 'Nullable(Float64)',
          spark_at: "Array(DateTime('Europe/Warsaw'))",
          spark_value: 'Array(Decimal(38,4))',
        },
        [['EUR', '3.5000', '2', 0.25, ['2026-11-23 00:00:00', '2026-11-24 00:00:00'], ['1.0000', null]]],
      ),
      spec('won_value'),
      EN,
    );
    expect(made.rows.map(row => row.cells)).toEqual([
      ['Won value', '€3.50'],
      ['Won deals', '2'],
      ['Change', '+25.0%'],
      ['23 Nov 2026', '€1.00'],
      ['24 Nov 2026', '–'],
    ]);
  });

  test('leaves out what only steers the drawing', () => {
    const made = tableView(
      result(
        'won_by_source',
        {
          currency: 'String',
          source: 'String',
          total_value: 'Decimal(38,4)',
          is_other: 'Bool',
          sources: 'UInt64',
        },
        [
          ['EUR', 'a', '1.0000', false, '1'],
          ['EUR', 'b', '1.0000', false, '1'],
        ],
      ),
      spec('won_by_source'),
      EN,
    );
    expect(made.columns.map(column => column.key)).toEqual(['source', 'total_value']);
  });

  test('a tile of several currencies tells each, and its run', () => {
    const made = tableView(
      result(
        'won_value',
        {
          currency: 'String',
          won_value: 'Decimal(38,4)',
          at: "Array(DateTime('Europe/Warsaw'))",
          v: 'Array(Decimal(38,4))',
        },
        [
          ['EUR', '1.0000', ['2026-11-22T23:00:00Z'], ['1.0000']],
          ['USD', '2.0000', ['2026-11-22T23:00:00Z'], ['2.0000']],
        ],
      ),
      spec('won_value'),
      EN,
    );
    expect(made.rows.map(row => row.cells.join(' | '))).toEqual([
      'EUR | Won value | €1.00',
      'EUR | 23 Nov 2026 | €1.00',
      'USD | Won value | US$2.00',
      'USD | 23 Nov 2026 | US$2.00',
    ]);
    expect(new Set(made.rows.map(row => row.key)).size).toBe(4);
  });

  test('amounts of several currencies stand side by side in their cell', () => {
    const made = tableView(
      result(
        'pipeline_by_stage',
        { stage: 'String', open_currencies: 'Array(String)', open_values: 'Array(Nullable(Decimal(38,4)))' },
        [
          ['New', ['EUR', 'USD'], ['1.5000', '2.0000']],
          ['Demo', [], []],
        ],
      ),
      spec('pipeline_by_stage'),
      EN,
    );
    expect(made.rows.map(row => row.cells)).toEqual([
      ['New', '€1.50 · US$2.00'],
      ['Demo', ''],
    ]);
  });

  test('shows any result, also of a kind that is not known', () => {
    const odd = { ...spec('won_value'), kind: 'sankey', encode: {} };
    const made = tableView(
      result('x', { a: 'String', b: 'Array(String)', c: 'Float64' }, [
        ['q', ['x'], 1.5],
        ['r', [], null],
      ]),
      odd,
      EN,
    );
    expect(made.rows[0]?.cells).toEqual(['q', 'x', '1.5']);
  });
});

describe('an empty panel', () => {
  const words = (id: string, source: string[]) =>
    emptyWords({
      spec: spec(id),
      manifest: MANIFEST,
      choices: { ...defaultChoices(MANIFEST), period: 'today', lists: source.length > 0 ? { source } : {} },
      texts: MANIFEST.texts,
      label: (_, value) => value,
      now: Date.parse('2026-11-24T12:00:00Z'),
      locale: 'en-GB',
    });

  test('says what was looked for, when, and with which filters', () => {
    expect(words('won_by_source', ['google', 'radio'])).toBe(
      'No deals won 24 Nov 2026 with source google or radio.',
    );
    expect(words('live_activity', [])).toBe('No activity.');
  });
});

describe('rows under a hand', () => {
  test('keep their places, new ones join at the end, gone ones leave', () => {
    expect(pinnedOrder(['a', 'b', 'c'], ['c', 'd', 'a'])).toEqual(['a', 'c', 'd']);
  });

  test('arrows, Home and End move within the ends', () => {
    expect([
      stepTo('ArrowDown', 0, 3),
      stepTo('ArrowDown', 2, 3),
      stepTo('ArrowUp', 0, 3),
      stepTo('Home', 2, 3),
      stepTo('End', 0, 3),
      stepTo('x', 0, 3),
      stepTo('Home', 0, 0),
    ]).toEqual([1, 2, 0, 0, 2, null, null]);
  });
});
