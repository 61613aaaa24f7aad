import { ODataError } from '../odata-error.js';
import { ApplyParser } from './parse-apply.js';
import { ExpressionParser } from './parse-expression.js';
import { parseSearch } from './parse-search.js';
import { Scanner, type DecodedText } from './scanner.js';
import type {
  ComputeItem,
  ExpandItem,
  Expression,
  OrderbyItem,
  Query,
  SelectItem,
  SelectSegment,
} from './syntax-tree.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The options that may stand inside `$expand` and `$select`; `@alias` beside them. */
const nestedOptions: ReadonlySet<string> = new Set([
  'apply',
  'compute',
  'count',
  'expand',
  'filter',
  'levels',
  'orderby',
  'search',
  'select',
  'skip',
  'top',
]);

/** Reads the values of query options from one text: of one option, or of those nested in it. */
class OptionsParser {
  readonly #expressions: ExpressionParser;
  readonly #apply: ApplyParser;

  constructor(
    private readonly scanner: Scanner,
    /** Whether the options stand inside another. */
    private readonly isNested: boolean,
  ) {
    this.#expressions = new ExpressionParser(scanner);
    this.#apply = new ApplyParser(scanner, this.#expressions, this);
  }

  /** Reads one option into a query. */
  option(name: string, query: Mutable<Query>): void {
    const { scanner } = this;
    if (name !== 'search') scanner.refuseBlanks();
    switch (name) {
      case 'apply':
        query.apply = this.#apply.sequence();
        break;
      case 'compute':
        query.compute = scanner.list(',', () => this.computeItem());
        break;
      case 'count':
        query.count = this.#boolean();
        break;
      case 'expand':
        query.expand = scanner.list(',', () => this.#expandItem());
        break;
      case 'filter':
        query.filter = this.#expressions.expression();
        break;
      case 'index':
        query.index = Number(scanner.match(/-?\d{1,15}/y) ?? scanner.fail('an integer'));
        break;
      case 'levels':
        query.levels = scanner.skipWord('max') ? Infinity : this.#levels();
        break;
      case 'orderby':
        query.orderby = scanner.list(',', () => this.orderbyItem());
        break;
      case 'search':
        query.search = parseSearch(scanner, this.isNested);
        break;
      case 'select':
        query.select = scanner.list(',', () => this.#selectItem());
        break;
      case 'skip':
      case 'top':
        query[name] = this.#integer();
        break;
      default:
        this.#text(name as 'deltatoken', query);
    }
    scanner.blanks();
  }

  #text(name: 'deltatoken' | 'format' | 'id' | 'schemaversion' | 'skiptoken', query: Mutable<Query>): void {
    const { scanner } = this;
    if (scanner.done) scanner.fail('a value');
    query[name] = scanner.text.slice(scanner.at);
    scanner.at = scanner.text.length;
  }

  #boolean(): boolean {
    if (this.scanner.skipWord('true')) return true;
    return this.scanner.skipWord('false') ? false : this.scanner.fail('true or false');
  }

  #integer(): number {
    const { scanner } = this;
    const digits = scanner.match(/\d+/y) ?? scanner.fail('an integer that is not negative');
    const value = Number(digits);
    return Number.isSafeInteger(value) ? value : scanner.fail('a smaller integer', scanner.at - digits.length);
  }

  // levels: from 1, without leading zeros
  #levels(): number {
    if (!/[1-9]/.test(this.scanner.next)) this.scanner.fail("'max' or a number from 1");
    return this.#integer();
  }

  // computeItem
  computeItem(): ComputeItem {
    const { scanner } = this;
    const start = scanner.at;
    const expression = this.#expressions.expression();
    if (!scanner.blanks() || !scanner.skipWord('as') || !scanner.blanks()) scanner.fail("' as ' and a name");
    const alias = scanner.identifier() ?? scanner.fail('a name');
    return { kind: 'compute', expression, alias, ...scanner.span(start) };
  }

  // orderbyItem
  orderbyItem(): OrderbyItem {
    const { scanner } = this;
    const start = scanner.at;
    const expression = this.#expressions.expression();
    const before = scanner.at;
    const descending = scanner.blanks() && scanner.skipWord('desc');
    if (!descending) {
      scanner.at = before;
      if (!scanner.blanks() || !scanner.skipWord('asc')) scanner.at = before;
    }
    return { kind: 'orderby', expression, descending, ...scanner.span(start) };
  }

  // selectItem
  #selectItem(): SelectItem {
    const { scanner } = this;
    const start = scanner.at;
    const path = [this.#selectSegment()];
    while (scanner.skip('/')) path.push(this.#selectSegment());
    const options = scanner.next === '(' ? this.#nested() : {};
    return { kind: 'select', path, options, ...scanner.span(start) };
  }

  #selectSegment(): SelectSegment {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.skip('*')) return { kind: 'star', ...scanner.span(start) };
    if (scanner.skip('@')) {
      const name = scanner.qualifiedName() ?? scanner.fail('the name of an annotation');
      const qualifier = scanner.skip('#') ? scanner.identifier() : undefined;
      return { kind: 'annotation', name, qualifier, ...scanner.span(start) };
    }
    const name = scanner.match(/[\p{L}_][\p{L}\p{Nd}\p{Mn}\p{Mc}_.]*/uy) ?? scanner.fail('the name of a property');
    if (name.endsWith('.')) {
      scanner.expect('*');
      return { kind: 'operations', namespace: name.slice(0, -1), ...scanner.span(start) };
    }
    const qualified = name.includes('.');
    const parameters = this.#overload();
    if (parameters !== undefined) return { kind: 'overload', name, qualified, parameters, ...scanner.span(start) };
    return { kind: 'name', name, qualified, ...scanner.span(start) };
  }

  /** `parameterNames`: names only; anything else in parentheses is options. */
  #overload(): readonly string[] | undefined {
    const { scanner } = this;
    const found = scanner.match(/\([\p{L}_][\p{L}\p{Nd}_]*(?:,[\p{L}_][\p{L}\p{Nd}_]*)*\)|\(\)/uy);
    return found
      ?.slice(1, -1)
      .split(',')
      .filter((name) => name !== '');
  }

  // expandItem
  #expandItem(): ExpandItem {
    const { scanner } = this;
    const start = scanner.at;
    const path: ExpandItem['path'][number][] = [];
    let suffix: ExpandItem['suffix'];
    do {
      const at = scanner.at;
      suffix = this.#suffix();
      if (suffix !== undefined) break;
      if (scanner.skip('*')) path.push({ kind: 'star', ...scanner.span(at) });
      else if (scanner.skip('@')) {
        const name = scanner.qualifiedName() ?? scanner.fail('the name of an annotation');
        path.push({ kind: 'annotation', name, qualifier: undefined, ...scanner.span(at) });
      } else {
        const name = scanner.qualifiedName() ?? scanner.fail('the name of a navigation property');
        path.push({ kind: 'name', name, qualified: name.includes('.'), ...scanner.span(at) });
      }
    } while (scanner.skip('/'));
    if (path.length === 0 && suffix !== '$value') scanner.fail('the name of a navigation property', start);
    const options = scanner.next === '(' ? this.#nested() : {};
    return { kind: 'expand', path, suffix, options, ...scanner.span(start) };
  }

  #suffix(): ExpandItem['suffix'] {
    const { scanner } = this;
    for (const suffix of ['$ref', '$count', '$value'] as const) {
      if (scanner.peekWordBehindDollar(suffix.slice(1))) {
        scanner.at += suffix.length;
        return suffix;
      }
    }
    return undefined;
  }

  /** Options in parentheses with `;` between. */
  #nested(): Query {
    const { scanner } = this;
    return scanner.nested(() => {
      const query: Mutable<Query> = {};
      const inner = new OptionsParser(scanner, true);
      scanner.expect('(');
      do {
        scanner.blanks();
        if (scanner.next === ')') break;
        inner.#nestedOption(query);
      } while (scanner.skip(';'));
      scanner.expect(')');
      return query;
    });
  }

  #nestedOption(query: Mutable<Query>): void {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.skip('@')) {
      const alias = scanner.identifier() ?? scanner.fail('the name of an alias');
      scanner.expect('=');
      const aliases = new Map(query.aliases);
      query.aliases = aliases.set(alias, this.#expressions.expression());
      return;
    }
    scanner.skip('$');
    const name = scanner.word()?.toLowerCase() ?? '';
    if (!nestedOptions.has(name)) scanner.fail('a query option', start);
    if (Object.hasOwn(query, name)) scanner.fail(`$${name} only once`, start);
    scanner.blanks();
    scanner.expect('=');
    this.option(name, query);
  }
}

/** Reads the value of one system query option, the name in lower case and without `$`, into a query. */
export function parseOption(name: string, { text, encoded }: DecodedText, query: Mutable<Query>): void {
  const scanner = new Scanner(text, `$${name}`, encoded);
  new OptionsParser(scanner, false).option(name, query);
  scanner.end();
}

/** Reads the value of a parameter alias: an expression, a JSON array or object (`parameterValue`). */
export function parseAliasValue(name: string, { text, encoded }: DecodedText): Expression {
  const scanner = new Scanner(text, `@${name}`, encoded);
  scanner.refuseBlanks();
  const value = new ExpressionParser(scanner).expression();
  scanner.blanks();
  scanner.end();
  return value;
}

/** The error of an option that cannot be read at all. */
export function invalidOption(message: string, target: string): ODataError {
  return new ODataError('invalidQueryOption', message, { target: target.slice(0, 80) });
}
