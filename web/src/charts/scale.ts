/**
 * A scale from zero with few round steps, so that at most four quiet lines lie behind the columns.
 */
export interface Scale {
  max: number;
  /** Where lines lie, zero left out. */
  steps: number[];
}

const LINES_MAX = 4;
const ROUND = [1, 2, 2.5, 3, 4, 5, 10];

/** `isWhole`: what is counted has no halves. */
export function scaleTo(largest: number, isWhole: boolean): Scale {
  if (!(largest > 0)) return { max: 1, steps: [1] };
  const rough = largest / LINES_MAX;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ROUND.map(round => round * power)
    .filter(size => !isWhole || Number.isInteger(size))
    .find(size => size * LINES_MAX >= largest * (1 - 1e-9));
  const size = step ?? 1;
  const count = Math.max(1, Math.ceil(largest / size - 1e-9));
  return { max: size * count, steps: Array.from({ length: count }, (_, i) => size * (i + 1)) };
}
