import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, Model } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { annotated } from '../protocol/payload/change.js';
import type { DeltaItem } from '../protocol/payload/read-delta.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import { setPath } from '../protocol/query/canonical-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Caller } from './caller.js';
import { exceptionOf, inlineOf, type Outcome, outcomesOf } from './delta-update.js';
import type { Entities } from './entities.js';
import { EntityUpdates } from './entity-updates.js';
import { ModifiedEntity } from './modified-entity.js';
import type { CollectionResult, ItemResult } from './results.js';

/** The replacement of a set, and for whom. */
export interface Replacement {
  readonly set: EntitySet;
  readonly items: readonly DeltaItem[];
  readonly query: Query;
  readonly continueOnError: boolean;
  readonly caller: Caller;
}

/** A member that is not named in a replacement and could not be deleted. */
interface Left {
  readonly entity: StoredEntity;
  readonly error: ODataError;
}

/**
 * Replaces the members of a set that a caller sees (OData 4.01 Protocol 11.4.12): those that a body names are made, or
 * become what it says; the others are deleted.
 */
export class SetReplacement {
  readonly #apply: EntityUpdates;
  readonly #answer: ModifiedEntity;

  /** @throws ODataError 400 for what the query asks of the answer and the model does not have */
  constructor(
    model: Model,
    private readonly entities: Entities,
    private readonly of: Replacement,
  ) {
    this.#apply = new EntityUpdates(entities);
    this.#answer = new ModifiedEntity(model, entities, { type: of.set.type, query: of.query });
  }

  /**
   * @throws ODataError of the first item that fails, or of a member that cannot be deleted, and nothing is changed; unless
   *   the others go on
   */
  async run(): Promise<CollectionResult> {
    const { set, continueOnError } = this.of;
    const work = () => this.#replaced();
    const { items, isWhole } = await (continueOnError ? work() : this.entities.atomically(work));
    return {
      kind: 'collection',
      type: set.type,
      context: set.name,
      items,
      selection: this.#answer.selection,
      count: undefined,
      next: undefined,
      pageSize: undefined,
      applied: continueOnError ? ['continue-on-error'] : [],
      effect: isWhole ? 'updated' : 'failed',
    };
  }

  async #replaced(): Promise<{ readonly items: readonly ItemResult[]; readonly isWhole: boolean }> {
    const { set, items, caller, continueOnError } = this.of;
    const outcomes = await outcomesOf(items, {
      apply: (item, onCreate) => this.#apply.item(set, item, { caller, onCreate }),
      continueOnError,
      most: this.entities.mostChanges,
    });
    // What is named stays, whether or not it could be changed; last, because those that are kept may have referred to it.
    const left = await this.#deleteOthers(new Set(items.flatMap((item, at) => this.#namedBy(item, outcomes[at]))));
    const done: ItemResult[] = [];
    for (const [index, item] of items.entries()) done.push(...(await this.#itemResult(item, outcomes[index])));
    for (const { entity, error } of left) done.push(await this.#written(entity, exceptionOf(error, 'delete')));
    return { items: done, isWhole: left.length === 0 && outcomes.every(({ kind }) => kind !== 'failed') };
  }

  #idOf(key: JsonObject): string {
    const { type } = this.of.set;
    return keyTextIn(type, key);
  }

  #namedBy(item: DeltaItem, outcome: Outcome | undefined): readonly string[] {
    if (outcome?.kind === 'done') return [this.#idOf(outcome.entity)];
    return item.kind === 'insert' || item.key === undefined ? [] : [this.#idOf(item.key)];
  }

  /** Deletes the members that are not named; gives those that could not be, where the others go on. */
  async #deleteOthers(named: ReadonlySet<string>): Promise<readonly Left[]> {
    const { set, caller, continueOnError } = this.of;
    const all = { set, item: { kind: 'entity', type: set.type }, filters: [] } as const;
    const members = await this.entities.heldMembers(all, caller);
    if (members === 'tooMany')
      throw new ODataError('tooManyChanges', 'The set has more members than one request may replace.');
    const left: Left[] = [];
    for (const entity of members) {
      const id = this.#idOf(entity);
      if (named.has(id)) continue;
      try {
        await this.entities.remove({ set, id, at: [], conditions: [] }, {}, caller);
      } catch (error) {
        if (!continueOnError || !(error instanceof ODataError)) throw error;
        left.push({ entity, error });
      }
    }
    return left;
  }

  /** What the answer has for an item: a failed creation is not there, a failed change is told beside what there is. */
  async #itemResult(item: DeltaItem, outcome: Outcome | undefined): Promise<readonly ItemResult[]> {
    const contentId = item.contentId === undefined ? {} : { [item.contentId[0]]: item.contentId[1] };
    if (outcome?.kind === 'done') return [await this.#written(outcome.entity, contentId, item)];
    if (outcome?.kind !== 'failed' || outcome.operation === 'insert' || item.kind === 'insert') return [];
    if (item.key === undefined) return [];
    const { set, caller } = this.of;
    const found = await this.entities.find({ set, id: this.#idOf(item.key), at: [], conditions: [] }, caller);
    if (found === undefined) return [];
    return [await this.#written(found, { ...contentId, ...exceptionOf(outcome.error, 'update') })];
  }

  async #written(entity: StoredEntity, annotations: JsonObject, item?: DeltaItem): Promise<ItemResult> {
    const { set, caller } = this.of;
    const path = keyedEntityPath(setPath(set.name), set.type, entity);
    const inline = item === undefined ? {} : inlineOf(item);
    const { value, selection } = await this.#answer.of(entity, { path, caller, inline });
    return { path, value: annotated(value, inline), selection, annotations };
  }
}
