/**
 * A drawing that is kept and changed in place, never thrown away and made anew.
 *
 * Sized by its own box; disposed with its component, so a board that runs for weeks holds one
 * instance a drawing. What it shows is also said in words beside it, so it is silent by default.
 */
import { useEffect, useRef } from 'preact/hooks';
import type { ChartOption } from './options.ts';

type Engine = typeof import('./echarts.ts');
type Instance = ReturnType<Engine['init']>;

let engine: Promise<Engine> | null = null;

function loadEngine(): Promise<Engine> {
  engine ??= import('./echarts.ts');
  return engine;
}

export function Chart(props: { option: ChartOption; class: string; isSilent?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Instance | null>(null);
  const newest = useRef(props.option);
  newest.current = props.option;

  useEffect(() => {
    const host = box.current;
    if (host === null) return;
    let isGone = false;
    const sized = new ResizeObserver(() => {
      const made = chart.current;
      if (made === null || host.clientWidth === 0) return;
      if (made.getWidth() === host.clientWidth && made.getHeight() === host.clientHeight) return;
      made.resize({ width: host.clientWidth, height: host.clientHeight, silent: true });
    });
    void loadEngine().then(({ init }) => {
      if (isGone) return;
      chart.current = init(host, null, {
        renderer: 'svg',
        width: host.clientWidth || 1,
        height: host.clientHeight || 1,
      });
      chart.current.setOption(newest.current);
      sized.observe(host);
    });
    return () => {
      isGone = true;
      sized.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(props.option);
  }, [props.option]);

  return <div ref={box} class={props.class} aria-hidden={props.isSilent === false ? undefined : 'true'} />;
}
