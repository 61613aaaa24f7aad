import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { entityTypeOf } from '../../model.js';
import { DecoratedProfile } from '../../../profiles/dto/decorated-profile.dto.js';
import { profilesModel } from '../../../profiles/profiles.model.js';
import type { Property, StructuredType } from '../edm/model.js';
import type { JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import { readChange } from './read-body.js';

const profileType = entityTypeOf(profilesModel, DecoratedProfile);

/** Values that fit some type and not others. */
const stray = fc.constantFrom<unknown>(
  0,
  1,
  -1,
  1.5,
  32,
  2 ** 31,
  2 ** 53,
  true,
  '',
  'SELF',
  'x'.repeat(300),
  'x'.repeat(17_000),
  {},
  [],
  [{}],
  { nope: 1 },
);

/** Mostly values of a property's type, sometimes others. */
function valueOf(property: Property): fc.Arbitrary<unknown> {
  const { type, collection, nullable } = property;
  const item: fc.Arbitrary<unknown> =
    type.kind === 'complex'
      ? bodyOf(type)
      : type.kind === 'enum'
        ? fc.constantFrom<unknown>(...type.members, 'OTHER_MEMBER')
        : fc.oneof(
            fc.string({ maxLength: 20 }),
            fc.integer({ min: -2, max: 40 }),
            fc.boolean(),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
          );
  const value = collection ? fc.array(fc.oneof({ weight: 5, arbitrary: item }, stray), { maxLength: 2 }) : item;
  const one = fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: stray });
  // class-validator's IsOptional cannot tell null from absent, so null stands only where both allow it.
  return nullable && !collection ? fc.option(one, { freq: 5 }) : one;
}

function bodyOf(type: StructuredType): fc.Arbitrary<Record<string, unknown>> {
  const members = [...type.properties.values()]
    .filter(({ name }) => type.kind === 'complex' || !type.key.includes(name))
    .map((property): [string, fc.Arbitrary<unknown>] => [property.name, valueOf(property)]);
  const named = fc.constantFrom(
    `#${type.qualifiedName}`,
    type.qualifiedName,
    '#microsoft.graph.Other',
    7,
    undefined,
    undefined,
    undefined,
  );
  return fc
    .tuple(fc.subarray(members, { maxLength: Math.min(3, members.length) }), named, fc.nat(20))
    .chain(([chosen, typeName, odd]) =>
      fc.record(Object.fromEntries(chosen)).map((record) => ({
        ...(record as Record<string, unknown>),
        ...(typeName === undefined ? {} : { '@odata.type': typeName }),
        ...(odd === 0 ? { nope: 1 } : {}),
      })),
    );
}

const format = { version: '4.01', ieee754Compatible: false } as const;
function readerAccepts(body: unknown): boolean {
  try {
    readChange(profileType, { value: body as JsonValue, duplicates: [] }, format, { entityUrl: 'x' });
    return true;
  } catch (error) {
    if (error instanceof ODataError) return false;
    throw error;
  }
}

/** What class-validator says of the same body, by the decorators of the DTO classes alone. */
function classValidatorAccepts(body: object): boolean {
  const instance = plainToInstance(DecoratedProfile, { ...body, id: 'x' });
  return (
    validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true }).length === 0
  );
}

/** What class-validator cannot say: an item of a complex collection, or a complex value, that is no plain object. */
function isBeyondClassValidator(type: StructuredType, body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return true;
  return Object.entries(body).some(([name, value]) => {
    const property = type.properties.get(name);
    if (property?.type.kind !== 'complex' || value === null) return false;
    const { type: nested, collection } = property;
    if (!collection) return isBeyondClassValidator(nested, value);
    return Array.isArray(value) && value.some((item) => isBeyondClassValidator(nested, item));
  });
}

describe('the reader of bodies', () => {
  it('[B2.5] [B2.6] [B2.9] [B2.11] [B2.12] [B2.13] [B2.14] accepts what the class-validator decorators of the DTOs accept', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(bodyOf(profileType), (body) => {
        fc.pre(!isBeyondClassValidator(profileType, body));
        const expected = classValidatorAccepts(body);
        if (expected) accepted += 1;
        else refused += 1;
        expect(readerAccepts(body)).toBe(expected);
      }),
      { numRuns: 1500 },
    );
    // Neither answer may be the only one that is ever compared.
    expect(Math.min(accepted, refused)).toBeGreaterThan(150);
  });
});
