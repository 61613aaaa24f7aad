import { hierarchyNames, hierarchyOf } from '../../edm/hierarchies.js';
import type { EntitySet, ItemType, Model, StructuredType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type {
  CallSegment,
  Expression,
  NamedArgument,
  PathExpression,
  PathSegment,
  Span,
} from '../../uri/syntax-tree.js';
import { notBuilt, unbound } from '../binding-error.js';
import {
  type BoundExpression,
  type BoundHierarchy,
  type HierarchyTest,
  type Instance,
  type Member,
  single,
} from '../bound.js';
import { didYouMean } from '../nearest.js';
import {
  compatible,
  derivesFrom,
  findType,
  instanceOf,
  isStructured,
  nameOf,
  narrowed,
  propertyOf,
} from '../value-types.js';

/** The namespace of the vocabulary, and its alias in metadata documents. */
const prefixes = ['Aggregation.', 'Org.OData.Aggregation.V1.'];

const common = ['HierarchyNodes', 'HierarchyQualifier', 'Node'];

/** The functions of hierarchies, with their parameters; those behind `?` may be left out (vocabulary Aggregation). */
const parameters: Readonly<Record<string, readonly string[]>> = {
  isnode: common,
  isroot: common,
  isleaf: common,
  issibling: [...common, 'Other'],
  isdescendant: [...common, 'Ancestor', '?MaxDistance', '?IncludeSelf'],
  isancestor: [...common, 'Descendant', '?MaxDistance', '?IncludeSelf'],
};

/** The qualified names of the functions of hierarchies (Capabilities.FilterFunctions). */
export const hierarchyFunctions: readonly string[] = Object.keys(parameters).map((name) => `Aggregation.${name}`);

/** What hierarchies are bound in: by an expression's binder, for messages and for what stands inside. */
export interface HierarchyContext {
  readonly model: Model;
  readonly subject: string;
  readonly aliases: ReadonlyMap<string, Expression>;
  /** Binds an expression where the function stands. */
  readonly bind: (node: Expression, expected?: ItemType) => BoundExpression;
  /** Binds a condition on an item of a set, of which others have left some. */
  readonly predicate: (
    item: Instance,
    node: Expression,
    of: { readonly target: EntitySet; readonly before: readonly PathSegment[] },
  ) => BoundExpression;
}

/** The name of a function of hierarchies that a segment calls. */
export function hierarchyFunction({ name, qualified }: Pick<CallSegment, 'name' | 'qualified'>): string | undefined {
  const prefix = qualified ? prefixes.find((one) => name.startsWith(one)) : undefined;
  const bare = prefix === undefined ? '' : name.slice(prefix.length);
  return Object.hasOwn(parameters, bare) ? bare : undefined;
}

/** Whether a segment asks for the node that is rolled up to. */
export function isRollupNode({ name, qualified }: Pick<CallSegment, 'name' | 'qualified'>): boolean {
  return qualified && prefixes.some((prefix) => name === `${prefix}rollupnode`);
}

/** Binds what queries say of recursive hierarchies (Data Aggregation 5.5.2 and 6.1). */
export class HierarchyBinder {
  constructor(private readonly context: HierarchyContext) {}

  #fail(node: Span, message: string): never {
    throw unbound(this.context.subject, node, message);
  }

  /** The expression that is meant, where an alias stands for it. */
  #meant(node: Expression): Expression {
    const isAlias = node.kind === 'path' && node.root?.kind === 'alias' && node.segments.length === 0;
    return isAlias ? (this.context.aliases.get((node.root as { name: string }).name) ?? node) : node;
  }

  // ------------------------------------------------------------------------------------------------- Hierarchies

  /** The nodes that `$root/Set`, with type casts and filters behind it, are in a hierarchy of their type. */
  hierarchy(nodes: Expression, qualifier: string, place: Span): BoundHierarchy {
    const path = this.#meant(nodes);
    if (path.kind !== 'path' || path.root?.kind !== 'root')
      return this.#fail(nodes, 'the nodes of a hierarchy are a collection that begins with $root');
    const { target, item, filters } = this.#nodes(path);
    const type = item.type;
    const declared = hierarchyOf(type, qualifier);
    if (declared === undefined) {
      const near = didYouMean(qualifier, hierarchyNames(type));
      return this.#fail(place, `the type ${type.qualifiedName} is in no hierarchy '${qualifier}'${near}`);
    }
    const { node } = declared;
    // A set may have references of its own.
    const parent = type.navigation.get(declared.parent.name) ?? declared.parent;
    if (parent.target !== target)
      throw notBuilt(this.context.subject, nodes, `a hierarchy whose parents are in another set than ${target.name}`);
    let at: Member = { kind: 'member', instance: item, path: [], type: single(type) };
    for (const name of node) {
      const property = propertyOf(at.type.item as StructuredType, name);
      at = { ...at, path: [...at.path, name], type: single(property?.type) };
    }
    const { name, collection } = parent;
    return { qualifier, target, item, filters, node: at, parent: { name, collection } };
  }

  #nodes({ segments: [first, ...others], ...node }: PathExpression): {
    readonly target: EntitySet;
    readonly item: Instance & { readonly type: EntitySet['type'] };
    readonly filters: readonly BoundExpression[];
  } {
    const { entitySets } = this.context.model;
    const name = first?.kind === 'name' ? first.name : '';
    const target = entitySets.get(name);
    if (target === undefined)
      return this.#fail(first ?? node, `there is no entity set '${name}'${didYouMean(name, entitySets.keys())}`);
    let item: Instance & { readonly type: EntitySet['type'] } = { kind: 'item', type: target.type };
    const filters: BoundExpression[] = [];
    for (const [at, segment] of others.entries()) {
      if (segment.kind === 'filter')
        filters.push(this.context.predicate(item, segment.predicate, { target, before: others.slice(0, at) }));
      else if (segment.kind === 'name' && segment.qualified) {
        const cast = findType(this.context.model, segment.name);
        if (cast?.kind !== 'entity' || !derivesFrom(cast, item.type))
          return this.#fail(segment, `'${segment.name}' is no type derived from ${item.type.qualifiedName}`);
        const type = narrowed(item.type, cast);
        filters.push(instanceOf({ kind: 'member', instance: item, path: [], type: single(item.type) }, type));
        // It is the same instance to the filters before.
        item = Object.assign(item, { type });
      } else
        return this.#fail(segment, 'the nodes of a hierarchy are a whole entity set, or what $filter leaves of it');
    }
    return { target, item, filters };
  }

  // --------------------------------------------------------------------------------------------------- Functions

  /** A call of `Aggregation.isnode` and its kin (Data Aggregation 5.5.2.1). */
  call(name: string, segment: CallSegment): BoundExpression {
    const given = this.#given(name, segment);
    const argument = (one: string): NamedArgument => given.get(one) ?? this.#fail(segment, `'${one}' is missing`);
    const qualifier = this.#literal(argument('HierarchyQualifier'), 'string');
    const hierarchy = this.hierarchy(argument('HierarchyNodes').value, qualifier, argument('HierarchyQualifier'));
    const identifier = (one: string): BoundExpression => this.#identifier(hierarchy, argument(one).value);
    const node = identifier('Node');
    const test = ((): HierarchyTest => {
      switch (name) {
        case 'isnode':
        case 'isroot':
        case 'isleaf':
          return { kind: name.slice('is'.length) as 'node' | 'root' | 'leaf', node };
        case 'issibling':
          return { kind: 'sibling', node, other: identifier('Other') };
        default: {
          const isUp = name === 'isancestor';
          const other = identifier(isUp ? 'Descendant' : 'Ancestor');
          const about = { distance: this.#distance(given), includesSelf: this.#includesSelf(given) };
          return { kind: 'below', lower: isUp ? other : node, upper: isUp ? node : other, ...about };
        }
      }
    })();
    return { kind: 'hierarchy', hierarchy, test, type: single(Edm.Boolean) };
  }

  #given(name: string, { arguments: all, ...segment }: CallSegment): ReadonlyMap<string, NamedArgument> {
    const known = (parameters[name] ?? []).map((one) => one.replace('?', ''));
    for (const [at, one] of all.entries()) {
      if (!known.includes(one.name))
        this.#fail(one, `${name} has no parameter '${one.name}'${didYouMean(one.name, known)}`);
      if (all.findIndex((other) => other.name === one.name) < at) this.#fail(one, `'${one.name}' stands twice`);
    }
    const missing = (parameters[name] ?? []).find((one) => !one.startsWith('?') && !all.some((is) => is.name === one));
    if (missing !== undefined) this.#fail(segment, `${name} needs the parameter '${missing}'`);
    return new Map(all.map((one) => [one.name, one]));
  }

  /** A value that identifies a node: comparable with the identifiers of the hierarchy. */
  #identifier(hierarchy: BoundHierarchy, node: Expression): BoundExpression {
    const bound = this.context.bind(node, hierarchy.node.type.item);
    this.requireIdentifier(hierarchy, bound, node);
    return bound;
  }

  /** @throws ODataError 400 where a value cannot be the identifier of a node */
  requireIdentifier({ node: { type } }: BoundHierarchy, bound: BoundExpression, node: Span): void {
    const fits = !bound.type.collection && !isStructured(bound.type.item) && compatible(bound.type.item, type.item);
    if (!fits || (bound.type.item === undefined && bound.kind !== 'literal'))
      this.#fail(node, `nodes are identified by ${nameOf(type)}, not by ${nameOf(bound.type)}`);
  }

  #literal({ name, value: node }: NamedArgument, type: 'string'): string {
    const value = this.#meant(node);
    const bound = value.kind === 'literal' && value.type === type ? this.context.bind(value) : undefined;
    return bound?.kind === 'literal' && typeof bound.value === 'string'
      ? bound.value
      : this.#fail(node, `${name} is a literal`);
  }

  #distance(given: ReadonlyMap<string, NamedArgument>): number | undefined {
    const argument = given.get('MaxDistance');
    if (argument === undefined) return undefined;
    const bound = this.context.bind(argument.value);
    const value = bound.kind === 'literal' ? Number(bound.value) : NaN;
    return Number.isInteger(value) && value >= 1 && value <= 32_767
      ? value
      : this.#fail(argument.value, 'MaxDistance is a literal between 1 and 32767');
  }

  #includesSelf(given: ReadonlyMap<string, NamedArgument>): boolean {
    const argument = given.get('IncludeSelf');
    if (argument === undefined) return false;
    const bound = this.context.bind(argument.value);
    return bound.kind === 'literal' && typeof bound.value === 'boolean'
      ? bound.value
      : this.#fail(argument.value, 'IncludeSelf is true or false');
  }
}
