/**
 * A parser of server-sent events that is fed text as it arrives.
 *
 * Follows the HTML standard (section "Interpreting an event stream"): CR, LF and CRLF end a line,
 * several `data` lines join with LF, a comment is a line that starts with a colon. Comments count
 * as a sign of life for the caller because every chunk does. Refuses to hold more than
 * `PENDING_CHARS_MAX`: a stream that never ends a line is not one of ours.
 */
export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

export const PENDING_CHARS_MAX = 8 * 1024 * 1024;

export class SseParser {
  private rest = '';
  private data: string[] = [];
  private event = '';
  private lastId: string | null = null;
  private started = false;

  /** Takes the next piece of text, gives back the events it completed. */
  push(text: string): ServerEvent[] {
    let buffer = this.rest + text;
    if (!this.started && buffer.length > 0) {
      this.started = true;
      if (buffer.charCodeAt(0) === 0xfeff) buffer = buffer.slice(1);
    }
    const out: ServerEvent[] = [];
    let start = 0;
    for (;;) {
      const end = lineEnd(buffer, start);
      if (end === null) break;
      const done = this.line(buffer.slice(start, end.at));
      if (done) out.push(done);
      start = end.next;
    }
    this.rest = buffer.slice(start);
    if (this.rest.length > PENDING_CHARS_MAX) throw new Error('event stream line is too long');
    return out;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? '' : line.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    return null;
  }

  private dispatch(): ServerEvent | null {
    const event = this.event || 'message';
    this.event = '';
    if (this.data.length === 0) return null;
    const data = this.data.join('\n');
    this.data = [];
    return { id: this.lastId, event, data };
  }
}

/** A CR at the very end may be half of a CRLF, so it waits for the next piece. */
function lineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let i = from; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 10) return { at: i, next: i + 1 };
    if (code === 13) {
      if (i + 1 === text.length) return null;
      return { at: i, next: text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1 };
    }
  }
  return null;
}
