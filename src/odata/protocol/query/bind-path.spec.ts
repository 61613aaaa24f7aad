import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { boundText, typeText } from '../../../../test/support/bound-text.js';
import { parsePath } from '../uri/parse-path.js';
import { parseQuery } from '../uri/parse-query.js';
import { bindPath } from './bind-path.js';
import type { BoundExpression, BoundPath } from './bound.js';
import { Budget } from './budget.js';

const aliases = parseQuery("@k=5&@t='x'").aliases!;

function bind(path: string, budget = new Budget()): BoundPath {
  return bindPath(parsePath(path), { model: libraryModel, aliases, now: new Date(0), budget });
}

/** Where a path leads, as text: keys as they are kept, the filters behind what they are about, the type at the end. */
function bound(path: string): string {
  const { root, isSingleton, key, filters, steps, type, suffix, function: called } = bind(path);
  const conditions = (all: readonly BoundExpression[]): string => all.map((one) => ` if ${boundText(one)}`).join('');
  const keyed = (value: string | undefined): string => (value === undefined ? '' : `(${value})`);
  const names = steps.map((step) => `/${step.property.name}${keyed(step.key)}${conditions(step.filters)}`);
  return [
    `${isSingleton ? 'the ' : ''}${root.name}${keyed(key)}${conditions(filters)}${names.join('')}`,
    typeText(type),
    ...[suffix, called?.name].filter((word) => word !== undefined),
  ].join(' : ');
}

function refusal(path: string): unknown {
  try {
    return bound(path);
  } catch (error) {
    const { code, status, position, message } = error as Record<string, unknown>;
    return { code, status, position, message };
  }
}
const missing = (position: number, message: string) => ({
  code: 'resourceNotFound',
  status: 404,
  position,
  message: `There is no such resource: in the path at character ${position}, ${message}`,
});

describe('a path', () => {
  it.each([
    ['works', 'works : Collection(Work)'],
    ['works/$count', 'works : Collection(Work) : count'],
    ['works/$ref', 'works : Collection(Work) : ref'],
    ['works/$each', 'works : Collection(Work) : each'],
    ["works('a')", 'works(a) : Work'],
    ["works('a')/$ref", 'works(a) : Work : ref'],
    ["works('a')/title", 'works(a)/title : String'],
    ["works('a')/title/$value", 'works(a)/title : String : value'],
    ["works('a')/place/city", 'works(a)/place/city : String'],
    ["works('a')/numbers", 'works(a)/numbers : Collection(Int32)'],
    ["works('a')/numbers/$count", 'works(a)/numbers : Collection(Int32) : count'],
    ["works('a')/chapters", 'works(a)/chapters : Collection(Chapter)'],
    ["works('a')/chapters/$ref", 'works(a)/chapters : Collection(Chapter) : ref'],
    ["works('a')/chapters(2)/summary/text", 'works(a)/chapters([2])/summary/text : String'],
    ["works('a')/chapters(2)/remarks('r')/text", 'works(a)/chapters([2])/remarks(r)/text : String'],
    ["works('a')/writer/name", 'works(a)/writer/name : String'],
    ["works('a')/writers('x')/works('b')/title", 'works(a)/writers(x)/works(b)/title : String'],
    ["works('a')/writers/$ref", 'works(a)/writers : Collection(Author) : ref'],
    ['settings', 'the settings : Settings'],
    ['settings/seat/city/$value', 'the settings/seat/city : String : value'],
    ['settings/featured/title', 'the settings/featured/title : String'],
  ])('%s leads to %s', (path, expected) => {
    expect(bound(path)).toBe(expected);
  });

  it.each([
    ["works(code='a')", 'works(a) : Work'],
    ['works/a', 'works(a) : Work'],
    // The whole segment is the key, whatever it looks like.
    ["works/a('b')/title", "works(a('b'))/title : String"],
    ['works/a(1)', 'works(a(1)) : Work'],
    ["works('%24count')", 'works($count) : Work'],
    ['works/%24x', 'works($x) : Work'],
    ['works/$x', 'works($x) : Work'],
    ['works/$counter', 'works($counter) : Work'],
    ['works/$5/chapters/1', 'works($5)/chapters([1]) : Chapter'],
    ['works/$', 'works($) : Work'],
    ["works('a%2Fb')", 'works(a/b) : Work'],
    ["works('it''s')", "works(it's) : Work"],
    ["works('delta')", 'works(delta) : Work'],
    ['works(@t)', 'works(x) : Work'],
    ["works('a')/chapters(@k)", 'works(a)/chapters([5]) : Chapter'],
    ["works('a')/chapters/2", 'works(a)/chapters([2]) : Chapter'],
    ["works('a')/chapters(number=2)", 'works(a)/chapters([2]) : Chapter'],
    ["works('a')/chapters(-2147483648)", 'works(a)/chapters([-2147483648]) : Chapter'],
    ["bookings(room='r',day=2020-01-01)", 'bookings(["r","2020-01-01"]) : Booking'],
    ["bookings(day=2020-01-01,room='r')", 'bookings(["r","2020-01-01"]) : Booking'],
    ['events(00000000-0000-0000-0000-00000000000A)', 'events(00000000-0000-0000-0000-00000000000a) : Event'],
    ['events/00000000-0000-0000-0000-00000000000A', 'events(00000000-0000-0000-0000-00000000000a) : Event'],
  ])('%s has the key of %s', (path, expected) => {
    expect(bound(path)).toBe(expected);
  });

  it.each([
    ['works(1)', 'Work', 'a string stands in single quotes'],
    ['works(@k)', 'Work', 'a string stands in single quotes'],
    ['works()', 'Work', 'its parts are code'],
    ["works(x='a')", 'Work', 'its parts are code'],
    ["works(code='a',x='b')", 'Work', 'its parts are code'],
    ["works(code='a',code='b')", 'Work', 'its parts are code'],
    ["works('a')/chapters('2')", 'Chapter', "'2' is not an integer between -2147483648 and 2147483647"],
    ["works('a')/chapters(2147483648)", 'Chapter', "'2147483648' is not an integer between -2147483648 and 2147483647"],
    ["bookings('r')", 'Booking', 'it has the parts room, day; name them'],
    ["bookings(room='r')", 'Booking', 'its parts are room, day'],
    [
      "bookings(room='r',day='2020-01-01')",
      'Booking',
      '\'2020-01-01\' is not a date of the years 0001 to 9999, "2000-12-31"',
    ],
    ["events('x')", 'Event', "'x' is not a GUID"],
  ])('%s has a malformed key of %s: %s', (path, type, fault) => {
    const message = `The key of test.library.${type} is not well-formed: ${fault}.`;
    expect(refusal(path)).toEqual({ code: 'malformedKey', status: 400, position: undefined, message });
  });

  it.each([
    ['nope', 1, "there is no 'nope'."],
    ['work', 1, "there is no 'work'; did you mean 'works'?"],
    ['setings', 1, "there is no 'setings'; did you mean 'settings'?"],
    ["settings('a')", 9, "test.library.Settings has no property '('a')'."],
    ['works(@nope)', 6, "the alias '@nope' has no value."],
    ["works('a')/titl", 12, "test.library.Work has no property 'titl'; did you mean 'title'?"],
    ["works('a')/chapter", 12, "test.library.Work has no property 'chapter'; did you mean 'chapters'?"],
    ["works('a')/delta", 12, "test.library.Work has no property 'delta'."],
    ["works('a')/scale", 12, "test.library.Work has no property 'scale'."],
    ["works('a')/title/x", 18, "Edm.String has no property 'x'."],
    ["works('a')/$count", 12, 'only a collection can be counted.'],
    ["works('a')/title/$count", 18, 'only a collection can be counted.'],
    ["works('a')/title/$ref", 18, 'only entities have references.'],
    ["works('a')/numbers/$ref", 20, 'only entities have references.'],
    ["works('a')/numbers/$value", 20, 'a collection has no such part.'],
    ["works('a')/title/$value/$value", 25, 'nothing can follow here.'],
    ['works/$count/$count', 14, 'nothing can follow here.'],
    ['bookings/r', 10, 'the key of test.library.Booking has several parts; name them.'],
    ['events/x', 8, 'a key of test.library.Event must be a GUID.'],
    [
      "works('a')/chapters/x",
      21,
      'a key of test.library.Chapter must be an integer between -2147483648 and 2147483647.',
    ],
    ['works/$each/title', 13, 'only an action or a function can follow $each.'],
    ['works/$count($filter=lent)', 7, '$count has options in expressions only; here they are those of the query.'],
  ])('%s is not there, from character %i on: %s', (path, position, message) => {
    expect(refusal(path)).toEqual(missing(position, message));
  });

  it.each(["works('a')/$value", "works('a')/place/$value", 'settings/seat/$value'])('%s is no raw value', (path) => {
    const message = '$value stands behind a single primitive value only.';
    expect(refusal(path)).toEqual({ code: 'resourceNotFound', status: 404, position: undefined, message });
  });

  it.each([
    ['$batch', 1, '$batch'],
    ['$crossjoin(works)', 1, '$crossjoin'],
    ['works/$query', 7, '$query'],
    ["works('a')/$query", 12, '$query'],
    ['works/delta/$ref', 13, 'what stands behind delta'],
    ["works('a')/numbers/$filter($it gt 1)/0", 38, 'an index into a collection that is filtered, or of entities'],
  ])('%s is not built, from character %i on: %s', (path, position, feature) => {
    const message = `In the path at character ${position}: ${feature} is not implemented.`;
    expect(refusal(path)).toEqual({ code: 'notImplemented', status: 501, position, message });
  });
});

describe('a filter in a path', () => {
  it.each([
    ['works/$filter(loans gt 5)', 'works if (loans:Int32 gt 5:Int32) : Collection(Work)'],
    [
      'works/$filter(lent)/$filter(loans gt @k)',
      'works if lent:Boolean if (loans:Int32 gt 5:Int32) : Collection(Work)',
    ],
    ['works/$filter(lent)/$count', 'works if lent:Boolean : Collection(Work) : count'],
    ["works/$filter(lent)('a')/title", 'works(a) if lent:Boolean/title : String'],
    [
      "works('a')/chapters/$filter(pages gt 5)/$count",
      'works(a)/chapters if (i1/pages:Int32 gt 5:Int32) : Collection(Chapter) : count',
    ],
    ["works('a')/numbers/$filter($this gt 5)", 'works(a)/numbers if (i1:Int32 gt 5:Int32) : Collection(Int32)'],
  ])('%s is a condition of what stands before it', (path, expected) => {
    expect(bound(path)).toBe(expected);
  });

  it.each([
    ['works/$filter(loans)', 15, 'a condition must be true or false, this is Edm.Int32.'],
    ['works/$filter(nope eq 1)', 15, "the type test.library.Work has no property 'nope'."],
    ["works('a')/chapters/$filter(title)", 29, 'a condition must be true or false, this is Edm.String.'],
  ])('%s is refused from character %i on: %s', (path, position, message) => {
    expect(refusal(path)).toEqual(missing(position, message));
  });

  it('spends the budget of the request', () => {
    const budget = new Budget();
    bind('works/$filter(loans gt @k)/$filter(lent)', budget);
    expect(budget.spent).toBe(5);
  });
});

describe('a type in a path', () => {
  const asMap = 'isof($it:Work as Map|Atlas):an untyped value';

  it.each([
    ['works/test.library.Map', `works if ${asMap} : Collection(Map)`],
    ["works/test.library.Map('a')/scale", `works(a) if ${asMap}/scale : Int32`],
    ["works('a')/test.library.Map/scale", `works(a) if ${asMap}/scale : Int32`],
    [
      'works/test.library.Map/test.library.Atlas',
      `works if ${asMap} if isof($it:Map as Atlas):an untyped value : Collection(Atlas)`,
    ],
    // The declared type narrows nothing.
    ['works/test.library.Work', 'works : Collection(Work)'],
    [
      "works('a')/places/test.library.Archive",
      'works(a)/places if isof(i1:Place as Archive):an untyped value : Collection(Archive)',
    ],
    [
      "works('a')/place/test.library.Archive/vault",
      'works(a)/place if isof(i1:Place as Archive):an untyped value/vault : String',
    ],
  ])('%s narrows what stands before it', (path, expected) => {
    expect(bound(path)).toBe(expected);
  });

  it.each([
    ['works/test.library.Author', 7, "'test.library.Author' is no type that is derived from the type before it."],
    [
      'works/test.library.Map/test.library.Work',
      24,
      "'test.library.Work' is no type that is derived from the type before it.",
    ],
  ])('%s is refused from character %i on: %s', (path, position, message) => {
    expect(refusal(path)).toEqual(missing(position, message));
  });
});

describe('a function in a path', () => {
  it.each(['works/delta', 'works/delta()', 'works/test.library.delta', 'works/test.library.delta()'])(
    '%s is called on the set',
    (path) => {
      expect(bound(path)).toBe('works : Collection(Work) : delta');
    },
  );

  it.each([
    ['works/delta(a=1)', 'works(delta(a=1)) : Work'],
    ['works/deltas', 'works(deltas) : Work'],
    ['works/other.delta', 'works(other.delta) : Work'],
  ])('%s is a key', (path, expected) => {
    expect(bound(path)).toBe(expected);
  });
});
