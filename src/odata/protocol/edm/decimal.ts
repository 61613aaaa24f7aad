import { JsonNumber, type JsonValue } from '../json/json-value.js';

/** Up to 64 digits before and behind the point, and an exponent (`decimalValue` of OData's ABNF, without infinities). */
const decimalText = /^[+-]?\d{1,64}(?:\.\d{1,64})?(?:[eE][+-]?\d{1,3})?$/;
const parts = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * A decimal number in its one form: no exponent, no plus sign, no zeros that say nothing. Two texts are the same number
 * where this is the same.
 */
export function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts.exec(text) ?? [];
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  const before = digits.slice(0, Math.max(point, 0)).padEnd(point, '0').replace(/^0+/, '');
  const after = (point < 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  const number = `${before === '' ? '0' : before}${after === '' ? '' : `.${after}`}`;
  return sign === '-' && number !== '0' ? `-${number}` : number;
}

/** Whether JavaScript prints a number without exponent. */
function printsPlain(value: number): boolean {
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-6 && size < 1e21);
}

/** The stored form of a decimal in such a form: a double where it says the same digits, else the digits. */
export function storedDecimal(plain: string): JsonValue {
  const value = Number(plain);
  return String(value) === plain && (Number.isSafeInteger(value) || !Number.isInteger(value))
    ? value
    : new JsonNumber(plain);
}

/** The stored form of the text of a decimal; undefined where it is none. */
export function parseDecimal(text: string): JsonValue | undefined {
  return decimalText.test(text) ? storedDecimal(plainDecimal(text)) : undefined;
}

/** The stored form of a number of JSON; undefined where it is no decimal. */
export function decimalOfJson(json: JsonValue): JsonValue | undefined {
  if (typeof json === 'number') return printsPlain(json) ? json : parseDecimal(String(json));
  return json instanceof JsonNumber ? parseDecimal(json.text) : undefined;
}

/**
 * A decimal as an answer has it: without exponent, which only clients read that ask for `ExponentialDecimals` (OData JSON
 * Format 4.01, 3.2). What `divby` zero gives is a word.
 */
export function writeDecimal(stored: JsonValue): JsonValue {
  if (typeof stored === 'number') return printsPlain(stored) ? stored : new JsonNumber(plainDecimal(String(stored)));
  if (!(stored instanceof JsonNumber) || !/[eE.]/.test(stored.text)) return stored;
  return new JsonNumber(plainDecimal(stored.text));
}
