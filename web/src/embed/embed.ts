/**
 * What is different when the page stands in another one: a token instead of a session, an address
 * that keeps what the host wrote, no entry in the host's history, nothing kept on the device.
 */
import type { Fetch } from '../api/client.ts';
import type { Address } from '../state/session.ts';
import type { Timing } from '../state/slots.ts';
import { type Host, Ticket } from './ticket.ts';

/** Parameters of the address that are the host's, not the viewer's. */
const KEPT = ['k', 'fit', 'theme'];
const PATH = /^\/e\/[^/]+\/?$/;

export interface Embed {
  ticket: Ticket;
  /** `content`: the host makes the frame as high as the board is. */
  fit: 'scroll' | 'content';
  theme: string | null;
  address: Address;
  /** Saves what an address answers, which a link alone could not ask for. */
  save(url: string, name: string): Promise<void>;
}

/** Null when this is the page for people. */
export function embedOf(view: Window, fetchIt: Fetch, timing: Timing): Embed | null {
  if (!PATH.test(view.location.pathname)) return null;
  const { location, history } = view;
  const given = new URLSearchParams(location.search);
  const token = new URLSearchParams(location.hash.slice(1)).get('t') ?? '';
  // Out of sight, and out of what a viewer might copy.
  history.replaceState(null, '', location.pathname + location.search);
  const ticket = new Ticket(token, hostOf(view), timing);
  const own = ticket.fetchWith(fetchIt);
  const kept = KEPT.flatMap(name => {
    const value = given.get(name);
    return value === null ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  /** Where `back` leads: one step, for there is no history to step in. */
  let before = '';
  const embed: Embed = {
    ticket,
    fit: given.get('fit') === 'content' ? 'content' : 'scroll',
    theme: given.get('theme'),
    address: {
      search: () => without(location.search),
      // No entry of the host's history: its way back leads out of its own page, not around in ours.
      write: (search, how) => {
        if (how === 'push') before = without(location.search);
        const all = [...kept, ...search.replace(/^\?/, '').split('&').filter(Boolean)].join('&');
        history.replaceState(null, '', `${location.pathname}${all === '' ? '' : `?${all}`}`);
      },
      back: () => {
        embed.address.write(before, 'replace');
        view.dispatchEvent(new PopStateEvent('popstate'));
      },
    },
    save: async (url, name) => {
      const response = await own(url);
      if (!response.ok) throw new Error(String(response.status));
      const href = URL.createObjectURL(await response.blob());
      const link = view.document.createElement('a');
      link.href = href;
      link.download = name;
      link.click();
      timing.setTimer(() => URL.revokeObjectURL(href), 1000);
    },
  };
  return embed;
}

/** Tells the host how high the board is, each time that it changes. */
export function tellHeight(embed: Embed, root: HTMLElement): void {
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    embed.ticket.tell({ type: 'omni:height', height });
  }).observe(root);
}

function without(search: string): string {
  const pieces = search
    .replace(/^\?/, '')
    .split('&')
    .filter(piece => piece !== '' && !KEPT.includes(piece.split('=', 1)[0] ?? ''));
  return pieces.length === 0 ? '' : `?${pieces.join('&')}`;
}

function hostOf(view: Window): Host {
  const { parent, location } = view;
  // Not every browser tells.
  const above = (location as { ancestorOrigins?: DOMStringList }).ancestorOrigins;
  return {
    origin: above?.[0] ?? null,
    post: (message, origin) => {
      if (parent !== view) parent.postMessage(message, origin);
    },
    listen: hear =>
      view.addEventListener('message', event => {
        if (parent !== view && event.source === parent) hear(event.data, event.origin);
      }),
  };
}
