import { keyText, keyValues } from '../edm/key-text.js';
import type { EntitySet, EntityType, NavigationProperty, ReferentialConstraint, StructuredType } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { type Fault, ODataError } from '../odata-error.js';
import type { Change, LinkedEntity } from './change.js';
import { type OnFault, step } from './fault-collector.js';

/** A reference whose target's key stands in properties beside it (OData CSDL 4.01, 8.5). */
interface Tied extends NavigationProperty {
  readonly target: EntitySet;
  readonly constraints: readonly ReferentialConstraint[];
}

const known = new WeakMap<EntityType, readonly Tied[]>();

/** The references of a type that have constraints: most types have none. */
export function tiedReferences(type: EntityType): readonly Tied[] {
  let found = known.get(type);
  if (found === undefined) {
    const isTied = (one: NavigationProperty): one is Tied => one.constraints !== undefined && one.isOwner !== true;
    found = [...type.navigation.values()].filter(isTied);
    known.set(type, found);
  }
  return found;
}

/** Whether the properties of a reference say what it leads to: they have the whole key. */
export function isSaidByProperties({ constraints = [], target }: NavigationProperty): boolean {
  return constraints.length > 0 && constraints.length === target?.type.key.length;
}

/** Whether a reference leads somewhere where nothing is said: its properties have defaults. */
export function hasDefault({ properties }: StructuredType, reference: NavigationProperty): boolean {
  const { constraints = [] } = reference;
  const isDefaulted = ({ dependent }: ReferentialConstraint): boolean =>
    properties.get(dependent)?.default !== undefined;
  return isSaidByProperties(reference) && constraints.every(isDefaulted);
}

/** The reference that says the value of a property. */
export function referenceOf(type: EntityType, property: string): NavigationProperty | undefined {
  return tiedReferences(type).find(({ constraints }) => constraints.some(({ dependent }) => dependent === property));
}

/** What is known of an entity, or of a change of it, in stored form. */
interface Tying {
  /** Values and references; what is tied is completed in it. */
  readonly patch: JsonObject;
  /** Whether the client says something of a property. */
  readonly isSaid: (name: string) => boolean;
  /** Whether what is not there is null: in a new entity. */
  readonly isNew: boolean;
  readonly target: string;
  readonly fault: OnFault;
}

/** A reference that is set says the properties. */
function say(tied: Tied, id: JsonValue, { patch, isSaid, target, fault, isNew }: Tying) {
  const { name, constraints, target: set } = tied;
  // What only follows is ignored in bodies.
  const isHeld = isSaidByProperties(tied);
  const key = id === null ? [] : keyValues(set.type, id as string);
  for (const { dependent, principal } of constraints) {
    const value = key[set.type.key.indexOf(principal)] ?? null;
    const said = patch[dependent] ?? null;
    if (isHeld && isSaid(dependent) && stringifyJson(said) !== stringifyJson(value)) {
      const at = step(target, dependent);
      fault('valueNotAllowed', at, `'${at}' is another value than the key of what '${name}' leads to.`);
    }
    if (value !== null || !isNew) patch[dependent] = value;
  }
}

/** Properties that are set say the reference. */
function lead(
  { name, constraints, target: set }: Tied,
  { patch, isNew, target, fault }: Tying,
): LinkedEntity | undefined {
  const values = constraints.map(({ dependent }) => patch[dependent] ?? (isNew ? null : patch[dependent]));
  const [first] = constraints;
  if (first === undefined || values.every((value) => value === undefined)) return undefined;
  const isEmpty = values.every((value) => value === null);
  if (isEmpty) {
    if (!isNew) patch[name] = null;
    return undefined;
  }
  const missing = constraints.find((_, index) => values[index] === undefined || values[index] === null);
  if (missing !== undefined) {
    const at = step(target, missing.dependent);
    const all = constraints.map(({ dependent }) => dependent).join(', ');
    return fault('nullNotAllowed', at, `'${at}' must be given: ${all} together say what '${name}' leads to.`);
  }
  const id = keyText(set.type, values as JsonValue[]);
  patch[name] = id;
  return { set, id, target: step(target, first.dependent) };
}

/**
 * Completes an entity, or a change of one, by what hangs together (OData CSDL 4.01, 8.5): a reference says the properties
 * that have the key of its target, and these say the reference. What contradicts itself is a fault.
 * @returns the references that the properties say, which must be held as any other
 */
export function tie(type: EntityType, tying: Tying): readonly LinkedEntity[] {
  return tiedReferences(type).flatMap((reference) => {
    const id = tying.patch[reference.name];
    if (id !== undefined) {
      say(reference, id, tying);
      return [];
    }
    return isSaidByProperties(reference) ? (lead(reference, tying) ?? []) : [];
  });
}

/** The references of a new entity that its properties say by their defaults, which are set. @throws ODataError 400 */
export function tiedByDefaults(type: EntityType, patch: JsonObject): readonly LinkedEntity[] {
  return tie(type, { patch, isSaid: () => false, isNew: true, target: '', fault: refuse });
}

function refuse(code: Fault['code'], target: string, message: string): never {
  throw ODataError.ofFaults([{ code, message, target }]);
}

/**
 * The same of a change that one member of an entity says: a property, or the reference.
 * @param target where the value stands in the body
 * @throws ODataError 400
 */
export function tiedChange(type: EntityType, change: Change, target: string): Change {
  if (tiedReferences(type).length === 0) return change;
  const patch = { ...change.patch };
  const said = new Set(Object.keys(patch));
  const links = tie(type, {
    patch,
    isSaid: (name) => said.has(name),
    isNew: false,
    target: '',
    fault: refuse,
  }).map((link) => ({ ...link, target }));
  return { ...change, patch, ...(links.length === 0 ? {} : { links: [...(change.links ?? []), ...links] }) };
}
