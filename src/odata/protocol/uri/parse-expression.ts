import { parseEnumLiteral, parseLiteral } from './parse-literal.js';
import { parseSearch } from './parse-search.js';
import { precedence, primaryPrecedence, unaryPrecedence } from './precedence.js';
import type { Scanner } from './scanner.js';
import type {
  AggregateFrom,
  AggregateItem,
  BinaryOperator,
  CanonicalFunction,
  CaseExpression,
  CountSegment,
  Expression,
  LambdaSegment,
  ListExpression,
  Literal,
  NamedArgument,
  NameSegment,
  PathExpression,
  PathRoot,
  PathSegment,
  PropertyPath,
  SearchExpression,
  TypeName,
  TypeTest,
} from './syntax-tree.js';

/** Least and greatest number of arguments of each canonical function (OData 4.01 URL Conventions 5.1.1.5 to 5.1.1.12). */
const canonicalFunctions: ReadonlyMap<string, readonly [least: number, most: number]> = new Map(
  Object.entries({
    '0,0': 'maxdatetime mindatetime now',
    '1,1':
      'ceiling date day floor fractionalseconds geo.length hour isdefined length minute month round second time tolower ' +
      'totaloffsetminutes totalseconds toupper trim year',
    '2,2':
      'concat contains endswith geo.distance geo.intersects hassubsequence hassubset indexof matchespattern startswith',
    '2,3': 'substring',
  }).flatMap(([arity, names]) => {
    const [least = 0, most = 0] = arity.split(',').map(Number);
    return names.split(' ').map((name) => [name, [least, most]] as const);
  }),
);

type Operator = BinaryOperator | 'and' | 'or';

const jsonString = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy;

/** Reads `commonExpr` and what stands inside it. */
export class ExpressionParser {
  readonly #variables: string[] = [];

  constructor(private readonly scanner: Scanner) {}

  // commonExpr, boolCommonExpr
  expression(least = 0): Expression {
    return this.scanner.nested(() => this.#operators(least));
  }

  #operators(least: number): Expression {
    const { scanner } = this;
    const start = scanner.at;
    let left = this.#unary();
    for (;;) {
      const before = scanner.at;
      const operator = this.#operator();
      const binds = operator === undefined ? -1 : (precedence.get(operator) ?? -1);
      if (operator === undefined || binds < least) {
        scanner.at = before;
        return left;
      }
      if (operator === 'and' || operator === 'or') {
        left = this.#logical(operator, left, { start, tighter: binds + 1 });
      } else {
        const right = operator === 'in' ? this.#inOperand() : this.expression(binds + 1);
        left = { kind: 'binary', operator, left, right, ...scanner.span(start) };
      }
    }
  }

  /** An operator with blanks on both sides, or undefined. */
  #operator(): Operator | undefined {
    const { scanner } = this;
    if (!scanner.blanks()) return undefined;
    const word = scanner.word()?.toLowerCase();
    if (word === undefined || !precedence.has(word)) return undefined;
    if (!scanner.blanks() && scanner.next !== '(') scanner.fail(`a blank behind '${word}'`);
    return word as Operator;
  }

  /** All operands of one `and` or `or`, as far as it goes on; the first operator has been read. */
  #logical(
    operator: 'and' | 'or',
    first: Expression,
    { start, tighter }: { start: number; tighter: number },
  ): Expression {
    const { scanner } = this;
    const operands = [first, this.expression(tighter)];
    for (;;) {
      const before = scanner.at;
      if (this.#operator() !== operator) {
        scanner.at = before;
        return { kind: 'logical', operator, operands, ...scanner.span(start) };
      }
      operands.push(this.expression(tighter));
    }
  }

  // notExpr, negateExpr
  #unary(): Expression {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.peekWord('not') && /[\s(]/.test(scanner.text.charAt(start + 3))) {
      scanner.at += 3;
      scanner.blanks();
      const operand = this.expression(unaryPrecedence);
      return { kind: 'unary', operator: 'not', operand, ...scanner.span(start) };
    }
    if (scanner.next === '-' && !/^-(?:\d|INF)/.test(scanner.text.slice(start, start + 4))) {
      scanner.at += 1;
      scanner.blanks();
      const operand = this.expression(unaryPrecedence);
      return { kind: 'unary', operator: 'negate', operand, ...scanner.span(start) };
    }
    return this.#primary();
  }

  #primary(): Expression {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.skip('(')) return this.#parenthesised();
    if (scanner.next === '[') return this.#array();
    if (scanner.next === '{') return this.#object();
    if (scanner.next === '"') return this.#jsonString();
    const literal = parseLiteral(scanner);
    if (literal !== undefined) return literal;
    const name = scanner.qualifiedName();
    if (name === undefined) return this.#path(start, undefined);
    if (scanner.next === "'") return parseEnumLiteral(scanner, name, start);
    return scanner.next === '(' ? this.#named(name, start) : this.#path(start, name);
  }

  // parenExpr, boolParenExpr
  #parenthesised(): Expression {
    const { scanner } = this;
    scanner.blanks();
    const inner = this.expression();
    scanner.blanks();
    scanner.expect(')');
    return inner;
  }

  /** What a name with a parenthesis begins: a canonical function, cast, isof, case, or a path. */
  #named(name: string, start: number): Expression {
    const lower = name.toLowerCase();
    if (lower === 'cast' || lower === 'isof') return this.#typeTest(lower, start);
    if (lower === 'case') return this.#case(start);
    const arity = canonicalFunctions.get(lower);
    if (arity === undefined) return this.#path(start, name);
    const { scanner } = this;
    scanner.at += 1;
    scanner.blanks();
    const values = scanner.next === ')' ? [] : scanner.list(',', () => this.expression());
    scanner.blanks();
    if (values.length < arity[0] || values.length > arity[1]) {
      const count = arity[0] === arity[1] ? `${arity[0]}` : `${arity[0]} to ${arity[1]}`;
      scanner.fail(`${count} arguments of ${lower}, not ${values.length},`, start);
    }
    scanner.expect(')');
    return { kind: 'call', name, canonical: lower as CanonicalFunction, arguments: values, ...scanner.span(start) };
  }

  // castExpr, isofExpr
  #typeTest(kind: 'cast' | 'isof', start: number): TypeTest {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    const at = scanner.at;
    const alone = this.#tryTypeName();
    scanner.blanks();
    if (alone !== undefined && scanner.skip(')')) {
      return { kind, operand: undefined, type: alone, ...scanner.span(start) };
    }
    scanner.at = at;
    const operand = this.expression();
    scanner.blanks();
    scanner.expect(',');
    scanner.blanks();
    const type = this.typeName();
    scanner.blanks();
    scanner.expect(')');
    return { kind, operand, type, ...scanner.span(start) };
  }

  #tryTypeName(): TypeName | undefined {
    return /^[\p{L}_]/u.test(this.scanner.next) ? this.#typeNameFrom(this.scanner.at) : undefined;
  }

  // optionallyQualifiedTypeName
  typeName(): TypeName {
    return this.#typeNameFrom(this.scanner.at) ?? this.scanner.fail('the name of a type');
  }

  #typeNameFrom(start: number): TypeName | undefined {
    const { scanner } = this;
    const name = scanner.qualifiedName();
    if (name === undefined) return undefined;
    if (name !== 'Collection' || !scanner.skip('('))
      return { kind: 'type', name, collection: false, ...scanner.span(start) };
    const item = scanner.qualifiedName() ?? scanner.fail('the name of a type');
    scanner.expect(')');
    return { kind: 'type', name: item, collection: true, ...scanner.span(start) };
  }

  // caseMethodCallExpr
  #case(start: number): CaseExpression {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    const branches = scanner.list(',', () => {
      const when = this.expression();
      scanner.blanks();
      scanner.expect(':');
      scanner.blanks();
      return { when, value: this.expression() };
    });
    scanner.blanks();
    scanner.expect(')');
    return { kind: 'case', branches, ...scanner.span(start) };
  }

  // inExpr: listExpr, or an expression that is a collection
  #inOperand(): Expression {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.next !== '(') return this.expression(primaryPrecedence);
    scanner.at += 1;
    scanner.blanks();
    if (scanner.skip(')')) return { kind: 'list', items: [], ...scanner.span(start) };
    const items = scanner.list(',', () => this.expression());
    scanner.blanks();
    scanner.expect(')');
    const literals = items.filter((item): item is ListExpression['items'][number] => isLiteral(item));
    if (literals.length === items.length) return { kind: 'list', items: literals, ...scanner.span(start) };
    const [only] = items;
    if (items.length === 1 && only !== undefined) return only;
    return scanner.fail('a list of literals', items.find((item) => !isLiteral(item))?.start);
  }

  // array
  #array(): Expression {
    const { scanner } = this;
    const start = scanner.at;
    scanner.expect('[');
    scanner.blanks();
    const items = scanner.next === ']' ? [] : scanner.list(',', () => this.expression());
    scanner.blanks();
    scanner.expect(']');
    return { kind: 'array', items, ...scanner.span(start) };
  }

  // object
  #object(): Expression {
    const { scanner } = this;
    const start = scanner.at;
    scanner.expect('{');
    scanner.blanks();
    const member = () => {
      const from = scanner.at;
      const name = this.#jsonString().text;
      scanner.blanks();
      scanner.expect(':');
      scanner.blanks();
      const value = this.expression();
      return { kind: 'member' as const, name, value, ...scanner.span(from) };
    };
    const members = scanner.next === '}' ? [] : scanner.list(',', member);
    scanner.blanks();
    scanner.expect('}');
    return { kind: 'object', members, ...scanner.span(start) };
  }

  // stringInUrl
  #jsonString(): Literal {
    const { scanner } = this;
    const start = scanner.at;
    const found = scanner.match(jsonString) ?? scanner.fail('a string in double quotes');
    return { kind: 'literal', type: 'jsonString', text: JSON.parse(found) as string, ...scanner.span(start) };
  }

  // firstMemberExpr, rootExpr, functionExpr
  #path(start: number, name: string | undefined): PathExpression {
    const { scanner } = this;
    const segments: PathSegment[] = [];
    const root = name === undefined ? this.#root(segments) : this.#variable(name, start);
    if (name !== undefined && root === undefined) this.#nameOrCall(name, start, segments);
    if (root?.kind === 'root' && scanner.next !== '/') scanner.fail("'/' and the name of an entity set");
    while (scanner.next === '/') {
      scanner.at += 1;
      if (root?.kind !== 'root' || segments.length !== 1 || !this.#keySegment(segments)) this.#segment(segments);
    }
    return { kind: 'path', root, segments, ...scanner.span(start) };
  }

  // keyPathSegments of rootExpr, as far as they are no names
  #keySegment(segments: PathSegment[]): boolean {
    const start = this.scanner.at;
    const value = /[\d-]/.test(this.scanner.next) ? parseLiteral(this.scanner) : undefined;
    if (value !== undefined) segments.push({ kind: 'key', value, ...this.scanner.span(start) });
    return value !== undefined;
  }

  /** `$it`, `$this`, `$these`, `$root`, `@alias`; or the first segment, where it is none of a name. */
  #root(segments: PathSegment[]): PathRoot | undefined {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.next === '@') {
      const annotation = this.annotation();
      if (annotation.name.includes('.') || annotation.qualifier !== undefined) {
        segments.push(annotation);
        return undefined;
      }
      return { kind: 'alias', name: annotation.name, start, end: scanner.at };
    }
    if (scanner.next !== '$') scanner.fail('an expression');
    for (const kind of ['it', 'this', 'these', 'root'] as const) {
      if (scanner.peekWordBehindDollar(kind)) {
        scanner.at += kind.length + 1;
        return { kind, ...scanner.span(start) };
      }
    }
    if (!scanner.peekWordBehindDollar('count') && !scanner.peekWordBehindDollar('filter'))
      scanner.fail('an expression');
    this.#segment(segments);
    return undefined;
  }

  #variable(name: string, start: number): PathRoot | undefined {
    if (this.scanner.next === '(' || !this.#variables.includes(name)) return undefined;
    return { kind: 'variable', name, start, end: this.scanner.at };
  }

  #segment(segments: PathSegment[]): void {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.next === '@') {
      segments.push(this.annotation());
      return;
    }
    if (scanner.next === '$') {
      segments.push(this.#systemSegment());
      this.#keyOf(segments);
      return;
    }
    const name = scanner.qualifiedName() ?? scanner.fail('the name of a property, type or function');
    const lower = name.toLowerCase();
    if (scanner.next === '(' && (lower === 'any' || lower === 'all')) segments.push(this.#lambda(lower, start));
    else if (scanner.next === '(' && name === 'aggregate') segments.push(this.#aggregateSegment(start));
    else this.#nameOrCall(name, start, segments);
  }

  #systemSegment(): PathSegment {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.peekWordBehindDollar('count')) {
      scanner.at += '$count'.length;
      return this.countSegment(start);
    }
    if (!scanner.peekWordBehindDollar('filter')) scanner.fail('$count or $filter(…)');
    scanner.at += '$filter'.length;
    scanner.expect('(');
    scanner.refuseBlanks();
    const predicate = this.expression();
    scanner.blanks();
    scanner.expect(')');
    return { kind: 'filter', predicate, ...scanner.span(start) };
  }

  /** `count` with `expandCountOption`; `$count` itself has been read. */
  countSegment(start: number): CountSegment {
    const { scanner } = this;
    let filter: Expression | undefined;
    let search: SearchExpression | undefined;
    if (scanner.skip('(')) {
      scanner.list(';', () => {
        scanner.skip('$');
        const option = scanner.word()?.toLowerCase();
        if (option !== 'filter' && option !== 'search') scanner.fail('$filter or $search');
        scanner.expect('=');
        if (option === 'search') search = parseSearch(scanner, true);
        else {
          scanner.refuseBlanks();
          filter = this.expression();
        }
      });
      scanner.blanks();
      scanner.expect(')');
    }
    return { kind: 'count', filter, search, ...scanner.span(start) };
  }

  // anyExpr, allExpr
  #lambda(operator: 'any' | 'all', start: number): LambdaSegment {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    if (operator === 'any' && scanner.skip(')')) {
      return { kind: 'lambda', operator, variable: undefined, predicate: undefined, ...scanner.span(start) };
    }
    const variable = scanner.identifier() ?? scanner.fail('a variable');
    scanner.blanks();
    scanner.expect(':');
    scanner.blanks();
    this.#variables.push(variable);
    const predicate = this.expression();
    this.#variables.pop();
    scanner.blanks();
    scanner.expect(')');
    return { kind: 'lambda', operator, variable, predicate, ...scanner.span(start) };
  }

  #aggregateSegment(start: number): PathSegment {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    const item = this.aggregateItem();
    scanner.blanks();
    scanner.expect(')');
    return { kind: 'aggregate', item, ...scanner.span(start) };
  }

  /** A name with what its parentheses make of it: a key, or named arguments. */
  #nameOrCall(name: string, start: number, segments: PathSegment[]): void {
    const { scanner } = this;
    const segment: NameSegment = { kind: 'name', name, qualified: name.includes('.'), ...scanner.span(start) };
    if (scanner.next !== '(') {
      segments.push(segment);
      return;
    }
    const named = this.namedArguments();
    if (named === undefined) segments.push(segment);
    else segments.push({ ...segment, kind: 'call', arguments: named, end: scanner.at });
    this.#keyOf(segments);
  }

  /** `simpleKey`, `compoundKey` behind a segment, where there is one. */
  #keyOf(segments: PathSegment[]): void {
    const { scanner } = this;
    const open = scanner.at;
    if (scanner.next !== '(') return;
    const named = this.namedArguments();
    if (named !== undefined) {
      segments.push({ kind: 'compoundKey', arguments: named, ...scanner.span(open) });
      return;
    }
    scanner.at = open + 1;
    scanner.blanks();
    const value = this.expression();
    scanner.blanks();
    scanner.expect(')');
    segments.push({ kind: 'key', value, ...scanner.span(open) });
  }

  /** `functionExprParameters`, `compoundKey`; undefined where the parentheses hold something else. */
  namedArguments(): readonly NamedArgument[] | undefined {
    const { scanner } = this;
    const open = scanner.at;
    scanner.expect('(');
    scanner.blanks();
    if (scanner.skip(')')) return [];
    const start = scanner.at;
    const isName = scanner.identifier() !== undefined && (scanner.blanks(), scanner.next === '=');
    if (!isName) {
      scanner.at = open;
      return undefined;
    }
    scanner.at = start;
    const found = scanner.list(',', (): NamedArgument => {
      const from = scanner.at;
      const name = scanner.identifier() ?? scanner.fail('the name of a parameter');
      scanner.blanks();
      scanner.expect('=');
      scanner.blanks();
      const value = this.expression();
      return { kind: 'argument', name, value, ...scanner.span(from) };
    });
    scanner.blanks();
    scanner.expect(')');
    return found;
  }

  // annotationInQuery, parameterAlias
  // annotationInQuery
  annotation() {
    const { scanner } = this;
    const start = scanner.at;
    scanner.expect('@');
    const name = scanner.qualifiedName() ?? scanner.fail('a name');
    const qualifier = scanner.skip('#') ? (scanner.identifier() ?? scanner.fail('a qualifier')) : undefined;
    return { kind: 'annotation' as const, name, qualifier, ...scanner.span(start) };
  }

  // aggregateExpr without its alias
  aggregateItem(): AggregateItem {
    const { scanner } = this;
    const start = scanner.at;
    const expression = this.expression();
    const method = this.#keyword('with') ? this.#method() : undefined;
    const from: AggregateFrom[] = [];
    while (this.#keyword('from')) from.push(this.#from());
    const alias = this.#keyword('as') ? (scanner.identifier() ?? scanner.fail('an alias')) : undefined;
    return { kind: 'aggregateItem', expression, method, from, alias, ...scanner.span(start) };
  }

  /** A word of the aggregation grammar with blanks on both sides. */
  #keyword(name: string): boolean {
    const { scanner } = this;
    const before = scanner.at;
    if (scanner.blanks() && scanner.skipWord(name) && scanner.blanks()) return true;
    scanner.at = before;
    return false;
  }

  #method(): string {
    return this.scanner.qualifiedName() ?? this.scanner.fail('an aggregation method');
  }

  // aggregateFrom
  #from(): AggregateFrom {
    const { scanner } = this;
    const start = scanner.at;
    const properties = scanner.list(',', () => this.propertyPath());
    const method = this.#keyword('with') ? this.#method() : undefined;
    return { kind: 'from', properties, method, ...scanner.span(start) };
  }

  // groupingProperty, aggrPrimPath
  propertyPath(): PropertyPath {
    const { scanner } = this;
    const start = scanner.at;
    const segments: NameSegment[] = [];
    do {
      const at = scanner.at;
      const name = scanner.qualifiedName() ?? scanner.fail('the name of a property');
      segments.push({ kind: 'name', name, qualified: name.includes('.'), ...scanner.span(at) });
    } while (scanner.skip('/'));
    return { kind: 'propertyPath', segments, ...scanner.span(start) };
  }
}

function isLiteral(expression: Expression): boolean {
  return expression.kind === 'literal' || expression.kind === 'enum';
}

/**
 * Parses the whole text as `commonExpr` (OData 4.01 URL Conventions 5.1.1).
 * @throws ODataError 400
 */
export function parseExpression(scanner: Scanner): Expression {
  scanner.blanks();
  const expression = new ExpressionParser(scanner).expression();
  scanner.blanks();
  scanner.end();
  return expression;
}
