import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Property, StructuredType } from '../odata/protocol/edm/model.js';
import { profilesModel } from './profiles.model.js';

/** The contract, as it was agreed. */
const contract = JSON.parse(readFileSync('test/fixtures/model.json', 'utf8')) as {
  namespace: string;
  entityTypes: Record<string, Record<string, unknown>>;
  complexTypes: Record<string, Record<string, string>>;
  enumTypes: Record<string, string[]>;
  entitySets: Record<string, string>;
};

const typeName = ({ type, collection }: Property): string => {
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  return collection ? `Collection(${name})` : name;
};
const ownProperties = (type: StructuredType): [string, string][] =>
  [...type.properties.values()]
    .filter(({ name }) => !type.baseType?.properties.has(name))
    .map((property) => [property.name, typeName(property)]);
const sorted = (names: Iterable<string>): string[] => [...names].sort();

describe('the model of the service', () => {
  it('has the namespace, types and sets of the contract, and no others', () => {
    expect(profilesModel.namespace).toBe(contract.namespace);
    expect(sorted(profilesModel.entityTypes.keys())).toEqual(sorted(Object.keys(contract.entityTypes)));
    expect(sorted(profilesModel.complexTypes.keys())).toEqual(sorted(Object.keys(contract.complexTypes)));
    expect(sorted(profilesModel.enumTypes.keys())).toEqual(sorted(Object.keys(contract.enumTypes)));
    expect([...profilesModel.entitySets.values()].map(({ name, type }) => [name, type.qualifiedName])).toEqual(
      Object.entries(contract.entitySets),
    );
    expect([profilesModel.complexTypes.size, profilesModel.enumTypes.size]).toEqual([30, 7]);
  });

  it.each(Object.keys(contract.complexTypes))(
    'complex type %s has the properties of the contract, in its order',
    (name) => {
      const type = profilesModel.complexTypes.get(name)!;
      expect(type.qualifiedName).toBe(`microsoft.graph.${name}`);
      expect(ownProperties(type)).toEqual(Object.entries(contract.complexTypes[name]!));
      expect(type.baseType).toBeUndefined();
    },
  );

  it.each(Object.keys(contract.entityTypes))('entity type %s has base, key and properties of the contract', (name) => {
    const type = profilesModel.entityTypes.get(name)!;
    const { base, abstract = false, properties, key, navigation = {} } = contract.entityTypes[name]!;
    expect(type.baseType?.qualifiedName).toBe(base);
    expect(type.abstract).toBe(abstract);
    expect(type.key).toEqual(key ?? ['id']);
    expect(ownProperties(type)).toEqual(Object.entries(properties as object));
    expect(
      Object.fromEntries(
        [...type.navigation.values()].map(({ name, type, containsTarget, nullable }) => [
          name,
          { type: type.qualifiedName, containsTarget, nullable },
        ]),
      ),
    ).toEqual(navigation);
  });

  it.each(Object.keys(contract.enumTypes))('enumeration %s has the members of the contract, in its order', (name) => {
    expect(profilesModel.enumTypes.get(name)!.members).toEqual(contract.enumTypes[name]);
  });

  const structured = [...profilesModel.entityTypes.values(), ...profilesModel.complexTypes.values()];
  const all = structured.flatMap((type) => [...type.properties.values()].map((property) => ({ type, property })));

  it('every single value but the key is nullable; collections and their items are not', () => {
    for (const { type, property } of all) {
      const isKey = type.kind === 'entity' && type.key.includes(property.name);
      expect([property.name, property.nullable]).toEqual([property.name, !property.collection && !isKey]);
    }
  });

  it('every string has a MaxLength, dates and counts have their limits', () => {
    for (const { property } of all) {
      if (property.type.kind === 'primitive' && property.type.name === 'Edm.String') {
        expect([property.name, property.facets.maxLength]).toEqual([property.name, expect.any(Number)]);
      }
      if (property.type.kind === 'primitive' && property.type.name === 'Edm.Int32') {
        expect([property.name, property.facets.minimum]).toEqual([property.name, expect.any(Number)]);
      }
    }
    const facets = (type: string): object =>
      Object.fromEntries([...profilesModel.complexTypes.get(type)!.properties].map(([name, p]) => [name, p.facets]));
    expect(facets('Date')).toEqual({
      day: { minimum: 1, maximum: 31 },
      month: { minimum: 1, maximum: 12 },
      year: { minimum: 1, maximum: 9999 },
    });
    expect(facets('Duration')).toEqual({
      numDays: { minimum: 0 },
      numMonths: { minimum: 0 },
      numYears: { minimum: 0 },
    });
  });

  it('every type, property and member of an enumeration has a description', () => {
    const enums = [...profilesModel.enumTypes.values()];
    const navigation = [...profilesModel.entityTypes.values()].flatMap((type) => [...type.navigation.values()]);
    const described = [...structured, ...enums, ...navigation, ...all.map(({ property }) => property)];
    expect(described.length).toBeGreaterThan(150);
    for (const { name, description } of described)
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
    for (const { members, memberDescriptions } of enums) {
      for (const member of members)
        expect([member, memberDescriptions[member]]).toEqual([member, expect.stringMatching(/^[A-Z].*\.$/)]);
    }
  });

  it('[A41M-11] no two names of one type differ by case only', () => {
    for (const type of structured) {
      const names = [...type.properties.keys()].map((name) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
