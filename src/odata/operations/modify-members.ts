import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import { modificationOf, type ServiceDescription } from '../protocol/csdl/service-description.js';
import type { Model } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { readChange } from '../protocol/payload/read-body.js';
import { keyedEntityPath } from '../protocol/payload/write-entity.js';
import { bindSelection } from '../protocol/query/bind-selection.js';
import type { BoundPath } from '../protocol/query/bound.js';
import type { EntityWriter, MembersAddress } from './entity-writer.js';
import { holdLinked } from './hold-linked.js';
import { bodyFormatOf, type Protocol } from '../http/protocol.js';
import { checkQueryOptions, entityQuery, noQuery } from './query-support.js';
import { methodNotAllowed } from '../http/refusal.js';
import { refuseConditions } from './refuse-conditions.js';
import { parseBody } from '../http/request-body.js';
import { empty, type ODataResult } from './results.js';

/** A request under way: what it says, and who sent it. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly protocol: Protocol;
  readonly caller: Caller;
}

/** What changes of members depend on beside the request. */
interface MembersContext {
  readonly model: Model;
  readonly writer: EntityWriter;
}

/**
 * The members that a path ending in `$each` leads to.
 * @throws ODataError 405 for other methods than those of members, 501 for members that do not change one by one
 */
export function membersAt(path: BoundPath, { method }: FastifyRequest, service: ServiceDescription): MembersAddress {
  const { root, entity, filters, steps } = path;
  if (method !== 'PATCH' && method !== 'DELETE') throw methodNotAllowed(method, ['DELETE', 'PATCH']);
  if (
    root.isSingleton === true ||
    steps.length > 0 ||
    modificationOf(service, method, [root.name, '{key}']) === undefined
  ) {
    throw new ODataError('notImplemented', `${method} of each of these members is not implemented.`);
  }
  return { set: root, item: entity, filters };
}

function refuseTooMany(): never {
  const message = 'The path leads to more members than one request may change (MAX_CHANGES). Narrow it by $filter(…).';
  throw new ODataError('tooManyChanges', message);
}

/**
 * Changes or deletes each member (OData 4.01 Protocol 11.4.12 and 11.4.13): all of them or none.
 * @throws ODataError 400 where they are more than may be changed at once
 */
export async function modifyMembers(
  members: MembersAddress,
  { request, protocol, caller }: Exchange,
  { model, writer }: MembersContext,
): Promise<ODataResult> {
  refuseConditions(protocol.precondition);
  if (request.method === 'DELETE') {
    checkQueryOptions(protocol.query, noQuery);
    if ((await writer.deleteMembers(members, caller)) === 'tooMany') refuseTooMany();
    return empty;
  }
  checkQueryOptions(protocol.query, entityQuery);
  const { set, item } = members;
  const selection = bindSelection(model, set.type, protocol.query);
  const change = readChange(item.type, parseBody(request), bodyFormatOf(request));
  if (change.etag !== undefined || change.inside?.some(({ defaults }) => defaults !== undefined) === true) {
    throw new ODataError(
      'notImplemented',
      'A change of each member cannot carry an ETag, or an entity with a key to be made.',
    );
  }
  if (change.related !== undefined)
    throw new ODataError('notImplemented', 'A change of each member cannot carry entities of other sets.');
  const changed = await writer.atomically(async () => {
    await holdLinked(change.links ?? [], writer, caller);
    return writer.changeMembers(members, change, caller);
  });
  if (changed === 'tooMany') return refuseTooMany();
  const collection = { url: set.name, text: set.name };
  return {
    kind: 'collection',
    type: set.type,
    context: set.name,
    items: changed.map((value) => ({ path: keyedEntityPath(collection, set.type, value), value })),
    selection,
    count: undefined,
    next: undefined,
    pageSize: undefined,
    effect: 'updated',
  };
}
