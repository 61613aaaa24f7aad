import { quoted } from './parse-literal.js';
import { systemQueryOptions } from './query-options.js';
import type { Scanner } from './scanner.js';
import type { SearchExpression } from './syntax-tree.js';

/** What follows a `;` that separates options inside `$expand`: the name of the next. */
const nextOption = new RegExp(`;\\s*(?:@|\\$?(?:${systemQueryOptions.join('|')})\\s*=)`, 'iy');

/**
 * Reads `$search`; also inside `$expand`, `$select` and `$count`, where `;` and `)` end it. A word may have a `;` that is
 * percent-encoded; where an option follows it, it was one of the delimiters that a client has encoded.
 */
class SearchParser {
  constructor(
    private readonly scanner: Scanner,
    private readonly isNested: boolean,
  ) {}

  get #ended(): boolean {
    const { next, done } = this.scanner;
    return done || next === ')' || (next === ';' && this.#isDelimiter());
  }

  #isDelimiter(): boolean {
    const { scanner } = this;
    if (!scanner.encoded.has(scanner.at)) return true;
    nextOption.lastIndex = scanner.at;
    return this.isNested && nextOption.test(scanner.text);
  }

  // searchOrExpr
  or(): SearchExpression {
    return this.#logical('or', () => this.#and());
  }

  // searchAndExpr: AND may be left out
  #and(): SearchExpression {
    return this.#logical('and', () => this.#not());
  }

  #logical(operator: 'and' | 'or', operand: () => SearchExpression): SearchExpression {
    const { scanner } = this;
    const start = scanner.at;
    const first = operand();
    const operands = [first];
    for (;;) {
      const before = scanner.at;
      const separated = scanner.blanks();
      if (!separated || this.#ended) {
        scanner.at = before;
        break;
      }
      // Upper case only: `or` in lower case is a word to search for.
      const or = /^OR(?=[\s("])/.test(scanner.text.slice(scanner.at, scanner.at + 3));
      const and = /^AND(?=[\s("])/.test(scanner.text.slice(scanner.at, scanner.at + 4));
      if (operator === 'or' ? !or : or) {
        scanner.at = before;
        break;
      }
      if (or || and) scanner.at += or ? 2 : 3;
      scanner.blanks();
      operands.push(operand());
    }
    if (operands.length === 1) return first;
    return { kind: 'logical', operator, operands, ...scanner.span(start) };
  }

  // searchNegateExpr
  #not(): SearchExpression {
    const { scanner } = this;
    const start = scanner.at;
    if (!/^NOT[\s("]/.test(scanner.text.slice(start, start + 4))) return this.#primary();
    scanner.at += 3;
    scanner.blanks();
    const operand = scanner.nested(() => this.#not());
    return { kind: 'not', operand, ...scanner.span(start) };
  }

  // searchParenExpr, searchPhrase, searchWord
  #primary(): SearchExpression {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.skip('(')) {
      scanner.blanks();
      const inner = scanner.nested(() => this.or());
      scanner.blanks();
      scanner.expect(')');
      return inner;
    }
    if (scanner.next === '"') return this.#phrase(start);
    while (!this.#ended && !/[\s("]/.test(scanner.next)) scanner.at += 1;
    const text = scanner.text.slice(start, scanner.at);
    if (text === '') scanner.fail('a word or phrase', start);
    return { kind: 'term', text, phrase: false, ...scanner.span(start) };
  }

  #phrase(start: number): SearchExpression {
    const { scanner } = this;
    scanner.at += 1;
    let text = '';
    while (scanner.next !== '"') {
      if (scanner.done) scanner.fail('a closing double quote');
      scanner.skip('\\');
      text += scanner.next;
      scanner.at += 1;
    }
    scanner.at += 1;
    if (text.trim() === '') scanner.fail('a word inside the phrase', start + 1);
    return { kind: 'term', text, phrase: true, ...scanner.span(start) };
  }
}

/**
 * Parses `searchExpr` (OData 4.01 URL Conventions 5.1.8). NOT binds tighter than AND, AND tighter than OR.
 * @param isNested whether it is a part of another option
 * @throws ODataError 400
 */
export function parseSearch(scanner: Scanner, isNested = false): SearchExpression {
  scanner.blanks();
  const start = scanner.at;
  if (scanner.next === "'") {
    const text = quoted(scanner);
    return { kind: 'incomplete', text, ...scanner.span(start) };
  }
  const search = new SearchParser(scanner, isNested).or();
  scanner.blanks();
  return search;
}
