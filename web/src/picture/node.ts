/** Elements of an SVG, and colours as any program that draws one understands them. */
export const NS = 'http://www.w3.org/2000/svg';

export type Attributes = { [name: string]: string | number };

export function node(name: string): Element {
  return document.createElementNS(NS, name);
}

export function shape(name: string, attributes: Attributes): Element {
  const made = node(name);
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value);
  return made;
}

/** `rgb()` and its opacity apart: older programs know no other form. */
export function colored(color: string, name: 'fill' | 'stroke' = 'fill'): Attributes {
  const found = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(color);
  if (!found) return { [name]: color };
  const [, r, g, b, a] = found;
  return { [name]: `rgb(${r},${g},${b})`, ...(a === undefined ? {} : { [`${name}-opacity`]: a }) };
}
