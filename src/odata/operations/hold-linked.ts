import type { Caller } from './caller.js';
import { ODataError } from '../protocol/odata-error.js';
import type { LinkedEntity } from '../protocol/payload/change.js';
import type { EntityWriter } from './entity-writer.js';

/**
 * Holds the entities to which a body refers until the transaction around it ends, so that no link is left without one.
 * @throws ODataError 400 `referenceNotFound` for the first that the caller does not see
 */
export async function holdLinked(links: readonly LinkedEntity[], writer: EntityWriter, caller: Caller): Promise<void> {
  for (const { set, id, target } of links) {
    if (await writer.hold(set, id, caller)) continue;
    throw new ODataError('referenceNotFound', `'${target}' refers to no member of ${set.name}.`, { target });
  }
}
