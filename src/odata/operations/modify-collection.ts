import { keyOf, keyTextIn } from '../protocol/edm/key-text.js';
import type { NavigationProperty } from '../protocol/edm/model.js';
import { refuseConditions } from '../protocol/headers/precondition.js';
import { annotated, type Inline } from '../protocol/payload/change.js';
import { readMembers } from '../protocol/payload/read-body.js';
import type { MembersChange } from '../protocol/payload/read-entities.js';
import { keyTextOf, memberName, type StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import { insideValue, requireValue, valueNames } from './complex-values.js';
import type { Entities } from './entities.js';
import { entityAddress } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { EntityUpdates, refuse } from './entity-updates.js';
import { checkQueryOptions, entityQuery, noQuery } from './query-support.js';
import type { EntityReads } from './read-entities.js';
import type { ChangedItem, ChangesResult, CollectionResult, ODataResult } from './results.js';

/** A collection of entities that another one has: what it contains, or what it refers to. */
export interface EntityCollection {
  readonly path: BoundPath;
  readonly property: NavigationProperty;
  /** Of the complex values on the way from the entity. */
  readonly names: readonly string[];
}

/** The collection of entities at the end of a path, where it is one of another entity, or of a complex value in that. */
export function collectionAt(path: BoundPath): EntityCollection | undefined {
  const property = path.steps.at(-1)?.property;
  const names = valueNames(path);
  if (!path.type.collection || property?.kind !== 'navigation' || names === undefined) return undefined;
  return { path, property, names };
}

function nameOf({ type }: NavigationProperty, entity: StoredEntity): string {
  return memberName(keyTextIn(type, entity));
}

/** What the body calls entities inside a member. */
function calledInside({ contentIds = [] }: Inline, property: NavigationProperty, member: string): Inline {
  const inside = contentIds.filter(({ path: [name, inner] }) => name === property.name && inner === member);
  return { contentIds: inside.map(({ path, id }) => ({ path: path.slice(2), id })) };
}

function wholeOf(now: CollectionResult, property: NavigationProperty, change: MembersChange): CollectionResult {
  const items = now.items.map(({ value, ...item }) => ({
    ...item,
    value: annotated(value, calledInside(change, property, nameOf(property, value))),
  }));
  return { ...now, items, effect: 'updated' };
}

/** 11.4.12: the answer to a delta payload is one, in the order of the request. */
function deltaOf(now: CollectionResult, property: NavigationProperty, change: MembersChange): ChangesResult {
  const { type } = property;
  const found = new Map(now.items.map(({ value }) => [nameOf(property, value), value]));
  const items = change.items.flatMap(({ name, removed, contentId }): readonly ChangedItem[] => {
    const key = keyOf(type, keyTextOf(name));
    const path = keyedEntityPath({ url: now.url ?? now.context, text: now.context }, type, key);
    const annotations = contentId === undefined ? {} : { [contentId[0]]: contentId[1] };
    if (removed !== undefined) return [{ path, key, value: undefined, reason: removed, annotations }];
    const value = found.get(name);
    return value === undefined
      ? []
      : [{ path, key, annotations, value: annotated(value, calledInside(change, property, name)) }];
  });
  const { context, selection } = now;
  const none = { next: undefined, delta: undefined, pageSize: undefined };
  return {
    kind: 'changes',
    type,
    set: context,
    context,
    items,
    selection,
    ...none,
    form: 'graph',
    applied: [],
    effect: 'updated',
  };
}

/**
 * Changes a collection of entities that another one has, as that one would carry it: all of it (PUT; OData 4.01 Protocol
 * 11.4.12), or as a delta payload says (PATCH). It is one change of the one that has it: all or nothing.
 * @throws ODataError 400, 404, 412
 */
export async function modifyCollection(
  { path, property, names }: EntityCollection,
  request: EntityRequest,
  { entities, reads }: { readonly entities: Entities; readonly reads: EntityReads },
): Promise<ODataResult> {
  const { method, protocol, caller } = request;
  const mode = method === 'PUT' ? 'replace' : 'merge';
  checkQueryOptions(protocol.query, mode === 'replace' ? entityQuery : noQuery);
  refuseConditions(protocol.precondition);
  const owner = canonicalPath({ ...path, steps: path.steps.slice(0, -1) });
  const read = readMembers(property, request.body, request.bodyFormat, { entityUrl: owner.url, mode });
  const change = insideValue(names, read);
  const address = entityAddress(path);
  return new EntityUpdates(entities).together({ ...change, isRead: true }, caller, async () => {
    await requireValue(address, names, { entities, caller });
    const changed = await entities.change(address, { ...change, precondition: {} }, caller);
    if (typeof changed === 'string') return refuse(changed, owner.text);
    const now = (await reads.again(path, request, change)) as CollectionResult;
    return mode === 'replace' ? wholeOf(now, property, change) : deltaOf(now, property, change);
  });
}
