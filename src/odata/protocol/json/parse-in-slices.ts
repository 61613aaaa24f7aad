import type { JsonObject, JsonValue } from './json-value.js';
import { JsonDepthError, JsonSyntaxError, type ParsedJson, parseJson } from './parse-json.js';

/** Characters that are parsed at one time, about: some milliseconds. */
const sliceLength = 65_536;

const blank = /[\t\n\r ]*/y;
const scalar = /[^\t\n\r ,:\]}{["]*/y;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [34, 92, 91, 93, 123, 125];

/** The text has more values than its reader was told to take. */
export class JsonSizeError extends Error {
  override readonly name = 'JsonSizeError';
}

/** What a text may have, and how its pieces are parsed. */
export interface SliceBounds {
  /** How many objects and arrays may nest. */
  readonly depth: number;
  /** Commas, objects and arrays: about as many as there are values. */
  readonly values?: number;
  readonly parse?: (text: string, depth: number) => ParsedJson;
  /** Characters that are parsed at one time. */
  readonly slice?: number;
}

type Steps<T> = Generator<void, T, void>;

/** Members or items that stand side by side and are parsed together. */
interface Group {
  /** Where the first of them begins, and the last ends; none where they are the same. */
  readonly from: number;
  readonly to: number;
}

class SlicedParser {
  readonly duplicates: string[] = [];
  readonly #path: (string | number)[] = [];
  #at = 0;
  values = 0;

  constructor(
    private readonly text: string,
    private readonly bounds: Required<SliceBounds>,
  ) {}

  *document(): Steps<JsonValue> {
    this.#skip();
    const value = yield* this.#value();
    this.#skip();
    if (this.#at < this.text.length) this.#fail('Expected the end of the text');
    return value;
  }

  *#value(): Steps<JsonValue> {
    const from = this.#at;
    const end = this.#endOf(from, from + this.bounds.slice);
    if (end === undefined) return yield* this.text[from] === '[' ? this.#array() : this.#object();
    this.#at = end;
    return this.#parsed({ from, to: end }, '', '');
  }

  *#array(): Steps<JsonValue> {
    const items: JsonValue[] = [];
    this.#open();
    let isFirst = true;
    do {
      const group = this.#group(false, isFirst);
      isFirst = false;
      const many = group.to > group.from ? this.#parsed(group, '[', ']', items.length) : [];
      for (const item of many as JsonValue[]) items.push(item);
      yield;
      if (!this.#isLarge) continue;
      this.#path.push(items.length);
      items.push(yield* this.#value());
      this.#path.pop();
      this.#skip();
    } while (this.#accepts(','));
    if (!this.#accepts(']')) this.#fail('Expected "," or "]"');
    return items;
  }

  *#object(): Steps<JsonValue> {
    const object = Object.create(null) as JsonObject;
    this.#open();
    let isFirst = true;
    do {
      const group = this.#group(true, isFirst);
      isFirst = false;
      const many = group.to > group.from ? (this.#parsed(group, '{', '}') as JsonObject) : {};
      for (const name in many) this.#set(object, name, many[name] ?? null);
      yield;
      if (!this.#isLarge) continue;
      const name = this.#name();
      this.#path.push(name);
      this.#set(object, name, null, '');
      object[name] = yield* this.#value();
      this.#path.pop();
      this.#skip();
    } while (this.#accepts(','));
    if (!this.#accepts('}')) this.#fail('Expected "," or "}"');
    return object;
  }

  #set(object: JsonObject, name: string, value: JsonValue, step = name): void {
    if (name in object) this.duplicates.push([...this.#path, step].filter((one) => one !== '').join('/'));
    object[name] = value;
  }

  /** Whether a group ended before a value that is parsed by itself. */
  #isLarge = false;

  /**
   * Goes over items or members as far as a slice takes, and to what is behind the last of them. What is no JSON ends it
   * too: whoever parses it, or comes next, finds the fault.
   */
  #group(ofMembers: boolean, isFirst: boolean): Group {
    this.#skip();
    const from = this.#at;
    const limit = from + this.bounds.slice;
    let to = from;
    this.#isLarge = false;
    if (this.#begins(ofMembers, isFirst)) {
      for (let isMore = true; isMore && to < limit;) {
        const value = ofMembers ? this.#valueOf(this.#at) : this.#at;
        const end = value === undefined ? this.#endOfString(this.#at) : this.#endOf(value, limit);
        this.#isLarge = end === undefined && to === from;
        if (end === undefined) break;
        this.#at = to = end;
        this.#skip();
        isMore = this.#accepts(',');
        this.#skip();
      }
    }
    // The comma behind the last one is for whoever goes on.
    this.#at = to;
    this.#skip();
    return { from, to };
  }

  /** Whether something begins here; an object or an array may be empty, but not end in a comma. */
  #begins(ofMembers: boolean, isFirst: boolean): boolean {
    const next = this.text[this.#at];
    if (isFirst && next === (ofMembers ? '}' : ']')) return false;
    if (ofMembers && next !== '"') this.#fail('Expected a member name in double quotes');
    if (next === ']') this.#fail('Expected a value');
    return true;
  }

  /** Where the value of a member begins; undefined where there is no member. */
  #valueOf(at: number): number | undefined {
    if (this.text[at] !== '"') return undefined;
    const end = this.#endOfString(at);
    blank.lastIndex = end;
    blank.exec(this.text);
    if (this.text[blank.lastIndex] !== ':') return undefined;
    blank.lastIndex += 1;
    blank.exec(this.text);
    return blank.lastIndex;
  }

  #name(): string {
    const end = this.#endOfString(this.#at);
    const name = this.#parsed({ from: this.#at, to: end }, '', '') as string;
    this.#at = this.#valueOf(this.#at) ?? end;
    return name;
  }

  /** Where a text in quotes ends; of what is none, a sign further. */
  #endOfString(from: number): number {
    if (this.text[from] !== '"') return from + 1;
    for (let at = this.text.indexOf('"', from + 1); at >= 0; at = this.text.indexOf('"', at + 1)) {
      let before = at - 1;
      while (this.text.charCodeAt(before) === backslash) before -= 1;
      if ((at - before) % 2 === 1) return at + 1;
    }
    return this.text.length;
  }

  /** Where a value ends; undefined of an object or an array that does not end before a place. */
  #endOf(from: number, limit: number): number | undefined {
    const { text } = this;
    const first = text.charCodeAt(from);
    if (first === quote) return this.#endOfString(from);
    if (first !== openBrace && first !== openBracket) {
      scalar.lastIndex = from;
      scalar.exec(text);
      // A sign that begins no value is one that cannot be parsed.
      return Math.max(scalar.lastIndex, from + (first === closeBracket || first === closeBrace ? 0 : 1));
    }
    let depth = 0;
    for (let at = from; at < text.length && at < limit; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) at = this.#endOfString(at) - 1;
      else if (code === openBrace || code === openBracket) depth += 1;
      else if ((code === closeBrace || code === closeBracket) && --depth === 0) return at + 1;
    }
    return undefined;
  }

  /** Parses a part of the text between two signs. @param shift of its items in their array */
  #parsed({ from, to }: Group, before: string, behind: string, shift = 0): JsonValue {
    const part = this.text.slice(from, to);
    this.#count(part);
    const depth = this.bounds.depth - this.#path.length;
    try {
      const { value, duplicates } = this.bounds.parse(`${before}${part}${behind}`, depth);
      for (const duplicate of duplicates)
        this.duplicates.push(this.#placed(duplicate, before === '[' ? shift : undefined));
      return value;
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      const offset = Math.min(from + error.offset - before.length, to);
      const reason = error.message.replace(/ at line \d+, column \d+$/, '');
      if (error instanceof JsonDepthError)
        throw new JsonDepthError(`Nested deeper than ${this.bounds.depth} levels`, this.text, offset);
      throw new JsonSyntaxError(reason, this.text, offset);
    }
  }

  #placed(duplicate: string, shift: number | undefined): string {
    const [index = '', ...others] = duplicate.split('/');
    const inner = shift === undefined ? [duplicate] : [Number(index) + shift, ...others];
    return [...this.#path, ...inner].join('/');
  }

  #count(part: string): void {
    this.values += valuesIn(part);
    if (this.values > this.bounds.values) throw new JsonSizeError();
  }

  #open(): void {
    if (this.#path.length >= this.bounds.depth)
      throw new JsonDepthError(`Nested deeper than ${this.bounds.depth} levels`, this.text, this.#at);
    this.#at += 1;
  }

  #accepts(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    blank.lastIndex = this.#at;
    blank.exec(this.text);
    this.#at = blank.lastIndex;
  }

  #fail(reason: string): never {
    throw new JsonSyntaxError(reason, this.text, this.#at);
  }
}

/** About how many values a text of JSON has: its commas, objects and arrays. */
export function valuesIn(text: string): number {
  let values = 0;
  // Of most texts that is a fourth of the time that a look at each sign takes.
  for (const sign of [',', '[', '{'])
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) values += 1;
  return values;
}

/**
 * Parses a text as `parseJson` does, in steps of some milliseconds each: whoever takes them does other things between.
 * @throws JsonSyntaxError, JsonDepthError; JsonSizeError where it has more values
 */
export function parseInSlices(
  text: string,
  { depth, values = Number.POSITIVE_INFINITY, parse = parseJson, slice = sliceLength }: SliceBounds,
): Generator<void, ParsedJson & { readonly values: number }, void> {
  return run(new SlicedParser(text, { depth, values, parse, slice }));
}

function* run(parser: SlicedParser): Generator<void, ParsedJson & { readonly values: number }, void> {
  const value = yield* parser.document();
  return { value, duplicates: parser.duplicates, values: parser.values };
}
