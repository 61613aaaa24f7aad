import { type JsonValue, JsonNumber } from '../json/json-value.js';
import { binaryPattern } from './binary-text.js';
import { decimalOfJson, parseDecimal, plainDecimal, writeDecimal } from './decimal.js';
import { parseDuration, printDuration } from './duration.js';
import { isGeoJson, parseGeo } from './geo-json.js';
import { nearestSingle } from './single.js';

/** What the reader of a payload may assume of its numbers (OData JSON Format 4.01, 3.2). */
export interface NumberFormat {
  /** Edm.Int64 and Edm.Decimal travel as JSON strings. */
  readonly ieee754Compatible: boolean;
}

/** What can be done with the values of a type: its family decides which operators and functions take it. */
export type TypeFamily =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'double'
  | 'date'
  | 'dateTimeOffset'
  | 'timeOfDay'
  | 'duration'
  | 'guid'
  | 'binary'
  | 'geo';

/**
 * A primitive type of OData (OData CSDL 4.01, 3.3): how its values look in JSON, in URLs, and in the store. The stored
 * form sorts and compares as the values do, wherever that can be had: moments are UTC without `Z` and without trailing
 * zeros, durations are seconds.
 */
export interface PrimitiveType {
  readonly kind: 'primitive';
  /** Qualified name, `Edm.Int32`. */
  readonly name: string;
  readonly family: TypeFamily;
  /** What a value must be, for the message of a fault: `an integer between …`. */
  readonly expects: string;
  /** A reader of the payload cannot tell the type from the JSON value alone (OData JSON Format 4.01, 4.5.3). */
  readonly needsTypeAnnotation: boolean;
  /** Travels as a string under `IEEE754Compatible=true`. */
  readonly exactNumber: boolean;
  /** The value in the form in which it is stored, or undefined where the JSON value is not of this type. */
  read(json: JsonValue, format: NumberFormat): JsonValue | undefined;
  /** The same, of the text of a literal in a URL, without prefix and quotes. */
  parse(text: string): JsonValue | undefined;
  /** The JSON value of a stored one. */
  write(stored: JsonValue): JsonValue;
  /** It is the stored one. */
  readonly isPlain: boolean;
}

const integerText = /^[+-]?\d{1,19}$/;
const exponentText = /^-?\d{1,20}(?:\.\d{1,20})?[eE]\+?\d{1,2}$/;
const doubleText = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const guidText = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;
const dateText = /^(\d{4})-(\d\d)-(\d\d)$/;
const timeText = /^(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?$/;
const dateTimeText = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?(Z|[+-]\d\d:\d\d)$/i;
const binaryText = new RegExp(binaryPattern);

/** Infinity in a stored document: JSON has no word for it, but databases read this number as such. */
const infinity = new JsonNumber('9e999');
const minusInfinity = new JsonNumber('-9e999');

function readInteger(least: bigint, most: bigint) {
  // Those of Int64 are no integers that a double is sure of, and only larger than all that are.
  const [from, to] = [Number(least), Number(most)];
  const inRange = (value: bigint): JsonValue | undefined => {
    if (value < least || value > most) return undefined;
    return Number.isSafeInteger(Number(value)) ? Number(value) : new JsonNumber(value.toString());
  };
  const parse = (text: string): JsonValue | undefined =>
    integerText.test(text) ? inRange(BigInt(text.replace('+', ''))) : undefined;
  // JSON may write 10¹⁸ as 1e18.
  const ofExponent = (text: string): JsonValue | undefined =>
    exponentText.test(text) ? parse(plainDecimal(text)) : undefined;
  const read = (json: JsonValue, strings: boolean): JsonValue | undefined => {
    // Without its sign zero is the same number.
    if (Number.isSafeInteger(json))
      return (json as number) >= from && (json as number) <= to ? (json as number) + 0 : undefined;
    if (typeof json === 'number') return Number.isInteger(json) ? inRange(BigInt(json)) : undefined;
    if (json instanceof JsonNumber) return /[eE]/.test(json.text) ? ofExponent(json.text) : parse(json.text);
    return strings && typeof json === 'string' ? parse(json) : undefined;
  };
  return { parse, read };
}

function readDouble(json: JsonValue): JsonValue | undefined {
  if (json === 'INF') return infinity;
  if (json === '-INF') return minusInfinity;
  if (json === 'NaN') return json;
  const value = json instanceof JsonNumber ? Number(json.text) : json;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A double, or its text where the client writes numbers as text. */
function readNumber(json: JsonValue, { ieee754Compatible }: NumberFormat): JsonValue | undefined {
  return ieee754Compatible && typeof json === 'string' ? parseDouble(json) : readDouble(json);
}

function parseDouble(text: string): JsonValue | undefined {
  return doubleText.test(text) ? readDouble(Number(text)) : readDouble(text);
}

function writeDouble(stored: JsonValue): JsonValue {
  const value = stored instanceof JsonNumber ? Number(stored.text) : stored;
  if (value === Infinity) return 'INF';
  return value === -Infinity ? '-INF' : value;
}

function single(json: JsonValue | undefined): JsonValue | undefined {
  return typeof json === 'number' ? nearestSingle(json) : json;
}

function parseDate(text: string): string | undefined {
  const [, year, month, day] = dateText.exec(text) ?? [];
  // The years that every store can count with.
  if (year === undefined || year === '0000') return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day) ? text : undefined;
}

function fraction(digits: string | undefined): string {
  const kept = digits?.replace(/0+$/, '') ?? '';
  return kept === '' ? '' : `.${kept}`;
}

function parseTimeOfDay(text: string): string | undefined {
  const [, minutes, seconds = '00', digits] = timeText.exec(text) ?? [];
  if (minutes === undefined || minutes > '23:59' || minutes.slice(3) > '59' || seconds > '59') return undefined;
  return `${minutes}:${seconds}${fraction(digits)}`;
}

function parseDateTimeOffset(text: string): string | undefined {
  const [, day = '', minutes = '', seconds = '00', digits, offset = ''] = dateTimeText.exec(text) ?? [];
  const time = parseTimeOfDay(`${minutes}:${seconds === '60' ? '59' : seconds}`);
  if (parseDate(day) === undefined || time === undefined) return undefined;
  const moment = Date.parse(`${day}T${time}${offset.toUpperCase()}`);
  if (Number.isNaN(moment)) return undefined;
  const utc = new Date(moment).toISOString();
  return /^(?!0000)\d{4}-/.test(utc) ? `${utc.slice(0, 19)}${fraction(digits)}` : undefined;
}

function parseBinary(text: string): string | undefined {
  const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_');
  return binaryText.test(urlSafe) ? urlSafe.replace(/=+$/, '') : undefined;
}

interface Traits {
  readonly needsTypeAnnotation?: boolean;
  readonly exactNumber?: boolean;
  readonly write?: PrimitiveType['write'];
}

function primitive(
  name: string,
  [family, expects]: readonly [TypeFamily, string],
  { read, parse }: Pick<PrimitiveType, 'read' | 'parse'>,
  { needsTypeAnnotation = true, exactNumber = false, write }: Traits = {},
): PrimitiveType {
  const written = { write: write ?? ((stored: JsonValue) => stored), isPlain: write === undefined };
  return { kind: 'primitive', name, family, expects, read, parse, ...written, needsTypeAnnotation, exactNumber };
}

/** A type whose JSON value is a string in the form that URLs have too. */
function textual(
  name: string,
  description: readonly [TypeFamily, string],
  parse: (text: string) => JsonValue | undefined,
  write?: PrimitiveType['write'],
): PrimitiveType {
  const read = (json: JsonValue): JsonValue | undefined => (typeof json === 'string' ? parse(json) : undefined);
  return primitive(name, description, { read, parse }, write === undefined ? {} : { write });
}

function integer(name: string, least: bigint, most: bigint): PrimitiveType {
  const { parse, read } = readInteger(least, most);
  return primitive(
    name,
    ['integer', `an integer between ${least} and ${most}`],
    // Clients that write some numbers as text write all of them so: Kendo's do.
    { parse, read: (json, { ieee754Compatible }) => read(json, ieee754Compatible) },
    { exactNumber: name === 'Edm.Int64' },
  );
}

/** A type of geography or geometry: its values are GeoJSON objects (OData JSON Format 4.01, 7.1). */
function geo(name: string, shape: string): PrimitiveType {
  const checked = (json: JsonValue | undefined): JsonValue | undefined => (isGeoJson(json, shape) ? json : undefined);
  return primitive(name, ['geo', `a GeoJSON object of type ${shape}`], {
    read: checked,
    parse: (text) => checked(parseGeo(text)),
  });
}

/** The primitive types of OData that a model may use: all but Edm.Stream and the abstract ones. */
export const Edm = {
  String: primitive(
    'Edm.String',
    ['string', 'a string'],
    { read: (json) => (typeof json === 'string' ? json : undefined), parse: (text) => text },
    { needsTypeAnnotation: false },
  ),
  Boolean: primitive(
    'Edm.Boolean',
    ['boolean', 'true or false'],
    {
      read: (json) => (typeof json === 'boolean' ? json : undefined),
      parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
    },
    { needsTypeAnnotation: false },
  ),
  Byte: integer('Edm.Byte', 0n, 255n),
  SByte: integer('Edm.SByte', -128n, 127n),
  Int16: integer('Edm.Int16', -32768n, 32767n),
  Int32: integer('Edm.Int32', -(2n ** 31n), 2n ** 31n - 1n),
  Int64: integer('Edm.Int64', -(2n ** 63n), 2n ** 63n - 1n),
  Decimal: primitive(
    'Edm.Decimal',
    ['decimal', 'a decimal number'],
    {
      read: (json, { ieee754Compatible }) =>
        ieee754Compatible && typeof json === 'string' ? parseDecimal(json) : decimalOfJson(json),
      parse: parseDecimal,
    },
    { exactNumber: true, write: writeDecimal },
  ),
  Double: primitive(
    'Edm.Double',
    ['double', 'a number, "INF", "-INF" or "NaN"'],
    { read: readNumber, parse: parseDouble },
    { needsTypeAnnotation: false, write: writeDouble },
  ),
  Single: primitive(
    'Edm.Single',
    ['double', 'a number in the range of a single, "INF", "-INF" or "NaN"'],
    { read: (json, options) => single(readNumber(json, options)), parse: (text) => single(parseDouble(text)) },
    { write: writeDouble },
  ),
  Date: textual('Edm.Date', ['date', 'a date of the years 0001 to 9999, "2000-12-31"'], parseDate),
  DateTimeOffset: textual(
    'Edm.DateTimeOffset',
    ['dateTimeOffset', 'a moment of the years 0001 to 9999 with its offset, "2000-12-31T23:59:59Z"'],
    parseDateTimeOffset,
    (stored) => `${stored as string}Z`,
  ),
  TimeOfDay: textual('Edm.TimeOfDay', ['timeOfDay', 'a time of day, "23:59:59"'], parseTimeOfDay),
  Duration: textual('Edm.Duration', ['duration', 'a duration, "P1DT2H"'], parseDuration, printDuration),
  Guid: textual('Edm.Guid', ['guid', 'a GUID'], (text) => (guidText.test(text) ? text.toLowerCase() : undefined)),
  Binary: textual('Edm.Binary', ['binary', 'bytes in base64url'], parseBinary),
  GeographyPoint: geo('Edm.GeographyPoint', 'Point'),
  GeographyLineString: geo('Edm.GeographyLineString', 'LineString'),
  GeographyPolygon: geo('Edm.GeographyPolygon', 'Polygon'),
  GeographyMultiPoint: geo('Edm.GeographyMultiPoint', 'MultiPoint'),
  GeographyMultiLineString: geo('Edm.GeographyMultiLineString', 'MultiLineString'),
  GeographyMultiPolygon: geo('Edm.GeographyMultiPolygon', 'MultiPolygon'),
  GeographyCollection: geo('Edm.GeographyCollection', 'GeometryCollection'),
  GeometryPoint: geo('Edm.GeometryPoint', 'Point'),
  GeometryLineString: geo('Edm.GeometryLineString', 'LineString'),
  GeometryPolygon: geo('Edm.GeometryPolygon', 'Polygon'),
  GeometryMultiPoint: geo('Edm.GeometryMultiPoint', 'MultiPoint'),
  GeometryMultiLineString: geo('Edm.GeometryMultiLineString', 'MultiLineString'),
  GeometryMultiPolygon: geo('Edm.GeometryMultiPolygon', 'MultiPolygon'),
  GeometryCollection: geo('Edm.GeometryCollection', 'GeometryCollection'),
} as const;
