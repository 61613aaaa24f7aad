import { keyOf } from '../edm/key-text.js';
import type { ComplexType, EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { ErrorCode } from '../error-codes.js';
import type { Fault } from '../odata-error.js';
import { streamNames } from '../edm/streams.js';
import { keyedEntityPath } from './keyed-path.js';
import { type NumberForm, plainValue } from './plain-value.js';
import { streamOfRules } from './stored-stream.js';
import { actualType, membersOf, typeMember } from './stored-entity.js';

/** Sets a property of an object itself, whatever its class has under the name. */
export function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function itemOf({ type }: Property, stored: JsonValue, form: NumberForm): unknown {
  if (stored === null) return null;
  if (type.kind === 'complex') return isJsonObject(stored) ? dtoOf(type, stored, form) : undefined;
  return plainValue(type.kind === 'primitive' ? type.write(stored) : stored, form);
}

/** A stored value of a property in the form in which its class has it; undefined where there is none. */
export function dtoValue(property: Property, stored: JsonValue | undefined, form: NumberForm = 'double'): unknown {
  if (property.collection) return Array.isArray(stored) ? stored.map((item) => itemOf(property, item, form)) : [];
  return stored === undefined || stored === null ? undefined : itemOf(property, stored, form);
}

/** An entity inside; or a reference, of which only the key is stored. */
function linkedOf({ type, target }: NavigationProperty, stored: JsonValue, form: NumberForm): unknown {
  if (isJsonObject(stored)) return dtoOf(type, stored, form);
  if (target === undefined || typeof stored !== 'string') return undefined;
  const set = { url: target.name, text: target.name };
  return { '@id': keyedEntityPath(set, target.type, keyOf(target.type, stored)).url };
}

function navigationOf(property: NavigationProperty, stored: JsonValue | undefined, form: NumberForm): unknown {
  if (property.collection)
    return (membersOf(stored) as readonly JsonValue[]).map((one) => linkedOf(property, one, form));
  return stored === undefined ? undefined : linkedOf(property, stored, form);
}

function isDynamic(type: StructuredType, name: string): boolean {
  if (/[$@]/.test(name) || type.properties.has(name)) return false;
  if (type.navigation?.has(name) === true) return false;
  return type.kind !== 'entity' || type.streams?.has(name) !== true;
}

/**
 * A stored entity or complex value as its class has it, with the prototype of that class (of the derived one that it says
 * it is of, and then with its `@odata.type`). Values are in the form in which they travel in JSON. A single value that is
 * null is left out, a collection is always there. Contained entities are inside; of a reference there is
 * `{ '@id': "authors('a')" }`. What an open type does not declare is there as it is; versions are not.
 * @param form of numbers that no double holds
 */
export function dtoOf(declared: StructuredType, stored: JsonObject, form: NumberForm = 'double'): object {
  const type = actualType(declared, stored);
  const dto = Object.create(type.class.prototype as object) as object;
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) define(dto, name, value);
  };
  if (stored[typeMember] !== undefined) set('@odata.type', `#${type.qualifiedName}`);
  for (const property of type.properties.values()) set(property.name, dtoValue(property, stored[property.name], form));
  for (const property of type.navigation?.values() ?? [])
    set(property.name, navigationOf(property, stored[property.name], form));
  for (const name of streamNames(type)) if (stored[name] !== undefined) set(name, streamOfRules(stored[name]));
  if (type.open) {
    for (const [name, value] of Object.entries(stored)) if (isDynamic(type, name)) set(name, plainValue(value, form));
  }
  return dto;
}

const ruled = new WeakMap<StructuredType, readonly Property[]>();

/** The properties of a type that have rules about the whole. */
export function ruledProperties(type: StructuredType): readonly Property[] {
  let properties = ruled.get(type);
  if (properties === undefined) {
    properties = [...type.properties.values()].filter(({ objectRules }) => objectRules.length > 0);
    ruled.set(type, properties);
  }
  return properties;
}

/** The types that values inside a type may be of, itself and what derives from it included. */
function typesInside(type: StructuredType, found = new Set<StructuredType>()): ReadonlySet<StructuredType> {
  if (found.has(type)) return found;
  found.add(type);
  const inside = [...type.properties.values()].map((property) => property.type).filter((one) => one.kind === 'complex');
  const navigation = type.kind === 'entity' ? [...type.navigation.values()] : [];
  const contained = navigation.filter(({ containsTarget }) => containsTarget).map((property) => property.type);
  for (const one of [...type.derived, ...inside, ...contained]) typesInside(one, found);
  return found;
}

const known = new WeakMap<StructuredType, boolean>();

/** Whether a value of the type, or what is inside it, may have rules about the whole. */
export function hasObjectRules(type: StructuredType): boolean {
  let has = known.get(type);
  if (has === undefined) {
    has = [...typesInside(type)].some((one) => ruledProperties(one).length > 0);
    known.set(type, has);
  }
  return has;
}

/** The code of a value that breaks a rule of class-validator. */
export function codeOfRule(name: string): ErrorCode {
  if (name === 'maxLength') return 'valueTooLong';
  return name === 'min' || name === 'max' || name === 'facets' ? 'valueOutOfRange' : 'valueNotAllowed';
}

function at(target: string, name: string | number): string {
  return target === '' ? String(name) : `${target}/${name}`;
}

/**
 * Runs the rules about the whole that a property has. One that is absent or null has none to obey, as in class-validator.
 * @param object that has the property, as its class has it
 * @param only which of the rules
 */
export function faultsOfProperty(
  { name, objectRules }: Property,
  object: object,
  target: string,
  only: (rule: Property['objectRules'][number]) => boolean = () => true,
): readonly Fault[] {
  const value = (object as Readonly<Record<string, unknown>>)[name];
  if (value === undefined || value === null) return [];
  return objectRules.filter(only).flatMap((rule) => {
    const items = rule.each && Array.isArray(value) ? (value as unknown[]).entries() : [[undefined, value] as const];
    return [...items].flatMap(([index, item]) => {
      if (rule.accepts(item, object)) return [];
      const place = index === undefined ? target : at(target, index);
      return [{ code: codeOfRule(rule.name), target: place, message: `'${place}': ${rule.explain(item, object)}.` }];
    });
  });
}

/** Walks a stored value beside the object that its class has of it. */
function faultsIn(declared: StructuredType, stored: JsonObject, dto: object, target: string): readonly Fault[] {
  const type = actualType(declared, stored);
  const inside = dto as Readonly<Record<string, unknown>>;
  const own = ruledProperties(type)
    .filter(({ name }) => stored[name] !== undefined)
    .flatMap((property) => faultsOfProperty(property, dto, at(target, property.name)));
  const complex = [...type.properties.values()].flatMap((property) => {
    const value = stored[property.name];
    if (property.type.kind !== 'complex' || value === undefined || value === null) return [];
    const place = at(target, property.name);
    if (!Array.isArray(value)) return faultsOf(property.type, value, inside[property.name], place);
    const items = inside[property.name] as readonly unknown[];
    return value.flatMap((item, index) => faultsOf(property.type as ComplexType, item, items[index], at(place, index)));
  });
  return [...own, ...complex, ...(type.kind === 'entity' ? faultsOfContained(type, stored, inside, target) : [])];
}

function faultsOf(type: StructuredType, stored: JsonValue, dto: unknown, target: string): readonly Fault[] {
  return isJsonObject(stored) && typeof dto === 'object' && dto !== null ? faultsIn(type, stored, dto, target) : [];
}

function faultsOfContained(
  type: EntityType,
  stored: JsonObject,
  inside: Readonly<Record<string, unknown>>,
  target: string,
): readonly Fault[] {
  return [...type.navigation.values()].flatMap(({ name, type: inner, collection, containsTarget }) => {
    const value = stored[name];
    if (!containsTarget || value === undefined || !hasObjectRules(inner)) return [];
    const place = at(target, name);
    if (!collection) return faultsOf(inner, value, inside[name], place);
    const items = inside[name] as readonly unknown[];
    return membersOf(value).flatMap((member, index) => {
      const path = keyedEntityPath({ url: place, text: place }, inner, member).text;
      return faultsOf(inner, member, items[index], path);
    });
  });
}

/**
 * Runs every rule about the whole on a stored entity or complex value, and on what is inside it. Targets are paths from
 * it: `place/city`, `places/0/city`, `chapters(3)/title`.
 * @throws Error where a validator fails
 */
export function objectFaults(type: StructuredType, stored: JsonObject): readonly Fault[] {
  return hasObjectRules(type) ? faultsIn(type, stored, dtoOf(type, stored), '') : [];
}
