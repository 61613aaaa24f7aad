import { ODataError } from '../../protocol/odata-error.js';

/** Classes of RE2 know ASCII; those of PostgreSQL know the letters of the database's language. */
const classes: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: '\\t\\n\\f\\r ' };
const escapes: Readonly<Record<string, string>> = { b: '\\y', B: '\\Y', A: '\\A', z: '\\Z' };
const controls = new Set(['t', 'n', 'f', 'r', 'v', 'a']);

function notBuilt(what: string): never {
  throw new ODataError(
    'queryOptionNotImplemented',
    `matchesPattern with ${what} is not implemented. Patterns are those of RE2 that every store has: docs/values.md.`,
  );
}

/**
 * Writes a regular expression of RE2 as one of PostgreSQL, which has another syntax for some of it. Well-formedness was
 * tested before; none of RE2 refers back, so that PostgreSQL needs no more than time linear in the length of the text.
 */
class Translator {
  #at = 0;
  #result = '';

  constructor(private readonly source: string) {}

  translate(): string {
    const flags = /^\(\?(i|s|is|si)\)/.exec(this.source);
    this.#at = flags?.[0].length ?? 0;
    const dotAll = flags?.[1]?.includes('s') ?? false;
    while (this.#at < this.source.length) this.#next(dotAll);
    return `${flags?.[1]?.includes('i') === true ? '(?i)' : ''}${this.#result}`;
  }

  #next(dotAll: boolean): void {
    const character = this.source[this.#at++] ?? '';
    switch (character) {
      case '\\':
        this.#result += this.#escape();
        break;
      case '[':
        this.#bracket();
        break;
      case '(':
        this.#group();
        break;
      case '{':
        this.#repetition();
        break;
      case '.':
        this.#result += dotAll ? '.' : '[^\\n]';
        break;
      default:
        this.#result += character;
    }
  }

  #escape(): string {
    const letter = this.source[this.#at++] ?? '';
    const lower = letter.toLowerCase();
    if (classes[lower] !== undefined) return `[${letter === lower ? '' : '^'}${classes[lower]}]`;
    return escapes[letter] ?? this.#character(letter);
  }

  /** An escape that stands for one character, in brackets and outside of them. */
  #character(letter: string): string {
    if (!/[A-Za-z0-9]/.test(letter)) return `\\${letter}`;
    if (controls.has(letter)) return `\\${letter}`;
    const code = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.source.slice(this.#at));
    if (letter !== 'x' || code === null) return notBuilt(`'\\${letter}'`);
    this.#at += code[0].length;
    return `\\U${(code[1] ?? code[2] ?? '').padStart(8, '0')}`;
  }

  #bracket(): void {
    this.#result += '[';
    if (this.source[this.#at] === '^') this.#result += this.source[this.#at++] ?? '';
    for (let first = true; first || this.source[this.#at] !== ']'; first = false) {
      const item = this.#item();
      this.#result += item;
      // A hyphen behind one character, and not at the end, makes a range.
      const isRange = this.#isCharacter && this.source[this.#at] === '-' && this.source[this.#at + 1] !== ']';
      if (!isRange) continue;
      this.#at += 1;
      this.#result += `-${this.#item()}`;
    }
    this.#at += 1;
    this.#result += ']';
  }

  /** Whether the last item of a bracket was one character. */
  #isCharacter = false;

  #item(): string {
    this.#isCharacter = true;
    const character = this.source[this.#at++] ?? '';
    if (character === '[' && this.source[this.#at] === ':') notBuilt('a named class');
    if (character !== '\\') return '[]\\-^'.includes(character) ? `\\${character}` : character;
    const letter = this.source[this.#at++] ?? '';
    const known = classes[letter];
    if (known === undefined && classes[letter.toLowerCase()] !== undefined) notBuilt(`'\\${letter}' in brackets`);
    this.#isCharacter = known === undefined;
    return known ?? this.#character(letter);
  }

  #group(): void {
    const rest = this.source.slice(this.#at);
    const named = /^\?P?<[A-Za-z_]\w*>/.exec(rest);
    if (named !== null) this.#at += named[0].length;
    else if (rest.startsWith('?') && !rest.startsWith('?:')) notBuilt("flags inside '(?…)'");
    this.#result += '(';
  }

  #repetition(): void {
    const counts = /^(\d+)(?:,(\d*))?\}/.exec(this.source.slice(this.#at));
    // Braces that count nothing stand for themselves.
    if (counts === null) this.#result += '\\{';
    else if (Number(counts[1]) > 255 || Number(counts[2] ?? 0) > 255) notBuilt('more than 255 repetitions');
    else this.#result += '{';
  }
}

/** A regular expression of RE2 as one of PostgreSQL. @throws ODataError 501 where PostgreSQL cannot say the same */
export function postgresPattern(source: string | undefined): string {
  return new Translator(known(source)).translate();
}

/** A regular expression of RE2 that PostgreSQL has too, as it is. @throws ODataError 501 where it has not */
export function portablePattern(source: string | undefined): string {
  postgresPattern(source);
  return known(source);
}

function known(source: string | undefined): string {
  return source ?? notBuilt('a pattern that is no literal');
}
