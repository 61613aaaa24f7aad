import { ODataError } from '../odata-error.js';
import { ExpressionParser } from './parse-expression.js';
import { decodeText, Scanner } from './scanner.js';
import { firstOnly, isSystemSegment, laterOnly } from './system-segments.js';
import type { ResourcePath, ResourceSegment, SystemSegment } from './syntax-tree.js';

/** Reads a resource path, segment by segment. */
class PathParser {
  readonly #segments: ResourceSegment[] = [];

  constructor(private readonly scanner: Scanner) {}

  path(): ResourcePath {
    const { scanner } = this;
    if (!scanner.done) this.#segment();
    // A slash at the end is forgiven.
    while (this.#slash() && scanner.next !== '') this.#segment();
    scanner.end();
    return { kind: 'resourcePath', segments: this.#segments, ...scanner.span(0) };
  }

  /** A slash between segments; one that was percent-encoded is part of a key. */
  #slash(): boolean {
    return this.#isSlash() && this.scanner.skip('/');
  }

  #isSlash(): boolean {
    const { next, at, encoded } = this.scanner;
    return next === '/' && !encoded.has(at);
  }

  #segment(): void {
    const { scanner } = this;
    const start = scanner.at;
    // Segments are decoded before they are interpreted (OData 4.01 URL Conventions 2): it does not matter how `$` was sent.
    // No key stands first; behind others what OData does not define is one (4.3.6).
    if (scanner.next === '$' && (this.#segments.length === 0 || isSystemSegment(this.#rest()))) {
      this.#system(start);
      return;
    }
    const name = scanner.qualifiedNameOrNothing();
    if (name === undefined || !this.#endsSegment('(') || !this.#reads(name, start)) {
      scanner.at = start;
      this.#keyPath(start);
    }
  }

  /** The rest of the segment. */
  #rest(): string {
    const { text, at, encoded } = this.scanner;
    let end = at;
    while (end < text.length && (text[end] !== '/' || encoded.has(end))) end += 1;
    return text.slice(at, end);
  }

  /** Whether what was read can be the end: the segment ends here, or a character follows that may go on. */
  #endsSegment(orGoesOn = ''): boolean {
    const { next } = this.scanner;
    return next === '' || next === orGoesOn || this.#isSlash();
  }

  /** Reads what follows a name. What is encoded and is no key predicate belongs to a key that is a later segment. */
  #reads(name: string, start: number): boolean {
    const { scanner } = this;
    if (this.#segments.length === 0 || scanner.next !== '(' || !scanner.encoded.has(scanner.at)) {
      this.#named(name, start);
      return true;
    }
    const before = this.#segments.length;
    const isRead = scanner.attempt(() => {
      this.#named(name, start);
      return this.#endsSegment();
    });
    if (isRead !== true) this.#segments.length = before;
    return isRead === true;
  }

  // keyPathLiteral, ordinalIndex
  #keyPath(start: number): void {
    const { scanner } = this;
    while (!this.#endsSegment()) scanner.at += 1;
    const text = scanner.text.slice(start, scanner.at);
    if (text === '') scanner.fail('a segment');
    this.#segments.push({ kind: 'keyPath', text, ...scanner.span(start) });
  }

  #named(name: string, start: number): void {
    const behind = this.scanner.at;
    this.#nameAndKey(name, start);
    this.#refuseSlashes(behind);
  }

  /** A `/` of a key is percent-encoded: segments are split before they are decoded (OData 4.01 URL Conventions 2). */
  #refuseSlashes(start: number): void {
    const { scanner } = this;
    for (let at = start; at < scanner.at; at++)
      if (scanner.text[at] === '/' && !scanner.encoded.has(at)) scanner.fail("a '/' to be percent-encoded", at);
  }

  #nameAndKey(name: string, start: number): void {
    const { scanner } = this;
    const qualified = name.includes('.');
    if (scanner.next !== '(') {
      this.#segments.push({ kind: 'name', name, qualified, ...scanner.span(start) });
      return;
    }
    const named = new ExpressionParser(scanner).namedArguments();
    if (named === undefined) {
      this.#segments.push({ kind: 'name', name, qualified, ...scanner.span(start) });
    } else {
      this.#segments.push({ kind: 'call', name, qualified, arguments: named, ...scanner.span(start) });
    }
    this.#key();
  }

  // keyPredicate
  #key(): void {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.next !== '(') return;
    const expressions = new ExpressionParser(scanner);
    const named = expressions.namedArguments();
    if (named !== undefined) {
      this.#segments.push({ kind: 'compoundKey', arguments: named, ...scanner.span(start) });
      return;
    }
    scanner.expect('(');
    scanner.blanks();
    const value = expressions.expression();
    scanner.blanks();
    scanner.expect(')');
    this.#segments.push({ kind: 'key', value, ...scanner.span(start) });
  }

  #system(start: number): void {
    const { scanner } = this;
    scanner.at += 1;
    const name = scanner.word()?.toLowerCase() ?? '';
    if (name === 'count') {
      this.#segments.push(new ExpressionParser(scanner).countSegment(start));
    } else if (name === 'filter') {
      scanner.expect('(');
      scanner.refuseBlanks();
      const predicate = new ExpressionParser(scanner).expression();
      scanner.blanks();
      scanner.expect(')');
      this.#segments.push({ kind: 'filter', predicate, ...scanner.span(start) });
      this.#key();
    } else if (name === 'crossjoin') {
      scanner.expect('(');
      const entitySets = scanner.list(',', () => scanner.identifier() ?? scanner.fail('the name of an entity set'));
      scanner.expect(')');
      this.#segments.push({ kind: 'crossjoin', entitySets, ...scanner.span(start) });
    } else {
      const first = this.#segments.length === 0;
      if (!(first ? firstOnly : laterOnly).has(name)) scanner.fail('a segment that OData defines here', start);
      this.#segments.push({ kind: name as SystemSegment['kind'], ...scanner.span(start) });
    }
  }
}

/**
 * Parses `odataRelativeUri` without its query (OData 4.01 URL Conventions 4), keys in parentheses or as segments.
 * @param raw path behind the service root, without leading slash, percent-encoded
 * @throws ODataError 400 with the position of the fault in the decoded path
 */
export function parsePath(raw: string): ResourcePath & { readonly text: string } {
  let decoded;
  try {
    decoded = decodeText(raw, 'path');
  } catch (cause) {
    throw new ODataError('malformedUrl', `The path has a malformed percent-encoding in '${raw.slice(0, 80)}'.`, {
      cause,
    });
  }
  const scanner = new Scanner(decoded.text, 'path', decoded.encoded);
  return { ...new PathParser(scanner).path(), text: decoded.text };
}
