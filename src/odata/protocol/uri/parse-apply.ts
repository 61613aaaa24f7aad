import type { ExpressionParser } from './parse-expression.js';
import { parseSearch } from './parse-search.js';
import type { Scanner } from './scanner.js';
import {
  type ComputeItem,
  type ExpandTransformation,
  type GroupbyElement,
  type HierarchyReference,
  type JoinTransformation,
  type NestItem,
  type OrderbyItem,
  ranks,
  type Transformation,
} from './syntax-tree.js';

type Rank = (typeof ranks)[number];

/** What `$apply` shares with other options. */
export interface ItemParsers {
  computeItem(): ComputeItem;
  orderbyItem(): OrderbyItem;
}

/** Reads `applyExpr` (OData Data Aggregation 4.0 ABNF). */
export class ApplyParser {
  constructor(
    private readonly scanner: Scanner,
    private readonly expressions: ExpressionParser,
    private readonly items: ItemParsers,
  ) {}

  // applyExpr
  sequence(): readonly Transformation[] {
    const transformations = [this.#transformation()];
    for (;;) {
      const before = this.scanner.at;
      this.scanner.blanks();
      if (!this.scanner.skip('/')) {
        this.scanner.at = before;
        return transformations;
      }
      this.scanner.blanks();
      transformations.push(this.#transformation());
    }
  }

  // applyTrafo
  #transformation(): Transformation {
    const { scanner } = this;
    const start = scanner.at;
    const name = scanner.qualifiedName() ?? scanner.fail('a transformation');
    if (name.includes('.')) {
      const named = this.expressions.namedArguments() ?? scanner.fail('named arguments');
      return { kind: 'function', name, arguments: named, ...scanner.span(start) };
    }
    if (name === 'identity') return { kind: 'identity', ...scanner.span(start) };
    return scanner.nested(() => this.#inParentheses((end) => this.#named(name, start, end)));
  }

  /** Reads what stands in parentheses; `end` closes them, so that the span holds them. */
  #inParentheses<T>(
    content: (end: () => { readonly start: number; readonly end: number }) => T,
    from = this.scanner.at,
  ): T {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    return content(() => {
      scanner.blanks();
      scanner.expect(')');
      return scanner.span(from);
    });
  }

  #named(name: string, start: number, close: () => object): Transformation {
    const { scanner, expressions, items } = this;
    const end = (): { start: number; end: number } => {
      close();
      return { start, end: scanner.at };
    };
    switch (name) {
      case 'aggregate':
        return { kind: name, items: scanner.list(',', () => expressions.aggregateItem()), ...end() };
      case 'groupby':
        return this.#groupby(end);
      case 'compute':
        return { kind: name, items: scanner.list(',', () => items.computeItem()), ...end() };
      case 'filter':
        return { kind: name, predicate: expressions.expression(), ...end() };
      case 'search':
        return { kind: name, search: parseSearch(scanner, true), ...end() };
      case 'orderby':
        return { kind: name, items: scanner.list(',', () => items.orderbyItem()), ...end() };
      case 'top':
      case 'skip':
        return { kind: name, count: this.#integer(), ...end() };
      case 'concat':
        return { kind: name, sequences: this.#sequences(), ...end() };
      case 'expand':
        return this.#expand(end);
      case 'join':
      case 'outerjoin':
        return this.#join(name, end);
      case 'nest':
        return { kind: 'nest', path: undefined, items: scanner.list(',', () => this.#nestItem()), ...end() };
      case 'addnested':
        return this.#addNested(end);
      case 'ancestors':
      case 'descendants':
        return this.#hierarchyTransformation(name, end);
      case 'traverse':
        return this.#traverse(end);
      default:
        return this.#rank(name, start, end);
    }
  }

  #comma(): void {
    this.scanner.blanks();
    this.scanner.expect(',');
    this.scanner.blanks();
  }

  /** A comma, if one stands here. */
  #another(): boolean {
    const before = this.scanner.at;
    this.scanner.blanks();
    if (this.scanner.skip(',')) {
      this.scanner.blanks();
      return true;
    }
    this.scanner.at = before;
    return false;
  }

  #integer(): number {
    return Number(this.scanner.match(/\d{1,15}/y) ?? this.scanner.fail('a number'));
  }

  // topcountTrafo … bottompercentTrafo
  #rank(name: string, start: number, end: () => { start: number; end: number }): Transformation {
    if (!(ranks as readonly string[]).includes(name)) this.scanner.fail('a transformation', start);
    const quantity = this.expressions.expression();
    this.#comma();
    return { kind: name as Rank, quantity, by: this.expressions.expression(), ...end() };
  }

  // concatTrafo
  #sequences(): (readonly Transformation[])[] {
    const first = this.sequence();
    const sequences = [first];
    this.#comma();
    do sequences.push(this.sequence());
    while (this.#another());
    return sequences;
  }

  // groupbyTrafo
  #groupby(end: () => { start: number; end: number }): Transformation {
    const { scanner } = this;
    scanner.expect('(');
    scanner.blanks();
    const elements = scanner.list(',', () => this.#groupbyElement());
    scanner.blanks();
    scanner.expect(')');
    const apply = this.#another() ? this.sequence() : [];
    return { kind: 'groupby', elements, apply, ...end() };
  }

  // groupbyElement
  #groupbyElement(): GroupbyElement {
    const { scanner } = this;
    const start = scanner.at;
    if (scanner.skip('rollup(')) {
      scanner.blanks();
      const all = scanner.skip('$all,');
      scanner.blanks();
      const levels = scanner.list(',', () => this.expressions.propertyPath());
      scanner.blanks();
      scanner.expect(')');
      return { kind: 'rollup', all, levels, ...scanner.span(start) };
    }
    if (!scanner.skip('rolluprecursive(')) return this.expressions.propertyPath();
    scanner.blanks();
    const hierarchy = this.#hierarchy();
    const apply = this.#another() ? this.sequence() : [];
    scanner.blanks();
    scanner.expect(')');
    return { kind: 'rolluprecursive', hierarchy, apply, ...scanner.span(start) };
  }

  // recHierReference
  #hierarchy(): HierarchyReference {
    const { scanner } = this;
    const start = scanner.at;
    const nodes = this.expressions.expression();
    this.#comma();
    const qualifier = scanner.identifier() ?? scanner.fail('the qualifier of a hierarchy');
    this.#comma();
    return { kind: 'hierarchy', nodes, qualifier, property: this.expressions.propertyPath(), ...scanner.span(start) };
  }

  // expandTrafo
  #expand(end: () => { start: number; end: number }): ExpandTransformation {
    const path = this.expressions.propertyPath();
    let filter: ExpandTransformation['filter'];
    const nested: ExpandTransformation[] = [];
    while (this.#another()) {
      const inner = this.#transformation();
      if (inner.kind === 'expand') nested.push(inner);
      else if (inner.kind === 'filter' && filter === undefined && nested.length === 0) filter = inner;
      else this.scanner.fail('filter(…) or expand(…)', inner.start);
    }
    return { kind: 'expand', path, filter, nested, ...end() };
  }

  // joinTrafo, outerjoinTrafo
  #join(kind: 'join' | 'outerjoin', end: () => { start: number; end: number }): JoinTransformation {
    const { scanner, expressions } = this;
    const property = scanner.next === '@' ? [expressions.annotation()] : expressions.propertyPath().segments;
    const alias = this.#alias();
    const apply = this.#another() ? this.sequence() : [];
    return { kind, property, alias, apply, ...end() };
  }

  #alias(): string {
    const { scanner } = this;
    if (!scanner.blanks() || !scanner.skipWord('as') || !scanner.blanks()) scanner.fail("'as' and an alias");
    return scanner.identifier() ?? scanner.fail('an alias');
  }

  #nestItem(): NestItem {
    const start = this.scanner.at;
    const apply = this.sequence();
    return { kind: 'nestItem', apply, alias: this.#alias(), ...this.scanner.span(start) };
  }

  // addnestedTrafo
  #addNested(end: () => { start: number; end: number }): Transformation {
    const path = this.expressions.propertyPath();
    this.#comma();
    return { kind: 'nest', path, items: this.scanner.list(',', () => this.#nestItem()), ...end() };
  }

  // ancestorsTrafo, descendantsTrafo
  #hierarchyTransformation(
    kind: 'ancestors' | 'descendants',
    end: () => { start: number; end: number },
  ): Transformation {
    const { scanner } = this;
    const hierarchy = this.#hierarchy();
    this.#comma();
    const apply = this.sequence();
    let distance: number | undefined;
    let keepStart = false;
    while (this.#another()) {
      if (scanner.skip('keep start')) keepStart = true;
      else distance = this.#integer();
    }
    return { kind, hierarchy, apply, distance, keepStart, ...end() };
  }

  // traverseTrafo
  #traverse(end: () => { start: number; end: number }): Transformation {
    const { scanner, items } = this;
    const hierarchy = this.#hierarchy();
    this.#comma();
    const order =
      (['preorder', 'postorder'] as const).find((name) => scanner.skip(name)) ?? scanner.fail('preorder or postorder');
    const orderby: OrderbyItem[] = [];
    let apply: readonly Transformation[] = [];
    while (this.#another()) {
      const before = scanner.at;
      const transforms = scanner.qualifiedName() !== undefined && scanner.next === '(' && orderby.length === 0;
      scanner.at = before;
      if (transforms && apply.length === 0) apply = this.sequence();
      else orderby.push(items.orderbyItem());
    }
    return { kind: 'traverse', hierarchy, order, apply, orderby, ...end() };
  }
}
