import type { EntitySet, NavigationProperty, Singleton } from './model.js';
import { typeName } from './type-name.js';
import { parametersOf } from './operations.js';
import type { Operation, Operations, OperationType } from './model.js';

/** An operation of which is not known yet where the entities are that it gives. */
export interface UnplacedOperation extends Omit<Operation, 'path'> {
  readonly from: string | undefined;
}

function fault(operation: Pick<Operation, 'class'>, reason: string): Error {
  return new Error(`${operation.class.name}: ${reason}`);
}

/** The one set of a type, whose members an operation gives where it does not say where they are. */
function onlySet(operation: UnplacedOperation, sets: readonly EntitySet[]): EntitySet {
  const type = operation.result?.type;
  const own = sets.filter((set) => set.type === type);
  const found = own.length > 0 ? own : sets.filter((set) => set.type.derived.some((one) => one === type));
  const [set, another] = found;
  if (set !== undefined && another === undefined) return set;
  throw fault(operation, 'it must say by `from` where the entities are that it gives');
}

function navigationFrom(operation: UnplacedOperation, name: string): NavigationProperty {
  const { binding, result } = operation;
  const property = binding?.type.kind === 'entity' ? binding.type.navigation.get(name) : undefined;
  if (property === undefined || binding?.collection === true)
    throw fault(operation, `'${name}' is no navigation property of what it is bound to`);
  if (!property.collection || property.type !== result?.type)
    throw fault(operation, `'${name}' must lead to several entities of the type that it gives`);
  return property;
}

/** Where the entities are that an operation gives. */
function placed(operation: UnplacedOperation, sets: readonly EntitySet[]): Operation {
  const { from, ...others } = operation;
  const { result, binding } = operation;
  if (result?.type.kind !== 'entity') {
    if (from !== undefined) throw fault(operation, '`from` says where entities are, and it gives none');
    return { ...others, path: undefined };
  }
  const inSet = (set: EntitySet | undefined, path: Operation['path']): Operation => ({
    ...others,
    result: { ...result, set },
    path,
  });
  if (from === undefined) return inSet(onlySet(operation, sets), undefined);
  if (binding === undefined) {
    const set = sets.find(({ name }) => name === from);
    if (set === undefined) throw fault(operation, `there is no entity set '${from}'`);
    return inSet(set, undefined);
  }
  if (from !== '') {
    const navigation = navigationFrom(operation, from);
    return inSet(navigation.target, navigation);
  }
  if (binding.type !== result.type) throw fault(operation, 'it gives entities of another type than it is bound to');
  const members = sets.filter((set) => set.type === binding.type);
  return inSet(members.length === 1 ? members[0] : undefined, '');
}

/** The operations of a schema, each with where the entities are that it gives. @throws Error naming the class */
export function setsOfResults(
  operations: readonly UnplacedOperation[],
  sets: readonly EntitySet[],
): readonly Operation[] {
  return operations.map((operation) => placed(operation, sets));
}

function grouped(operations: readonly Operation[], keysOf: (one: Operation) => readonly string[]) {
  const map = new Map<string, Operation[]>();
  for (const operation of operations) {
    for (const key of keysOf(operation)) map.set(key, [...(map.get(key) ?? []), operation]);
  }
  return map;
}

/** The operations of a model by the names by which they are called. */
export function operationsOf(all: readonly Operation[]): Operations {
  const bound = all.filter(({ binding }) => binding !== undefined);
  const unbound = all.filter(({ binding }) => binding === undefined);
  return {
    all,
    bound: grouped(bound, ({ name, qualifiedName }) => [name, qualifiedName]),
    imports: grouped(unbound, ({ importName }) => (importName === undefined ? [] : [importName])),
    unbound: grouped(unbound, ({ qualifiedName }) => [qualifiedName]),
  };
}

// ------------------------------------------------------------------------------------------------------ Contradictions

function typeText(type: OperationType | undefined): string {
  if (type === undefined) return '';
  return typeName(type.type, type.collection);
}

function parameterText(operation: Operation): string {
  return parametersOf(operation)
    .map(({ name }) => name)
    .sort()
    .join();
}

/** What no two overloads have in common (OData CSDL 4.01, 12.2 and 12.4). */
function identityOf(operation: Operation): string {
  const { kind, name, binding } = operation;
  const own = kind === 'function' ? `(${parameterText(operation)})` : '';
  return `${binding === undefined ? 'unbound' : typeText(binding)} ${name}${own}`;
}

function checkOne(operation: Operation): void {
  const { parameters, optional, kind, result, binding, expression, onlyOn } = operation;
  const names = [...parameters.properties.keys(), ...parameters.navigation.keys()];
  if (names.includes('bindingParameter'))
    throw fault(operation, "'bindingParameter' is the name of what it is bound to");
  const stray = [...optional].find((name) => !names.includes(name));
  if (stray !== undefined) throw fault(operation, `'${stray}' is no parameter`);
  if (kind === 'function' && result === undefined) throw fault(operation, 'a function gives something');
  if (onlyOn !== undefined && binding === undefined) throw fault(operation, '`onlyOn` is for what is bound');
  for (const { name, indexed, searchable, computed, immutable } of parameters.properties.values()) {
    if (indexed || searchable || computed || immutable)
      throw fault(operation, `${name} is a parameter, not kept: remove @Indexed, @Searchable, @Computed, @Immutable`);
  }
  if (expression === undefined) return;
  if (
    binding === undefined ||
    binding.collection ||
    (binding.type.kind !== 'entity' && binding.type.kind !== 'complex')
  )
    throw fault(operation, 'what the store computes is bound to one entity or complex value');
  if (result?.collection === true || (result?.type.kind !== 'primitive' && result?.type.kind !== 'enum'))
    throw fault(operation, 'what the store computes is a single primitive value');
  if (parameters.navigation.size > 0) throw fault(operation, 'what the store computes takes no entities');
}

/** Where names of the schema and the container are taken already. */
export interface TakenNames {
  readonly types: readonly { readonly name: string }[];
  readonly places: readonly (EntitySet | Singleton)[];
}

/**
 * Holds operations to what CSDL allows (OData CSDL 4.01, 12.2, 12.4, 13.5 and 13.6).
 * @throws Error naming the class
 */
export function checkOperations(operations: readonly Operation[], { types, places }: TakenNames): void {
  const named = new Set(types.map(({ name }) => name));
  const identities = new Set<string>();
  const kinds = new Map<string, Operation>();
  const results = new Map<string, string>();
  for (const operation of operations) {
    const { name, kind, binding, importName, onlyOn } = operation;
    checkOne(operation);
    if (named.has(name)) throw fault(operation, `a type has the name '${name}' already`);
    // The service has it on every set.
    if (name === 'delta') throw fault(operation, "'delta' is a function of the service");
    if (places.some((place) => place.name === importName))
      throw fault(operation, `'${String(importName)}' is a set or singleton: give it another importName`);
    const unknown = [...(onlyOn ?? [])].find((one) => !places.some((place) => place.name === one));
    if (unknown !== undefined) throw fault(operation, `there is no set or singleton '${unknown}'`);
    const identity = identityOf(operation);
    if (identities.has(identity)) throw fault(operation, `there is another one like it: ${identity}`);
    identities.add(identity);
    const other = kinds.get(name) ?? operation;
    if (other.kind !== kind) throw fault(operation, `'${name}' is an action and a function`);
    kinds.set(name, operation);
    const overload = `${name} ${typeText(binding)}`;
    const result = `${typeText(operation.result)} ${String(operation.result?.nullable)}`;
    if (kind === 'function' && (results.get(overload) ?? result) !== result)
      throw fault(operation, `overloads of '${name}' give different types`);
    results.set(overload, result);
  }
}
