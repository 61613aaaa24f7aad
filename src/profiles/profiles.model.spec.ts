import { describe, expect, it } from '@jest/globals';
import type { Model, Property, StructuredType } from '../odata/protocol/edm/model.js';
import { profilesModel } from './profiles.model.js';

const typeName = ({ type, collection }: Property): string => {
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  return collection ? `Collection(${name})` : name;
};
const ownProperties = (type: StructuredType): [string, string][] =>
  [...type.properties.values()]
    .filter(({ name }) => !type.baseType?.properties.has(name))
    .map((property) => [property.name, typeName(property)]);

/** What clients were promised: everything that has a name, in the order in which it is declared. */
function contractOf({ namespace, entityTypes, complexTypes, enumTypes, entitySets }: Model): object {
  const mapped = <T>(types: ReadonlyMap<string, T>, of: (type: T) => unknown): object =>
    Object.fromEntries([...types].map(([name, type]) => [name, of(type)]));
  const propertiesOf = (type: StructuredType): object => ({
    ...(type.baseType === undefined ? {} : { base: type.baseType.qualifiedName }),
    ...(type.abstract ? { abstract: true } : {}),
    properties: Object.fromEntries(ownProperties(type)),
  });
  return {
    namespace,
    entitySets: mapped(entitySets, ({ type }) => type.qualifiedName),
    entityTypes: mapped(entityTypes, (type) => ({
      ...propertiesOf(type),
      key: type.key,
      navigation: mapped(type.navigation, ({ type: target, collection, containsTarget }) => ({
        type: target.qualifiedName,
        collection,
        containsTarget,
      })),
    })),
    complexTypes: mapped(complexTypes, propertiesOf),
    enumTypes: mapped(enumTypes, ({ members }) => members),
  };
}

describe('the model of the service', () => {
  it('is what clients were promised: npm run snapshots renews it, and shows what became of it', () => {
    expect(contractOf(profilesModel)).toMatchSnapshot();
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
