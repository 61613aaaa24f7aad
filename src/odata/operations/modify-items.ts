import type { Property } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { ODataError } from '../protocol/odata-error.js';
import { applied } from '../protocol/payload/apply-change.js';
import { type LinkedEntity, type RelatedEntity, type Relations, valueAt } from '../protocol/payload/change.js';
import {
  type PropertyPlace,
  readInsertion,
  readItemChange,
  readRawItem,
  replacementBy,
} from '../protocol/payload/read-body.js';
import { actualType, etagOf } from '../protocol/payload/stored-entity.js';
import type { BoundPath, PathStep } from '../protocol/query/bound.js';
import { derivesFrom } from '../protocol/query/value-types.js';
import type { Entities } from './entities.js';
import {
  type AddressedProperty,
  declaredType,
  type EntityAddress,
  entityAddress,
  methodsOf,
} from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { EntityUpdates, refuse } from './entity-updates.js';
import { changeOf, isFixed, supportOf } from './modify-property.js';
import { checkQueryOptions } from './query-support.js';
import type { EntityReads } from './read-entities.js';
import { empty, type ODataResult, type PropertyResult } from './results.js';

/** A step to a property that is no navigation property. */
type ValueStep = PathStep & { readonly property: Property };

/** Items of a collection of values: one by its place, or each that filters leave; and what is meant in it. */
export interface AddressedItems {
  readonly path: BoundPath;
  /** Of the entity that has the collection. */
  readonly entity: EntityAddress;
  /** The collection in it. */
  readonly place: PropertyPlace;
  /** From the collection on. */
  readonly steps: readonly [ValueStep, ...ValueStep[]];
}

function isValue(step: PathStep): step is ValueStep {
  return step.property.kind === 'property';
}

function namesOf(steps: readonly PathStep[]): readonly string[] {
  return steps.map(({ property }) => property.name);
}

/** The items that a path leads to, or into; undefined where it leads to none. */
export function itemsAt(path: BoundPath): AddressedItems | undefined {
  const { steps, suffix } = path;
  const found = steps.findIndex((step) => isValue(step) && step.index !== undefined);
  const isEach = suffix === 'each' && steps.at(-1)?.property.kind === 'property';
  const at = found < 0 && isEach ? steps.length - 1 : found;
  if (at < 0 || suffix === 'count' || suffix === 'ref' || (isEach && found >= 0)) return undefined;
  const [first, ...rest] = steps.slice(at).filter(isValue);
  // What an item refers to is no part of it.
  if (first === undefined || rest.length + 1 < steps.length - at) return undefined;
  const before = steps.slice(0, at);
  // Filters and casts of its items are no conditions on the entity.
  const way = { ...path, steps: [...before, { ...first, filters: [] }] };
  const names = [...namesOf(before.filter(isValue)), first.property.name];
  return { path, entity: entityAddress(way), place: { property: first.property, names }, steps: [first, ...rest] };
}

/** The property at the end of a path that goes on inside of an item, as one of that. */
function insideOf({ steps, path, entity }: AddressedItems): AddressedProperty | undefined {
  const last = steps.at(-1);
  if (last === undefined || last.index !== undefined || path.suffix === 'each') return undefined;
  const from = steps.findLastIndex(({ index }) => index !== undefined) + 1;
  const place = { property: last.property, names: namesOf(steps.slice(from)) };
  return { entity, place, isRaw: path.suffix === 'value' };
}

/** The methods that items know (OData 4.01 Protocol 11.4.10, 11.4.13 and 11.4.14). */
export function methodsOfItems(items: AddressedItems): readonly string[] {
  const { place, path, entity } = items;
  const isRaw = path.suffix === 'value';
  const inside = insideOf(items);
  const owner = declaredType(path);
  const isOne = path.suffix !== 'each';
  const reads = isOne ? ['GET', 'HEAD'] : [];
  if (isFixed({ place, entity, isRaw }, owner) || (inside !== undefined && isFixed(inside, owner))) return reads;
  if (inside !== undefined) return methodsOf(inside);
  if (!isOne) return ['DELETE', 'PATCH'];
  return isRaw ? ['DELETE', 'GET', 'HEAD', 'PUT'] : ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'];
}

/** What becomes of an item: what stands in its place, or nothing; and what is needed beside it. */
type ItemChange = (item: JsonValue) => Relations & { readonly items: readonly JsonValue[] };

/** What is needed beside the changes of several items. */
class Beside {
  readonly links: LinkedEntity[] = [];
  readonly related: RelatedEntity[] = [];

  /** What a change makes of an item. */
  of(change: ItemChange): (item: JsonValue) => readonly JsonValue[] {
    return (item) => {
      const { items, links = [], related = [] } = change(item);
      this.links.push(...links);
      this.related.push(...related);
      return items;
    };
  }
}

function relationsOf({ links, related }: Relations): Relations {
  return { ...(links && { links }), ...(related && { related }) };
}

function notThere(what: string): never {
  throw new ODataError('resourceNotFound', `There is no item at '${what.slice(0, 200)}'.`);
}

/** Changes items of collections of values: each is a change of the collection, and so of its entity. */
export class ItemsModifier {
  constructor(
    private readonly entities: Entities,
    private readonly reads: EntityReads,
  ) {}

  /** @throws ODataError 400, 404 for an item that is not there, 412 */
  async modify(items: AddressedItems, request: EntityRequest): Promise<ODataResult> {
    const { path, entity, place } = items;
    const inside = insideOf(items);
    const about = inside ?? { entity, place, isRaw: path.suffix === 'value' };
    checkQueryOptions(request.protocol.query, supportOf(about, request.method));
    const asked = inside === undefined ? this.#ofItem(items, request) : this.#ofInside(inside, request);
    const { caller, protocol } = request;
    return this.entities.atomically(async () => {
      // It may be run again.
      const beside = new Beside();
      const change = beside.of(asked);
      const locked = await this.entities.lock(entity, protocol.precondition, caller);
      if (typeof locked === 'string') return refuse(locked, request.path, protocol.precondition);
      const found = valueAt(locked, place.names);
      const stored = Array.isArray(found) ? found : [];
      const chosen = path.suffix === 'each' ? await this.#fitting(items, stored.length, request) : undefined;
      const now =
        chosen === undefined
          ? changedWithin(stored, items.steps, { change, what: request.path })
          : stored.flatMap((item, at) => (chosen.has(at) ? change(item) : [item]));
      const changed = { ...replacementBy(now, place), precondition: {} };
      const write = () => this.entities.change(entity, changed, caller);
      const written = await new EntityUpdates(this.entities).together(beside, caller, write);
      if (typeof written === 'string') return refuse(written, request.path);
      const result = { etag: etagOf(written) };
      if (request.method === 'DELETE' || about.isRaw) return { ...empty, ...result };
      if (chosen === undefined) return { ...(await this.reads.again(path, request, {})), ...result };
      const all = await this.#all(items, request);
      return { ...all, value: (all.value as JsonValue[]).filter((_, at) => chosen.has(at)), ...result };
    });
  }

  #ofItem({ steps, path }: AddressedItems, request: EntityRequest): ItemChange {
    const { property } = steps.at(-1) ?? steps[0];
    if (request.method === 'DELETE') return () => ({ items: [] });
    if (path.suffix === 'value') {
      const value = readRawItem(property, request.text);
      return () => ({ items: [value] });
    }
    const { method, body, bodyFormat } = request;
    if (method === 'PATCH' && property.type.kind === 'complex') {
      return (item) => {
        const change = readItemChange(property, body, bodyFormat, item);
        return { ...relationsOf(change), items: [applied(isJsonObject(item) ? item : {}, change)] };
      };
    }
    const { insert, ...others } = readInsertion({ property, names: [property.name] }, body, bodyFormat, -1);
    const relations = relationsOf(others);
    return () => ({ ...relations, items: [insert?.item ?? null] });
  }

  #ofInside(inside: AddressedProperty, request: EntityRequest): ItemChange {
    const change = changeOf(request, inside);
    return (item) => {
      if (!isJsonObject(item)) return notThere(request.path);
      return { ...relationsOf(change), items: [applied(item, change)] };
    };
  }

  /** The collection as a read of it gives it. */
  async #all({ path }: AddressedItems, request: EntityRequest, isFiltered = false): Promise<PropertyResult> {
    const steps = path.steps.map((step, at) =>
      at === path.steps.length - 1 && !isFiltered ? { ...step, filters: [] } : step,
    );
    return (await this.reads.again({ ...path, steps, suffix: undefined }, request, {})) as PropertyResult;
  }

  /**
   * The places of the items that filters leave. A filter looks at nothing but the item: those that are alike are left or
   * not left together.
   */
  async #fitting(items: AddressedItems, count: number, request: EntityRequest): Promise<ReadonlySet<number>> {
    if (items.steps[0].filters.length === 0) return new Set(Array.from({ length: count }, (_, at) => at));
    const all = (await this.#all(items, request)).value as JsonValue[];
    const left = (await this.#all(items, request, true)).value as JsonValue[];
    const texts = new Set(left.map((item) => stringifyJson(item)));
    return new Set(all.flatMap((item, at) => (texts.has(stringifyJson(item)) ? [at] : [])));
  }
}

/** The items of a collection, of which one is changed, or what is inside of it. @throws ODataError 404 */
function changedWithin(
  items: readonly JsonValue[],
  [{ index = 0, property, item }, ...rest]: readonly [ValueStep, ...ValueStep[]],
  { change, what }: { readonly change: (item: JsonValue) => readonly JsonValue[]; readonly what: string },
): readonly JsonValue[] {
  const at = index < 0 ? items.length + index : index;
  const found = items[at];
  if (found === undefined) return notThere(what);
  const { type } = property;
  // What a cast asks of it.
  if (type.kind === 'complex' && item.type?.kind === 'complex' && item.type !== type)
    if (!isJsonObject(found) || !derivesFrom(actualType(type, found), item.type)) return notThere(what);
  const next = rest.findIndex((step) => step.index !== undefined);
  const inner = rest[next];
  if (inner === undefined) return items.toSpliced(at, 1, ...change(found));
  if (!isJsonObject(found)) return notThere(what);
  const names = namesOf(rest.slice(0, next + 1));
  const before = valueAt(found, names);
  const now = changedWithin(Array.isArray(before) ? before : [], [inner, ...rest.slice(next + 1)], { change, what });
  const whole: JsonObject = applied(found, replacementBy(now, { property: inner.property, names }));
  return items.toSpliced(at, 1, whole);
}
