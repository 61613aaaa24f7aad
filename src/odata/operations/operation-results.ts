import { keyPart, keyPath, keyProperty } from '../protocol/edm/key-parts.js';
import { keyOf, keyTextIn } from '../protocol/edm/key-text.js';
import { Edm } from '../protocol/edm/primitive-types.js';
import type { EntitySet, EntityType, Property } from '../protocol/edm/model.js';
import type { Operation, OperationResult } from '../protocol/edm/model.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { keyTextOf } from '../protocol/payload/stored-entity.js';
import type { BoundExpression, BoundOrder, BoundPath, Instance, PathStep } from '../protocol/query/bound.js';
import { endOf, single } from '../protocol/query/bound.js';
import type { EntityAddress } from './entity-address.js';
import { LiveEntity } from './live-entities.js';
import type { OwnValues } from './own-values.js';

/** Entities that an operation has given: where they are, and in which order. */
export interface GivenEntities {
  readonly kind: 'entities';
  readonly path: BoundPath;
  readonly order: readonly BoundOrder[];
  /** How many they are, where they are several. */
  readonly count: number;
  readonly isNew: boolean;
}

/** A value that an operation has given, in stored form. */
export interface GivenValue {
  readonly kind: 'value';
  readonly property: Property;
  readonly value: JsonValue;
}

/** What an operation has given. */
export type Given = GivenEntities | GivenValue | { readonly kind: 'nothing' };

type ResultOfEntities = OperationResult & { readonly type: EntityType };

/** What an operation gives as a property, to be read and written as one. */
export function resultProperty({ name, result }: Operation): Property {
  const { type, collection = false, nullable = true } = result ?? {};
  if (type === undefined || type.kind === 'entity') throw new Error(`${name} gives no values`);
  return {
    kind: 'property',
    name,
    type,
    collection,
    nullable,
    facets: {},
    indexed: false,
    searchable: false,
    computed: false,
    immutable: false,
    rules: [],
    objectRules: [],
  };
}

const boolean = single(Edm.Boolean);

function joined(operator: 'and' | 'or', operands: readonly BoundExpression[]): BoundExpression {
  const [first] = operands;
  return operands.length === 1 && first !== undefined ? first : { kind: 'logical', operator, operands, type: boolean };
}

/** The condition that an entity has a key. */
function hasKey(item: Instance, type: EntityType, key: JsonObject): BoundExpression {
  const operands = type.key.map((name): BoundExpression => {
    const of = single(keyProperty(type, name)?.type);
    const left = { kind: 'member' as const, instance: item, path: keyPath(type, name), type: of };
    const right = { kind: 'literal' as const, value: keyPart(type, name, key) ?? null, type: of };
    return { kind: 'comparison', operator: 'eq', left, right, type: boolean };
  });
  return joined('and', operands);
}

/** The condition that an entity has one of some keys. */
function hasOneOf(item: Instance, type: EntityType, keys: readonly JsonObject[]): BoundExpression {
  const [name = '', ...others] = type.key;
  if (keys.length === 0) return { kind: 'literal', value: false, type: boolean };
  if (others.length === 0) {
    const of = single(keyProperty(type, name)?.type);
    const operand = { kind: 'member' as const, instance: item, path: keyPath(type, name), type: of };
    const items = keys.map((key) => ({ kind: 'literal' as const, value: keyPart(type, name, key) ?? null, type: of }));
    return { kind: 'in', operand, items, type: boolean };
  }
  return joined(
    'or',
    keys.map((key) => hasKey(item, type, key)),
  );
}

/** The order in which keys were given. */
function orderOf(item: Instance, type: EntityType, keys: readonly JsonObject[]): readonly BoundOrder[] {
  if (keys.length < 2) return [];
  const of = single(Edm.Int32);
  const branches = keys.map((key, index) => ({
    when: hasKey(item, type, key),
    value: { kind: 'literal' as const, value: index, type: of },
  }));
  return [{ expression: { kind: 'case', branches, type: of }, descending: false }];
}

/** The path of an entity. */
export function pathOfAddress({ set, id, at }: EntityAddress): BoundPath {
  let { type } = set;
  const steps = at.map(({ name, member }): PathStep => {
    const property = [type, ...type.derived].map((one) => one.navigation.get(name)).find((one) => one !== undefined);
    if (property === undefined) throw new Error(`${type.name} has no ${name}`);
    ({ type } = property);
    const key = member === undefined ? undefined : keyTextOf(member);
    return { property, key, filters: [], item: { kind: 'item', type } };
  });
  const isSingleton = set.isSingleton === true;
  const entity = { kind: 'entity' as const, type: set.type };
  const root = { root: set, isSingleton, key: isSingleton ? undefined : id, filters: [], entity };
  return { ...root, steps, type: single(type), suffix: undefined };
}

/** What handlers give, as the paths and values that an answer is made of. */
export class OperationResults {
  constructor(private readonly own: OwnValues) {}

  /** @param on where it was called: entities that are contained are there */
  of(operation: Operation, given: unknown, on: BoundPath | undefined): Given {
    const { result, kind, name } = operation;
    if (result === undefined) return { kind: 'nothing' };
    const isNothing = given === null || given === undefined;
    if (isNothing && !result.collection) {
      if (result.nullable) return { kind: 'nothing' };
      if (kind === 'action') throw new Error(`${name} must give something`);
      throw new ODataError('resourceNotFound', `The function ${name} has no result.`);
    }
    if (result.type.kind === 'entity') return this.#entities(operation, given, on);
    const property = resultProperty(operation);
    const value = this.own.value(name, { property, names: [name] }, given ?? (result.collection ? [] : null));
    return { kind: 'value', property, value: value ?? (result.collection ? [] : null) };
  }

  #entities(operation: Operation, given: unknown, on: BoundPath | undefined): Given {
    const result = operation.result as ResultOfEntities;
    if (!result.collection) {
      const address = this.#addressOf(operation, given as object, on);
      const isNew = given instanceof LiveEntity && given.isNew;
      return { kind: 'entities', path: pathOfAddress(address), order: [], count: 1, isNew };
    }
    const base = this.#collection(operation, on);
    const item = endOf(base);
    const type = item.type as EntityType;
    const keys = [...((given ?? []) as Iterable<object>)].map((one) => this.#keyOf(operation, type, one));
    const filter = hasOneOf(item, type, keys);
    const last = base.steps.at(-1);
    const path =
      last === undefined
        ? { ...base, filters: [filter] }
        : { ...base, steps: [...base.steps.slice(0, -1), { ...last, filters: [filter] }] };
    return { kind: 'entities', path, order: orderOf(item, type, keys), count: keys.length, isNew: false };
  }

  #keyOf({ name }: Operation, type: EntityType, one: object): JsonObject {
    if (!(one instanceof LiveEntity)) return this.own.key(name, type, one);
    const { set, id, at } = one.address;
    const member = at.at(-1)?.member;
    return at.length === 0 ? keyOf(set.type, id) : keyOf(type, keyTextOf(member ?? ''));
  }

  #addressOf(operation: Operation, one: object, on: BoundPath | undefined): EntityAddress {
    if (one instanceof LiveEntity) return one.address;
    const { type } = operation.result as ResultOfEntities;
    const id = keyTextIn(type, this.own.key(operation.name, type, one));
    const base = this.#collection(operation, on);
    if (base.steps.length === 0) return { set: base.root, id, at: [], conditions: [] };
    throw new Error(`${operation.name} must give what is contained as a live entity`);
  }

  /** The collection that the entities are in. */
  #collection({ result, path, name }: Operation, on: BoundPath | undefined): BoundPath {
    const { type, set } = result as ResultOfEntities;
    if (set !== undefined) return wholeSet(set);
    if (on === undefined) throw new Error(`${name}: nothing says where the entities are`);
    if (path === '' || path === undefined) {
      const steps = on.steps.map((step, index) => (index === on.steps.length - 1 ? { ...step, key: undefined } : step));
      if (steps.length === 0) return wholeSet(on.root as EntitySet);
      return { ...on, steps, type: { item: type, collection: true }, suffix: undefined };
    }
    const step = { property: path, key: undefined, filters: [], item: { kind: 'item' as const, type } };
    return { ...on, steps: [...on.steps, step], type: { item: type, collection: true }, suffix: undefined };
  }
}

function wholeSet(set: EntitySet): BoundPath {
  const entity = { kind: 'entity' as const, type: set.type };
  const type = { item: set.type, collection: true };
  return { root: set, isSingleton: false, key: undefined, filters: [], entity, steps: [], type, suffix: undefined };
}
