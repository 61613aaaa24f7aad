import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { searchText } from '../../../../test/support/bound-text.js';
import type { ComplexType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { parseQuery } from '../uri/parse-query.js';
import { bindSearch, isSearchable } from './bind-search.js';
import type { BoundSearch, Instance } from './bound.js';

const typeOf = (name: string) => libraryModel.entityTypes.get(name) ?? libraryModel.complexTypes.get(name)!;
const searchFor = (text: string) => parseQuery(`$search=${encodeURIComponent(text)}`).search!;

/** The paths at which a bound search looks: of a collection with `[]`, of one of entities with `{}`. */
function placesOf(search: BoundSearch): string[] {
  if (search.kind !== 'term') throw new Error('no term');
  return search.places.map(({ steps }) =>
    steps.map(({ name, collection, keyed }) => `${name}${collection ? (keyed === true ? '{}' : '[]') : ''}`).join('/'),
  );
}
const placesIn = (instance: Instance): string[] => placesOf(bindSearch(searchFor('a'), instance));

describe('$search', () => {
  it.each([
    ['a', '"a"'],
    ['a b', '("a" and "b")'],
    ['a AND b OR NOT c', '(("a" and "b") or (not "c"))'],
    ['NOT a', '(not "a")'],
    ['"a b"', '"a b"'],
    ['(a OR b) c', '(("a" or "b") and "c")'],
  ])('keeps what %s says', (text, expected) => {
    expect(searchText(bindSearch(searchFor(text), { kind: 'entity', type: typeOf('Work') }))).toBe(expected);
  });

  it.each([
    // Properties that are searchable themselves, in complex values, and in contained entities; not in others.
    ['Work', ['title', 'place/city', 'places[]/city', 'chapters{}/title']],
    ['Author', ['name']],
    ['Place', ['city']],
    ['Archive', ['city']],
    ['Chapter', ['title']],
    ['Booking', []],
    ['Facts', []],
  ])('looks in a %s at %j', (name, places) => {
    const type = typeOf(name);
    expect(placesIn({ kind: 'item', type })).toEqual(places);
    expect(isSearchable(type)).toBe(places.length > 0);
  });

  it('looks at the item itself where that is text', () => {
    const instance: Instance = { kind: 'item', type: Edm.String };
    expect(bindSearch(searchFor('a'), instance)).toEqual({
      kind: 'term',
      text: 'a',
      places: [{ instance, steps: [] }],
    });
  });

  it('looks at the same places for each of its terms', () => {
    const search = bindSearch(searchFor('a b'), { kind: 'entity', type: typeOf('Author') });
    if (search.kind !== 'logical') throw new Error('no terms');
    expect(search.operands.map(placesOf)).toEqual([['name'], ['name']]);
  });

  it('looks six steps deep', () => {
    const place = libraryModel.complexTypes.get('Place')!;
    const text = place.properties.get('city')!;
    /** A type with a text, and with values inside each other that have one each. */
    const nested = (depth: number): ComplexType => {
      const properties = new Map([['city', text]]);
      if (depth > 0) properties.set('in', { ...text, name: 'in', type: nested(depth - 1), searchable: false });
      return { ...place, properties };
    };
    const expected = ['city', 'in/city', 'in/in/city', 'in/in/in/city', 'in/in/in/in/city', 'in/in/in/in/in/city'];
    expect(placesIn({ kind: 'item', type: nested(10) })).toEqual(expected);
    expect(placesIn({ kind: 'item', type: nested(5) })).toEqual(expected);
    expect(placesIn({ kind: 'item', type: nested(4) })).toEqual(expected.slice(0, 5));
  });
});
