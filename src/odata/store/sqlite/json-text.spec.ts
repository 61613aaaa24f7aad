import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../protocol/json/json-value.js';
import type { MemberOrder } from '../../protocol/payload/member-order.js';
import { JsonText, Members, UnknownTextError } from './json-text.js';

/** RFC 7396, as it is written there. */
function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Names that are alike, and more of them than are looked through one by one. */
const names = Array.from({ length: 90 }, (_, n) => `${'abc'[n % 3]}${'xyz'[(n % 5) % 3]}${'n'.repeat(n % 7)}_${n}`);
const name = fc.constantFrom(...names);
const objects = (value: fc.Arbitrary<JsonValue>, maxLength: number): fc.Arbitrary<JsonObject> =>
  fc.uniqueArray(fc.tuple(name, value), { maxLength, selector: ([one]) => one }).map(Object.fromEntries<JsonValue>);
const leaf = fc.constantFrom<JsonValue>(null, true, 1, '', 'a"\\,}]', [1, { a: '}' }], [], {});
const deep = objects(fc.oneof(leaf, objects(fc.oneof(leaf, objects(leaf, 3)), 4)), 12);
/** One that has more members than are looked through one by one. */
const wide = fc
  .shuffledSubarray(names, { minLength: 60 })
  .chain((all) =>
    leaf.map((one) => Object.fromEntries<JsonValue>(all.map((own, at) => [own, at % 9 === 0 ? one : at]))),
  );
const value = fc.oneof(deep, deep, wide);
const namesOf = (text: JsonText | undefined) => text?.members.all.map((one) => one.name);
const textOf = (json: JsonValue): JsonText => new JsonText(JSON.stringify(json));

describe('a value of JSON as its text', () => {
  it('is merged with a patch as RFC 7396 has it, what is there in its order and what is new behind it', () => {
    fc.assert(
      fc.property(fc.oneof(value, leaf), fc.oneof(value, leaf), (target, patch) => {
        const merged = textOf(target).merged(textOf(patch));
        expect(merged.text).toBe(JSON.stringify(mergePatch(target, patch)));
        expect(merged.is(textOf(mergePatch(target, patch)))).toBe(true);
      }),
    );
  });

  it('is the same value where a patch changes nothing', () => {
    fc.assert(
      fc.property(value, (target) => {
        const text = textOf(target);
        expect(text.merged(textOf({}))).toBe(text);
      }),
    );
  });

  it('has its members by their names, in whatever order they are asked for', () => {
    fc.assert(
      fc.property(value, fc.array(name), (object, asked) => {
        const { members } = textOf(object);
        for (const one of asked) {
          const own = Object.hasOwn(object, one) ? JSON.stringify(object[one]) : undefined;
          expect(members.get(one)?.text).toBe(own);
        }
      }),
    );
  });

  it('gets a value at a path, or loses it', () => {
    fc.assert(
      fc.property(value, name, name, leaf, (object, outer, inner, added) => {
        const own = object[outer];
        const expected = { ...object, [outer]: { ...(isJsonObject(own) ? own : {}), [inner]: added } };
        const text = textOf(object).with([outer, inner], textOf(added));
        expect(text.text).toBe(JSON.stringify(expected));
        Reflect.deleteProperty(expected, outer);
        expect(text.with([outer], undefined).text).toBe(JSON.stringify(expected));
      }),
    );
  });

  it('is unknown where a name stands twice, among few or many', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 1 }), fc.nat(), fc.nat(), (some, which, where) => {
        const twice = [...some];
        twice.splice(where % (some.length + 1), 0, some[which % some.length]!);
        const text = (all: readonly string[]) => `{${all.map((one) => `"${one}":1`).join(',')}}`;
        expect(() => new JsonText(text(twice)).members).toThrow(UnknownTextError);
        expect(namesOf(new JsonText(text(some)))).toEqual(some);
      }),
    );
  });

  it('is put into an order, inside too, what that does not name behind it and a version last', () => {
    const within: MemberOrder = new Map(['p', 'q', 'r'].map((one, at) => [one, { at, inside: undefined }]));
    const order: MemberOrder = new Map(
      ['a', 'b', 'c', 'd'].map((one, at) => [one, { at, inside: one === 'b' ? within : undefined }]),
    );
    const places = ['a', 'b', 'c', 'd', 'x', '$version'];
    const inOrder = (all: readonly string[], of: readonly string[]) =>
      [...all].sort((a, b) => of.indexOf(a) - of.indexOf(b));
    fc.assert(
      fc.property(fc.shuffledSubarray(places), fc.shuffledSubarray(['p', 'q', 'r', '$version']), (outer, inner) => {
        const one = new JsonText('1');
        const made = (all: readonly string[]) =>
          new JsonText(new Members(all.map((own) => ({ name: own, value: one }))));
        const inside = (own: string) => ({ name: own, value: own === 'b' ? made(inner) : one });
        const whole = new JsonText(new Members(outer.map(inside)));
        const sorted = whole.inOrder(order);
        expect(namesOf(sorted)).toEqual(inOrder(outer, places));
        if (outer.includes('b')) {
          expect(namesOf(sorted.members.get('b'))).toEqual(inOrder(inner, ['p', 'q', 'r', '$version']));
          const isSorted = outer.join() === inOrder(outer, places).join();
          if (isSorted && inner.join() === inOrder(inner, ['p', 'q', 'r', '$version']).join())
            expect(sorted).toBe(whole);
        }
      }),
    );
  });
});
