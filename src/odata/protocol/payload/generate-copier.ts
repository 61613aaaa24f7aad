/** An object of a stored text, as generated code copies it into a payload. */
export interface CopiedObject {
  /** The member that says its type; empty where the format does not say it. */
  readonly typeText: string;
  readonly members: readonly CopiedMember[];
  /** Of an entity: what it is expanded by, and the control information of a version. */
  readonly entity?: {
    readonly expanded: readonly { readonly name: string; readonly object: CopiedObject }[];
    /** What stands before and behind a version. */
    readonly etag: readonly [before: string, behind: string] | undefined;
  };
}

/** A property: what its values are, or the items of its collection. */
export interface CopiedMember {
  readonly name: string;
  readonly collection: boolean;
  readonly value: 'text' | 'number' | 'double' | 'boolean' | CopiedObject | WrittenValue;
}

/** A text or a number that is written in another form than it is stored in; of single values only. */
export interface WrittenValue {
  /** Gives the JSON of what is written. @param json of what is stored */
  readonly write: (json: string) => string;
}

/**
 * Copies the text of a stored entity into the text of a payload.
 * @param text JSON without blanks between its tokens
 * @param head the text of the entity that was begun: its brace, and what is said of it before its properties
 * @param key the JSON of the property that is not in the text, where one is not
 * @returns undefined where the text is not as it is known here, and has to be parsed
 */
export type Copier = (text: string, head: string, key: string | undefined) => string | undefined;

/** What a copier is made of beside its members. */
export interface CopierOptions {
  readonly omitNulls: boolean;
  /** Name of the property that may not be in the text. */
  readonly key: string | undefined;
}

/** Objects in one text: with more of them it is written in pieces. */
const mostObjects = 500;

/**
 * Functions that find the end of a value, from its place in the text on; -1 where it is not as it is known here: what is
 * not the shortest form of its number would be printed in another one. A decimal of up to fifteen digits is the shortest
 * form of its double where it ends with none that is zero (IEEE 754, DBL_DIG), and has no exponent from a millionth on.
 */
const runtime = `let t = '', v = '', p = 0, f = 0, n = 0;
function escaped(e) {
  let q = t.indexOf('"', e);
  for (;;) {
    let b = q;
    while (t.charCodeAt(b - 1) === 92) b -= 1;
    if (((q - b) & 1) === 0) return q + 1;
    q = t.indexOf('"', q + 1);
  }
}
function text(e) {
  const q = t.indexOf('"', e + 1);
  return t.charCodeAt(e) !== 34 ? -1 : t.charCodeAt(q - 1) === 92 ? escaped(e + 1) : q + 1;
}
function number(b) {
  let e = b, c = t.charCodeAt(e);
  if (c === 45) c = t.charCodeAt(++e);
  const d = e;
  while (c > 47 && c < 58) c = t.charCodeAt(++e);
  if (c === 44 || c === 93 || c === 125) return e === d || (d > b && t.charCodeAt(d) === 48) ? -1 : e;
  if (c === 46) {
    do c = t.charCodeAt(++e); while (c > 47 && c < 58);
    const isPlain = c === 44 || c === 93 || c === 125;
    if (isPlain && e - b < 17 && t.charCodeAt(e - 1) > 48 && !t.startsWith('0.000000', d)) return e;
  }
  while (c !== 44 && c !== 93 && c !== 125) { if (c !== c) return -1; c = t.charCodeAt(++e); }
  return isShortest(t.slice(b, e)) ? e : -1;
}
function double(b) {
  const e = number(b);
  return e < 0 || (e - b > 15 && !isShortest(t.slice(b, e))) ? -1 : e;
}
function boolean(e) {
  return t.startsWith('true', e) ? e + 4 : t.startsWith('false', e) ? e + 5 : -1;
}
function items(e, one) {
  if (t.charCodeAt(e) === 93) return e + 1;
  for (;;) {
    e = t.charCodeAt(e) === 110 ? e + 4 : one(e);
    if (e < 0) return -1;
    if (t.charCodeAt(e) !== 44) return e + 1;
    e += 1;
  }
}
function objects(e, o, one) {
  p = e;
  if (t.charCodeAt(e) !== 93)
    for (;;) {
      if (t.charCodeAt(p) !== 123 || (o = one(p, o)) === undefined) return undefined;
      if (t.charCodeAt(p) !== 44) break;
      p += 1;
    }
  p += 1;
  return o;
}`;

/** Whether a number is printed as it is written, and without an exponent, which decimals have none of. */
function isShortest(number: string): boolean {
  return String(Number(number)) === number && !number.includes('e');
}

/** Goes to the end of a value. */
const behind = (end: string): string => `if ((p = ${end}) < 0) return undefined;`;

/** Copies an object, or several. */
const copied = (payload: string): string => `if ((o = ${payload}) === undefined) return undefined;`;

const quoted = (value: string): string => JSON.stringify(value);

/** A member in the code of its object: how it is found, and what stands for it where it is not. */
interface Part {
  readonly name: string;
  /** The text that it begins with. */
  readonly begin: string;
  /** Goes behind the value, which begins at `e`. */
  readonly find: string;
  /** Empty where nothing does. */
  readonly none: string;
}

/**
 * The source of a copier. Its state: `t`, the text, of which everything before `p` was looked at and everything before `f`
 * copied into `o`, the payload, which each function takes and gives back, undefined where it does not know what is there;
 * `v`, the version of the entity; in each function `d`, whether a comma stands at `p`, as it does behind the first member,
 * and `c`, what is written before that one.
 */
class CopierSource {
  readonly #functions: string[] = [];
  readonly #names = new Map<CopiedObject, string>();
  /** What the source refers to as `w0`, `w1` and so on. */
  readonly writes: WrittenValue['write'][] = [];

  constructor(private readonly options: CopierOptions) {}

  of(root: CopiedObject): string {
    const name = this.#function(root, { key: this.options.key });
    return [
      runtime,
      ...this.#functions,
      'return function copy(text, head, key) {',
      't = text; p = f = 1; n = 0;',
      `const o = ${name}(0, head, key);`,
      'const copied = o === undefined ? undefined : o + t.slice(f, p);',
      "t = '';",
      'return copied;',
      '}',
    ].join('\n');
  }

  /** The name of the function that copies an object from its brace on. @param root what only the root has */
  #function(object: CopiedObject, root?: { readonly key: string | undefined }): string {
    const known = this.#names.get(object);
    if (known !== undefined) return known;
    const name = `object${this.#names.size}`;
    this.#names.set(object, name);
    const { typeText, entity, members } = object;
    const [etag, behind] = entity?.etag ?? [];
    const begun = `t.slice(f, b + 1) + ${quoted(typeText)}`;
    const isInside = entity !== undefined && root === undefined;
    const tagged =
      etag === undefined ? 'a + o' : `v === '' ? a + o : a + ${quoted(etag)} + v + ${quoted(behind ?? '')} + o`;
    const version = entity === undefined ? [] : [this.#version(object)];
    const own = members.map((member) => this.#found(this.#member(member), member.name === root?.key));
    const expanded = this.#expanded(object).map((part) => this.#found(part, false));
    const lines = [
      `function ${name}(b, o${root === undefined ? '' : ', k'}) {`,
      `if (++n > ${mostObjects}) return undefined;`,
      ...(root !== undefined ? [] : [isInside ? `const a = o + ${begun}; o = ''; v = '';` : `o += ${begun};`]),
      `p = f = b + 1; let d = 0, c = ${typeText === '' ? "''" : "','"};`,
      ...version,
      ...own,
      ...(own.length === 0 ? [] : version),
      ...expanded,
      ...(expanded.length === 0 ? [] : version),
      'if (t.charCodeAt(p) !== 125) return undefined;',
      'p += 1;',
      `return ${isInside ? tagged : 'o'};`,
      '}',
    ];
    this.#functions.push(lines.join('\n'));
    return name;
  }

  /** Copies a member, or what stands for it. @param isGiven whether its value may be given beside the text */
  #found({ name, begin, find, none }: Part, isGiven: boolean): string {
    const here = `const e = p + d + ${begin.length}; if (d === 0) { o += c; d = 1; }`;
    const absent = none === '' ? '' : ` else { ${this.#insert(none)} }`;
    const found = `if (t.startsWith(${quoted(begin)}, p + d)) { ${here} ${find} }${absent}`;
    return isGiven ? `if (k !== undefined) { ${this.#insert(`${quoted(name)}:`, ' + k')} } else ${found}` : found;
  }

  /** Adds what is not in the text. */
  #insert(before: string, behind = ''): string {
    return `if (d === 0) { o += c + ${quoted(before)}${behind}; c = ','; } else { o += t.slice(f, p) + ${quoted(`,${before}`)}${behind}; f = p; }`;
  }

  #member({ name, collection, value }: CopiedMember): Part {
    const named = `${quoted(name)}:`;
    const none = this.options.omitNulls ? '' : `${named}null`;
    if (typeof value === 'object' && 'write' in value) {
      const written = `w${this.writes.push(value.write) - 1}(t.slice(e, p))`;
      const end = behind('t.charCodeAt(e) === 34 ? text(e) : number(e)');
      return { name, begin: named, find: `${end} o += t.slice(f, e) + ${written}; f = p;`, none };
    }
    if (collection) {
      const find =
        typeof value === 'string' ? behind(`items(e, ${value})`) : copied(`objects(e, o, ${this.#function(value)})`);
      return { name, begin: `${named}[`, find, none: `${named}[]` };
    }
    if (typeof value === 'string') return { name, begin: named, find: behind(`${value}(e)`), none };
    return { name, begin: `${named}{`, find: copied(`${this.#function(value)}(e - 1, o)`), none };
  }

  #expanded({ entity }: CopiedObject): readonly Part[] {
    return (entity?.expanded ?? []).map(({ name, object }) => {
      const named = `${quoted(name)}:`;
      const find = `const w = v; ${copied(`${this.#function(object)}(e - 1, o)`)} v = w;`;
      return { name, begin: `${named}{`, find, none: `${named}null` };
    });
  }

  /** The version of an entity, which is none of its properties. */
  #version({ typeText }: CopiedObject): string {
    const name = quoted('"$version":');
    const first = typeText === '' ? 'if (d === 0) return undefined; ' : '';
    const kept = 'const e = p + d + 11; if (d === 1) o += t.slice(f, p); ';
    return `if (t.startsWith(${name}, p + d)) { ${first}${kept}${behind('number(e)')} v = t.slice(e, p); f = p; d = 1; }`;
  }
}

/** The source of the function that {@link generateCopier} makes, and what it refers to. */
export function copierSource(root: CopiedObject, options: CopierOptions) {
  const source = new CopierSource(options);
  return { text: source.of(root), writes: source.writes };
}

/**
 * A function that copies the text of stored entities into payloads, generated for a type: what was stored and what is
 * written differ by what is inserted, control information and nulls, so that to parse the one and to print the other would
 * be twice the work, and most of its garbage. It looks for the members in the order of the model, which is that of what is
 * stored, and gives up at what it does not know. What it is made of are names of the model, quoted.
 */
export function generateCopier(root: CopiedObject, options: CopierOptions): Copier {
  const { text, writes } = copierSource(root, options);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function('isShortest', ...writes.map((_, at) => `w${at}`), text) as (
    ...values: readonly unknown[]
  ) => Copier;
  return make(isShortest, ...writes);
}
