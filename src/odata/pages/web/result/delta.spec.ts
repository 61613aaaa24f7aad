import { describe, expect, it } from '@jest/globals';
import { withChanges } from './delta.js';

describe('changes of rows', () => {
  const idOf = (row: Record<string, unknown>) => (typeof row.id === 'string' ? `a('${row.id}')` : undefined);
  const rows = [
    { id: '1', x: 1, y: 1 },
    { id: '2', x: 2 },
  ];

  it.each([
    ['4.01', { '@removed': { reason: 'deleted' }, '@id': "a('2')" }],
    ['4.0', { reason: 'deleted', id: "http://host/v1.0/a('2')" }],
  ])('are laid on what is there, removals as %s has them', (_version, removed) => {
    const idOfUrl = (url: string) => url.replace('http://host/v1.0/', '');
    const made = withChanges(rows, [{ id: '1', x: 5 }, { id: '3', x: 3 }, removed], idOf, idOfUrl);
    expect(made.rows).toEqual([
      { id: '1', x: 5, y: 1 },
      { id: '3', x: 3 },
    ]);
    expect(made.changes).toEqual([
      { kind: 'changed', id: "a('1')" },
      { kind: 'added', id: "a('3')" },
      { kind: 'removed', id: "a('2')" },
    ]);
  });
});
