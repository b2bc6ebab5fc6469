import { describe, expect, test } from 'vitest';
import { PENDING_CHARS_MAX, type ServerEvent, SseParser } from '../src/api/sse.ts';

const all = (pieces: string[]): ServerEvent[] => {
  const parser = new SseParser();
  return pieces.flatMap(piece => parser.push(piece));
};

describe('the parser of server-sent events', () => {
  test('reads id, event and data', () => {
    expect(all(['id: 7\nevent: panel\ndata: {"a":1}\n\n'])).toEqual([
      { id: '7', event: 'panel', data: '{"a":1}' },
    ]);
  });

  test('gives the same events however the text is cut', () => {
    const text = '\uFEFF: hi\r\nid: 1\r\nevent: a\r\ndata: x\r\ndata: y\r\n\r\nid: 2\rdata:z\r\rdata: ü\n\n';
    const whole = all([text]);
    expect(whole).toEqual([
      { id: '1', event: 'a', data: 'x\ny' },
      { id: '2', event: 'message', data: 'z' },
      { id: '2', event: 'message', data: 'ü' },
    ]);
    for (let at = 1; at < text.length; at += 1) {
      expect(all([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toEqual(whole);
    }
    expect(all([...text])).toEqual(whole);
  });

  test('a block without data is no event, and its name is forgotten', () => {
    expect(all(['event: ping\n\ndata: 1\n\n'])).toEqual([{ id: null, event: 'message', data: '1' }]);
  });

  test('an empty id clears, one with a NUL is passed over', () => {
    expect(all(['id: 4\ndata: a\n\nid\ndata: b\n\nid: x\0\ndata: c\n\n']).map(event => event.id)).toEqual([
      '4',
      '',
      '',
    ]);
  });

  test('an event that was not finished is not given', () => {
    expect(all(['data: 1\n'])).toEqual([]);
  });

  test('refuses a line without end', () => {
    const parser = new SseParser();
    expect(() => parser.push('x'.repeat(PENDING_CHARS_MAX + 1))).toThrow('too long');
  });
});
