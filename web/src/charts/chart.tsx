/**
 * A drawing that is kept and changed in place, never thrown away and made anew.
 *
 * Sized by its own box; disposed with its component, so a board that runs for weeks holds one
 * instance a drawing. What it shows is also said in words beside it, so it is silent unless it has a name of its own.
 */
import { useEffect, useRef } from 'preact/hooks';
import type { ChartOption } from './options.ts';
import { Rest } from './rest.ts';

type Engine = typeof import('./echarts.ts');
type Instance = ReturnType<Engine['init']>;

let engine: Promise<Engine> | null = null;

function loadEngine(): Promise<Engine> {
  engine ??= import('./echarts.ts').catch((error: unknown) => {
    // Asked for again with the next drawing; the figures stand without it.
    engine = null;
    throw error;
  });
  return engine;
}

export function Chart(props: { option: ChartOption; class: string; name?: string }) {
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const newest = useRef(props.option);
  newest.current = props.option;

  useEffect(() => {
    loadEngine().then(
      ({ init }) => {
        if (box.current === null) return;
        drawing.current ??= new Drawing(box.current, init);
        drawing.current.show(newest.current);
      },
      () => {},
    );
  }, [props.option]);
  useEffect(() => () => drawing.current?.end(), []);

  const told =
    props.name === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': props.name };
  return <div ref={box} class={props.class} {...told} />;
}

/** One instance of ECharts in its box. */
class Drawing {
  private readonly chart: Instance;
  private readonly sized: ResizeObserver;
  private readonly rest = new Rest();

  constructor(host: HTMLElement, init: Engine['init']) {
    this.chart = init(host, null, {
      renderer: 'svg',
      width: host.clientWidth || 1,
      height: host.clientHeight || 1,
    });
    this.sized = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = host;
      if (width === 0 || (this.chart.getWidth() === width && this.chart.getHeight() === height)) return;
      this.chart.resize({ width, height, silent: true });
      this.stretch();
    });
    this.sized.observe(host);
  }

  show(option: ChartOption): void {
    const drawn = this.rest.end() ? option : { ...option, animation: false };
    // A series that is no longer there goes; the others change in place.
    this.chart.setOption(drawn, { replaceMerge: ['series'] });
    this.stretch();
  }

  /** On paper its box has another size and nobody draws anew: it stretches with it. */
  private stretch(): void {
    const svg = this.chart.getDom().querySelector('svg');
    svg?.setAttribute('viewBox', `0 0 ${this.chart.getWidth()} ${this.chart.getHeight()}`);
    svg?.setAttribute('preserveAspectRatio', 'none');
  }

  end(): void {
    this.sized.disconnect();
    this.chart.dispose();
  }
}
