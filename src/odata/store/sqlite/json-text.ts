/**
 * Values of JSON as the texts that they are: what is not changed stays as it was written, to the last digit. Texts are
 * without blanks between their tokens, as SQLite's `json()` and this service write them.
 */

import type { MemberOrder } from '../../protocol/payload/member-order.ts';

/** The member of an entity that has its version, which is written behind the others. */
export const versionMember = '$version';

/** A text is not written as it is known here: whoever came across it needs another way. */
export class UnknownTextError extends Error {}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;

/** The place behind a string. @param at of its first quotation mark */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  throw new UnknownTextError();
}

/** The place behind a value: the comma or bracket that ends it where it is not at the end of the text. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    // Brackets of arrays and of objects.
    if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (code === comma && depth === 0) return at;
    at += 1;
  }
  if (depth > 0) throw new UnknownTextError();
  return text.length;
}

/** @throws UnknownTextError where names have escapes or stand twice, so that what is one to a database may be two here */
function read(text: string): Map<string, JsonText> {
  const members = new Map<string, JsonText>();
  if (text === '{}') return members;
  for (let at = 1; ; at += 1) {
    if (text.charCodeAt(at) !== quote) throw new UnknownTextError();
    const end = stringEnd(text, at);
    const name = text.slice(at + 1, end - 1);
    const next = valueEnd(text, end + 1);
    if (text.charCodeAt(end) !== colon || name.includes('\\') || members.has(name) || next === end + 1)
      throw new UnknownTextError();
    members.set(name, new JsonText(text.slice(end + 1, next)));
    if (next === text.length - 1) return members;
    if (text.charCodeAt(next) !== comma) throw new UnknownTextError();
    at = next;
  }
}

/** Where a member stands in an order: a version behind those that it does not name. */
function placeIn(order: MemberOrder, name: string): number {
  return order.get(name)?.at ?? (name === versionMember ? order.size + 1 : order.size);
}

/** A value of JSON. Objects are read one level at a time, when that is asked for. */
export class JsonText {
  #text: string | undefined;
  #members: ReadonlyMap<string, JsonText> | undefined;

  constructor(value: string | ReadonlyMap<string, JsonText>) {
    if (typeof value === 'string') this.#text = value;
    else this.#members = value;
  }

  get text(): string {
    if (this.#text === undefined) {
      let members = '';
      for (const [name, { text }] of this.members) members += `${members === '' ? '' : ','}"${name}":${text}`;
      this.#text = `{${members}}`;
    }
    return this.#text;
  }

  get isObject(): boolean {
    return this.#text === undefined || this.#text.startsWith('{');
  }

  /** The members of an object; none of anything else. */
  get members(): ReadonlyMap<string, JsonText> {
    return (this.#members ??= this.isObject ? read(this.text) : new Map());
  }

  at(path: readonly string[]): JsonText | undefined {
    return path.reduce<JsonText | undefined>((value, name) => value?.members.get(name), this);
  }

  /** Whether the texts are the same; an object that has no text yet gets none for that. */
  is(other: JsonText | undefined): boolean {
    if (this === other || other === undefined) return this === other;
    if (this.#text !== undefined && other.#text !== undefined) return this.#text === other.#text;
    if (!this.isObject || !other.isObject || this.members.size !== other.members.size) return false;
    const others = other.members.entries();
    for (const [name, value] of this.members) {
      const [otherName, otherValue] = others.next().value ?? [];
      if (name !== otherName || !value.is(otherValue)) return false;
    }
    return true;
  }

  /** The object with a value at a path, or without one; objects on the way are made where there are none. */
  with([name, ...rest]: readonly string[], value: JsonText | undefined): JsonText {
    if (name === undefined) return value ?? this;
    const members = new Map(this.members);
    const inner = rest.length === 0 ? value : (members.get(name) ?? emptyObject).with(rest, value);
    if (inner === undefined) members.delete(name);
    else members.set(name, inner);
    return new JsonText(members);
  }

  /**
   * The object with its members in an order, what it does not name behind them. Only objects that were made here are looked
   * at: a text stays as it is.
   */
  inOrder(order: MemberOrder): JsonText {
    if (this.#text !== undefined || this.#isIn(order)) return this;
    const members = [...this.members].map(([name, value]): [string, JsonText] => {
      const inside = order.get(name)?.inside;
      return [name, inside === undefined ? value : value.inOrder(inside)];
    });
    return new JsonText(new Map(members.sort(([a], [b]) => placeIn(order, a) - placeIn(order, b))));
  }

  #isIn(order: MemberOrder): boolean {
    let last = -1;
    for (const [name, value] of this.members) {
      const at = placeIn(order, name);
      const inside = order.get(name)?.inside;
      if (at < last || (inside !== undefined && value.inOrder(inside) !== value)) return false;
      last = at;
    }
    return true;
  }

  /** Merges a patch (RFC 7396), as `jsonb_patch` does: the order of what is there stays, what is new comes last. */
  merged(patch: JsonText): JsonText {
    if (!patch.isObject) return patch;
    let members: Map<string, JsonText> | undefined = this.isObject ? undefined : new Map();
    const before = this.members;
    for (const [name, value] of patch.members) {
      const present = before.get(name);
      const isNull = value.text === 'null';
      const next = isNull ? undefined : value.isObject ? (present ?? emptyObject).merged(value) : value;
      if (next === undefined ? present === undefined : next.is(present)) continue;
      members ??= new Map(before);
      if (next === undefined) members.delete(name);
      else members.set(name, next);
    }
    return members === undefined ? this : new JsonText(members);
  }
}

export const emptyObject = new JsonText('{}');
