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

/** Members that are looked up one after the other: an index of fewer would take longer to make. */
const few = 64;

/** A member of an object. */
export interface Member {
  readonly name: string;
  readonly value: JsonText;
}

/** The members of an object, in their order; no name stands twice. */
export class Members {
  readonly all: readonly Member[];
  /** Where the next one that is asked for stands, as a rule: in one order. */
  #next = 0;
  #places: ReadonlyMap<string, number> | undefined;

  constructor(all: readonly Member[]) {
    this.all = all;
  }

  /** The place of a member; -1 where it is not there. */
  placeOf(name: string): number {
    const place = this.all[this.#next]?.name === name ? this.#next : this.#found(name);
    if (place >= 0) this.#next = place + 1;
    return place;
  }

  #found(name: string): number {
    if (this.all.length <= few) return this.all.findIndex((one) => one.name === name);
    this.#places ??= new Map(this.all.map((one, place) => [one.name, place]));
    return this.#places.get(name) ?? -1;
  }

  get(name: string): JsonText | undefined {
    return this.all[this.placeOf(name)]?.value;
  }

  /** With another value of one of them, one more at the end, or one less. */
  with(name: string, value: JsonText | undefined): Members {
    if (value === undefined) return new Members(this.all.filter((one) => one.name !== name));
    const place = this.placeOf(name);
    const all = [...this.all];
    all[place < 0 ? all.length : place] = { name, value };
    return new Members(all);
  }
}

/** Whether no name stands twice. Few are compared only where two of them may be one: where marks of both were met before. */
function areUnique(members: readonly Member[]): boolean {
  if (members.length > few) return new Set(members.map(({ name }) => name)).size === members.length;
  let [begins, ends] = [0, 0];
  for (const [place, { name }] of members.entries()) {
    const begin = 1 << (name.charCodeAt(0) + 7 * name.length);
    const end = 1 << (name.charCodeAt(name.length - 1) + 3 * name.charCodeAt(name.length >> 1));
    const mayBeTwice = (begins & begin) !== 0 && (ends & end) !== 0;
    if (mayBeTwice && members.findIndex((one) => one.name === name) < place) return false;
    begins |= begin;
    ends |= end;
  }
  return true;
}

/** @throws UnknownTextError where names have escapes or stand twice, so that what is one to a database may be two here */
function read(text: string): Members {
  if (text === '{}') return none;
  const members: Member[] = [];
  for (let at = 1; ; at += 1) {
    if (text.charCodeAt(at) !== quote) throw new UnknownTextError();
    const end = stringEnd(text, at);
    const name = text.slice(at + 1, end - 1);
    const next = valueEnd(text, end + 1);
    if (text.charCodeAt(end) !== colon || name.includes('\\') || next === end + 1) throw new UnknownTextError();
    members.push({ name, value: new JsonText(text.slice(end + 1, next)) });
    if (next === text.length - 1) break;
    if (text.charCodeAt(next) !== comma) throw new UnknownTextError();
    at = next;
  }
  if (!areUnique(members)) throw new UnknownTextError();
  return new Members(members);
}

/** The names of an order, in it, with the orders inside: to go along them takes less than to look each up. */
interface OrderedNames {
  readonly names: readonly string[];
  readonly insides: readonly (MemberOrder | undefined)[];
}

const orderedNames = new WeakMap<MemberOrder, OrderedNames>();

function namesOf(order: MemberOrder): OrderedNames {
  let known = orderedNames.get(order);
  if (known === undefined) {
    known = { names: [...order.keys()], insides: [...order.values()].map(({ inside }) => inside) };
    orderedNames.set(order, known);
  }
  return known;
}

/** Where a member stands in an order: a version behind those that it does not name. */
function placeIn(order: MemberOrder, name: string): number {
  return order.get(name)?.at ?? (name === versionMember ? order.size + 1 : order.size);
}

/** A value of JSON. Objects are read one level at a time, when that is asked for. */
export class JsonText {
  #text: string | undefined;
  #members: Members | undefined;

  constructor(value: string | Members) {
    if (typeof value === 'string') this.#text = value;
    else this.#members = value;
  }

  get text(): string {
    if (this.#text === undefined) {
      let members = '';
      for (const { name, value } of this.members.all) members += `${members === '' ? '' : ','}"${name}":${value.text}`;
      this.#text = `{${members}}`;
    }
    return this.#text;
  }

  get isObject(): boolean {
    return this.#text === undefined || this.#text.startsWith('{');
  }

  /** The members of an object; none of anything else. */
  get members(): Members {
    return (this.#members ??= this.isObject ? read(this.text) : none);
  }

  at(path: readonly string[]): JsonText | undefined {
    return path.reduce<JsonText | undefined>((value, name) => value?.members.get(name), this);
  }

  /** Whether the texts are the same; an object that has no text yet gets none for that. */
  is(other: JsonText | undefined): boolean {
    if (this === other || other === undefined) return this === other;
    if (this.#text !== undefined && other.#text !== undefined) return this.#text === other.#text;
    if (!this.isObject || !other.isObject) return false;
    const [own, others] = [this.members.all, other.members.all];
    const isSame = ({ name, value }: Member, place: number): boolean => {
      const one = others[place];
      return name === one?.name && value.is(one.value);
    };
    return own.length === others.length && own.every(isSame);
  }

  /** The object with a value at a path, or without one; objects on the way are made where there are none. */
  with([name, ...rest]: readonly string[], value: JsonText | undefined): JsonText {
    if (name === undefined) return value ?? this;
    const inner = rest.length === 0 ? value : (this.members.get(name) ?? emptyObject).with(rest, value);
    return new JsonText(this.members.with(name, inner));
  }

  /**
   * The object with its members in an order, what it does not name behind them. Only objects that were made here are looked
   * at: a text stays as it is.
   */
  inOrder(order: MemberOrder): JsonText {
    if (this.#text !== undefined || this.#isIn(order)) return this;
    const members = this.members.all.map(({ name, value }): Member => {
      const inside = order.get(name)?.inside;
      return { name, value: inside === undefined ? value : value.inOrder(inside) };
    });
    return new JsonText(new Members(members.sort((a, b) => placeIn(order, a.name) - placeIn(order, b.name))));
  }

  #isIn(order: MemberOrder): boolean {
    const { names, insides } = namesOf(order);
    let last = -1;
    for (const { name, value } of this.members.all) {
      const found = names.indexOf(name, last + 1);
      const at = found < 0 ? placeIn(order, name) : found;
      const inside = insides[at];
      if (at < last || (inside !== undefined && value.inOrder(inside) !== value)) return false;
      last = at;
    }
    return true;
  }

  /** Merges a patch (RFC 7396), as `jsonb_patch` does: the order of what is there stays, what is new comes last. */
  merged(patch: JsonText): JsonText {
    if (!patch.isObject) return patch;
    const before = this.members;
    let after: (Member | undefined)[] | undefined;
    for (const { name, value } of patch.members.all) {
      const place = before.placeOf(name);
      const present = before.all[place]?.value;
      const isNull = value.text === 'null';
      const next = isNull ? undefined : value.isObject ? (present ?? emptyObject).merged(value) : value;
      if (next === undefined ? present === undefined : next.is(present)) continue;
      after ??= [...before.all];
      after[place < 0 ? after.length : place] = next && { name, value: next };
    }
    if (after === undefined) return this.isObject ? this : emptyObject;
    return new JsonText(new Members(after.filter((one) => one !== undefined)));
  }
}

const none = new Members([]);

export const emptyObject = new JsonText('{}');
