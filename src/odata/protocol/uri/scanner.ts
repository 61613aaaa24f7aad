import { ODataError } from '../odata-error.js';

/** Bounds on what one text of a URL may make the parsers do; far above what people and generators write. */
export const uriLimits = {
  /** Characters of one option or path. */
  length: 32_768,
  /** Expressions, paths and options inside each other. */
  depth: 64,
  /** Nodes of one syntax tree. */
  nodes: 4_000,
} as const;

/** Text out of a URL, percent-decoded; where a delimiter was percent-encoded, it may have been data. */
export interface DecodedText {
  readonly text: string;
  /** Offsets in `text` of delimiters that were percent-encoded. */
  readonly encoded: ReadonlySet<number>;
}

/**
 * Delimiters whose encoding is remembered. Most mean the same percent-encoded (ABNF rules `OPEN`, `COMMA`, `SQUOTE` and so
 * on), but paths are split at `/` before they are decoded (OData 4.01 URL Conventions 2), a key that is a segment may have
 * parentheses, and a word of `$search` may have a `;` that is encoded.
 */
const encodedDelimiters = { path: /%(?:28|2[fF])/, query: /%3[bB]/ } as const;
const none: ReadonlySet<number> = new Set();

/**
 * Percent-decodes a part of a URL.
 * @throws URIError where the encoding is malformed
 */
export function decodeText(raw: string, part: keyof typeof encodedDelimiters): DecodedText {
  const encodedDelimiter = encodedDelimiters[part];
  if (!raw.includes('%')) return { text: raw, encoded: none };
  if (!encodedDelimiter.test(raw)) return { text: decodeURIComponent(raw), encoded: none };
  const encoded = new Set<number>();
  let text = '';
  let rest = raw;
  for (let match = encodedDelimiter.exec(rest); match !== null; match = encodedDelimiter.exec(rest)) {
    text += decodeURIComponent(rest.slice(0, match.index));
    encoded.add(text.length);
    text += decodeURIComponent(match[0]);
    rest = rest.slice(match.index + match[0].length);
  }
  return { text: text + decodeURIComponent(rest), encoded };
}

const identifier = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]{0,127}/uy;
const qualified =
  /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*(?:\.[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*)*/uy;
const word = /[A-Za-z]+/y;

/** Characters of ASCII, by what they may be: 1 begins a name, 2 goes on in one, 4 is a letter. */
const characterClass = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) return 7;
  if (character === '_') return 3;
  return /\d/.test(character) ? 2 : 0;
});

/** How much of the text a message shows on each side of the fault. */
const shown = 20;

/** A position in one text of a URL, and the small steps that every parser of this folder takes from it. */
export class Scanner {
  at = 0;
  #depth = 0;
  #nodes = 0;

  /** @param subject what the text is, for messages and as their target: `$filter`, `the path` */
  constructor(
    readonly text: string,
    readonly subject: string,
    readonly encoded: ReadonlySet<number> = none,
  ) {
    if (text.length > uriLimits.length) this.fail(`at most ${uriLimits.length} characters`, uriLimits.length);
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The character at the position, or the empty string at the end. */
  get next(): string {
    return this.text.charAt(this.at);
  }

  /** Whether the text goes on with a character; steps behind it if so. */
  skip(characters: string): boolean {
    if (!this.text.startsWith(characters, this.at)) return false;
    this.at += characters.length;
    return true;
  }

  /** The same, whatever the case of the letters. */
  skipWord(lowerCase: string): boolean {
    if (!this.peekWord(lowerCase)) return false;
    this.at += lowerCase.length;
    return true;
  }

  /** Whether a word stands here, alone. */
  peekWord(lowerCase: string): boolean {
    const end = this.at + lowerCase.length;
    // Two letters differ in case by one bit: most of what is tested here differs in more.
    if ((this.text.charCodeAt(this.at) | 32) !== lowerCase.charCodeAt(0)) return false;
    if (this.text.slice(this.at, end).toLowerCase() !== lowerCase) return false;
    return !/[\p{L}\p{Nd}_]/u.test(this.text.charAt(end));
  }

  /** Whether `$name` stands here. */
  peekWordBehindDollar(lowerCase: string): boolean {
    if (this.next !== '$') return false;
    this.at += 1;
    const found = this.peekWord(lowerCase);
    this.at -= 1;
    return found;
  }

  expect(characters: string): void {
    if (!this.skip(characters)) this.fail(`'${characters}'`);
  }

  /** `BWS`; whether there was any. */
  blanks(): boolean {
    const start = this.at;
    while (this.next === ' ' || this.next === '\t') this.at += 1;
    return this.at > start;
  }

  /** Where the grammar has no blanks; in front of an array or object it has (ABNF rules `begin-array`, `begin-object`). */
  refuseBlanks(): void {
    const start = this.at;
    if (this.blanks() && !'[{'.includes(this.next)) this.fail('no blank', start);
  }

  /** Matches a sticky expression here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** The offset behind the characters of a class that stand here; undefined where a character beyond ASCII follows. */
  #run(kind: number): number | undefined {
    let end = this.at;
    for (; end < this.text.length; end++) {
      const code = this.text.charCodeAt(end);
      if (code >= 128) return undefined;
      if (((characterClass[code] ?? 0) & kind) === 0) break;
    }
    return end;
  }

  /** `odataIdentifier`: letters, digits and `_`, at most 128. */
  identifier(): string | undefined {
    const first = this.text.charCodeAt(this.at);
    const end = first < 128 ? this.#run(2) : undefined;
    // Names of ASCII are read without a regular expression.
    if (end === undefined || end - this.at > 128) return this.match(identifier);
    if (((characterClass[first] ?? 0) & 1) === 0) return undefined;
    const start = this.at;
    this.at = end;
    return this.text.slice(start, end);
  }

  /** Letters of ASCII. */
  word(): string | undefined {
    const end = this.#run(4);
    if (end === undefined) return this.match(word);
    if (end === this.at) return undefined;
    const start = this.at;
    this.at = end;
    return this.text.slice(start, end);
  }

  /** `[namespace "."] odataIdentifier`, several parts with dots between. */
  qualifiedName(): string | undefined {
    const start = this.at;
    if (this.identifier() === undefined) return undefined;
    while (this.next === '.') {
      this.at += 1;
      if (this.identifier() === undefined) this.fail('a name');
    }
    return this.text.slice(start, this.at);
  }

  /** The same, but what is no qualified name after all is left for others to read. */
  qualifiedNameOrNothing(): string | undefined {
    return this.match(qualified);
  }

  /** Runs a parser; where the text does not follow its grammar, the position is what it was before, and nothing is given. */
  attempt<T>(parse: () => T): T | undefined {
    const [at, depth] = [this.at, this.#depth];
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof ODataError)) throw error;
      [this.at, this.#depth] = [at, depth];
      return undefined;
    }
  }

  /** Runs one nested parser; hostile nesting ends here, before the stack does. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > uriLimits.depth) this.fail(`at most ${uriLimits.depth} levels of nesting`);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  /** Counts a node and gives its span. */
  span(start: number): { readonly start: number; readonly end: number } {
    if (++this.#nodes > uriLimits.nodes) this.fail(`at most ${uriLimits.nodes} parts`);
    return { start, end: this.at };
  }

  /** A list: items with a separator between, blanks around it. */
  list<T>(separator: string, item: () => T): T[] {
    const items = [item()];
    for (;;) {
      const before = this.at;
      this.blanks();
      if (!this.skip(separator)) {
        this.at = before;
        return items;
      }
      this.blanks();
      items.push(item());
    }
  }

  /** The whole text must have been read. */
  end(): void {
    if (!this.done) this.fail('the end');
  }

  /** @throws ODataError 400 saying what was expected, where, with the text around it */
  fail(expected: string, at = this.at): never {
    throw syntaxError(this, expected, at);
  }
}

/** The error of a text that does not follow the grammar: what was expected, where, and the text around. */
function syntaxError({ text, subject }: Scanner, expected: string, at: number): ODataError {
  const before = (at > shown ? '…' : '') + text.slice(Math.max(0, at - shown), at);
  const after = text.slice(at, at + shown) + (at + shown < text.length ? '…' : '');
  const where = at >= text.length ? `at its end: ${before}⟂` : `at character ${at + 1}: ${before}⟂${after}`;
  const path = subject === 'path';
  return new ODataError(
    path ? 'malformedUrl' : 'invalidQueryOption',
    `The ${path ? 'path' : `query option ${subject}`} is not well-formed: expected ${expected} ${where}`,
    { position: at + 1, ...(path ? {} : { target: subject }) },
  );
}
