import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Property, StructuredType } from '../src/odata/protocol/edm/model.js';
import { entityTypeOf } from '../src/odata/model.js';
import { DecoratedProfile } from '../src/profiles/dto/decorated-profile.dto.js';
import { profilesModel } from '../src/profiles/profiles.model.js';
import { withoutControl } from './support/seed-profile.js';
import { TestApp } from './support/test-app.js';

const profileType = entityTypeOf(profilesModel, DecoratedProfile);

/** Values of a property's type that the model allows. */
function itemOf({ type, facets }: Property): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'enum':
      return fc.constantFrom(...type.members);
    case 'complex':
      return objectOf(type);
    case 'primitive':
      break;
  }
  switch (type.name) {
    case 'Edm.String':
      return fc.string({ maxLength: 12, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    case 'Edm.Boolean':
      return fc.boolean();
    case 'Edm.Double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case 'Edm.Int64':
      return fc.maxSafeInteger();
    default:
      return fc.integer({ min: facets.minimum ?? -(2 ** 31), max: facets.maximum ?? 2 ** 31 - 1 });
  }
}

/** Objects with some of the properties of a type, some of them null. */
function objectOf(type: StructuredType): fc.Arbitrary<Record<string, unknown>> {
  const members = [...type.properties.values()]
    .filter(({ name }) => type.kind === 'complex' || !type.key.includes(name))
    .map((property): [string, fc.Arbitrary<unknown>] => {
      const item = itemOf(property);
      return [property.name, property.collection ? fc.array(item, { maxLength: 2 }) : fc.option(item, { freq: 4 })];
    });
  // Few members at a time, so that a change meets some of the stored ones and leaves others.
  return fc
    .subarray(members, { maxLength: Math.min(5, members.length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen)) as fc.Arbitrary<Record<string, unknown>>);
}

/** OData's merge (OData 4.01 Protocol 11.4.3), in the plainest words: what a value becomes when a change meets it. */
function merged(type: StructuredType, stored: any, change: any): any {
  return Object.fromEntries(
    [...type.properties.values()]
      .filter(({ name }) => type.kind === 'complex' || !type.key.includes(name))
      .map((property) => {
        const { name, type: itemType, collection } = property;
        const before = stored?.[name] ?? (collection ? [] : null);
        if (!Object.hasOwn(change, name)) return [name, before];
        const sent = change[name];
        if (itemType.kind !== 'complex' || sent === null) return [name, sent];
        return [
          name,
          collection ? sent.map((item: any) => merged(itemType, null, item)) : merged(itemType, before, sent),
        ];
      }),
  );
}

/** The structural properties of an answer without the key. */
function propertiesOf(body: unknown): object {
  const properties = withoutControl(body);
  delete properties.id;
  return properties;
}

describe('random profiles under random changes', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('[B1.1] [B1.3] [B1.4] [B1.6] the stored result is that of a plain model of the merge', async () => {
    const profile = objectOf(profileType);
    await fc.assert(
      fc.asyncProperty(profile, fc.array(profile, { minLength: 1, maxLength: 4 }), async (first, changes) => {
        const path = await app.profile(first);
        let expected = merged(profileType, null, first);
        for (const change of changes) {
          expected = merged(profileType, expected, change);
          const answer = await app.patch(path, change);
          expect(answer.status).toBe(200);
          expect(propertiesOf(answer.body)).toEqual(expected);
        }
        expect(propertiesOf((await app.get(path)).body)).toEqual(expected);
      }),
      // Each of the properties, of which there are about seventy, is changed some ten times.
      { numRuns: 60 },
    );
  });
});
