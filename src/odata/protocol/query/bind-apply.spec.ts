import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { aggregatedText, boundText, searchText, typeText } from '../../../../test/support/bound-text.js';
import type { ItemType, StructuredType } from '../edm/model.js';
import { parseQuery } from '../uri/parse-query.js';
import { bindApply } from './bind-apply.js';
import type { Aggregate, BoundTransformation, GroupKey, Instance } from './bound.js';
import { Budget } from './budget.js';

const works = { kind: 'entity' as const, type: libraryModel.entitySets.get('works')!.type };

function bind(text: string) {
  const query = parseQuery(`$apply=${encodeURIComponent(text)}`);
  const it: Instance = works;
  const context = {
    model: libraryModel,
    it,
    aliases: new Map<string, never>(),
    now: new Date(0),
    budget: new Budget(),
  };
  return bindApply(context, { root: libraryModel.entitySets.get('works')!, item: works }, query.apply!);
}

const nameOf = (item: ItemType): string => typeText({ item, collection: false });
const keyText = ({ path, value }: GroupKey): string => `${path.join('/')}=${boundText(value)}`;
const aggregateText = ({ name, ...value }: Aggregate): string =>
  `${aggregatedText(value)} as ${name}:${nameOf(value.type)}`;

/** A step, as text in which every value has its type. */
function stepText(step: BoundTransformation): string {
  switch (step.kind) {
    case 'filter':
      return `filter ${[...step.filters.map(boundText), ...(step.search === undefined ? [] : [searchText(step.search)])].join()}`;
    case 'compute':
      return `compute ${step.computed.map(({ name, expression }) => `${boundText(expression)} as ${name}`).join(', ')}`;
    case 'aggregate': {
      const groups = step.groupings.map((keys) => `[${keys.map(keyText).join(', ')}]`);
      const kept = step.keepsEmpty === true ? ['every'] : [];
      return ['aggregate', ...kept, ...groups, ...step.aggregates.map(aggregateText)].join(' ');
    }
    case 'order':
      return `order ${step.order.map(({ expression, descending }) => `${boundText(expression)}${descending ? ' desc' : ''}`).join(', ')}`;
    case 'limit':
      return `limit skip ${step.skip ?? 'none'} top ${step.top ?? 'all'}${step.within.length === 0 ? '' : ` within ${step.within.map(keyText).join(', ')}`}`;
    case 'join':
      return `join ${step.alias}: ${step.nested.transformations.map(stepText).join('; ')}`;
    case 'addNested':
      return `nested ${step.nested.map(({ alias, items }) => `${alias}: ${items.transformations.map(stepText).join('; ')}`).join(', ')}`;
    case 'nestGroups':
      return `nest ${step.keys.map(keyText).join(', ')}: ${step.nested.map(({ alias, items }) => `${alias}: ${items.transformations.map(stepText).join('; ')}`).join(', ')}`;
    case 'together':
      return `together ${step.sequences.map((one) => `[${one.transformations.map(stepText).join('; ')}]`).join(' ')}`;
    case 'nest':
      return `nest ${step.sequences.map((one) => `${one.alias}: ${one.transformations.map(stepText).join('; ')}`).join(', ')}`;
    case 'relatives':
      return `${step.direction} ${step.hierarchy.qualifier} by ${boundText(step.path.value)} from ${step.start.map(stepText).join('; ')}`;
    case 'rollUp':
      return `roll up ${step.hierarchy.qualifier}: ${step.transformations.map(stepText).join('; ')}`;
    case 'traverse':
      return `traverse ${step.hierarchy.qualifier} by ${boundText(step.value)} ${step.order}`;
    case 'groups':
      return `groups ${step.keys.map(keyText).join(', ')}: ${step.transformations.map(stepText).join('; ')}`;
    case 'rank': {
      const within = step.within.length === 0 ? '' : ` within ${step.within.map(keyText).join(', ')}`;
      return `${step.descending ? 'top' : 'bottom'} ${step.keep} ${boundText(step.quantity)} by ${boundText(step.by)}${within}`;
    }
    case 'concat':
      return `concat ${step.sequences.map((sequence) => `[${sequence.transformations.map(stepText).join('; ')}]`).join(' ')}`;
  }
}

/** What a result is made of; types of the model by their names. */
function resultText({ name, properties }: StructuredType): string {
  if (name !== '') return name;
  const members = [...properties.values()].map(({ name: member, type }) =>
    type.kind === 'complex' && type.name === '' ? `${member}:${resultText(type)}` : `${member}:${nameOf(type)}`,
  );
  return `{${members.join(', ')}}`;
}

const steps = (text: string): string[] => bind(text).transformations.map(stepText);
const outputOf = (text: string) => bind(text).output.type as StructuredType;
const result = (text: string): string => resultText(outputOf(text));

function refusal(text: string): unknown {
  try {
    return steps(text);
  } catch (error) {
    const { code, target, position, message } = error as Record<string, unknown>;
    return { code, target, position, message };
  }
}
const refused = (position: number, message: string) => ({
  code: 'invalidQueryOption',
  target: '$apply',
  position,
  message: `In $apply at character ${position}: ${message}`,
});

describe('a transformation that keeps the items', () => {
  it.each<[text: string, expected: string[]]>([
    ['identity', []],
    ['filter(loans gt 5)', ['filter (loans:Int32 gt 5:Int32)']],
    ['search(a b)', ['filter ("a" and "b")']],
    ['orderby(title desc,loans)', ['order title:String desc, loans:Int32']],
    ['top(2)', ['limit skip none top 2']],
    ['skip(1)/top(2)', ['limit skip 1 top all', 'limit skip none top 2']],
    ['topcount(2,loans)', ['top count 2:Int32 by loans:Int32']],
    ['bottomcount(2,loans)', ['bottom count 2:Int32 by loans:Int32']],
    ['topsum(10,price)', ['top sum 10:Int32 by price:Decimal']],
    ['bottomsum(10,loans)', ['bottom sum 10:Int32 by loans:Int32']],
    ['toppercent(50,loans)', ['top percent 50:Int32 by loans:Int32']],
    ['bottompercent(0.5,loans)', ['bottom percent 0.5:Decimal by loans:Int32']],
    ['groupby((size),topcount(2,loans))', ['top count 2:Int32 by loans:Int32 within size=size:Size']],
    ['groupby((size),filter(lent)/top(1))', ['filter lent:Boolean', 'limit skip none top 1 within size=size:Size']],
    ['topcount($these/$count div 2,loans)', ['top count divide(count() of these:Int64, 2:Int32):Int64 by loans:Int32']],
    ['concat(filter(lent),top(1))', ['concat [filter lent:Boolean] [limit skip none top 1]']],
  ])('%s becomes %j', (text, expected) => {
    expect(steps(text)).toEqual(expected);
    expect(result(text)).toBe('Work');
  });

  it('may be followed by what is computed, and by what speaks of it', () => {
    const text = 'compute(loans mul 2 as twice)/filter(twice gt 5)';
    expect(steps(text)).toEqual([
      'compute multiply(loans:Int32, 2:Int32):Int64 as twice',
      'filter (i1/twice:Int64 gt 5:Int32)',
    ]);
    expect(outputOf(text).properties.get('twice')?.type).toMatchObject({ name: 'Edm.Int64' });
  });

  it.each([
    ['filter(loans)', 8, 'a condition must be true or false, this is Edm.Int32.'],
    ['compute(loans mul 2 as loans)', 9, "the name 'loans' is taken."],
    ['compute(1 as writer)', 9, "the name 'writer' is taken."],
    ['compute(place as p)', 9, 'test.library.Place is no single primitive value.'],
    ['orderby(numbers)', 9, 'Collection(Edm.Int32) is no single primitive value.'],
    ['topsum(2,title)', 1, 'topsum takes numbers, not Edm.String.'],
    ['topcount(2,position)', 12, 'Edm.GeographyPoint has no order.'],
    ["bottomsum('a',loans)", 1, 'bottomsum takes numbers, not Edm.String.'],
    ['topcount(0,loans)', 10, 'topcount keeps a positive integer of items.'],
    ['topcount(-1,loans)', 10, 'topcount keeps a positive integer of items.'],
    ['bottomcount(1.5,loans)', 13, 'bottomcount keeps a positive integer of items.'],
    ['bottomcount(INF,loans)', 13, 'bottomcount keeps a positive integer of items.'],
    ['topcount(null,loans)', 10, 'how much to keep must be a literal, or said of $these.'],
    ['toppercent(0,loans)', 12, 'toppercent keeps more than 0 and at most 100 percent.'],
    ['toppercent(150,loans)', 12, 'toppercent keeps more than 0 and at most 100 percent.'],
    ['bottompercent(100.5,loans)', 15, 'bottompercent keeps more than 0 and at most 100 percent.'],
    ['bottompercent(-1,loans)', 15, 'bottompercent keeps more than 0 and at most 100 percent.'],
    ['toppercent(NaN,loans)', 12, 'toppercent keeps more than 0 and at most 100 percent.'],
    ['topsum(NaN,loans)', 8, 'topsum keeps a number.'],
    ['topcount(year,loans)', 10, 'how much to keep must be a literal, or said of $these.'],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('aggregate', () => {
  it.each([
    ['$count as n', 'count() as n:Decimal'],
    ['loans with sum as x', 'sum(loans:Int32) as x:Int64'],
    ['shelf with sum as x', 'sum(shelf:Byte) as x:Int64'],
    ['price with sum as x', 'sum(price:Decimal) as x:Decimal'],
    ['rating with sum as x', 'sum(rating:Double) as x:Double'],
    ['lendingTime with sum as x', 'sum(lendingTime:Duration) as x:Duration'],
    ['loans with average as x', 'average(loans:Int32) as x:Double'],
    ['price with average as x', 'average(price:Decimal) as x:Decimal'],
    ['loans with min as x', 'min(loans:Int32) as x:Int32'],
    ['title with max as x', 'max(title:String) as x:String'],
    ['published with max as x', 'max(published:Date) as x:Date'],
    ['size with max as x', 'max(size:Size) as x:Size'],
    ['title with countdistinct as x', 'countdistinct(title:String) as x:Decimal'],
    ['loans mul price with sum as x', 'sum(multiply(loans:Int32, price:Decimal):Decimal) as x:Decimal'],
    ['numbers/$count as x', 'count(i1:Int32 in i1 of numbers:Collection(Int32)) as x:Decimal'],
    ['place/$count as x', 'count(case((place:Place ne null) ? 1:Int32):Int32) as x:Decimal'],
    [
      'test.library.Book/$count as x',
      'count(case((isof($it:Work as Book)) ? case(($it:Book ne null) ? 1:Int32):Int32):Int32) as x:Decimal',
    ],
    // A number of items is summed where nothing else is said.
    [
      'numbers/$count($filter=$this gt 1) as x',
      'sum(count(i1 of numbers:Collection(Int32) if (i1:Int32 gt 1:Int32)):Int64) as x:Decimal',
    ],
    ['numbers/$count with max as x', 'max(count(i1 of numbers:Collection(Int32)):Int64) as x:Int64'],
  ])('%s has the type of its result: %s', (text, expected) => {
    expect(steps(`aggregate(${text})`)).toEqual([`aggregate [] ${expected}`]);
  });

  // Data Aggregation 3.2.1.1: an entity is told by the reference to it, what is behind it by its place there.
  it.each([
    ['numbers with sum as x', 'sum(i1:Int32 in i1 of numbers:Collection(Int32)) as x:Int64'],
    ['chapters/pages with sum as x', 'sum(i1/pages:Int32 in i1 of chapters:Collection(Chapter)) as x:Int64'],
    ['writer/born with max as x', 'max(writer->authors/born:Date) as x:Date'],
    [
      'writer/$count as x',
      'count(case((writer->authors:Author ne null) ? 1:Int32):Int32 once by [writer:String]) as x:Decimal',
    ],
    [
      'writers/$count as x',
      'count(case((i1:Author ne null) ? 1:Int32):Int32 in i1 of writers->authors:Collection(Author) once by [place of i1]) as x:Decimal',
    ],
    [
      'chapters/editor/$count as x',
      'count(case((i1/editor->authors:Author ne null) ? 1:Int32):Int32 in i1 of chapters:Collection(Chapter) once by [i1/editor:String]) as x:Decimal',
    ],
    [
      'chapters/words with countdistinct as x',
      'countdistinct(i1:String in i2 of chapters:Collection(Chapter) in i1 of i2/words:Collection(String)) as x:Decimal',
    ],
  ])('reaches values by paths: %s as %s', (text, expected) => {
    expect(steps(`aggregate(${text})`)).toEqual([`aggregate [] ${expected}`]);
  });

  it('leaves what it names, and nothing else', () => {
    const text = 'aggregate(loans with sum as s,$count as n)';
    expect(result(text)).toBe('{s:Int64, n:Decimal}');
    expect(steps(`${text}/filter(s gt n)`)).toEqual([
      'aggregate [] sum(loans:Int32) as s:Int64 count() as n:Decimal',
      'filter (i1/s:Int64 gt i1/n:Decimal)',
    ]);
    expect(refusal(`${text}/filter(loans gt 5)`)).toMatchObject({ code: 'invalidQueryOption', position: 51 });
  });

  it.each([
    ['$count with sum as n', '$count takes no method.'],
    ['loans with sum', "an aggregated value needs a name: 'as' and an alias."],
    ['loans as x', "an aggregated value needs a method: 'with' sum, min, max, average or countdistinct."],
    ['loans with median as x', "there is no method 'median'."],
    ['title with sum as x', 'Edm.String has no sum.'],
    ['published with average as x', 'Edm.Date has no average.'],
    ['lent with sum as x', 'Edm.Boolean has no sum.'],
    ['size with sum as x', 'test.library.Size has no sum.'],
    ['places with sum as x', 'test.library.Place is no single primitive value.'],
    ['loans with sum as a,loans with max as a', "the name 'a' is taken."],
  ])('%s is refused: %s', (text, message) => {
    expect(refusal(`aggregate(${text})`)).toEqual(refused(11, message));
  });
});

describe('groupby', () => {
  it.each([
    ['groupby((place))', 'aggregate [place=whole(place:Place)]', '{place:Place}'],
    ['groupby((place/city,place))', 'aggregate [place=whole(place:Place)]', '{place:Place}'],
    [
      'groupby((writer),aggregate($count as n))',
      'aggregate [writer=case((writer->authors:Author ne null) ? writer:String):String] count() as n:Decimal',
      '{n:Decimal}',
    ],
    ['groupby((size))', 'aggregate [size=size:Size]', '{size:Size}'],
    [
      'groupby((size,place/city))',
      'aggregate [size=size:Size, place/city=place/city:String]',
      '{size:Size, place:{city:String}}',
    ],
    [
      'groupby((place/city,size,place/floor),aggregate($count as n))',
      'aggregate [place/city=place/city:String, size=size:Size, place/floor=place/floor:Int32] count() as n:Decimal',
      '{place:{city:String, floor:Int32}, size:Size, n:Decimal}',
    ],
    ['groupby((writer/name))', 'aggregate [writer/name=writer->authors/name:String]', '{writer:{name:String}}'],
    [
      'groupby((rollup(size,year)))',
      'aggregate [size=size:Size, year=year:Int16] [size=size:Size]',
      '{size:Size, year:Int16}',
    ],
    [
      'groupby((rollup($all,size,year)))',
      'aggregate [size=size:Size, year=year:Int16] [size=size:Size] []',
      '{size:Size, year:Int16}',
    ],
    [
      'groupby((title,rollup(size,year)))',
      'aggregate [title=title:String, size=size:Size, year=year:Int16] [title=title:String, size=size:Size]',
      '{title:String, size:Size, year:Int16}',
    ],
  ])('%s becomes %s, of %s', (text, step, output) => {
    expect(steps(text)).toEqual([step]);
    expect(result(text)).toBe(output);
  });

  it('keeps the groups of which a sequence has left no item', () => {
    expect(steps('groupby((size),filter(lent)/aggregate($count as n)/filter(n gt 0))')).toEqual([
      'groups size=size:Size: filter lent:Boolean; aggregate every [size=size:Size] count() as n:Decimal; filter (i1/n:Decimal gt 0:Int32)',
    ]);
  });

  it('may group groups', () => {
    const text = 'groupby((size,year),aggregate($count as n))/groupby((size),aggregate(n with sum as total))';
    expect(steps(text)).toEqual([
      'aggregate [size=size:Size, year=year:Int16] count() as n:Decimal',
      'aggregate [size=i1/size:Size] sum(i1/n:Decimal) as total:Decimal',
    ]);
    expect(result(text)).toBe('{size:Size, total:Decimal}');
  });

  it('leaves its keys where they were', () => {
    const text = 'groupby((place/city),aggregate($count as n))';
    expect(steps(`${text}/filter(place/city eq 'a')`)[1]).toBe('filter (i1/place/city:String eq "a":String)');
    expect(refusal(`${text}/filter(place/floor eq 1)`)).toMatchObject({ code: 'invalidQueryOption', position: 59 });
  });

  it.each([
    ['groupby((size,nope))', 15, "the type test.library.Work has no property 'nope'."],
    ['groupby((places))', 10, 'Collection(test.library.Place) is no single primitive value.'],
    ['groupby((numbers))', 10, 'Collection(Edm.Int32) is no single primitive value.'],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('concat', () => {
  it('of different items gives items that have the properties of all', () => {
    const text = 'concat(aggregate($count as n),aggregate(loans with sum as s))';
    expect(steps(`${text}/filter(n gt 5)`)).toEqual([
      'concat [aggregate [] count() as n:Decimal] [aggregate [] sum(loans:Int32) as s:Int64]',
      'filter (i1/n:Decimal gt 5:Int32)',
    ]);
    expect(result(text)).toBe('{n:Decimal, s:Int64}');
    const properties = [...outputOf('concat(identity,aggregate($count as n))').properties.keys()];
    expect(properties).toEqual([...works.type.properties.keys(), 'n']);
  });
});

describe('collections inside items', () => {
  it.each([
    ['join(chapters as c,filter(pages gt 5))', ['join c: filter (i1/pages:Int32 gt 5:Int32)'], 'Work'],
    ['outerjoin(places as p)/filter(p/floor gt 1)', ['join p: ', 'filter (i1/p/floor:Int32 gt 1:Int32)'], 'Work'],
    [
      'addnested(chapters,aggregate($count as n) as c)/groupby((size),aggregate(c/$count with sum as s))',
      [
        'nested c: aggregate every [#of=i1/#of:Int64] count() as n:Decimal',
        'aggregate [size=i1/size:Size] sum(count(i2 of i1/c:Collection()):Int64) as s:Int64',
      ],
      '{size:Size, s:Int64}',
    ],
    [
      'nest(filter(loans gt 1) as a,aggregate($count as n) as b)',
      ['nest a: filter (loans:Int32 gt 1:Int32), b: aggregate [] count() as n:Decimal'],
      '',
    ],
  ])('%s', (text, expected, type) => {
    expect(steps(text)).toEqual(expected);
    if (type !== '') expect(result(text)).toBe(type);
  });
});

describe('what is not built of $apply', () => {
  it.each([
    ['expand(chapters)', 1, 'expand'],
    ['addnested(place/floor,identity as n)', 11, 'a collection that is not a property of the item itself'],
    ['test.library.f()', 1, 'the function test.library.f'],
    ['aggregate(loans with my.own as x)', 11, 'the method my.own'],
  ])('is said to be so: %s at %i', (text, position, feature) => {
    const expected = { ...refused(position, `${feature} is not implemented.`), code: 'queryOptionNotImplemented' };
    expect(refusal(text)).toEqual(expected);
  });
});
