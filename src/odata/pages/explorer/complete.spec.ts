import { describe, expect, it } from '@jest/globals';
import { complete } from './complete.js';
import { readModel, typeOfPath } from './model.js';

const model = readModel({
  $Version: '4.01',
  'a.b': {
    Size: { $Kind: 'EnumType', S: 0, 'S@Core.Description': 'Small.', L: 1 },
    Part: { $Kind: 'ComplexType', weight: { $Type: 'Edm.Double' }, tags: { $Collection: true } },
    Base: { $Kind: 'EntityType', $Key: ['id'], id: {} },
    Page: { $Kind: 'EntityType', $BaseType: 'a.b.Base', text: { '@Core.Description': 'What it says.' } },
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
      main: { $Type: 'a.b.Thing' },
    },
  },
});
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
    ['|', ['things', 'main']],
    ['th|', ['things']],
    ['nope|', []],
    ['things/|', ['$count']],
    ["things('x')/|", thing],
    ['things/x/|', thing],
    ["things('a/b')/part/|", part],
    ['main/p|', ['part', 'parts', 'pages']],
    ['main/part/weight/|', ['$value']],
    ['main/pages/|', ['$count']],
    ["main/pages('1')/t|", ['text']],
  ])('of the path %s is %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  it.each([
    ['things?$fi|', ['$filter=']],
    ['things?$top=1&$o|', ['$orderby=']],
    ['things?$count=|', ['true', 'false']],
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
    ['things?$filter=parts/|', ['any(', 'all(', '$count']],
    ['things?$filter=parts/any(p:p/|', part],
    ['things?$filter=parts/any(p:p/weight eq 1 and p/t|', ['tags']],
    ['things?$filter=pages/any(x:x/te|', ['text']],
    ['things?$filter=parts/any(part:par|', ['part', 'part', 'parts']],
    ['nope?$filter=|', expect.arrayContaining(['contains(', 'null'])],
  ])('of the query %s is %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
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

describe('the type of a path', () => {
  it.each([
    ['things', { type: 'a.b.Thing', collection: true }],
    ["things('a''/b')", { type: 'a.b.Thing', collection: false }],
    ['things/x', { type: 'a.b.Thing', collection: false }],
    ["things('x')/pages", { type: 'a.b.Page', collection: true }],
    ["things('x')/pages('1')", { type: 'a.b.Page', collection: false }],
    ['main/parts', { type: 'a.b.Part', collection: true }],
    ['main/part/tags', { type: 'Edm.String', collection: true }],
    ['things/$count', undefined],
    ['main/nope', undefined],
    ['nope', undefined],
  ])('%s is %j', (path, expected) => {
    const found = typeOfPath(model, path);
    expect(found && { type: found.type, collection: found.collection }).toEqual(expected);
  });
});
