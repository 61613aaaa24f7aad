import type { EntitySet, EntityType, Model, NavigationProperty, Property, Singleton } from '../edm/model.js';
import type { StreamProperty } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { typeName } from '../edm/type-name.js';
import { overloadsOn } from '../edm/operations.js';
import type { Operation } from '../edm/model.js';
import { mediaName, streamIn } from '../edm/streams.js';
import { type SetFunction, setFunctionOf } from '../edm/set-functions.js';
import { ODataError } from '../odata-error.js';
import type { parsePath } from '../uri/parse-path.js';
import type { FilterSegment, NamedArgument, NameSegment, ResourceSegment, Span } from '../uri/syntax-tree.js';
import type { CurrentCollection } from './expression/binding.js';
import { extend, membersOf } from './expression/members.js';
import { ExpressionBinder } from './expression/bind-expression.js';
import { KeyBinder } from './bind-key.js';
import { notBuilt, unbound } from './binding-error.js';
import {
  type BoundCall,
  type BoundExpression,
  type BoundPath,
  type Instance,
  type PathStep,
  single,
  type ValueType,
  type Member,
} from './bound.js';
import { chooseOverload } from './choose-overload.js';
import { didYouMean } from './nearest.js';
import type { RequestContext } from './request-context.js';
import { derivesFrom, familyOf, findType, isStructured, narrowed, propertyNames, propertyOf } from './value-types.js';

const subject = 'path';

type ParsedPath = ReturnType<typeof parsePath>;
type EntityInstance = BoundPath['entity'];

function childOf(type: ValueType['item'], name: string): Property | NavigationProperty | undefined {
  return isStructured(type) ? propertyOf(type, name) : undefined;
}

/** What a path leads to: a resource, or an operation that is called on one. */
export type BoundTarget = { readonly path: BoundPath; readonly call?: undefined } | { readonly call: BoundCall };

/** Walks over the segments of one path. */
class PathBinder {
  #at = 0;
  #operation: Pick<BoundCall, 'operation' | 'arguments' | 'node'> | undefined;
  readonly #segments: readonly ResourceSegment[];
  readonly #steps: PathStep[] = [];
  readonly #filters: BoundExpression[] = [];
  private readonly model: Model;
  readonly #keys: KeyBinder;
  #suffix: BoundPath['suffix'];
  #stream: StreamProperty | undefined;
  #function: SetFunction | undefined;

  constructor(
    private readonly path: ParsedPath,
    private readonly context: RequestContext,
  ) {
    this.model = context.model;
    this.#keys = new KeyBinder(subject, context.aliases);
    this.#segments = path.segments;
  }

  target(): BoundTarget {
    const path = this.#bind();
    const called = this.#operation;
    if (called === undefined) return { path };
    return { call: { ...called, on: path, rest: this.#segments.slice(this.#at) } };
  }

  /** Walks on from where a path has led, over the segments behind what gave it. */
  from(base: BoundPath): BoundPath {
    this.#filters.push(...base.filters);
    const last = base.steps.at(-1);
    const filters = last === undefined ? this.#filters : [...last.filters];
    this.#steps.push(...base.steps.slice(0, -1), ...(last === undefined ? [] : [{ ...last, filters }]));
    const item = last?.item ?? base.entity;
    let { key } = base;
    let isOne = !base.type.collection;
    if (!isOne) {
      this.#collectionSegments(item, filters, undefined);
      if (last === undefined) key = this.#key(base.entity.type);
      isOne = key !== undefined;
    }
    const type = isOne
      ? this.#ofEntity(item as EntityInstance)
      : this.#endOfCollection({ item: item.type, collection: true });
    if (this.#operation !== undefined) throw notBuilt(subject, this.#operation.node, 'an operation behind a function');
    this.#end();
    const [suffix, stream] = [this.#suffix, this.#stream];
    return { ...base, key, filters: this.#filters, steps: this.#steps, type, suffix, stream };
  }

  #bind(): BoundPath {
    const first = this.#segments[0];
    if (first === undefined) throw notBuilt(subject, this.path, 'the service document');
    const root = this.#root(first);
    const { set, singleton } = root;
    const entity: EntityInstance = { kind: 'entity', type: root.target.type };
    const key = set === undefined ? undefined : this.#ofEntitySet(entity, first);
    const single_ = singleton !== undefined || key !== undefined;
    const type = single_ ? this.#ofEntity(entity) : this.#endOfCollection({ item: entity.type, collection: true });
    if (this.#operation === undefined) this.#end();
    return {
      root: root.target,
      isSingleton: singleton !== undefined,
      key,
      filters: this.#filters,
      entity,
      steps: this.#steps,
      type,
      suffix: this.#suffix,
      stream: this.#stream,
      function: this.#function,
    };
  }

  get #segment(): ResourceSegment | undefined {
    return this.#segments[this.#at];
  }

  #fail(node: Span, message: string): never {
    throw unbound(subject, node, message);
  }

  #end(): void {
    const left = this.#segment;
    if (left === undefined) return;
    if (left.kind === 'query') throw notBuilt(subject, left, '$query');
    // 4.13 and ABNF: each [ boundOperation ]
    if (this.#suffix === 'each') this.#fail(left, 'only an action or a function can follow $each');
    this.#fail(left, `nothing can follow here`);
  }

  #root(first: ResourceSegment): { target: EntitySet | Singleton; set?: EntitySet; singleton?: Singleton } {
    this.#at = 1;
    if (first.kind !== 'name' && first.kind !== 'call') {
      if (first.kind === 'keyPath' || first.kind === 'key' || first.kind === 'compoundKey')
        return this.#fail(first, 'there is no such name');
      if (first.kind === 'metadata') throw unbound(subject, first, 'nothing can stand behind $metadata');
      throw notBuilt(subject, first, `$${first.kind}`);
    }
    const set = this.model.entitySets.get(first.name);
    if (set !== undefined) return { target: set, set };
    const singleton = this.model.singletons.get(first.name);
    if (singleton !== undefined && first.kind === 'name') return { target: singleton, singleton };
    const names = [...this.model.entitySets.keys(), ...this.model.singletons.keys()];
    return this.#fail(first, `there is no '${first.name.slice(0, 80)}'${didYouMean(first.name, names)}`);
  }

  /** Casts and filters on the set, then the key; undefined where the path is of the collection. */
  #ofEntitySet(entity: EntityInstance, first: ResourceSegment): string | undefined {
    if (first.kind === 'call') return this.#keys.named(entity.type, first.arguments, first);
    const set = this.model.entitySets.get(first.kind === 'name' ? first.name : '');
    this.#collectionSegments(entity, this.#filters, set && membersOf(set));
    if (this.#isCall() || this.#calls({ item: entity.type, collection: true })) return undefined;
    return this.#key(entity.type);
  }

  /**
   * An action or function that is bound to what the path has led to: by its qualified name, or without a namespace, because
   * the schema is a default one (OData 4.01 URL Conventions 4.5). A property has the name before it, a key has not.
   */
  #calls({ item, collection }: ValueType, target?: string): boolean {
    const segment = this.#segment;
    if (segment?.kind !== 'name' && segment?.kind !== 'call') return false;
    // Hardly a key has the name of one.
    if (!this.model.operations.bound.has(segment.name)) return false;
    const place = target ?? this.#place;
    const candidates = overloadsOn(this.model, segment.name, { type: item, collection, place });
    if (candidates.length === 0) return false;
    const given = segment.kind === 'call' ? segment.arguments : undefined;
    const operation: Operation = chooseOverload(candidates, segment, { ...this.context, subject });
    this.#operation = { operation, arguments: given, node: segment };
    this.#at += 1;
    return true;
  }

  /** The set or singleton that the value is of, where it is of one. */
  get #place(): string {
    const targets = this.#steps.flatMap(({ property }) =>
      property.kind === 'navigation' ? (property.target ?? []) : [],
    );
    const [first] = this.#segments;
    return targets.at(-1)?.name ?? (first?.kind === 'name' || first?.kind === 'call' ? first.name : '');
  }

  /** A function on the set. A key of its name stands in parentheses. */
  #isCall(): boolean {
    const segment = this.#segment;
    const isCall = segment?.kind === 'call' && segment.arguments.length === 0;
    if (segment?.kind !== 'name' && !isCall) return false;
    this.#function = setFunctionOf(this.model, segment.name);
    if (this.#function === undefined) return false;
    this.#at += 1;
    const next = this.#segment;
    if (next !== undefined && next.kind !== 'count')
      throw notBuilt(subject, next, `what stands behind ${this.#function.name}`);
    return true;
  }

  /** `/$filter(…)` and type casts, as far as they go. @param whole the collection, where the store has it as it is */
  #collectionSegments(item: Instance, filters: BoundExpression[], whole: Member | undefined): void {
    const before: (FilterSegment | NameSegment)[] = [];
    for (let segment = this.#segment; segment !== undefined; segment = this.#segment) {
      if (segment.kind === 'filter') {
        const context = { ...this.context, subject, current: item, it: item, computed: new Map<string, never>() };
        const so = [...before];
        const collection = whole && (() => new ExpressionBinder(context).collection(whole, so));
        const these: CurrentCollection = collection ? { kind: 'inside', collection } : { kind: 'given' };
        filters.push(new ExpressionBinder({ ...context, these }).predicate(segment.predicate));
      } else if (segment.kind === 'name' && segment.qualified && this.#isCast(item, segment.name)) {
        filters.push(...this.#narrow(item, segment.name, segment));
      } else return;
      before.push(segment);
      this.#at += 1;
    }
  }

  #isCast({ type }: Instance, name: string): boolean {
    return isStructured(type) && findType(this.model, name) !== undefined;
  }

  /** Narrows an instance to a derived type; what must hold of it. */
  #narrow(instance: Instance, name: string, node: Span): readonly BoundExpression[] {
    const found = findType(this.model, name);
    const declared = instance.type;
    if (found === undefined || !isStructured(declared) || !derivesFrom(found, declared)) {
      return this.#fail(node, `'${name}' is no type that is derived from the type before it`);
    }
    const type = narrowed(declared, found);
    if (type === declared) return [];
    const operand = { kind: 'member' as const, instance, path: [], type: single(declared) };
    Object.assign(instance, { type });
    const names = familyOf(type);
    return [{ kind: 'isOf', operand, names, declared: declared.qualifiedName, type: single(undefined) }];
  }

  /** A key, in parentheses or as a segment; undefined where none stands here. */
  #key(type: EntityType): string | undefined {
    const segment = this.#segment;
    switch (segment?.kind) {
      case 'key':
        this.#at += 1;
        return this.#keys.positional(type, segment.value, segment);
      case 'compoundKey':
        this.#at += 1;
        return this.#keys.named(type, segment.arguments, segment);
      case 'keyPath':
      case 'name':
      case 'call':
        return this.#keySegment(type, segment);
      default:
        return undefined;
    }
  }

  /** What is said of what contains the entity must be true of it. */
  #ofOwner(item: Instance, type: EntityType, node: Span & { readonly arguments: readonly NamedArgument[] }) {
    return this.#keys.ofOwner(type, node.arguments, node).map(([property, value]): BoundExpression => {
      const of = single(property.type);
      const left = { kind: 'member' as const, instance: item, path: [property.name], type: of };
      const right = { kind: 'literal' as const, value, type: of };
      return { kind: 'comparison', operator: 'eq', left, right, type: single(Edm.Boolean) };
    });
  }

  #keySegment(type: EntityType, segment: ResourceSegment): string {
    // The text of the whole segment: what looks like a call or a key predicate is text here.
    let end = segment.end;
    this.#at += 1;
    for (let next = this.#segment; next !== undefined && this.path.text[next.start - 1] !== '/'; next = this.#segment) {
      end = next.end;
      this.#at += 1;
    }
    return this.#keys.segment(type, this.path.text.slice(segment.start, end), segment);
  }

  /** Walks on from one entity. */
  #ofEntity(entity: EntityInstance): ValueType {
    const outer: Instance = entity;
    let current: ValueType = single(entity.type);
    let instance = outer;
    for (let segment = this.#segment; segment !== undefined; segment = this.#segment) {
      if (segment.kind === 'name' && segment.qualified && this.#isCast(instance, segment.name)) {
        const filters = this.#steps.at(-1)?.filters as BoundExpression[] | undefined;
        (filters ?? this.#filters).push(...this.#narrow(instance, segment.name, segment));
        this.#at += 1;
        current = single(instance.type);
        continue;
      }
      if (segment.kind === 'value' || segment.kind === 'count' || segment.kind === 'ref')
        return this.#suffixed(current, segment);
      const name = segment.kind === 'name' || segment.kind === 'call' ? segment.name : undefined;
      const property = name === undefined ? undefined : childOf(instance.type, name);
      if (property === undefined && this.#isStream(instance.type, name)) return current;
      if (property === undefined) return this.#calls(current) ? current : this.#unknown(segment, instance.type);
      this.#at += 1;
      const item: Instance = { kind: 'item', type: property.type };
      const filters: BoundExpression[] = [];
      let key: string | undefined;
      if (property.collection) {
        const own: Member = { kind: 'member', instance, path: [], type: single(instance.type) };
        this.#collectionSegments(item, filters, extend(own, property));
        if (property.kind === 'navigation') {
          const next = this.#segment;
          if (segment.kind === 'call') key = this.#keys.named(property.type, segment.arguments, segment);
          else if (!this.#calls({ item: item.type, collection: true }, property.target?.name))
            key = this.#key(property.type);
          const named = segment.kind === 'call' ? segment : next?.kind === 'compoundKey' ? next : undefined;
          if (named !== undefined) filters.push(...this.#ofOwner(item, property.type, named));
        }
      }
      const index = property.kind === 'property' && filters.length === 0 ? this.#index(property) : undefined;
      this.#steps.push({ property, key, filters, item, ...(index === undefined ? {} : { index }) });
      if (property.collection && key === undefined && index === undefined)
        return this.#endOfCollection({ item: item.type, collection: true });
      instance = item;
      current = single(item.type);
    }
    return current;
  }

  /** A stream of the entity that the path has led to: nothing stands behind it. */
  #isStream(type: ValueType['item'], name: string | undefined): boolean {
    if (name === undefined || !isStructured(type)) return false;
    this.#stream = streamIn(type, name);
    if (this.#stream === undefined) return false;
    this.#at += 1;
    return true;
  }

  /** 4.10: `/0` is the first item of an ordered collection, `/-1` the last. */
  #index({ collection }: Property): number | undefined {
    const segment = this.#segment;
    if (!collection || segment?.kind !== 'keyPath' || !/^-?\d{1,9}$/.test(segment.text)) return undefined;
    this.#at += 1;
    return Number(segment.text);
  }

  #unknown(segment: ResourceSegment, type: ValueType['item']): never {
    if (segment.kind === 'each') return this.#fail(segment, '$each stands behind a collection');
    if (segment.kind === 'query') throw notBuilt(subject, segment, `$${segment.kind}`);
    const text = this.path.text.slice(segment.start, segment.end);
    const names = isStructured(type) ? propertyNames(type) : [];
    const owner = type === undefined ? 'the value' : typeName(type);
    return this.#fail(segment, `${owner} has no property '${text.slice(0, 80)}'${didYouMean(text, names)}`);
  }

  #endOfCollection(type: ValueType): ValueType {
    const segment = this.#segment;
    if (segment === undefined || this.#operation !== undefined) return type;
    if (segment.kind === 'count' || segment.kind === 'ref') return this.#suffixed(type, segment);
    if (segment.kind === 'query') throw notBuilt(subject, segment, '$query');
    if (segment.kind === 'each') {
      this.#at += 1;
      this.#suffix = 'each';
      this.#calls(single(type.item));
      return type;
    }
    if (this.#calls(type)) return type;
    if (segment.kind === 'keyPath')
      throw notBuilt(subject, segment, 'an index into a collection that is filtered, or of entities');
    return this.#fail(segment, 'a collection has no such part');
  }

  #suffixed(type: ValueType, segment: ResourceSegment): ValueType {
    this.#at += 1;
    if (segment.kind === 'ref') {
      if (type.item?.kind !== 'entity') return this.#fail(segment, 'only entities have references');
      this.#suffix = 'ref';
      return type;
    }
    if (segment.kind === 'value') {
      // 4.14: the media of a media entity.
      this.#stream = !type.collection && isStructured(type.item) ? streamIn(type.item, mediaName) : undefined;
      if (this.#stream !== undefined) return type;
      if (type.collection || type.item?.kind === 'complex' || type.item?.kind === 'entity') {
        throw new ODataError('resourceNotFound', '$value stands behind a single primitive value only.');
      }
      this.#suffix = 'value';
      return type;
    }
    if (!type.collection) return this.#fail(segment, 'only a collection can be counted');
    if (segment.kind === 'count' && (segment.filter !== undefined || segment.search !== undefined)) {
      this.#fail(segment, '$count has options in expressions only; here they are those of the query');
    }
    this.#suffix = 'count';
    return type;
  }
}

/**
 * Binds a resource path (OData 4.01 URL Conventions 4) to the model.
 * @throws ODataError 404 for what the model does not have, 400 for a malformed key, 501 for what is not built
 */
export function bindPath(path: ParsedPath, context: RequestContext): BoundPath {
  const target = bindTarget(path, context);
  if (target.call === undefined) return target.path;
  throw notBuilt(subject, target.call.node, 'an operation here');
}

/** The same, where an action or function may be called at the end, or by its import. */
export function bindTarget(path: ParsedPath, context: RequestContext): BoundTarget {
  return importedCall(path, context) ?? new PathBinder(path, context).target();
}

/** What is called by its import (OData 4.01 URL Conventions 4.5.1 and 4.5.2). */
function importedCall(path: ParsedPath, context: RequestContext): BoundTarget | undefined {
  const { imports } = context.model.operations;
  const [first, ...rest] = path.segments;
  if (imports.size === 0 || (first?.kind !== 'name' && first?.kind !== 'call')) return undefined;
  const candidates = imports.get(first.name);
  if (candidates === undefined) return undefined;
  const operation = chooseOverload(candidates, first, { ...context, subject });
  const given = first.kind === 'call' ? first.arguments : undefined;
  return { call: { operation, arguments: given, on: undefined, rest, node: first } };
}

/**
 * Binds what stands behind a function that gives what a path leads to.
 * @param base of what it gave
 */
export function bindBehind(
  base: BoundPath,
  { call, text }: { call: BoundCall; text: string },
  context: RequestContext,
) {
  const path: ParsedPath = { kind: 'resourcePath', segments: call.rest, text, start: 0, end: text.length };
  return new PathBinder(path, context).from(base);
}
