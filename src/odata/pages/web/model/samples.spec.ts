import { describe, expect, it } from '@jest/globals';
import { conditionOf, literalOf, operatorsFor } from './literals.js';
import { parseJson } from '../request/json.js';
import { readModel } from './model.js';
import { callOf, samplesOf } from './samples.js';

const model = readModel({
  a: {
    Size: { $Kind: 'EnumType', S: 0, L: 1 },
    Thing: {
      $Kind: 'EntityType',
      $Key: ['id'],
      id: {},
      name: { $Nullable: true },
      count: { $Type: 'Edm.Int32' },
      size: { $Type: 'a.Size' },
      tags: { $Collection: true },
      pages: { $Kind: 'NavigationProperty', $Type: 'a.Thing', $Collection: true },
    },
    Container: {
      $Kind: 'EntityContainer',
      things: { $Collection: true, $Type: 'a.Thing' },
      main: { $Type: 'a.Thing' },
    },
    Find: [
      {
        $Kind: 'Function',
        $IsBound: true,
        $Parameter: [
          { $Name: 'set', $Type: 'a.Thing', $Collection: true },
          { $Name: 'day', $Type: 'Edm.Date' },
          { $Name: 'word' },
          { $Name: 'size', $Type: 'a.Size' },
          { $Name: 'numbers', $Type: 'Edm.Int32', $Collection: true },
        ],
      },
    ],
    Lend: [
      {
        $Kind: 'Action',
        $IsBound: true,
        $Parameter: [
          { $Name: 'one', $Type: 'a.Thing' },
          { $Name: 'days', $Type: 'Edm.Int32' },
          { $Name: 'note', $Nullable: true },
        ],
      },
    ],
  },
});
const [find, lend] = model.operations;
const property = (name: string) => model.types.get('a.Thing')!.properties.get(name)!;

describe('samples', () => {
  it('are made of the model', () => {
    expect(samplesOf(model).map(({ query }) => query)).toEqual([
      'things?$top=10&$count=true',
      'things?$filter=name ne null&$orderby=name',
      'things?$orderby=count desc&$top=5',
      'things?$top=5&$expand=pages',
      'things?$apply=groupby((size),aggregate($count as number))',
      'main',
    ]);
  });

  it('call a function through aliases', () => {
    const given = new Map<string, unknown>([
      ['day', '2026-01-01'],
      ['word', "it's 5% & more"],
      ['size', 'S'],
      ['numbers', [1, parseJson('9007199254740993')]],
    ]);
    expect(callOf(find!, 'things', given)).toMatchObject({
      method: 'GET',
      query:
        "things/a.Find(day=@day,word=@word,size=@size,numbers=@numbers)?@day=2026-01-01&@word='it''s 5%25 %26 more'&@size='S'&@numbers=[1,9007199254740993]",
    });
    expect(callOf(find!, 'things').query).toBe('things/a.Find()');
  });

  it('call an action with a body', () => {
    const { method, query, body } = callOf(lend!, "things('x')", new Map([['days', 7]]));
    expect([method, query, JSON.parse(body)]).toEqual(['POST', "things('x')/a.Lend", { days: 7 }]);
    expect(callOf(lend!, undefined).body).toBe('');
  });
});

describe('a condition', () => {
  it.each([
    ['name', 'contains', "it's 100%", "contains(name,'it''s 100%25')"],
    ['name', 'null', '', 'name eq null'],
    ['name', 'not null', '', 'name ne null'],
    ['count', 'ge', ' 5 ', 'count ge 5'],
    ['size', 'eq', 'S', "size eq 'S'"],
    ['tags', 'any', 'x', "tags/any(x:x eq 'x')"],
  ])('on %s: %s %j is %s', (name, operator, text, condition) => {
    expect(operatorsFor(model, property(name)).map((one) => one.operator)).toContain(operator);
    expect(conditionOf(property(name), name, operator, text)).toBe(condition);
  });

  it('is none on what is related', () => {
    expect(operatorsFor(model, property('pages'))).toEqual([]);
  });

  it.each([
    ['Edm.Duration', 'PT1H', "duration'PT1H'"],
    ['Edm.Date', '2026-01-01', '2026-01-01'],
    ['Edm.Guid', 'x', 'x'],
    ['Edm.Binary', 'AA', "binary'AA'"],
  ])('has a literal of %s', (type, text, literal) => {
    expect(literalOf(type, text)).toBe(literal);
  });
});
