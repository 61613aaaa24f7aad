import type { EntityAddress } from '../operations/entity-address.js';
import type { EntityResult } from '../operations/results.js';
import type { TypedChange, UpdatedEntity } from '../operations/typed-change.js';
import { everything, expandedBy } from '../protocol/payload/selection.js';
import { annotated } from '../protocol/payload/change.js';
import { bindSelection } from '../protocol/query/bind-selection.js';
import { containedPath, type EntityPath, memberPath } from '../protocol/uri/entity-path.js';
import type { Exchange } from './exchange.js';

/** Where an entity is: a member of a set whose key is one text, or what is contained in it and single. */
export type UpdatedPlace = Pick<EntityAddress, 'set' | 'id' | 'at'>;

function pathOf({ set, id, at }: UpdatedPlace): EntityPath {
  return at.reduce((path, { name }) => containedPath(path, name), memberPath(set.name, id));
}

/**
 * Answers a PATCH or PUT of an entity that a module updates itself: `$select` and `$expand` are read before the update, the
 * entity is written as it is after it (OData 4.01 Protocol 11.4.1.5).
 * @throws ODataError 400, 501 for the query options; whatever the update throws
 */
export async function answerUpdate<T extends object>(
  { settings: { model }, protocol: { query } }: Exchange,
  { place, change: { type, write } }: { readonly place: UpdatedPlace; readonly change: TypedChange<T> },
  update: () => Promise<UpdatedEntity<T>>,
): Promise<EntityResult> {
  const isPlain = (query.select ?? query.expand) === undefined;
  const selection = isPlain ? everything : bindSelection(model, type, query);
  const { entity, created } = await update();
  return {
    kind: 'entity',
    place: { type, path: pathOf(place), ...(place.at.length === 0 ? { set: place.set } : {}) },
    value: write.contentIds === undefined ? entity : annotated(entity, write),
    selection: write.expand === undefined ? selection : expandedBy(selection, write),
    effect: created ? 'created' : 'updated',
    changed: write.patch,
  };
}
