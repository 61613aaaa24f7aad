import { type JsonValue, JsonNumber } from '../json/json-value.js';

/** What the reader of a payload may assume of its numbers (OData JSON Format 4.01, 3.2). */
export interface NumberFormat {
  /** Edm.Int64 and Edm.Decimal travel as JSON strings. */
  readonly ieee754Compatible: boolean;
}

/** A primitive type of OData (OData CSDL 4.01, 3.3): how its values look in JSON. */
export interface PrimitiveType {
  readonly kind: 'primitive';
  /** Qualified name, `Edm.Int32`. */
  readonly name: string;
  /** What a value must be, for the message of a fault: `an integer between …`. */
  readonly expects: string;
  /** A reader of the payload cannot tell the type from the JSON value alone (OData JSON Format 4.01, 4.6.3). */
  readonly needsTypeAnnotation: boolean;
  /** Travels as a string under `IEEE754Compatible=true`. */
  readonly exactNumber: boolean;
  /** The value in the form in which it is stored, or undefined where the JSON value is not of this type. */
  read(json: JsonValue, format: NumberFormat): JsonValue | undefined;
}

const int32Limit = 2 ** 31;
const int64Limit = 2n ** 63n;
const integerText = /^[+-]?\d{1,19}$/;

function readInt64(json: JsonValue, format: NumberFormat): JsonValue | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json : undefined;
  const text = json instanceof JsonNumber ? json.text : format.ieee754Compatible ? json : undefined;
  if (typeof text !== 'string' || !integerText.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  if (value < -int64Limit || value >= int64Limit) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : new JsonNumber(value.toString());
}

function readDouble(json: JsonValue): JsonValue | undefined {
  if (json === 'INF' || json === '-INF' || json === 'NaN') return json;
  const value = json instanceof JsonNumber ? Number(json.text) : json;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function primitive(
  name: string,
  expects: string,
  read: PrimitiveType['read'],
  traits: { needsTypeAnnotation?: boolean; exactNumber?: boolean } = {},
): PrimitiveType {
  const { needsTypeAnnotation = false, exactNumber = false } = traits;
  return { kind: 'primitive', name, expects, read, needsTypeAnnotation, exactNumber };
}

/** The primitive types of OData that a model may use. */
export const Edm = {
  String: primitive('Edm.String', 'a string', (json) => (typeof json === 'string' ? json : undefined)),
  Boolean: primitive('Edm.Boolean', 'true or false', (json) => (typeof json === 'boolean' ? json : undefined)),
  Int32: primitive(
    'Edm.Int32',
    'an integer between -2147483648 and 2147483647',
    (json) =>
      typeof json === 'number' && Number.isInteger(json) && json >= -int32Limit && json < int32Limit ? json : undefined,
    { needsTypeAnnotation: true },
  ),
  Int64: primitive('Edm.Int64', 'an integer between -9223372036854775808 and 9223372036854775807', readInt64, {
    needsTypeAnnotation: true,
    exactNumber: true,
  }),
  Double: primitive('Edm.Double', 'a number, "INF", "-INF" or "NaN"', readDouble),
} as const;
