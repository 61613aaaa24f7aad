import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExpression } from './parse-expression.js';
import { parsePath } from './parse-path.js';
import { parseQuery } from './parse-query.js';
import { printExpression, printPath, printQuery } from './print.js';
import { Scanner } from './scanner.js';
import type { Expression, Literal, SearchExpression } from './syntax-tree.js';

/** A tree without its spans. */
function bare(node: unknown): unknown {
  if (node instanceof Map) return [...node].map(([name, value]) => [name, bare(value)]);
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  const members = Object.entries(node).filter(([member]) => member !== 'start' && member !== 'end');
  return Object.fromEntries(members.map(([member, value]) => [member, bare(value)]));
}

const span = { start: 0, end: 0 };
const name = fc.constantFrom('a', 'firstName', 'größe', '_x1', 'eq', 'desc');
const literal: fc.Arbitrary<Literal> = fc
  .oneof(
    fc.string({ unit: 'grapheme' }).map((text) => ['string', text] as const),
    fc.constantFrom(
      ['null', 'null'] as const,
      ['boolean', 'true'] as const,
      ['double', 'NaN'] as const,
      ['double', '-INF'] as const,
      ['double', '1e-3'] as const,
      ['decimal', '-1.50'] as const,
      ['decimal', '99999999999999999999'] as const,
      ['date', '2012-12-03'] as const,
      ['dateTimeOffset', '2012-12-03T07:16:23+01:00'] as const,
      ['timeOfDay', '07:59'] as const,
      ['guid', 'ABCDEFAB-89ab-cdef-0123-456789abcdef'] as const,
      ['duration', 'P1DT2H'] as const,
      ['binary', 'AAA_'] as const,
    ),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ['integer', value.toString()] as const),
  )
  .map(([type, text]) => ({ kind: 'literal', type, text, ...span }));

const { expression } = fc.letrec<{ expression: Expression; path: Expression }>((tie) => ({
  path: fc
    .record({
      names: fc.array(name, { minLength: 1, maxLength: 3 }),
      tail: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        {
          weight: 1,
          arbitrary: tie('expression').map((filter) => [
            { kind: 'count' as const, filter, search: undefined, ...span },
          ]),
        },
        {
          weight: 1,
          arbitrary: tie('expression').map((predicate) => [{ kind: 'filter' as const, predicate, ...span }]),
        },
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.constantFrom('any' as const, 'all' as const), tie('expression'))
            .map(([operator, predicate]) => [{ kind: 'lambda' as const, operator, variable: 'v', predicate, ...span }]),
        },
      ),
    })
    .map(({ names, tail }) => ({
      kind: 'path',
      root: undefined,
      segments: [...names.map((n) => ({ kind: 'name' as const, name: n, qualified: false, ...span })), ...tail],
      ...span,
    })),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    tie('path'),
    fc
      .tuple(
        fc.constantFrom('eq', 'ne', 'gt', 'has', 'mul', 'divby', 'add', 'sub', 'le' as const),
        tie('expression'),
        tie('expression'),
      )
      .map(([operator, left, right]) => ({
        kind: 'binary' as const,
        operator: operator as 'eq',
        left,
        right,
        ...span,
      })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
      )
      .filter(([operator, [first]]) => first?.kind !== 'logical' || first.operator !== operator)
      .map(([operator, operands]) => ({ kind: 'logical' as const, operator, operands, ...span })),
    fc
      .tuple(fc.constantFrom('not' as const, 'negate' as const), tie('expression'))
      .map(([operator, operand]) => ({ kind: 'unary' as const, operator, operand, ...span })),
    fc.array(tie('expression'), { maxLength: 2 }).map((items) => ({ kind: 'array' as const, items, ...span })),
    fc.tuple(tie('path'), fc.array(literal, { maxLength: 3 })).map(([left, items]) => ({
      kind: 'binary' as const,
      operator: 'in' as const,
      left,
      right: { kind: 'list' as const, items, ...span },
      ...span,
    })),
    fc.tuple(tie('expression'), tie('expression')).map(([when, value]) => ({
      kind: 'case' as const,
      branches: [{ when, value }],
      ...span,
    })),
    fc.tuple(tie('expression'), tie('expression')).map((values) => ({
      kind: 'call' as const,
      name: 'contains',
      canonical: 'contains' as const,
      arguments: values,
      ...span,
    })),
  ),
}));

const { search } = fc.letrec<{ search: SearchExpression }>((tie) => ({
  search: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('blue', 'größe', 'a%3Bb').map((text) => ({ kind: 'term' as const, text, phrase: false, ...span })),
    fc
      .constantFrom('blue green', 'a"b\\', ';)')
      .map((text) => ({ kind: 'term' as const, text, phrase: true, ...span })),
    tie('search').map((operand) => ({ kind: 'not' as const, operand, ...span })),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('search'), { minLength: 2, maxLength: 3 }))
      .map(([operator, operands]) => ({ kind: 'logical' as const, operator, operands, ...span })),
  ),
}));

describe('print', () => {
  it('gives an expression back as the same tree', () => {
    fc.assert(
      fc.property(expression, (tree) => {
        const text = printExpression(tree);
        expect(bare(parseExpression(new Scanner(text, '$filter')))).toEqual(bare(tree));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives a search expression back as the same tree', () => {
    fc.assert(
      fc.property(search, (tree) => {
        const raw = encodeURIComponent(printQuery({ search: tree }).slice('$search='.length));
        expect(bare(parseQuery(`$search=${raw}`).search)).toEqual(bare(tree));
      }),
    );
  });

  it.each([
    '$filter=skills/any(s:startswith(s,@p) and s ne null)&@p=[1,{"a":"b"}]',
    '$select=*,ns.*,a/b,ns.f(x,y),@a.b,c($filter=d eq 1;$top=2;$count=true)',
    '$expand=profile($select=a,b/c;$expand=d($levels=max;@x=1);$search="a;b" OR c),e/$ref,f/$count($search=x),*',
    '$orderby=a desc,length(b),c/$count',
    '$compute=a mul 2 as b,case(a gt 1:2,true:3) as c',
    '$apply=filter(a gt 1)/groupby((a,b/c,rollup(d,e)),aggregate($count as n,a with sum as s,a from b with max as m))',
    '$apply=concat(topcount(2,a),identity/bottomsum(1,b))/compute(a as b)/orderby(a desc)/skip(1)/top(2)',
    '$apply=ancestors($root/Set,H,Id,filter(a eq 1),2,keep start)/traverse($root/Set,H,Id,preorder,a desc)',
    '$apply=join(a as b,filter(c eq 1))/nest(identity as n)/addnested(a/b,filter(true) as m)/search(x)/ns.f(a=1)',
    '$top=1&$skip=2&$count=true&$levels=max&$index=-1&$format=json&$id=x&$schemaversion=*&$skiptoken=t&$deltatoken=u',
    "$filter=cast(a,Edm.String) eq isof(Collection(ns.T)) and a/ns.T/b eq ns.E'x,y' and $it/c in $root/S(1)/d",
    '$filter=a/$filter(b eq 1)/$count gt a/$count($filter=b eq 1;$search=x y)',
  ])('gives back %s', (query) => {
    const tree = parseQuery(encodeURI(query));
    const printed = printQuery(tree);
    expect(bare(parseQuery(encodeURI(printed)))).toEqual(bare(tree));
  });

  it.each([
    ["set('a%2Fb')/nav", "set('a/b')/nav"],
    ['set/c1/profile/headline/$value', 'set/c1/profile/headline/$value'],
    ["set(@k)/ns.Type/$filter(a eq 'x/y')/$each", "set(@k)/ns.Type/$filter(a eq 'x/y')/$each"],
    ['set(a=1,b=2)/f(x=@y)/$count', 'set(a=1,b=2)/f(x=@y)/$count'],
    ['$crossjoin(a,b)', '$crossjoin(a,b)'],
    ['set/-1/$ref', 'set/-1/$ref'],
  ])('gives back the path %s', (raw, expected) => {
    expect(printPath(parsePath(raw))).toBe(expected);
  });
});

describe('parsePath', () => {
  it.each(['set//x', 'set/$metadata', '$nope', '$value', 'set(', "set('a", 'set/%E0%A4%A'])('refuses %s', (path) => {
    expect(() => parsePath(path)).toThrow(/not well-formed|malformed/);
  });
});

describe('parseQuery', () => {
  it('knows options in any case, with and without $, percent-encoded', () => {
    expect(parseQuery('Filter=a+EQ+1&%24TOP=5&count=TRUE&x=y')).toMatchObject({
      filter: { operator: 'eq' },
      top: 5,
      count: true,
      custom: new Map([['x', 'y']]),
    });
  });

  it.each([
    ['$top=-1', 'expected an integer that is not negative at character 1'],
    ['$count=yes', 'expected true or false'],
    ['$filter=a&$filter=b', "The query option '$filter' stands twice."],
    ['$expand=a($top=1;$top=2)', 'expected $top only once at character 10'],
    ['$nope=1', "The query option '$nope' does not exist."],
    ['$select=', 'expected the name of a property at its end'],
    ['$search=%22a', 'expected a closing double quote'],
    ['$orderby=a up', 'expected the end at character 3'],
  ])('refuses %s with: %s', (query, message) => {
    expect(() => parseQuery(query)).toThrow(message);
  });
});
