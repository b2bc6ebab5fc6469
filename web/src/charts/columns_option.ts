/**
 * What ECharts is told to draw columns over time: bars and quiet lines, no words, no axes.
 *
 * Words, ticks and what can be pressed lie around it as elements of the page, in the same bands.
 * Tones differ by lightness and by being filled or hollow, never by hue alone.
 */

import { type ChartOption, motion } from './options.ts';
import type { Scale } from './scale.ts';

export interface ColumnsInput {
  keys: string[];
  series: { key: string; tone: string; amounts: (number | null)[] }[];
  scale: Scale;
  isStacked: boolean;
  /** A strip for each series, one under the other. */
  hasLanes: boolean;
  isMoving: boolean;
}

/** The part of a strip that is left for its words. */
export const LANE_HEAD = 0.28;

const HOLLOW: { [tone: string]: string } = { open: 'open', unset: 'grey-mark' };
const FILLED: { [tone: string]: string } = {
  won: 'won',
  lost: 'lost-mark',
  accent: 'accent',
  'part-0': 'accent-pale',
  'part-1': 'accent',
  'part-2': 'accent-deep',
  'part-3': 'grey-mark',
};

export function columnsOption(input: ColumnsInput): ChartOption {
  const { keys, series, scale, isStacked, hasLanes, isMoving } = input;
  const lanes = hasLanes ? series.map((_, i) => i) : [0];
  const height = 100 / lanes.length;
  const head = hasLanes ? LANE_HEAD : 0;
  const step = scale.steps[0] ?? scale.max;
  return {
    ...motion(isMoving),
    grid: lanes.map(i => ({
      left: 0,
      right: 0,
      top: `${height * (i + head)}%`,
      height: `${height * (1 - head)}%`,
    })),
    xAxis: lanes.map(i => ({ type: 'category', gridIndex: i, show: false, data: keys })),
    yAxis: lanes.map(i => ({
      type: 'value',
      gridIndex: i,
      min: 0,
      max: scale.max,
      interval: hasLanes ? scale.max : step,
      axisLabel: { show: false },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { showMinLine: false, lineStyle: { color: 'var(--line)', width: 1 } },
    })),
    series: series.map((one, i) => ({
      type: 'bar' as const,
      id: one.key,
      xAxisIndex: hasLanes ? i : 0,
      yAxisIndex: hasLanes ? i : 0,
      silent: true,
      emphasis: { disabled: true },
      barMaxWidth: 30,
      barGap: '14%',
      barCategoryGap: keys.length > 40 ? '22%' : '34%',
      ...(isStacked ? { stack: 'all' } : {}),
      itemStyle: lookOf(one.tone, isStacked),
      data: keys.map((name, at) => barOf(name, one.amounts[at] ?? null)),
    })),
  };
}

/** Nothing is as high as nothing: a zero has no outline either. */
function barOf(name: string, amount: number | null) {
  if (amount === null) return { name, value: '-' };
  return amount === 0 ? { name, value: 0, itemStyle: { borderWidth: 0 } } : { name, value: amount };
}

function lookOf(tone: string, isStacked: boolean) {
  const hollow = HOLLOW[tone];
  if (hollow !== undefined)
    return {
      color: hollow === 'open' ? 'var(--open-wash)' : 'var(--panel)',
      borderColor: `var(--${hollow})`,
      borderWidth: 1,
    };
  const color = `var(--${FILLED[tone] ?? 'grey-mark'})`;
  // A seam of the panel's own colour keeps the parts of a stack apart.
  return isStacked
    ? { color, borderColor: 'var(--panel)', borderWidth: 1 }
    : { color, borderRadius: [2, 2, 0, 0] };
}
