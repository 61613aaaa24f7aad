import { describe, expect, it } from '@jest/globals';
import { queryOf } from '../request/url.js';
import { parseJson } from '../request/json.js';
import { readModel } from './model.js';
import { control, memberPath, membersPlace, operationsOn, parentOf, typeOfPath } from './paths.js';

const model = readModel({
  'a.b': {
    Part: { $Kind: 'ComplexType', weight: { $Type: 'Edm.Double' }, tags: { $Collection: true } },
    Base: { $Kind: 'EntityType', $Key: ['id'], id: {} },
    Page: { $Kind: 'EntityType', $BaseType: 'a.b.Base', text: {} },
    Booking: {
      $Kind: 'EntityType',
      $Key: ['room', 'day', 'seat'],
      room: {},
      day: { $Type: 'Edm.Date' },
      seat: { $Type: 'Edm.Int32' },
    },
    Crate: {
      $Kind: 'EntityType',
      $Key: [{ code: 'tag/code' }, 'size'],
      tag: { $Type: 'a.b.Tag' },
      size: { $Type: 'Edm.Int64' },
    },
    Tag: { $Kind: 'ComplexType', code: { $Type: 'Edm.Guid' } },
    Thing: {
      $Kind: 'EntityType',
      $BaseType: 'a.b.Base',
      part: { $Type: 'a.b.Part' },
      parts: { $Type: 'a.b.Part', $Collection: true },
      pages: { $Kind: 'NavigationProperty', $Type: 'a.b.Page', $Collection: true },
    },
    Container: {
      $Kind: 'EntityContainer',
      things: { $Collection: true, $Type: 'a.b.Thing' },
      crates: { $Collection: true, $Type: 'a.b.Crate' },
      bookings: { $Collection: true, $Type: 'a.b.Booking' },
      main: { $Type: 'a.b.Thing' },
      Best: { $Function: 'a.b.Best' },
    },
    delta: [
      {
        $Kind: 'Function',
        $IsBound: true,
        $Parameter: [{ $Name: 'set', $Type: 'a.b.Thing', $Collection: true }],
        $ReturnType: { $Type: 'a.b.Thing', $Collection: true },
      },
    ],
    Best: [
      { $Kind: 'Function', $ReturnType: { $Type: 'a.b.Thing' } },
      { $Kind: 'Function', $IsBound: true, $Parameter: [{ $Name: 'one', $Type: 'a.b.Base' }, { $Name: 'n' }] },
    ],
    Lend: [{ $Kind: 'Action', $IsBound: true, $Parameter: [{ $Name: 'one', $Type: 'a.b.Base' }] }],
  },
});

describe('the type of a path', () => {
  it.each([
    ['things', { type: 'a.b.Thing', collection: true }],
    ["things('a''/b')", { type: 'a.b.Thing', collection: false }],
    ['things/x', { type: 'a.b.Thing', collection: false }],
    ["things('x')/pages", { type: 'a.b.Page', collection: true }],
    ["things('x')/pages('1')", { type: 'a.b.Page', collection: false }],
    ['main/parts', { type: 'a.b.Part', collection: true }],
    ['main/part/tags', { type: 'Edm.String', collection: true }],
    ['things/$filter(@f)/$each', { type: 'a.b.Thing', collection: true }],
    ['things/delta', { type: 'a.b.Thing', collection: true }],
    ['things/a.b.delta()', { type: 'a.b.Thing', collection: true }],
    ['Best()/pages', { type: 'a.b.Page', collection: true }],
    ['things/$count', undefined],
    ['main/nope', undefined],
    ['nope', undefined],
  ])('%s is %j', (path, expected) => {
    const found = typeOfPath(model, path);
    expect(found && { type: found.type, collection: found.collection }).toEqual(expected);
  });
});

describe('the path of a member', () => {
  it.each([
    ['things', { id: "a'b" }, "things('a''b')"],
    ['things/delta', { id: 'a' }, "things('a')"],
    ['things/a.b.delta()', { id: 'a' }, "things('a')"],
    ["things('a')/pages", { id: 'p' }, "things('a')/pages('p')"],
    ['bookings', { room: 'R', day: '2026-01-01', seat: 3 }, "bookings(room='R',day=2026-01-01,seat=3)"],
    ['bookings', { room: 'R' }, undefined],
    ['things', { id: "a/b?c%41'#&+" }, "things('a%2Fb%3Fc%2541''#&+')"],
    ['crates', { tag: { code: '0-1' }, size: parseJson('9007199254740993') }, 'crates(code=0-1,size=9007199254740993)'],
    ['crates', { tag: null, size: 1 }, undefined],
    ['crates', { size: 1, '@odata.id': 'http://h/v/crates(code=0-1,size=1)' }, 'crates(code=0-1,size=1)'],
    ['crates', { size: 1, '@id': 'crates(code=0-1,size=1)' }, 'crates(code=0-1,size=1)'],
    ['main/parts', { weight: 1, '@id': 'x' }, undefined],
    ['nope', { id: 'a' }, undefined],
  ])('of %s, %j is %s', (place, entity, path) => {
    expect(memberPath(model, place, entity, (url) => queryOf('http://h/v/', url))).toBe(path);
  });

  it.each([
    ["things('a')/pages('p')", "things('a')/pages"],
    ["things('a(b)/c')", 'things'],
    ["things('a')/part/tags", "things('a')/part"],
    ["things('a')/a.b.Best(n=@n)", "things('a')"],
    ["things('a')/pages('p')/parts", "things('a')/pages('p')"],
    ['Best(n=1)', undefined],
    ['things', undefined],
  ])('%s is inside of %s', (path, parent) => {
    expect(parentOf(model, path)).toBe(parent);
  });

  it.each([
    ['things/$filter(@f)/$each', 'things'],
    ["things('delta')", "things('delta')"],
  ])('members of %s are at %s', (path, place) => {
    expect(membersPlace(path)).toBe(place);
  });
});

it('operations are those of a type, and of what it derives from', () => {
  const names = (typed: { type: string; collection: boolean }) => operationsOn(model, typed).map(({ name }) => name);
  expect(names({ type: 'a.b.Thing', collection: false })).toEqual(['a.b.Best', 'a.b.Lend']);
  expect(names({ type: 'a.b.Thing', collection: true })).toEqual(['a.b.delta']);
  expect(names({ type: 'a.b.Booking', collection: false })).toEqual([]);
});

it('control information is read in both spellings', () => {
  expect(control({ '@odata.etag': 'a' }, 'etag')).toBe('a');
  expect(control({ '@etag': 'b' }, 'etag')).toBe('b');
  expect([control({}, 'etag'), control(undefined, 'etag'), control({ '@etag': 1 }, 'etag')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
