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
  if (/[\p{L}\p{Nd}_]/u.test(scanner.next)) scanner.fail('the end of a number');
  return { type: numberType(amount), text: amount };
}

/** `primitiveLiteral` without `enumLiteral`, or undefined where none stands here. */
export function parseLiteral(scanner: Scanner): Literal | undefined {
  const start = scanner.at;
  const literal = (type: LiteralType, text: string): Literal => ({
    kind: 'literal',
    type,
    text,
    ...scanner.span(start),
  });
  const first = scanner.next;
  if (first === "'") return literal('string', quoted(scanner));
  const name = scanner.match(keyword)?.toLowerCase();
  if (name !== undefined) return literal(name === 'null' ? 'null' : 'boolean', name);
  const special = scanner.match(infinity);
  if (special !== undefined) return literal('double', special);
  const prefix = scanner.match(prefixed)?.toLowerCase();
  if (prefix !== undefined) return literal(prefix as LiteralType, quoted(scanner));
  const found = /[0-9+\-A-Fa-f]/.test(first) ? digits(scanner) : undefined;
  return found === undefined ? undefined : literal(found.type, found.text);
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
