import type { EntitySet, Model } from '../protocol/edm/model.js';
import { refuseConditions } from '../protocol/headers/precondition.js';
import { readChange } from '../protocol/payload/read-body.js';
import { readDelta } from '../protocol/payload/read-delta.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { EachMember, isOfEach, refuseTooMany } from './each-member.js';
import { type EachOf, MembersOfSet } from './each-of.js';
import { EntityUpdates } from './entity-updates.js';
import { applyDelta } from './delta-update.js';
import type { Entities } from './entities.js';
import type { MembersAddress } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { ModifiedEntity } from './modified-entity.js';
import { checkQueryOptions, eachQuery, entityQuery, noQuery } from './query-support.js';
import { SetReplacement } from './replace-set.js';
import { empty, type ODataResult } from './results.js';

/**
 * The members that a path ending in `$each` leads to; undefined where it leads to none that change one by one.
 */
export function membersAt({ root, entity, filters, steps }: BoundPath): MembersAddress | undefined {
  if (root.isSingleton === true || steps.length > 0) return undefined;
  return { set: root, item: entity, filters };
}

/** Requests that change several members of a set. */
export class MembersModifier {
  constructor(
    private readonly model: Model,
    private readonly entities: Entities,
  ) {}

  /**
   * Changes or deletes each member (OData 4.01 Protocol 11.4.13 and 11.4.14): all of them or none, unless the client prefers
   * that the others go on.
   * @throws ODataError 400 where they are more than may be changed at once
   */
  async each(members: MembersAddress, request: EntityRequest): Promise<ODataResult> {
    const { protocol, caller } = request;
    refuseConditions(protocol.precondition);
    const goesOn = protocol.preferences.continueOnError === true;
    if (request.method === 'DELETE') {
      checkQueryOptions(protocol.query, noQuery);
      if (goesOn) return this.oneByOne(new MembersOfSet(this.entities, members, caller), request);
      if ((await this.entities.deleteMembers(members, caller)) === 'tooMany') refuseTooMany();
      return empty;
    }
    checkQueryOptions(protocol.query, eachQuery);
    const { set, item } = members;
    const answer = new ModifiedEntity(this.model, this.entities, { type: set.type, query: protocol.query });
    const change = readChange(item.type, request.body, request.bodyFormat);
    if (goesOn || isOfEach(change)) return this.oneByOne(new MembersOfSet(this.entities, members, caller), request);
    const collection = { url: set.name, text: set.name };
    const items = await this.entities.atomically(async () => {
      await this.entities.holdLinked(change.links ?? [], caller);
      const changed = await this.entities.changeMembers(members, change, caller);
      if (changed === 'tooMany') return refuseTooMany();
      return answer.all(changed, { pathOf: (one) => keyedEntityPath(collection, set.type, one), caller });
    });
    return {
      kind: 'collection',
      type: set.type,
      context: set.name,
      items,
      selection: answer.selection,
      count: undefined,
      next: undefined,
      pageSize: undefined,
      effect: 'updated',
    };
  }

  /** The same, each by itself. */
  oneByOne(of: EachOf, request: EntityRequest): Promise<ODataResult> {
    const { query, precondition } = request.protocol;
    refuseConditions(precondition);
    const each = new EachMember(this.entities, of, request);
    if (request.method === 'DELETE') {
      checkQueryOptions(query, noQuery);
      return each.remove();
    }
    checkQueryOptions(query, eachQuery);
    // What is wrong with the body is wrong however many there are.
    readChange(of.item, request.body, request.bodyFormat);
    return each.change(this.model);
  }

  /** PUT of an entity set, with all that is to be in it (11.4.12). */
  async replace(set: EntitySet, request: EntityRequest): Promise<ODataResult> {
    const { protocol, caller } = request;
    const { query } = protocol;
    checkQueryOptions(query, entityQuery);
    refuseConditions(protocol.precondition);
    const { continueOnError = false } = protocol.preferences;
    const items = readDelta(set, request.body, request.bodyFormat, { mode: 'replace', continueOnError });
    return new SetReplacement(this.model, this.entities, { set, items, query, continueOnError, caller }).run();
  }

  /** PATCH of an entity set by a delta payload (11.4.12). The set itself has no ETag. */
  async delta(set: EntitySet, request: EntityRequest): Promise<ODataResult> {
    const { protocol, caller } = request;
    checkQueryOptions(protocol.query, noQuery);
    refuseConditions(protocol.precondition);
    const { continueOnError = false } = protocol.preferences;
    const items = readDelta(set, request.body, request.bodyFormat, { mode: 'merge', continueOnError });
    const apply = new EntityUpdates(this.entities);
    return applyDelta(set, items, {
      apply: (item, onCreate) => apply.item(set, item, { caller, onCreate }),
      atomically: (work) => this.entities.atomically(work),
      continueOnError,
      most: this.entities.mostChanges,
    });
  }
}
