import { declaredType } from '../operations/entity-address.js';
import type { EntityResult } from '../operations/results.js';
import type { TypedChange, UpdatedEntity } from '../operations/typed-change.js';
import { annotated } from '../protocol/payload/change.js';
import { expandedBy } from '../protocol/payload/selection.js';
import { bindPath } from '../protocol/query/bind-path.js';
import { bindSelection } from '../protocol/query/bind-selection.js';
import { canonicalPath, collectionOf } from '../protocol/query/canonical-path.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Exchange } from './exchange.js';

/**
 * Answers a PATCH or PUT of an entity that a module updates itself: `$select` and `$expand` are read before the update, the
 * entity is written as it is after it (OData 4.01 Protocol 11.4.1.5).
 * @throws ODataError 400, 501 for the query options; whatever the update throws
 */
export async function answerUpdate<T extends object>(
  { settings: { model }, path, protocol }: Exchange,
  { type, write }: TypedChange<T>,
  update: () => Promise<UpdatedEntity<T>>,
): Promise<EntityResult> {
  const selection = bindSelection(model, type, protocol.query);
  const bound = bindPath(parsePath(path), requestContext(model));
  const collection = collectionOf(bound);
  const { entity, created } = await update();
  return {
    kind: 'entity',
    place: {
      type: declaredType(bound),
      path: canonicalPath(bound),
      ...(collection === undefined ? {} : { set: { name: collection } }),
    },
    value: annotated(entity, write),
    selection: expandedBy(selection, write),
    effect: created ? 'created' : 'updated',
    changed: write.patch,
  };
}
