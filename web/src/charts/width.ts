/** How wide an element is, as long as it lives; what fits into it is decided by pure functions. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export function useWidth<Box extends HTMLElement>() {
  const box = useRef<Box>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const sized = new ResizeObserver(measure);
    sized.observe(element);
    return () => sized.disconnect();
  }, []);
  return { box, width };
}
