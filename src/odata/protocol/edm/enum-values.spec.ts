import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { enumType, type EnumOptions } from './declarations.js';
import { storedMembers, storedOfValue, valueOfStored } from './enum-values.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';

const declared = (members: Parameters<typeof enumType<string>>[2], options: EnumOptions = {}) =>
  enumType(new Schema('test'), 'Colour', members, options);

describe('the values of an enumeration', () => {
  it('are in the order of the members where nothing is said', () => {
    expect(declared(['A', 'B', 'C']).values).toEqual([0, 1, 2]);
    expect(declared({ A: 'First.', B: 'Second.' }, { flags: true }).values).toEqual([1, 2]);
  });

  it('are what is said, with what each member means', () => {
    const { values, memberDescriptions } = declared({ A: 7, B: { value: -1 }, C: { value: 0, description: 'None.' } });
    expect([values, memberDescriptions]).toEqual([[7, -1, 0], { C: 'None.' }]);
  });

  it.each<[fault: string, members: Parameters<typeof enumType<string>>[2], options?: EnumOptions]>([
    ['Colour: either each member has a value, or none', { A: 1, B: 'Second.' }],
    ['Colour: it needs an integer type, not Edm.String', ['A'], { underlying: Edm.String }],
    ['Colour.B: its value must be an integer between 0 and 255', { A: 0, B: 256 }, { underlying: Edm.Byte }],
    ['Colour.A: its value must be an integer between', { A: 0.5 }],
    ['Colour.A: its value must be an integer between', { A: 2 ** 53 }, { underlying: Edm.Int64 }],
    ['Colour.B: each bit of a flag must have a member that stands for it alone', { A: 1, B: 6 }, { flags: true }],
    ['Colour.A: each bit of a flag must have a member that stands for it alone', { A: -1 }, { flags: true }],
  ])('are refused: %s', (fault, members, ...[options]: (EnumOptions | undefined)[]) => {
    expect(() => declared(members, options)).toThrow(fault);
  });

  it('of flags, each value has one stored form, whatever names and numbers it is said by', () => {
    const bits = fc.uniqueArray(fc.integer({ min: 0, max: 45 }), { minLength: 1, maxLength: 8 });
    const model = fc.tuple(bits, fc.array(fc.array(fc.nat(7), { minLength: 1, maxLength: 4 })), fc.boolean());
    const property = fc.property(
      model,
      fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
      ([own, sums, zero], picks) => {
        const singles = own.map((bit) => 2 ** bit);
        const combined = sums.map((places) => [...new Set(places.map((at) => singles[at % singles.length]!))]);
        const all = [...(zero ? [0] : []), ...singles, ...combined.map((parts) => parts.reduce((a, b) => a + b, 0))];
        const names = all.map((_, at) => `m${at}`);
        const members = Object.fromEntries(names.map((name, at) => [name, all[at]!]));
        const type = declared(members, { flags: true, underlying: Edm.Int64 });
        const said = picks.map((pick) => pick % all.length);
        const value = said.reduce((sum, at) => sum | BigInt(all[at]!), 0n);
        const text = said.map((at, index) => (index % 2 === 0 ? names[at] : String(all[at]))).join(' , ');
        const stored = storedMembers(type, text);
        expect(stored).toBe(storedMembers(type, String(value)));
        expect(stored).toBe(storedOfValue(type, value));
        expect(BigInt(valueOfStored(type, stored!))).toBe(value);
        expect(
          stored!
            .split(',')
            .filter((name) => name !== '')
            .every((name) => names.includes(name)),
        ).toBe(true);
        expect(storedOfValue(type, 2n ** 46n)).toBeUndefined();
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
