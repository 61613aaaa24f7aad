import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../json/json-value.js';
import { JsonNumber } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
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

  it.each<[keyof typeof Edm, JsonValue]>([
    ['Double', '-INF'],
    ['Double', 'NaN'],
    ['DateTimeOffset', '2024-02-29T23:30:00.5Z'],
    ['Duration', 'P1DT1H1M1.5S'],
    ['Duration', 'PT0S'],
  ])('Edm.%s writes back %j', (name, json) => {
    const stored = Edm[name].read(json, { ieee754Compatible: false })!;
    // What has been through a store is parsed again.
    const fetched = name === 'Double' && json !== 'NaN' ? Number(stringifyJson(stored)) : stored;
    expect(Edm[name].write(fetched)).toEqual(json);
  });

  it('durations survive printing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 999 }), (seconds, milliseconds) => {
        const total = seconds + (seconds < 0 ? -milliseconds : milliseconds) / 1000;
        expect(parseDuration(printDuration(total))).toBeCloseTo(total, 6);
      }),
    );
  });
});
