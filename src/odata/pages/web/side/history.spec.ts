import { describe, expect, it } from '@jest/globals';
import { History } from './history.js';

/** A place to keep texts in, as browsers have one. */
class Place {
  readonly texts = new Map<string, string>();
  getItem = (name: string): string | null => this.texts.get(name) ?? null;
  setItem = (name: string, text: string): void => void this.texts.set(name, text);
  removeItem = (name: string): void => void this.texts.delete(name);
}
const history = () => new History('http://host/', new Place() as unknown as Storage);

describe('the history', () => {
  it('has each request once, the newest first, and fifty of them', () => {
    const kept = history();
    for (const query of ['a', 'b', 'a']) kept.add({ method: 'GET', query }, '');
    expect(kept.entries.map(({ query }) => query)).toEqual(['a', 'b']);
    for (let at = 0; at < 60; at++) kept.add({ method: 'GET', query: String(at) }, '');
    expect(kept.entries.length).toBe(50);
    kept.clear();
    expect(kept.entries).toEqual([]);
  });

  it('keeps neither tokens, nor bodies, nor what is too long', () => {
    const kept = history();
    kept.add({ method: 'GET', query: 'a?token=secret' }, 'secret');
    // Nor a token that was pasted into the wrong field.
    const token = `eyJhbGciOiJub25lIn0.${btoa('{"sub":"an"}')}.`;
    kept.add({ method: 'GET', query: `microsoft.graph.delta/Bearer ${token}` }, '');
    kept.add({ method: 'GET', query: 'x'.repeat(2001) }, '');
    kept.add({ method: 'POST', query: 'a', body: 'private' } as any, 'secret');
    expect(kept.entries).toEqual([{ method: 'POST', query: 'a' }]);
  });

  it('reads what somebody else left there', () => {
    const place = new Place();
    for (const text of ['{', 'null', '[1,{"method":"GET"}]', '"x"']) {
      place.setItem('odata-explorer-history http://host/', text);
      expect(new History('http://host/', place as unknown as Storage).entries).toEqual([]);
    }
  });
});
