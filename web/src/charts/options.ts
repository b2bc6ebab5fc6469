/**
 * What ECharts is told for each drawing. Pure; colours are the page's custom properties, so a
 * change of theme repaints nothing here.
 */
import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';

export type ChartOption = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption>;

export const MOVE_MS = 180;

export interface BarsInput {
  keys: string[];
  /** 0 to 1; null draws nothing. */
  shares: (number | null)[];
  /** A paler bar behind, on the same scale. */
  behind?: number[];
  color: string;
  thickness: number;
  isMoving: boolean;
}

/** One column of horizontal bars, the first row on top, from zero to the longest. */
export function barsOption(input: BarsInput): ChartOption {
  const { keys, shares, behind, color, thickness, isMoving } = input;
  const bar = {
    type: 'bar' as const,
    barWidth: thickness,
    silent: true,
    emphasis: { disabled: true },
    itemStyle: { color, borderRadius: [0, 3, 3, 0] },
  };
  return {
    ...motion(isMoving),
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', min: 0, max: 1, show: false },
    yAxis: { type: 'category', inverse: true, show: false, data: keys },
    series: [
      ...(behind
        ? [
            {
              ...bar,
              id: 'behind',
              barGap: '-100%',
              itemStyle: { ...bar.itemStyle, color: 'var(--track)' },
              data: named(keys, behind),
            },
          ]
        : []),
      { ...bar, id: 'bars', barGap: '-100%', data: named(keys, shares) },
    ],
  };
}

function named(keys: string[], values: (number | null)[]) {
  return keys.map((name, i) => ({ name, value: values[i] ?? '-' }));
}

export interface SparkInput {
  points: (number | null)[];
  unfinished: boolean;
  isMoving: boolean;
}

/** A run over time: from zero, the running bucket dashed, its end marked by a dot. */
export function sparkOption(input: SparkInput): ChartOption {
  const { points, unfinished, isMoving } = input;
  const done = unfinished ? points.length - 1 : points.length;
  const line = {
    type: 'line' as const,
    silent: true,
    showSymbol: false,
    emphasis: { disabled: true },
    lineStyle: { color: 'var(--accent)', width: 1.75, cap: 'round' as const, join: 'round' as const },
  };
  const last = points.length - 1;
  const end = {
    value: points[last] ?? '-',
    symbol: 'circle',
    symbolSize: 6,
    itemStyle: { color: 'var(--accent)' },
  };
  return {
    ...motion(isMoving),
    grid: { left: 1, right: 5, top: 5, bottom: 5 },
    xAxis: { type: 'category', show: false, boundaryGap: false, data: points.map((_, i) => String(i)) },
    yAxis: { type: 'value', min: 0, show: false },
    series: [
      {
        ...line,
        id: 'done',
        areaStyle: { color: 'var(--accent-wash)', opacity: 1 },
        data: points.slice(0, done).map((point, i) => (i === last ? { ...end } : (point ?? '-'))),
      },
      {
        ...line,
        id: 'running',
        lineStyle: { ...line.lineStyle, type: [2, 4] },
        showSymbol: true,
        symbol: 'none',
        data: unfinished
          ? points.map((point, i) => (i === last ? { ...end } : i === last - 1 ? (point ?? '-') : '-'))
          : [],
      },
    ],
  };
}

export function motion(isMoving: boolean) {
  return {
    animation: isMoving,
    animationDuration: MOVE_MS,
    animationDurationUpdate: MOVE_MS,
    animationEasing: 'cubicOut' as const,
    animationEasingUpdate: 'cubicOut' as const,
  };
}
