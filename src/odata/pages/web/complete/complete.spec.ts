import { describe, expect, it } from '@jest/globals';
import { complete } from './complete.js';
import { readModel } from '../model/model.js';

const model = readModel({
  $Version: '4.01',
  'a.b': {
    Size: { $Kind: 'EnumType', S: 0, 'S@Core.Description': 'Small.', L: 1 },
    Part: { $Kind: 'ComplexType', weight: { $Type: 'Edm.Double' }, tags: { $Collection: true } },
    Base: { $Kind: 'EntityType', $Key: ['id'], id: {} },
    Page: { $Kind: 'EntityType', $BaseType: 'a.b.Base', text: { '@Core.Description': 'What it says.' } },
    Node: {
      $Kind: 'EntityType',
      $BaseType: 'a.b.Base',
      '@Aggregation.RecursiveHierarchy#Tree': { NodeProperty: 'id', ParentNavigationProperty: 'up' },
      up: { $Kind: 'NavigationProperty', $Type: 'a.b.Node' },
      leaf: { $Kind: 'NavigationProperty', $Type: 'a.b.Thing' },
    },
    Leaf: { $Kind: 'EntityType', $BaseType: 'a.b.Base', of: { $Kind: 'NavigationProperty', $Type: 'a.b.Node' } },
    Thing: {
      $Kind: 'EntityType',
      $BaseType: 'a.b.Base',
      size: { $Type: 'a.b.Size' },
      part: { $Type: 'a.b.Part' },
      parts: { $Type: 'a.b.Part', $Collection: true },
      pages: { $Kind: 'NavigationProperty', $Type: 'a.b.Page', $Collection: true },
      cover: { $Kind: 'NavigationProperty', $Type: 'a.b.Page' },
    },
    Container: {
      $Kind: 'EntityContainer',
      '@Capabilities.FilterFunctions': ['eq', 'and', 'contains', 'length', 'any', 'all', 'not'],
      things: { $Collection: true, $Type: 'a.b.Thing' },
      others: { $Collection: true, $Type: 'a.b.Page' },
      main: { $Type: 'a.b.Thing' },
      nodes: { $Collection: true, $Type: 'a.b.Node' },
      leaves: { $Collection: true, $Type: 'a.b.Leaf' },
      Best: { $Function: 'a.b.Best' },
    },
    delta: [
      { $Kind: 'Function', $IsBound: true, $Parameter: [{ $Name: 'set', $Type: 'a.b.Thing', $Collection: true }] },
    ],
    Lend: [
      {
        $Kind: 'Action',
        $IsBound: true,
        $Parameter: [
          { $Name: 'thing', $Type: 'a.b.Thing' },
          { $Name: 'days', $Type: 'Edm.Int32' },
        ],
      },
    ],
    Best: [
      { $Kind: 'Function', $Parameter: [{ $Name: 'n', $Type: 'Edm.Int32' }], $ReturnType: { $Type: 'a.b.Thing' } },
    ],
  },
});
const action = 'Lend';
const thing = ['id', 'size', 'part', 'parts', 'pages', 'cover'];
const part = ['weight', 'tags'];
const page = ['id', 'text'];

/** The suggestions at `|`. */
const at = (text: string): string[] => {
  const cursor = text.indexOf('|');
  return complete(model, text.replace('|', ''), cursor).suggestions.map((suggestion) => suggestion.text);
};

describe('completion', () => {
  it.each([
    ['|', ['things', 'others', 'main', 'nodes', 'leaves', 'Best(n=@n)', '$crossjoin(', '$all']],
    ['$cr|', ['$crossjoin(']],
    ['$crossjoin(|', ['things', 'others', 'nodes', 'leaves']],
    ['$crossjoin(things,|', ['others', 'nodes', 'leaves']],
    ['$crossjoin(things,others|', ['others)']],
    ['th|', ['things']],
    ['nope|', []],
    ['things/|', ['$count', '$each', '$filter(@f)', '$ref', 'delta']],
    ['things/$filter(@f)/|', ['$count', '$each', '$ref', 'delta']],
    ['things/$each/|', ['$count', 'delta']],
    ["things('x')/|", [...thing, action]],
    ['things/x/|', [...thing, action]],
    ['Best(n=1)/|', [...thing, action]],
    ["things('a/b')/part/|", part],
    ['main/p|', ['part', 'parts', 'pages']],
    ['main/part/weight/|', ['$value']],
    ['main/pages/|', ['$count', '$each', '$filter(@f)', '$ref']],
    ['main/parts/|', ['$count', '$each', '$filter(@f)']],
    ["main/pages('1')/t|", ['text']],
  ])('of the path %s is %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  it.each([
    ['things?$fi|', ['$filter=']],
    ['things?$top=1&$o|', ['$orderby=']],
    ['things?$count=|', ['true', 'false']],
    ['things/$filter(@f)/$each?@|', ['@f=']],
    ['things/$filter(@f)?@f=id eq @x&|', expect.arrayContaining(['@x=', '$filter='])],
    ['things?$f|', ['$filter=', '$format=']],
    ['things?$format=application/json;odata.metadata=n|', ['application/json;odata.metadata=none']],
    ['things?$lev|', []],
    ['things?$expand=pages($lev|', ['$levels=']],
    ['things?$select=|', thing],
    ['things?$select=id,pa|', ['part', 'parts', 'pages']],
    ['things?$select=part/|', part],
    ['things?$expand=|', ['pages', 'cover']],
    ['things?$expand=pages(|', expect.not.arrayContaining(['$apply='])],
    ['things?$expand=pages($sel|', ['$select=']],
    ['things?$expand=pages($select=|', page],
    ['things?$expand=pages($select=id;$filter=te|', ['text']],
    ['things?$expand=pages($select=id),c|', ['cover']],
    ['things?$expand=pages($select=id)&$filter=si|', ['size']],
    ['things?$filter=pa|', ['part', 'parts', 'pages']],
    ['things?$filter=part/w|', ['weight']],
    ['things?$filter=con|', ['contains(']],
    ['things?$filter=contains(i|', ['id']],
    ["things?$filter=contains(id,'a&b(') and si|", ['size']],
    ['things?$filter=size |', ['eq', 'and', 'asc', 'desc']],
    ['things?$filter=size e|', ['eq']],
    ['things?$filter=size eq |', ["'S'", "'L'"]],
    ["things?$filter=size eq '|", ["S'", "L'"]],
    ['things?$filter=parts/|', ['any(', 'all(', '$count', 'aggregate(']],
    ['things?$filter=parts/aggregate(|', [...part, '$count']],
    ['things?$filter=parts/aggregate(weight |', ['with ']],
    ['things?$filter=parts/aggregate(weight with m|', ['min', 'max']],
    ['things?$filter=parts/aggregate(weight with max) |', ['eq', 'and', 'asc', 'desc']],
    ['things?$filter=$th|', ['$these/']],
    ['things?$filter=$these/|', ['$count', 'aggregate(']],
    ['things?$filter=$these/aggregate(si|', ['size']],
    ['things?$filter=$root/|', ['things', 'others', 'main', 'nodes', 'leaves']],
    ['$crossjoin(things,others)?$filter=th|', ['things']],
    ['$crossjoin(things,others)?$filter=things/i|', ['id']],
    ['$crossjoin(things,others)?$filter=things/id eq others/id and others/te|', ['text']],
    ['$crossjoin(things,others)?$expand=|', ['things', 'others']],
    ['$crossjoin(things,others)?$expand=others($select=|', page],
    ['things?$filter=parts/any(p:p/|', part],
    ['things?$filter=parts/any(p:p/weight eq 1 and p/t|', ['tags']],
    ['things?$filter=pages/any(x:x/te|', ['text']],
    ['things?$filter=parts/any(part:par|', ['part', 'part', 'parts']],
    ['nope?$filter=|', expect.arrayContaining(['contains(', 'null'])],
  ])('of the query %s is %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  it.each([
    ['|', expect.arrayContaining(['groupby((', 'aggregate(', 'filter(', 'identity'])],
    ['agg|', ['aggregate(']],
    ['aggregate(|', [...thing, '$count as ']],
    ['aggregate(size |', ['with ', 'as ']],
    ['aggregate(size with |', ['sum', 'min', 'max', 'average', 'countdistinct']],
    ['aggregate(size with max |', ['from ', 'as ']],
    ['aggregate(size with max as |', []],
    ['filter(parts/aggregate(|', [...part, '$count']],
    ['groupby((size))/aggregate(|', [...thing, '$count as ']],
    ['groupby(|', ['(']],
    ['groupby((|', ['id', 'size', 'part', 'cover', 'rollup(', 'rolluprecursive(']],
    ['groupby((size,|', ['id', 'size', 'part', 'cover', 'rollup(', 'rolluprecursive(']],
    ['groupby((size),agg|', ['aggregate(']],
    ['groupby((size),aggregate($count as n))/fil|', ['filter(']],
    ['filter(si|', ['size']],
    ['filter(size eq |', ["'S'", "'L'"]],
    ["filter(size eq 'groupby((')/|", expect.arrayContaining(['groupby(('])],
    ['concat(agg|', ['aggregate(']],
    ['join(|', ['parts', 'pages']],
    ['join(parts |', ['as ']],
    ['outerjoin(parts as p,fil|', ['filter(']],
    ['expand(|', ['pages', 'cover']],
    ['addnested(pa|', ['parts', 'pages']],
    ['addnested(pages,agg|', ['aggregate(']],
    ['nest(gr|', ['groupby((']],
    ['nest(groupby((size)) |', ['as ']],
    ['tops|', ['topsum(']],
    ['topsum(10,si|', ['size']],
    ['top(|', []],
  ])('of $apply=%s is %j', (text, expected) => {
    expect(at(`things?$apply=${text}`)).toEqual(expected);
  });

  it.each([
    ['nodes?$apply=|', expect.arrayContaining(['ancestors(', 'descendants(', 'traverse('])],
    ['nodes?$apply=ancestors(|', ['$root/nodes']],
    ['nodes?$apply=ancestors($root/|', ['nodes']],
    ['nodes?$apply=ancestors($root/nodes,|', ['Tree']],
    ['nodes?$apply=ancestors($root/nodes,Tree,|', ['id', 'up/id', 'up', 'leaf']],
    ['leaves?$apply=ancestors($root/nodes,Tree,|', ['of/id', 'id', 'of']],
    ['nodes?$apply=descendants($root/nodes,Tree,id,fil|', ['filter(']],
    ["nodes?$apply=descendants($root/nodes,Tree,id,filter(id eq ','),ke|", ['keep start']],
    ["nodes?$apply=descendants($root/nodes,Tree,id,filter(id eq 'x'),1)/fil|", ['filter(']],
    ['nodes?$apply=traverse($root/nodes,Tree,id,|', ['preorder', 'postorder']],
    ['leaves?$apply=groupby((rolluprecursive($root/nodes,T|', ['Tree']],
  ])('along a hierarchy, of %s is %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  it('is none of what no service takes', () => {
    expect(at(`things?$filter=${'parts/any(x:'.repeat(10_000)}|`)).toEqual([]);
  });

  it('says types and descriptions, and what it replaces', () => {
    const text = "main/pages('1')/te and more";
    expect(complete(model, text, 18)).toEqual({
      from: 16,
      suggestions: [{ text: 'text', detail: 'Edm.String', description: 'What it says.' }],
    });
    expect(complete(model, 'things?$filter=size eq ', 23).suggestions[0]?.description).toBe('Small.');
  });
});
