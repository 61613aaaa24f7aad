import { type JsonObject, type JsonValue, JsonNumber } from './json-value.js';

/** Why a text is no JSON, and where. `offset` counts UTF-16 units from 0, `line` and `column` from 1. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor(
    reason: string,
    text: string,
    readonly offset: number,
  ) {
    const before = text.slice(0, offset).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`${reason} at line ${before.length}, column ${column}`);
    this.line = before.length;
    this.column = column;
  }
}

/** The text nests objects and arrays deeper than the reader was told to follow. */
export class JsonDepthError extends JsonSyntaxError {}

/** A parsed text, and the paths of the members that stand twice in their object (`phoneNumbers/0/type`). */
export interface ParsedJson {
  readonly value: JsonValue;
  readonly duplicates: readonly string[];
}

const whiteSpace = /[\t\n\r ]*/y;
// eslint-disable-next-line no-control-regex -- RFC 8259, 7: control characters must be escaped
const plainCharacters = /[^"\\\u0000-\u001f]*/y;
const numberText = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
/** A double holds every decimal number of up to this many significant digits (IEEE 754, DBL_DIG). */
const exactDigits = 15;
/** Beyond these a double has fewer digits, or none. */
const normal = { least: 1e-290, most: 1e290 };

/**
 * Whether the double says the number that was written, to the last digit. Of an integer beyond 2^53 the digits that are
 * printed need not be its own: it is never left to the double.
 */
function keepsDigits(text: string, value: number): boolean {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  if (text.length > exactDigits) return String(value) === text;
  if (!/[eE]/.test(text)) return true;
  const size = Math.abs(value);
  return size === 0 ? !/^-?[0.]*[1-9]/.test(text) : size > normal.least && size < normal.most;
}

/**
 * A JSON parser (RFC 8259) for what `JSON.parse` does not tell: names that stand twice (RFC 7493, 2.3), numbers to the
 * last digit, a bound on depth, and the line and column of a fault.
 */
class Parser {
  readonly duplicates: string[] = [];
  #at = 0;
  readonly #path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  document(): JsonValue {
    const value = this.#value();
    this.#skip();
    if (this.#at < this.text.length) this.#fail('Expected the end of the text');
    return value;
  }

  #value(): JsonValue {
    this.#skip();
    switch (this.text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    const object = Object.create(null) as JsonObject;
    this.#open();
    if (this.#accept('}')) return object;
    do {
      this.#skip();
      if (this.text[this.#at] !== '"') this.#fail('Expected a member name in double quotes');
      const name = this.#string();
      if (!this.#accept(':')) this.#fail('Expected ":"');
      this.#enter(name);
      if (name in object) this.duplicates.push(this.#path.join('/'));
      object[name] = this.#value();
      this.#path.pop();
    } while (this.#accept(','));
    if (!this.#accept('}')) this.#fail('Expected "," or "}"');
    return object;
  }

  #array(): JsonValue[] {
    const items: JsonValue[] = [];
    this.#open();
    if (this.#accept(']')) return items;
    do {
      this.#enter(items.length);
      items.push(this.#value());
      this.#path.pop();
    } while (this.#accept(','));
    if (!this.#accept(']')) this.#fail('Expected "," or "]"');
    return items;
  }

  #open(): void {
    if (this.#path.length >= this.maxDepth) {
      throw new JsonDepthError(`Nested deeper than ${this.maxDepth} levels`, this.text, this.#at);
    }
    this.#at += 1;
  }

  #enter(step: string | number): void {
    this.#path.push(step);
  }

  #string(): string {
    this.#at += 1;
    let value = '';
    for (;;) {
      value += this.#match(plainCharacters);
      const next = this.text[this.#at];
      if (next === '"') {
        this.#at += 1;
        return value;
      }
      if (next === '\\') value += this.#escape();
      else this.#fail(next === undefined ? 'The string has no end' : 'A control character must be escaped');
    }
  }

  #escape(): string {
    const letter = this.text[this.#at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('Expected four hexadecimal digits after "\\u"');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = escapes[letter];
    if (character === undefined) this.#fail('Unknown escape sequence');
    this.#at += 2;
    return character;
  }

  #number(): number | JsonNumber {
    const text = this.#match(numberText);
    if (text === '')
      this.#fail(this.#at < this.text.length ? 'Expected a value' : 'The text ends where a value is due');
    const value = Number(text);
    return keepsDigits(text, value) ? value : new JsonNumber(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) this.#fail('Expected a value');
    this.#at += word.length;
    return value;
  }

  #accept(character: string): boolean {
    this.#skip();
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    this.#match(whiteSpace);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(reason: string): never {
    throw new JsonSyntaxError(reason, this.text, this.#at);
  }
}

/** A number with an exponent or more than fifteen characters, or what may be one: a double may lose digits of it. */
const doubtfulNumber = /(?:^|[[:,\s])-?\d(?:[\d.]*[eE]|[\d.eE+-]{14})/;
const blankBeforeColon = /"\s+:/;

/** How many quotes are followed by a colon at once: those that end a name, and those before a text like `":-)"`. */
function namesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) count += 1;
  return count;
}

/** The members of all objects in a value; NaN where it nests deeper than `depth`. */
function membersIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += membersIn(item, depth - 1);
    return count;
  }
  for (const name in value) count += 1 + membersIn((value as Readonly<Record<string, unknown>>)[name], depth - 1);
  return count;
}

/**
 * What the native parser makes of a text, where that says all that there is to say: no number has an exponent or more
 * digits than a double, nothing nests too deep, no name stands twice. Every name ends in a quote and a colon, here with
 * no blank between: when these are as many as the members that came of them, none took the place of another. Undefined
 * where that is not so, or cannot be known so cheaply.
 */
function parseNatively(text: string, maxDepth: number): JsonValue | undefined {
  if (doubtfulNumber.test(text) || blankBeforeColon.test(text) || text.includes('__proto__')) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return membersIn(value, maxDepth) === namesIn(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Parses one JSON text.
 * @param maxDepth how many objects and arrays may nest
 * @throws JsonSyntaxError with line and column; JsonDepthError where the text nests too deep
 */
export function parseJson(text: string, maxDepth: number): ParsedJson {
  const native = parseNatively(text, maxDepth);
  if (native !== undefined) return { value: native, duplicates: [] };
  return parseWithFaults(text, maxDepth);
}

/** The same, whatever the text; it alone finds what is wrong. */
export function parseWithFaults(text: string, maxDepth: number): ParsedJson {
  const parser = new Parser(text, maxDepth);
  const value = parser.document();
  return { value, duplicates: parser.duplicates };
}

/**
 * A number of more than fifteen digits, with or without a point among them: a double may lose some. It begins the text, or
 * stands behind what can stand before a value; that is found in a fourth of the time that its digits take.
 */
const manyDigits = /(?:^|[:[,\s])-?\d(?:\d{15}|[\d.]{16})/;
/** There is none without so many of its characters in a row. Written out it is looked for in every sixteenth place. */
const digitsInARow = new RegExp('[\\d.]'.repeat(16));

/**
 * Parses a text that this service wrote itself: well-formed, no duplicates. The native parser does it where no number
 * can lose digits.
 */
export function parseOwnJson(text: string): JsonValue {
  return digitsInARow.test(text) && manyDigits.test(text)
    ? parseWithFaults(text, Number.POSITIVE_INFINITY).value
    : (JSON.parse(text) as JsonValue);
}
