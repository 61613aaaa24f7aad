import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { boundText, searchText } from '../../../../test/support/bound-text.js';
import { buildModel } from '../edm/build-model.js';
import { EntityType, Key, Property, References } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { parseQuery } from '../uri/parse-query.js';
import { bindOptions } from './bind-options.js';
import type { CollectionQuery, Instance, Shape, Shaped } from './bound.js';
import { Budget } from './budget.js';

const works: Instance = { kind: 'entity', type: libraryModel.entitySets.get('works')!.type };

function bind(text: string, instance = works, budget = new Budget()) {
  const query = parseQuery(encodeURI(text));
  const aliases = query.aliases ?? new Map<string, never>();
  return bindOptions({ model: libraryModel, it: works, aliases, now: new Date(0), budget }, instance, query);
}

/** What is asked of a collection, without what is not asked. */
const asked = ({ filters, search, order, skip, top, count }: CollectionQuery) => ({
  ...(filters.length === 0 ? {} : { filter: filters.map(boundText) }),
  ...(search === undefined ? {} : { search: searchText(search) }),
  ...(order.length === 0
    ? {}
    : { order: order.map(({ expression, descending }) => `${boundText(expression)}${descending ? ' desc' : ''}`) }),
  ...(skip === undefined ? {} : { skip }),
  ...(top === undefined ? {} : { top }),
  ...(count ? { count } : {}),
});

const shaped = ({ shape, query }: Shaped): unknown =>
  shape === undefined && query === undefined
    ? 'all'
    : { ...(shape === undefined ? {} : parts(shape)), ...(query === undefined ? {} : asked(query)) };

/** What an answer carries, without what it does not. */
function parts({ select, expand, computed, dynamic }: Shape): Record<string, unknown> {
  const selected = [...(select ?? [])].map(([name, value]) => [name, shaped(value)]);
  const expanded = [...expand].map(([name, { shape, query, only }]) => [
    name,
    { ...parts(shape), ...(query === undefined ? {} : asked(query)), ...(only === undefined ? {} : { only }) },
  ]);
  return {
    ...(select === undefined ? {} : { select: Object.fromEntries(selected) }),
    ...(expanded.length === 0 ? {} : { expand: Object.fromEntries(expanded) }),
    ...(computed.length === 0
      ? {}
      : { computed: computed.map(({ name, expression }) => `${boundText(expression)} as ${name}`) }),
    ...(dynamic.length === 0 ? {} : { dynamic }),
  };
}

function bound(text: string, instance = works): unknown {
  const { collection, shape } = bind(text, instance);
  return { ...asked(collection), ...parts(shape) };
}

function refusal(text: string, instance = works): unknown {
  try {
    return bound(text, instance);
  } catch (error) {
    const { code, target, position, message } = error as Record<string, unknown>;
    return { code, target, position, message };
  }
}
const refused = (target: string, position: number, message: string) => ({
  code: 'invalidQueryOption',
  target,
  position,
  message: `In ${target} at character ${position}: ${message}`,
});

describe('the options of a collection', () => {
  it.each<[text: string, expected: unknown]>([
    ['', {}],
    ['$filter=loans gt 5', { filter: ['(loans:Int32 gt 5:Int32)'] }],
    ['$filter=loans gt @p&@p=5', { filter: ['(loans:Int32 gt 5:Int32)'] }],
    ['$orderby=title desc,loans', { order: ['title:String desc', 'loans:Int32'] }],
    ['$orderby=size', { order: ['size:Size'] }],
    ['$orderby=chapters/$count', { order: ['count(i1 of chapters:Collection(Chapter)):Int64'] }],
    ['$skip=1&$top=2&$count=true', { skip: 1, top: 2, count: true }],
    ['$skip=0&$top=0&$count=false', { skip: 0, top: 0 }],
    ['$search=a b', { search: '("a" and "b")' }],
  ])('%j asks for %j', (text, expected) => {
    expect(bound(text)).toEqual(expected);
  });

  it.each([
    ['$filter=loans', '$filter', 1, 'a condition must be true or false, this is Edm.Int32.'],
    ['$filter=nope eq 1', '$filter', 1, "the type test.library.Work has no property 'nope'."],
    ['$orderby=loans,place', '$orderby', 7, 'test.library.Place has no order.'],
    ['$orderby=numbers', '$orderby', 1, 'Collection(Edm.Int32) has no order.'],
    ['$orderby=position', '$orderby', 1, 'Edm.GeographyPoint has no order.'],
    ['$orderby=writer', '$orderby', 1, 'test.library.Author has no order.'],
  ])('%s is refused in %s at %i: %s', (text, target, position, message) => {
    expect(refusal(text)).toEqual(refused(target, position, message));
  });
});

describe('$select', () => {
  it.each<[text: string, expected: unknown]>([
    ['$select=title,loans', { select: { title: 'all', loans: 'all' } }],
    ['$select=title,title', { select: { title: 'all' } }],
    ['$select=*', {}],
    ['$select=*,title', {}],
    ['$select=title,*', {}],
    ['$select=place/city', { select: { place: { select: { city: 'all' } } } }],
    ['$select=place/city,place/floor', { select: { place: { select: { city: 'all', floor: 'all' } } } }],
    // All of a value is more than a part of it, whatever comes first.
    ['$select=place,place/city', { select: { place: 'all' } }],
    ['$select=place/city,place', { select: { place: 'all' } }],
    ['$select=place/*', { select: { place: {} } }],
    ['$select=place($select=city)', { select: { place: { select: { city: 'all' } } } }],
    ['$select=writer', { select: { writer: 'all' } }],
    ['$select=test.library.Map/scale', { select: { scale: 'all' } }],
    ['$select=facts/source', { select: { facts: { select: { source: 'all' } } } }],
    ['$select=facts/a', { select: { facts: { select: {}, dynamic: ['a'] } } }],
    [
      '$select=numbers($filter=$this gt 5;$top=1)',
      { select: { numbers: { filter: ['(i1:Int32 gt 5:Int32)'], top: 1 } } },
    ],
    [
      '$select=places($select=city;$orderby=city)',
      { select: { places: { select: { city: 'all' }, order: ['i1/city:String'] } } },
    ],
  ])('%s asks for %j', (text, expected) => {
    expect(bound(text)).toEqual(expected);
  });

  it.each([
    ['$select=titl', 1, "the type test.library.Work has no property 'titl'; did you mean 'title'?"],
    ['$select=title,place/citi', 13, "the type test.library.Place has no property 'citi'; did you mean 'city'?"],
    ['$select=title/x', 1, "'title' has no properties to select."],
    ['$select=writer/name', 1, "use $expand to select properties of 'writer'."],
    ['$select=test.library.Author/name', 1, "'test.library.Author' is no type derived from test.library.Work."],
    ['$select=test.library.*', 1, "no operation 'test.library.*' is bound to test.library.Work."],
    ['$select=place($top=1)', 1, "'place' is no collection: $top has no meaning for it."],
    ['$select=place($filter=true)', 1, "'place' is no collection: $filter has no meaning for it."],
    ['$select=place($search=a)', 1, "'place' is no collection: $search has no meaning for it."],
    ['$select=numbers($filter=nope)', 17, "Edm.Int32 has no property 'nope'."],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused('$select', position, message));
  });

  it.each(['$select=title', '$expand=title'])('of a primitive value is refused: %s', (text) => {
    const item: Instance = { kind: 'item', type: libraryModel.entityTypes.get('Work')!.properties.get('title')!.type };
    expect(refusal(text, item)).toEqual(refused('$select', 1, 'a primitive value has no properties.'));
    expect(bound('$top=1', item)).toEqual({ top: 1 });
  });
});

describe('$compute', () => {
  const twice = 'multiply(loans:Int32, 2:Int32):Int64';

  it.each<[text: string, expected: unknown]>([
    ['$compute=loans mul 2 as twice', { computed: [`${twice} as twice`] }],
    ['$compute=loans mul 2 as twice&$select=twice', { select: {}, computed: [`${twice} as twice`] }],
    ['$compute=loans mul 2 as twice&$select=*', { computed: [`${twice} as twice`] }],
    ['$compute=loans mul 2 as twice&$select=title', { select: { title: 'all' } }],
    [
      '$compute=loans mul 2 as twice&$select=title&$filter=twice gt 1',
      { select: { title: 'all' }, filter: [`(${twice} gt 1:Int32)`] },
    ],
    ['$compute=loans mul 2 as twice&$orderby=twice', { computed: [`${twice} as twice`], order: [twice] }],
    [
      '$compute=loans mul 2 as twice,twice add 1 as more',
      { computed: [`${twice} as twice`, `add(${twice}, 1:Int32):Int64 as more`] },
    ],
  ])('%s adds what it names, where it is selected: %j', (text, expected) => {
    expect(bound(text)).toEqual(expected);
  });

  it.each([
    ['$compute=loans mul 2 as loans', 1, "the name 'loans' is taken."],
    ['$compute=1 as chapters', 1, "the name 'chapters' is taken."],
    ['$compute=loans mul 2 as a,1 as a', 18, "the name 'a' is taken."],
    ['$compute=place as p', 1, 'only single primitive values can be computed.'],
    ['$compute=numbers as p', 1, 'only single primitive values can be computed.'],
    ['$compute=writer as p', 1, 'only single primitive values can be computed.'],
    ['$compute=more add 1 as less,1 as more', 1, "the type test.library.Work has no property 'more'."],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused('$compute', position, message));
  });

  it('gives names that may have been meant', () => {
    const message = "the type test.library.Work has no property 'loan'; did you mean 'loans' or 'loane'?";
    expect(refusal('$compute=1 as loane&$select=loan')).toEqual(refused('$select', 1, message));
  });

  it('costs what it computes wherever it is used', () => {
    const costOf = (text: string): number => {
      const budget = new Budget();
      bind(text, works, budget);
      return budget.spent;
    };
    expect(costOf('$compute=loans mul 2 as twice')).toBe(3);
    // One for the path, three for what it stands for.
    expect(costOf('$compute=loans mul 2 as twice&$orderby=twice,twice')).toBe(11);
    expect(costOf('$compute=loans as a,a add a as b,b add b as c')).toBe(1 + 5 + 13);
  });

  it('that doubles itself is refused before it becomes large', () => {
    const doubled = Array.from({ length: 30 }, (_, at) => `a${at} add a${at} as a${at + 1}`);
    const message = 'The query is too complex: more than 10000 parts, written out.';
    expect(refusal(`$compute=loans as a0,${doubled.join(',')}`)).toEqual({
      code: 'invalidQueryOption',
      target: '$compute',
      position: undefined,
      message,
    });
  });
});

describe('$expand', () => {
  it.each<[text: string, expected: unknown]>([
    ['$expand=chapters', { expand: { chapters: {} } }],
    ['$expand=chapters,writer', { expand: { chapters: {}, writer: {} } }],
    ['$expand=*', { expand: { chapters: {}, writer: {}, writers: {} } }],
    ['$expand=chapters($top=1),*', { expand: { chapters: { top: 1 }, writer: {}, writers: {} } }],
    ['$expand=*/$ref', { expand: { chapters: { only: 'ref' }, writer: { only: 'ref' }, writers: { only: 'ref' } } }],
    ['$expand=chapters/$ref($top=1)', { expand: { chapters: { only: 'ref', top: 1 } } }],
    ['$expand=chapters/$count', { expand: { chapters: { only: 'count' } } }],
    [
      '$expand=chapters/$count($filter=pages gt 5)',
      { expand: { chapters: { only: 'count', filter: ['(i1/pages:Int32 gt 5:Int32)'] } } },
    ],
    ['$expand=test.library.Map/shows', { expand: { shows: {} } }],
    ['$expand=writer($select=name)', { expand: { writer: { select: { name: 'all' } } } }],
    ["$expand=writer($filter=name eq 'a')", { expand: { writer: { filter: ['(i1/name:String eq "a":String)'] } } }],
    ['$expand=chapters($expand=remarks,editor)', { expand: { chapters: { expand: { remarks: {}, editor: {} } } } }],
    ['$expand=chapters($search=a)', { expand: { chapters: { search: '"a"' } } }],
    [
      '$expand=chapters($select=title;$orderby=number desc;$top=1;$skip=2;$count=true)',
      {
        expand: {
          chapters: { select: { title: 'all' }, order: ['i1/number:Int32 desc'], skip: 2, top: 1, count: true },
        },
      },
    ],
    [
      '$expand=chapters($compute=pages mul 2 as n;$select=n;$filter=n gt 5)',
      {
        expand: {
          chapters: {
            select: {},
            computed: ['multiply(i1/pages:Int32, 2:Int32):Int64 as n'],
            filter: ['(multiply(i1/pages:Int32, 2:Int32):Int64 gt 5:Int32)'],
          },
        },
      },
    ],
    [
      '$expand=chapters($filter=pages gt $it/loans and pages lt @p)&@p=5',
      {
        expand: {
          chapters: { filter: ['((i1/pages:Int32 gt loans:Int32) and (i1/pages:Int32 lt 5:Int32))'] },
        },
      },
    ],
    // A property that its own type does not have is not expanded any deeper.
    ['$expand=writer($levels=2)', { expand: { writer: {} } }],
  ])('%s asks for %j', (text, expected) => {
    expect(bound(text)).toEqual(expected);
  });

  it.each([
    ['$expand=title', 1, "the type test.library.Work has no navigation property 'title'."],
    ['$expand=chapter', 1, "the type test.library.Work has no navigation property 'chapter'; did you mean 'chapters'?"],
    ['$expand=chapters,chapters', 10, "'chapters' stands twice."],
    ['$expand=*,chapters', 3, "'chapters' stands twice."],
    ['$expand=*/$count', 1, "'*' cannot be counted."],
    ['$expand=writer/$count', 1, "'writer' is no collection."],
    ['$expand=writer($top=1)', 1, "'writer' is no collection: $top has no meaning for it."],
    ['$expand=writer($orderby=name)', 1, "'writer' is no collection: $orderby has no meaning for it."],
    ['$expand=chapters/$count($top=1)', 1, '$top has no meaning behind $count.'],
    ['$expand=chapters/$count($select=title)', 1, '$select has no meaning behind $count.'],
    ['$expand=chapters/$ref($expand=remarks)', 1, '$expand has no meaning behind $ref.'],
    ['$expand=chapters/$value', 1, 'test.library.Work is no media entity.'],
    ['$expand=test.library.Author/works', 1, "'test.library.Author' is no type derived from test.library.Work."],
    ['$expand=writer/test.library.Work', 8, "'test.library.Work' is no type derived from test.library.Author."],
    ['$expand=place/x', 7, "the type test.library.Place has no navigation property 'x'."],
    ['$expand=chapters/test.library.Nope', 10, "'test.library.Nope' is no type derived from test.library.Chapter."],
    ['$expand=*/test.library.Book', 3, "'*' cannot be cast."],
    ['$expand=chapters($filter=nope eq 1)', 18, "the type test.library.Chapter has no property 'nope'."],
    ['$expand=chapters($select=titel)', 18, "the type test.library.Chapter has no property 'titel'."],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused('$expand', position, message));
  });

  it.each([['$expand=writer/test.library.Author/works', '$expand', 'a path behind a navigation property in $expand']])(
    '%s is not built',
    (text, target, feature) => {
      const expected = { ...refused(target, 1, `${feature} is not implemented.`), code: 'queryOptionNotImplemented' };
      expect(refusal(text)).toEqual(expected);
    },
  );
});

describe('$levels', () => {
  const schema = new Schema('test.people');
  @EntityType(schema)
  class Person {
    @Key() @Property(Edm.String, 'Names the person.', { nullable: false }) id!: string;
    @Property(Edm.Int32) age?: number | null;
    @References(() => Person, 'Whom they know.', { collection: true }) friends?: Person[];
    @References(() => Person, 'Whom they ask.') mentor?: Person | null;
  }
  const model = buildModel(schema, { people: Person });
  const people: Instance = { kind: 'entity', type: model.entityTypes.get('Person')! };

  /** How deep a property is expanded in itself. */
  function depthOf(text: string, name: string): number {
    const context = { model, it: people, aliases: new Map<string, never>(), now: new Date(0), budget: new Budget() };
    let shape: Shape | undefined = bindOptions(context, people, parseQuery(encodeURI(text))).shape;
    for (let depth = -1; ; depth++) {
      if (shape === undefined) return depth;
      shape = shape.expand.get(name)?.shape;
    }
  }

  it.each([
    ['$expand=friends', 1],
    ['$expand=friends($levels=1)', 1],
    ['$expand=friends($levels=2)', 2],
    ['$expand=friends($levels=4)', 4],
    ['$expand=friends($levels=5)', 5],
    // No more than five are followed.
    ['$expand=friends($levels=6)', 5],
    ['$expand=friends($levels=max)', 5],
  ])('%s is %i deep', (text, depth) => {
    expect(depthOf(text, 'friends')).toBe(depth);
    expect(depthOf(text.replace('friends', 'mentor'), 'mentor')).toBe(depth);
  });

  it('repeats the options beside it', () => {
    const context = { model, it: people, aliases: new Map<string, never>(), now: new Date(0), budget: new Budget() };
    const query = parseQuery(encodeURI('$expand=friends($levels=2;$select=age;$filter=age gt 5;$top=3)'));
    const one = { select: { age: 'all' }, top: 3 };
    expect(parts(bindOptions(context, people, query).shape)).toEqual({
      expand: {
        friends: {
          ...one,
          filter: ['(i1/age:Int32 gt 5:Int32)'],
          expand: { friends: { ...one, filter: ['(i1/age:Int32 gt 5:Int32)'] } },
        },
      },
    });
  });
});
