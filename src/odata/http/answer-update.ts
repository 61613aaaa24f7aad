import type { Entities } from '../operations/entities.js';
import type { EntityAddress } from '../operations/entity-address.js';
import { ModifiedEntity } from '../operations/modified-entity.js';
import type { EntityResult } from '../operations/results.js';
import type { TypedChange, UpdatedEntity } from '../operations/typed-change.js';
import { annotated } from '../protocol/payload/change.js';
import { containedPath, type EntityPath, memberPath } from '../protocol/uri/entity-path.js';
import type { Exchange } from './exchange.js';

/** Where an entity is: a member of a set whose key is one text, or what is contained in it and single. */
export type UpdatedPlace = Pick<EntityAddress, 'set' | 'id' | 'at'>;

/** What a module updates, and the gate by which the answer is read again where the request asks for more than is written. */
export interface ModuleUpdate<T extends object> {
  readonly place: UpdatedPlace;
  readonly change: TypedChange<T>;
  readonly entities: Entities;
}

function pathOf({ set, id, at }: UpdatedPlace): EntityPath {
  return at.reduce((path, { name }) => containedPath(path, name), memberPath(set.name, id));
}

/**
 * Answers a PATCH or PUT of an entity that a module updates itself: `$select`, `$expand` and `$compute` are read before the
 * update, the entity is written as it is after it (OData 4.01 Protocol 11.4.1.5).
 * @throws ODataError 400 for the query options; whatever the update throws
 */
export async function answerUpdate<T extends object>(
  { settings: { model }, protocol: { query }, caller }: Exchange,
  { place, change: { type, write }, entities }: ModuleUpdate<T>,
  update: () => Promise<UpdatedEntity<T>>,
): Promise<EntityResult> {
  const path = pathOf(place);
  const answer = new ModifiedEntity(model, entities, { type, query });
  const work = async () => {
    const { entity, created } = await update();
    return { created, ...(await answer.of(entity, { path, caller, inline: write })) };
  };
  const { created, value, selection } = answer.needs(write).isRead ? await entities.atomically(work) : await work();
  return {
    kind: 'entity',
    place: { type, path, ...(place.at.length === 0 ? { set: place.set } : {}) },
    value: write.contentIds === undefined ? value : annotated(value, write),
    selection,
    effect: created ? 'created' : 'updated',
    changed: write.patch,
  };
}
