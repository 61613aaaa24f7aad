import type { Property } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import type { CarriedAnnotation } from '../protocol/payload/write-entity.js';
import { type BoundOptions, bindOptions } from '../protocol/query/bind-options.js';
import { type BoundPath, type BoundRead, endOf, plainShape, type ReadResult } from '../protocol/query/bound.js';
import type { RequestContext } from '../protocol/query/request-context.js';

/** The path of what has the property at the end of another one. */
function ownerOf(path: BoundPath): BoundPath {
  const steps = path.steps.slice(0, -1);
  const type = { item: steps.at(-1)?.item.type ?? path.entity.type, collection: false };
  return { ...path, steps, type };
}

/** What the property at the end of a path may be annotated with, by the names beside it; undefined: nothing. */
export function carriedAt(path: BoundPath): ReadonlyMap<string, Property> | undefined {
  const last = path.steps.at(-1);
  const isWhole = last?.property.kind === 'property' && last.index === undefined && path.suffix === undefined;
  if (!isWhole || path.stream !== undefined) return undefined;
  const { item } = ownerOf(path).type;
  const carries = item?.kind === 'entity' || item?.kind === 'complex' ? item.carries : undefined;
  const own = [...(carries ?? [])].filter(([name]) => name.startsWith(`${last.property.name}@`));
  return own.length === 0 ? undefined : new Map(own);
}

/** The annotations of a property in the value that has it. */
export function annotationsIn(
  carries: ReadonlyMap<string, Property>,
  owner: JsonValue | undefined,
): readonly CarriedAnnotation[] {
  if (!isJsonObject(owner)) return [];
  return [...carries].map(([name, about]) => ({
    term: name.slice(name.indexOf('@') + 1),
    about,
    stored: owner[name] ?? null,
  }));
}

/**
 * A read of a property with what it carries: of what has it, so that one statement gives both.
 * @param options what the query says of the property
 */
export function annotatedRead(path: BoundPath, options: BoundOptions, context: RequestContext): BoundRead {
  const owner = ownerOf(path);
  const instance = endOf(owner);
  const { collection } = bindOptions({ ...context, it: instance }, instance, {});
  const last = path.steps.at(-1);
  const property = last?.property as Property;
  const query = { ...options.collection, filters: [...(last?.filters ?? []), ...options.collection.filters] };
  const shaped = property.collection
    ? { property, query, shape: options.shape }
    : { property, query: undefined, shape: undefined };
  const shape = { ...plainShape(instance), select: new Map([[property.name, shaped]]) };
  return { path: owner, collection, shape, page: undefined };
}

/** What the read of the property alone would have found. */
export function propertyOf(
  found: ReadResult & { readonly kind: 'one' },
  { name, collection }: Property,
): ReadResult & { readonly kind: 'one' } {
  const owner: JsonObject | undefined = isJsonObject(found.value) ? found.value : undefined;
  const count = owner?.[`${name}@count`];
  return {
    ...found,
    value: owner?.[name] ?? (collection ? [] : null),
    count: typeof count === 'number' ? count : undefined,
  };
}
