import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/odata/protocol/json/json-value.js';
import { parseOwnJson } from '../../src/odata/protocol/json/parse-json.js';
import { readArchiveLine, writeArchiveLine } from '../../src/odata/transfer/archive-line.js';
import { libraryModel } from '../models/library.js';

/** Documents as a store keeps them, with whatever a model can have. */
const documents: readonly (readonly [set: string, id: string, document: JsonObject])[] = [
  [
    'works',
    "o'w",
    {
      $type: 'test.library.Atlas',
      title: 'Work',
      sheets: 3,
      place: { $type: 'test.library.Archive', city: 'Bonn', vault: 'V' },
      places: [{ city: 'Leeds' }, { $type: 'test.library.Archive', vault: 'W' }],
      facts: { source: 'x', other: { deep: [1, 'a', null] } },
      writer: "o'n",
      writers: { ada: 'ada', "o'n": "o'n" },
      shows: { '[%22red%22,%222024-05-01%22]': '["red","2024-05-01"]' },
      chapters: {
        '[1]': {
          number: 1,
          $version: 11,
          editor: 'ada',
          summary: { id: '01234567-89ab-cdef-0123-456789abcdef', text: 'S', $version: 12 },
          remarks: { 'r%25%22': { id: 'r%"', text: 'R', $version: 13 } },
        },
        '[22]': { number: 22, $version: 14 },
      },
    },
  ],
  ['authors', 'ada', { name: 'Ada', works: { "o'w": "o'w" } }],
  ['bookings', '["red","2024-05-01"]', { room: 'red', day: '2024-05-01', seats: 4 }],
  ['notes', '01234567-89ab-cdef-0123-456789abcdef', { id: '01234567-89ab-cdef-0123-456789abcdef', text: 'x' }],
  ['settings', '', { name: 's', lendingTime: 3600, featured: "o'w", seat: { city: 'Bonn' } }],
  [
    'events',
    '01234567-89ab-cdef-0123-456789abcdef',
    { token: '01234567-89ab-cdef-0123-456789abcdef', open: true, n: 5 },
  ],
];

describe('a line of an archive', () => {
  it.each(documents)('holds everything of a member of %s', (name, id, document) => {
    const aggregate = { tenant: 't', owner: 'o', id, version: 20, createdAt: 1000, modifiedAt: 2000, document };
    const named = libraryModel.entitySets.get(name) ?? libraryModel.singletons.get(name)!;
    const line = writeArchiveLine(named, aggregate);
    const read = readArchiveLine(line, libraryModel);
    expect(read.set.name).toBe(name);
    expect(JSON.parse(JSON.stringify(read.aggregate))).toEqual(aggregate);
    expect(parseOwnJson(line)).toBeDefined();
  });
});
