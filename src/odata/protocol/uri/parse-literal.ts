import type { Scanner } from './scanner.js';
import type { EnumLiteral, Literal, LiteralType } from './syntax-tree.js';

// Every expression is sticky, and each has one way to match: time grows with the length of the text.
const guid = /[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![\p{L}\p{Nd}_-])/uy;
const date = /-?(?:0\d{3}|[1-9]\d{3,})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/y;
const timeOfDay = /(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,12})?)?/y;
// Seconds may be 60: leap seconds. A blank is a plus sign that was not encoded.
const time = /T(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,12})?)?(?:Z|[+\- ](?:[01]\d|2[0-3]):[0-5]\d)/iy;
const number = /[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const infinity = /(?:-?INF|NaN)(?![\p{L}\p{Nd}_.(/])/uy;
const keyword = /(?:null|true|false)(?![\p{L}\p{Nd}_.(/])/iuy;
const prefixed = /(duration|binary|geography|geometry)(?=')/iy;
const digitsOnly = /^[+-]?\d+$/;

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** The text between quotes, quotes inside doubled (`SQUOTE-in-string`); the scanner stands on the opening one. */
export function quoted(scanner: Scanner): string {
  const start = scanner.at;
  scanner.expect("'");
  let text = '';
  for (;;) {
    const end = scanner.text.indexOf("'", scanner.at);
    if (end < 0) scanner.fail('a closing quote', scanner.text.length > start ? scanner.text.length : start);
    text += scanner.text.slice(scanner.at, end);
    scanner.at = end + 1;
    if (!scanner.skip("'")) return text;
    text += "'";
  }
}

/** What OData 2 wrote behind numbers, and SAP's Cloud SDK still does; the value is the same without it. */
const suffix = /[dfml](?![\p{L}\p{Nd}_])/iuy;

function numberType(text: string): LiteralType {
  if (/[eE]/.test(text)) return 'double';
  if (!digitsOnly.test(text)) return 'decimal';
  if (text.length < 16) return 'integer';
  const value = BigInt(text.replace('+', ''));
  return value >= int64.least && value <= int64.most ? 'integer' : 'decimal';
}

/** `dateTimeOffsetValue`, `dateValue`, `timeOfDayValue`, `guidValue` and numbers: what begins with a digit or sign. */
function digits(scanner: Scanner): { type: LiteralType; text: string } | undefined {
  const unique = scanner.match(guid);
  if (unique !== undefined) return { type: 'guid', text: unique };
  const day = scanner.match(date);
  if (day !== undefined) {
    const clock = scanner.match(time);
    if (clock === undefined) return { type: 'date', text: day };
    return { type: 'dateTimeOffset', text: `${day}${clock.replace(' ', '+')}` };
  }
  const clock = scanner.match(timeOfDay);
  if (clock !== undefined) return { type: 'timeOfDay', text: clock };
  const amount = scanner.match(number);
  if (amount === undefined) return undefined;
  scanner.match(suffix);
  if (/[\p{L}\p{Nd}_]/u.test(scanner.next)) scanner.fail('the end of a number');
  return { type: numberType(amount), text: amount };
}

const plainInteger = /[+-]?\d{1,15}(?![\d\-:.A-Za-z_])/y;

/** `primitiveLiteral` without `enumLiteral`, or undefined where none stands here. */
export function parseLiteral(scanner: Scanner): Literal | undefined {
  const start = scanner.at;
  const { next } = scanner;
  if (next === "'") return { kind: 'literal', type: 'string', text: quoted(scanner), ...scanner.span(start) };
  const found = /[0-9+-]/.test(next) ? numeric(scanner) : worded(scanner, next);
  return found === undefined ? undefined : { kind: 'literal', ...found, ...scanner.span(start) };
}

function numeric(scanner: Scanner): { type: LiteralType; text: string } | undefined {
  // Most numbers are small integers: what they might be else need not be tried.
  const integer = scanner.match(plainInteger);
  if (integer !== undefined) return { type: 'integer', text: integer };
  const special = scanner.match(infinity);
  return special === undefined ? digits(scanner) : { type: 'double', text: special };
}

/** Literals that begin with a letter; the first one tells which are worth trying. */
function worded(scanner: Scanner, first: string): { type: LiteralType; text: string } | undefined {
  if (/[ntf]/i.test(first)) {
    const name = scanner.match(keyword)?.toLowerCase();
    if (name !== undefined) return { type: name === 'null' ? 'null' : 'boolean', text: name };
  }
  if (/[IN]/.test(first)) {
    const special = scanner.match(infinity);
    if (special !== undefined) return { type: 'double', text: special };
  }
  if (/[dbg]/i.test(first)) {
    const prefix = scanner.match(prefixed)?.toLowerCase();
    if (prefix !== undefined) return { type: prefix as LiteralType, text: quoted(scanner) };
  }
  if (!/[A-F]/i.test(first)) return undefined;
  const unique = scanner.match(guid);
  return unique === undefined ? undefined : { type: 'guid', text: unique };
}

/** `enumLiteral` behind its type name; the scanner stands on the quote. */
export function parseEnumLiteral(scanner: Scanner, type: string, start: number): EnumLiteral {
  const at = scanner.at;
  const members = quoted(scanner).split(',');
  if (members.some((member) => !/^\s*(?:[\p{L}_][\p{L}\p{Nd}_]*|[+-]?\d+)\s*$/u.test(member))) {
    scanner.fail('names or values of enumeration members', at + 1);
  }
  return { kind: 'enum', type, members: members.map((member) => member.trim()), ...scanner.span(start) };
}
