import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../json/json-value.js';
import { JsonNumber } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { plainDecimal, storedDecimal } from './decimal.js';
import { parseDuration, printDuration } from './duration.js';
import { Edm } from './primitive-types.js';

describe('primitive types', () => {
  it.each<[keyof typeof Edm, JsonValue, JsonValue]>([
    ['Byte', 255, 255],
    ['SByte', -128, -128],
    ['Int16', 32767, 32767],
    ['Decimal', new JsonNumber('1.10000000000000000001'), new JsonNumber('1.10000000000000000001')],
    ['Double', 'INF', new JsonNumber('9e999')],
    ['Single', 1.5, 1.5],
    ['Date', '2024-02-29', '2024-02-29'],
    ['DateTimeOffset', '2024-02-29T23:30:00.500-01:00', '2024-03-01T00:30:00.5'],
    ['DateTimeOffset', '2024-02-29T23:30Z', '2024-02-29T23:30:00'],
    ['TimeOfDay', '07:59', '07:59:00'],
    ['Duration', '-P1DT1H1M1.5S', -90061.5],
    // URL Conventions 5.1.1.14.1 has this one.
    ['Duration', 'P12DT23H59M59.999999999999S', new JsonNumber('1123199.999999999999')],
    ['Duration', 'P10000DT0.123456S', 864000000.123456],
    ['Int64', new JsonNumber('9007199254740992'), new JsonNumber('9007199254740992')],
    ['Int64', -(2 ** 53), new JsonNumber('-9007199254740992')],
    ['Int64', 1e18, new JsonNumber('1000000000000000000')],
    ['Int64', new JsonNumber('1e18'), new JsonNumber('1000000000000000000')],
    ['Int32', 1e3, 1000],
    ['Decimal', 1e-7, new JsonNumber('0.0000001')],
    ['Decimal', new JsonNumber('1e400'), new JsonNumber(`1${'0'.repeat(400)}`)],
    ['Decimal', new JsonNumber('-1.50000000000000000'), -1.5],
    ['Guid', 'ABCDEFAB-89AB-CDEF-0123-456789ABCDEF', 'abcdefab-89ab-cdef-0123-456789abcdef'],
    ['Binary', 'AA+/', 'AA-_'],
    ['GeographyPoint', { type: 'Point', coordinates: [1, 2] }, { type: 'Point', coordinates: [1, 2] }],
  ])('Edm.%s reads %j as %j', (name, json, stored) => {
    expect(Edm[name].read(json, { ieee754Compatible: false })).toEqual(stored);
  });

  it.each<[keyof typeof Edm, JsonValue]>([
    ['Byte', 256],
    ['Byte', -1],
    ['SByte', 128],
    ['Int16', 1.5],
    ['Int64', new JsonNumber('9223372036854775808')],
    ['Int64', 2 ** 63],
    ['Int64', new JsonNumber('1.5e0')],
    ['Int64', new JsonNumber('1e99')],
    ['Double', new JsonNumber('1e400')],
    ['Date', '0000-01-01'],
    ['DateTimeOffset', '0001-01-01T00:00:00+00:01'],
    ['DateTimeOffset', '9999-12-31T23:59:00-00:01'],
    ['Duration', 'PT0.1234567890123S'],
    ['Single', 1e39],
    ['Date', '2023-02-29'],
    ['Date', '2023-1-1'],
    ['DateTimeOffset', '2023-01-01T00:00:00'],
    ['DateTimeOffset', '2023-01-01T24:00:00Z'],
    ['TimeOfDay', '24:00'],
    ['TimeOfDay', '12:60'],
    ['Duration', 'P'],
    ['Duration', 'P1DT'],
    ['Duration', 'P1Y'],
    ['Guid', 'x'],
    ['Binary', 'AAAAA'],
    ['GeometryPolygon', { type: 'Point', coordinates: [1, 2] }],
    ['GeographyCollection', { type: 'GeometryCollection', coordinates: [] }],
    ['GeographyPoint', 'Point(1 2)'],
    ['Binary', 'ä'],
    ['Decimal', 'NaN'],
  ])('[B2.16] Edm.%s refuses %j', (name, json) => {
    expect(Edm[name].read(json, { ieee754Compatible: false })).toBeUndefined();
  });

  it.each([
    ['Int64', '-9'],
    ['Int32', '7'],
    ['Byte', '255'],
    ['Double', '0.25'],
    ['Double', '-1e3'],
    ['Single', '2'],
  ] as const)('%s is text where clients write numbers as that: %j', (name, text) => {
    expect(Edm[name].read(text, { ieee754Compatible: true })).toBe(Number(text));
    expect(Edm[name].read(text, { ieee754Compatible: false })).toBeUndefined();
    expect(Edm[name].read(`${text}x`, { ieee754Compatible: true })).toBeUndefined();
  });

  it.each<[keyof typeof Edm, JsonValue]>([
    ['Double', '-INF'],
    ['Double', 'NaN'],
    ['DateTimeOffset', '2024-02-29T23:30:00.5Z'],
    ['Duration', 'P1DT1H1M1.5S'],
    ['Duration', 'PT0S'],
    ['Duration', 'P12DT23H59M59.999999999999S'],
    ['Duration', '-P10000DT0.123456S'],
    ['Duration', 'PT0.0000001S'],
    ['Duration', 'P999999999DT23H59M59.000000000001S'],
    ['DateTimeOffset', '9999-12-31T23:59:59.999999999999Z'],
  ])('Edm.%s writes back %j', (name, json) => {
    const stored = Edm[name].read(json, { ieee754Compatible: false })!;
    // What has been through a store is parsed again.
    const fetched = name === 'Double' && json !== 'NaN' ? Number(stringifyJson(stored)) : stored;
    expect(Edm[name].write(fetched)).toEqual(json);
  });

  it.each<[JsonValue, string]>([
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
    [new JsonNumber('1.5E+3'), '1500'],
    [new JsonNumber('2.50000000000000000000'), '2.5'],
    [new JsonNumber('-0.0'), '0'],
    [12.25, '12.25'],
  ])('[J-9.4] Edm.Decimal writes %j without exponent: %s', (stored, text) => {
    expect(stringifyJson(Edm.Decimal.write(stored))).toBe(text);
  });

  it('durations survive printing, to the last of twelve digits', () => {
    const seconds = fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }).map((picoseconds) => {
      const digits = picoseconds.toString().replace('-', '').padStart(13, '0');
      return storedDecimal(plainDecimal(`${picoseconds < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`));
    });
    fc.assert(
      fc.property(seconds, (stored) => {
        expect(parseDuration(printDuration(stored))).toEqual(stored);
      }),
    );
  });

  it('every decimal text has one form', () => {
    const text = fc.stringMatching(/^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$/);
    fc.assert(
      fc.property(text, (number) => {
        const plain = plainDecimal(number);
        expect(plain).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/);
        expect(plain).not.toBe('-0');
        expect(Number(plain)).toBe(Number(number) + 0);
        expect(plainDecimal(plain)).toBe(plain);
      }),
    );
  });
});
