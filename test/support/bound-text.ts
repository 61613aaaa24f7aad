import type {
  AggregatedValue,
  BoundCollection,
  BoundExpression,
  BoundSearch,
  Instance,
  Member,
  ReachedValues,
  ValueType,
} from '../../src/odata/protocol/query/bound.js';
import { nameOf } from '../../src/odata/protocol/query/value-types.js';

/** The name of a type, without the namespaces of OData and of the library. */
export function typeText(type: ValueType): string {
  return nameOf(type).replaceAll(/\b(?:Edm|test\.library)\./g, '');
}

/** Writes bound expressions as text in which every value has its type; of conditions it is only written where not boolean. */
class BoundText {
  readonly #names = new Map<Instance, string>();

  expression(node: BoundExpression): string {
    const type = `:${typeText(node.type)}`;
    const test = node.type.item?.kind === 'primitive' && node.type.item.family === 'boolean' ? '' : type;
    switch (node.kind) {
      case 'literal':
        return node.value === null ? 'null' : `${JSON.stringify(node.value)}${type}`;
      case 'member':
        return `${this.#member(node)}${type}`;
      case 'call':
        return `${node.name}(${this.#all(node.arguments).join(', ')})${type}`;
      case 'comparison':
        return `(${this.expression(node.left)} ${node.operator} ${this.expression(node.right)})${test}`;
      case 'logical':
        return `(${this.#all(node.operands).join(` ${node.operator} `)})${test}`;
      case 'not':
        return `(not ${this.expression(node.operand)})${test}`;
      case 'in':
        return `(${this.expression(node.operand)} in [${this.#all(node.items).join(', ')}])${test}`;
      case 'inCollection':
        return `(${this.expression(node.operand)} in ${this.#collection(node.collection)})${test}`;
      case 'lambda': {
        const of = this.#collection(node.collection);
        return `${node.operator}(${of}${node.predicate === undefined ? '' : ` => ${this.expression(node.predicate)}`})${test}`;
      }
      case 'count':
        return `count(${this.#collection(node.collection)})${type}`;
      case 'aggregated':
        return `${this.aggregated(node.aggregate)} of ${this.#collection(node.collection)}${type}`;
      case 'these':
        return `${this.aggregated(node.aggregate)} of these${type}`;
      case 'case': {
        const branches = node.branches.map(({ when, value }) => `${this.expression(when)} ? ${this.expression(value)}`);
        return `case(${branches.join(', ')})${type}`;
      }
      case 'cast':
        return `cast(${this.expression(node.operand)})${type}`;
      case 'whole':
        return `whole(${this.expression(node.operand)})`;
      case 'dynamic':
        return `dynamic(${this.expression(node.operand)})${type}`;
      case 'hierarchy':
        return `${node.test.kind} in ${node.hierarchy.qualifier}${test}`;
      case 'isOf':
        return `isof(${this.expression(node.operand)} as ${node.names.map((name) => name.replace(/^.*\./, '')).join('|')})${test}`;
    }
  }

  search(node: BoundSearch): string {
    switch (node.kind) {
      case 'term':
        return JSON.stringify(node.text);
      case 'not':
        return `(not ${this.search(node.operand)})`;
      case 'logical':
        return `(${node.operands.map((operand) => this.search(operand)).join(` ${node.operator} `)})`;
    }
  }

  aggregated({ method, value, reached }: AggregatedValue): string {
    return `${method}(${value === undefined ? '' : this.expression(value)}${reached === undefined ? '' : this.#reached(reached)})`;
  }

  /** How values are reached from items, and what tells those that count once. */
  #reached({ collections, conditions, identity }: ReachedValues): string {
    const sources = collections.map((one) => ` in ${this.#collection(one)}`);
    const tests = this.#all(conditions).map((one) => ` if ${one}`);
    if (identity === undefined) return [...sources, ...tests].join('');
    const places = collections.slice(identity.from).map(({ item }) => `place of ${this.#name(item)}`);
    return [...sources, ...tests, ` once by [${[...this.#all(identity.values), ...places].join(', ')}]`].join('');
  }

  #all(nodes: readonly BoundExpression[]): string[] {
    return nodes.map((node) => this.expression(node));
  }

  /** An entity of the query has no name, everything else a number; a reference is written with the set that it leads to. */
  #member({ instance, path, target }: Member): string {
    const { reference } = instance;
    const from =
      reference === undefined ? this.#name(instance) : `${this.#member(reference.link)}->${reference.target.name}`;
    const steps = [...(from === '' ? [] : [from]), ...path].join('/');
    return `${steps === '' ? '$it' : steps}${target === undefined ? '' : `->${target.name}`}`;
  }

  #name(instance: Instance): string {
    if (instance.kind === 'entity') return '';
    const name = this.#names.get(instance) ?? `i${this.#names.size + 1}`;
    this.#names.set(instance, name);
    return name;
  }

  #collection({ member, item, filters, search }: BoundCollection): string {
    const source = this.expression(member);
    const conditions = this.#all(filters).map((filter) => ` if ${filter}`);
    const name = this.#name(item);
    const found = search === undefined ? '' : ` search ${this.search(search)}`;
    return `${name} of ${source}${conditions.join('')}${found}`;
  }
}

/** A bound expression as text. */
export function boundText(expression: BoundExpression): string {
  return new BoundText().expression(expression);
}

/** An aggregated value as text. */
export function aggregatedText(aggregated: AggregatedValue): string {
  return new BoundText().aggregated(aggregated);
}

/** A bound search as text, without its places. */
export function searchText(search: BoundSearch): string {
  return new BoundText().search(search);
}
