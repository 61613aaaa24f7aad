import { expect, it } from '@jest/globals';
import { isKindOf, readModel } from './model.js';

const model = readModel({
  $Version: '4.01',
  a: {
    '@Core.Description': 'All of it.',
    Flags: { $Kind: 'EnumType', $IsFlags: true, A: 1, 'A@Core.Description': 'The first.', B: 2 },
    Base: { $Kind: 'EntityType', $Abstract: true, $Key: ['id'], id: {} },
    Thing: {
      $Kind: 'EntityType',
      $BaseType: 'a.Base',
      $HasStream: true,
      text: { $Nullable: true, $MaxLength: 5, '@Core.Description': 'What it says.' },
      made: { $Type: 'Edm.Date', '@Core.Computed': true },
      first: { '@Core.Immutable': true },
    },
    Other: { $Kind: 'EntityType', $BaseType: 'a.Base' },
    Container: {
      $Kind: 'EntityContainer',
      things: {
        $Collection: true,
        $Type: 'a.Thing',
        '@Capabilities.InsertRestrictions': { Insertable: false },
        '@Capabilities.DeleteRestrictions': { Deletable: false },
      },
      others: { $Collection: true, $Type: 'a.Other' },
      main: { $Type: 'a.Thing' },
      Do: { $Action: 'a.Do', '@Core.Description': 'Does it.' },
    },
    Do: [{ $Kind: 'Action', $Parameter: [{ $Name: 'x' }] }],
    Term: { $Kind: 'Term' },
    $Annotations: {
      'a.Container/others/id': { '@Core.Computed': true },
      'a.Container/nope/id': { '@Core.Computed': true },
    },
  },
});

it('a model is read out of its metadata', () => {
  const thing = model.types.get('a.Thing');
  expect(thing).toMatchObject({ key: [{ name: 'id', path: ['id'] }], stream: true, entity: true, abstract: false });
  expect([...(thing?.properties.keys() ?? [])]).toEqual(['id', 'text', 'made', 'first']);
  expect(thing?.properties.get('text')).toMatchObject({
    type: 'Edm.String',
    nullable: true,
    maxLength: 5,
    description: 'What it says.',
  });
  expect(model.roots).toMatchObject([
    { name: 'things', set: true, insertable: false, updatable: true, deletable: false },
    { name: 'others', set: true, insertable: true, updatable: true, deletable: true },
    { name: 'main', set: false, insertable: false, deletable: false },
  ]);
  expect(model.operations).toMatchObject([
    { name: 'Do', action: true, binding: undefined, parameters: [{ name: 'x' }], description: 'Does it.' },
  ]);
  expect([...model.types.keys(), model.description]).toEqual(['a.Base', 'a.Thing', 'a.Other', 'All of it.']);
  expect([model.enums.get('a.Flags')?.get('A'), model.flags.has('a.Flags')]).toEqual(['The first.', true]);
});

it('what is computed is so where the model says it, not in other types of the same base', () => {
  const computed = (type: string, name: string) => model.types.get(type)?.properties.get(name)?.computed;
  expect([computed('a.Thing', 'made'), computed('a.Thing', 'id'), computed('a.Other', 'id')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([isKindOf(model, 'a.Thing', 'a.Base'), isKindOf(model, 'a.Base', 'a.Thing')]).toEqual([true, false]);
});
