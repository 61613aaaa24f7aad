import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import type { BoundPath } from '../protocol/query/bound.js';
import type { Caller } from './caller.js';
import type { Entities } from './entities.js';
import type { EntityAddress } from './entity-address.js';

/**
 * Names of the complex values on the way from an entity to the navigation property at the end of a path; undefined where it
 * is one of an item of a collection, which has no URL that lasts.
 */
export function valueNames({ steps }: BoundPath): readonly string[] | undefined {
  const before = steps.slice(0, -1);
  const own = before.slice(before.findLastIndex(({ property }) => property.kind === 'navigation') + 1);
  return own.some(({ property }) => property.collection) ? undefined : own.map(({ property }) => property.name);
}

/** A change of a complex value as one of the entity that has it. */
export function insideValue<T extends Pick<Change, 'patch' | 'clear' | 'retain' | 'makes'>>(
  names: readonly string[],
  change: T,
): T {
  if (names.length === 0) return change;
  const { patch, clear = [], retain = [], makes = [] } = change;
  return {
    ...change,
    patch: names.reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), patch),
    clear: clear.map((path) => [...names, ...path]),
    retain: retain.map(({ path, ...kept }) => ({ ...kept, path: [...names, ...path] })),
    makes: makes.map(({ path, ...made }) => ({ ...made, path: [...names, ...path] })),
  };
}

/** Who wants to know something of an entity. */
export interface Asking {
  readonly entities: Entities;
  readonly caller: Caller;
}

/** @throws ODataError 404 where an entity does not have the complex value that is to refer to another one */
export async function requireValue(
  owner: EntityAddress,
  names: readonly string[],
  { entities, caller }: Asking,
): Promise<void> {
  if (names.length === 0 || isJsonObject(valueAt((await entities.find(owner, caller)) ?? {}, names))) return;
  throw new ODataError('resourceNotFound', `There is no '${names.join('/')}' that could refer to an entity.`);
}
