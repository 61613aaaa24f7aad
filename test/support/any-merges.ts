import fc from 'fast-check';
import { JsonNumber, type JsonObject, type JsonValue } from '../../src/odata/protocol/json/json-value.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import type { AggregateSet, Merge } from '../../src/odata/store/aggregate-store.js';

/** What `documents` are of, and `merges` change. */
export const things: AggregateSet = {
  name: 'things',
  key: 'id',
  contained: ['part', 'items'],
  indexes: [
    { path: ['a'], type: Edm.String },
    { path: ['part', 'b'], type: Edm.Int64 },
    { path: ['c', 'b'], type: Edm.Double },
  ],
};

/** The version that the entities of `documents` have. */
export const firstVersion = 1000;

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom('', 'a', 'é', '𝒜', '\\', '"', '\u0000', '\n', '\u007f', '\ud800', '{"a":1}', 'null', '],'),
  fc.constantFrom(0, -0, 1, 0.1, 1e21, 1e-7, 5e-324, -1.5, true, false),
  fc.string({ maxLength: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const number = fc
  .constantFrom('9007199254740993', '18446744073709551616', '0.12345678901234567890', '1.0', '1', '1E5', '-0')
  .map((text): JsonValue => new JsonNumber(text));
/** What a detour through another form of it would lose digits, a sign, escapes or letters of. */
export const fragile = fc.oneof({ weight: 3, arbitrary: scalar }, number);
const name = fc.constantFrom('a', 'b', 'c', 'é', '𝒜', '\uffee', 'a b', '__proto__');
/**
 * Documents of aggregates, with entities inside, and merges of any kind into their own entities, or those inside.
 * @param leaves values that have no others inside
 */
export function anyMerges(leaves: fc.Arbitrary<JsonValue>) {
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves,
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(name, tie('value'), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
    ),
  }));
  const members = fc.dictionary(name, value, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
  /** A merge patch: the same with nulls anywhere but in collections. */
  const { patch } = fc.letrec<{ patch: JsonObject; change: JsonValue }>((tie) => ({
    change: fc.oneof({ depthSize: 'small' }, fc.constant(null), value, tie('patch')),
    patch: fc.dictionary(name, tie('change'), { maxKeys: 4 }),
  }));
  const entity = members.map((own): JsonObject => ({ ...own, $version: firstVersion }));
  const documents = fc
    .record({
      own: members,
      part: fc.option(entity),
      items: fc.option(fc.dictionary(fc.constantFrom('m', 'n'), entity)),
    })
    .map(({ own, part, items }): JsonObject => ({
      ...own,
      ...(part === null ? {} : { part }),
      ...(items === null ? {} : { items }),
    }));
  const path = fc.constantFrom<readonly string[]>(
    ['a'],
    ['c'],
    ['c', 'b'],
    ['part'],
    ['part', 'a'],
    ['items'],
    ['items', 'm'],
  );
  const condition = fc.constantFrom<'*' | readonly number[] | undefined>(
    undefined,
    undefined,
    '*',
    [firstVersion],
    [1],
    [],
  );
  const step = fc.constantFrom([{ name: 'part' }], [{ name: 'items', member: 'm' }], [{ name: 'items', member: 'x' }]);
  const at = fc.oneof(fc.constant([]), step, fc.constant([{ name: 'part' }, { name: 'c' }]));
  const defaults = fc.dictionary(name, fc.constantFrom(1, 'x'), { maxKeys: 2 }) as fc.Arbitrary<JsonObject>;
  /** What a body says: of the entity, or of those inside it too, which are objects then. */
  const said = fc.oneof(
    fc.record({ patch }),
    fc
      .record({ part: patch, inside: fc.subarray([['part'], ['items', 'm']]), defaults, makes: fc.boolean() })
      .map((one) => ({
        patch: { part: one.part, items: { m: one.part } },
        inside: one.inside.map((inner) => ({ path: inner, defaults: one.defaults })),
        ...(one.makes ? { makes: one.inside.map((inner) => ({ path: inner, members: { a: 3, d: 'y' } })) } : {}),
      })),
  );
  const merges: fc.Arbitrary<Merge> = fc
    .record(
      {
        at,
        said,
        clear: fc.array(path, { maxLength: 2 }),
        retain: fc.array(fc.record({ path: fc.oneof(path, fc.constant([])), names: fc.array(name) }), { maxLength: 1 }),
        orCreate: members,
        onlyNew: fc.boolean(),
        ifMatch: condition,
        ifNoneMatch: condition,
      },
      { requiredKeys: ['at', 'said'] },
    )
    .map(({ said: body, ifMatch, ifNoneMatch, ...rest }) => ({
      ...rest,
      ...body,
      precondition: {
        ...(ifMatch === undefined ? {} : { ifMatch }),
        ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      },
    }));
  return { documents, merges };
}
