import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { list } from './in-pieces.js';

/** Adds what an owner has of its properties to the text of an object that was begun; gives the longer text. */
export type AddMembers = (text: string, owner: JsonObject, changed: JsonValue | undefined) => string;

/** How the items of a property are written. */
export type ItemToWrite =
  /** JSON values that are written as they are stored. */
  | { readonly kind: 'plain'; readonly isText: boolean }
  /** Objects of one type. Its writer may still be in the making: types contain each other. */
  | { readonly kind: 'object'; readonly writer: { readonly typeText: string; readonly add: AddMembers } }
  | { readonly kind: 'other'; readonly write: (value: JsonValue, changed?: JsonValue) => string };

/** A property, as generated code writes it. */
export interface MemberToWrite {
  readonly name: string;
  readonly collection: boolean;
  /** Control information that stands before it; empty where there is none. */
  readonly typed: string;
  readonly item: ItemToWrite;
  /** Reads it from its owner, where that is more than looking its member up. */
  readonly get?: ((owner: JsonObject) => JsonValue) | undefined;
  /** The control information of a collection's count. */
  readonly count: (count: number) => string;
}

/** A value whose JSON is, as a rule, what JavaScript prints. */
function plain(value: JsonValue): string {
  const isPlain = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  return isPlain ? `${value}` : stringifyJson(value);
}

/** More items than this are written by the list that can leave them for later. */
const fewItems = 8;

const text = (value: string): string => JSON.stringify(value);

/** The source of a function that adds members, and the values that it refers to as `c0`, `c1` and so on. */
class WriterSource {
  readonly constants: unknown[] = [];
  readonly #lines: string[] = [];
  /** Whether a member was surely written, so that the next one has a comma before it. */
  #isBegun = false;

  constructor(private readonly omitNulls: boolean) {}

  get text(): string {
    return ["let s = t, v, i, c = t.length > 1 ? ',' : '';", ...this.#lines, 'return s;'].join('\n');
  }

  add(member: MemberToWrite): void {
    const { name, get } = member;
    this.#lines.push(`v = ${get === undefined ? `o[${text(name)}]` : `${this.#constant(get)}(o)`};`);
    if (member.collection) this.#collection(member);
    else this.#single(member);
  }

  #constant(value: unknown): string {
    return `c${this.constants.push(value) - 1}`;
  }

  /** An expression that is the text with the comma that stands before it. */
  #after(member: string): string {
    return this.#isBegun ? text(`,${member}`) : `c + ${text(member)}`;
  }

  /** Says that something was written now, whatever was before. */
  #begun(): void {
    if (!this.#isBegun) this.#lines.push("c = ',';");
    this.#isBegun = true;
  }

  #single({ name, typed, item }: MemberToWrite): void {
    const nothing = this.#after(`${text(name)}:null`);
    const before = this.#after(`${typed === '' ? '' : `${typed},`}${text(name)}:`);
    if (!this.omitNulls) {
      this.#lines.push(`s += v == null ? ${nothing} : ${before} + ${this.#item(item, 'v', 'undefined')};`);
      return this.#begun();
    }
    const next = this.#isBegun ? '' : " c = ',';";
    this.#lines.push(
      `i = isJsonObject(n) && Object.hasOwn(n, ${text(name)}) ? n[${text(name)}] : undefined;`,
      `if (v != null) { s += ${before} + ${this.#item(item, 'v', 'i')};${next} }`,
      `else if (i !== undefined) { s += ${nothing};${next} }`,
    );
  }

  #collection({ name, typed, item, count }: MemberToWrite): void {
    if (typed !== '') {
      this.#lines.push(`s += ${this.#after(typed)};`);
      this.#begun();
    }
    const counted = this.#isBegun ? "','" : 'c';
    const next = this.#isBegun ? '' : " c = ',';";
    this.#lines.push(
      `i = o[${text(`${name}@count`)}];`,
      `if (typeof i === 'number') { s += ${counted} + ${this.#constant(count)}(i);${next} }`,
    );
    const before = this.#after(`${text(name)}:[`);
    const write = this.#item(item, 'v', 'undefined');
    const several = `list(v, (v) => ${write})`;
    this.#lines.push(
      `if (!Array.isArray(v) || v.length === 0) s += ${before} + ']';`,
      `else if (v.length > ${fewItems}) s += ${before} + ${several} + ']';`,
      `else { s += ${before}; const a = v; for (i = 0; i < a.length; i++) { v = a[i]; if (i > 0) s += ','; s += ${write}; } s += ']'; }`,
    );
    this.#begun();
  }

  #item(item: ItemToWrite, value: string, changed: string): string {
    if (item.kind === 'plain') return item.isText ? `stringify(${value})` : `plain(${value})`;
    if (item.kind === 'other') return `${this.#constant(item.write)}(${value}, ${changed})`;
    const writer = this.#constant(item.writer);
    const object = `${writer}.add(${text(`{${item.writer.typeText}`)}, ${value}, ${changed}) + '}'`;
    return `(isJsonObject(${value}) ? ${object} : stringify(${value}))`;
  }
}

/** The body of the function that {@link generateWriter} makes: of `t`, the text; `o`, the owner; `n`, what changed. */
export function writerSource(members: readonly MemberToWrite[], omitNulls: boolean): WriterSource {
  const source = new WriterSource(omitNulls);
  for (const member of members) source.add(member);
  return source;
}

/**
 * A function that adds members, generated for a type: straight code in which every name is a constant is written in half
 * the time that a chain of closures takes. What it is made of are names of the model, quoted; nothing that a client sent.
 */
export function generateWriter(members: readonly MemberToWrite[], omitNulls: boolean): AddMembers {
  const source = writerSource(members, omitNulls);
  const names = source.constants.map((_, at) => `c${at}`);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(
    'isJsonObject',
    'stringify',
    'plain',
    'list',
    ...names,
    `return function add(t, o, n) {\n${source.text}\n}`,
  ) as (...values: readonly unknown[]) => AddMembers;
  return make(isJsonObject, stringifyJson, plain, list, ...source.constants);
}
